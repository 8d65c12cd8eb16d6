// A PostgreSQL store as the source of a transfer. No worker may live meanwhile: what could change is locked, and everything is read on one
// snapshot. When the move is decided, the schema is closed in the same transaction.
import type pg from 'pg'
import { StoreLockedError, StoreMissingError } from '../../errors.ts'
import { TABLE_NAMES } from '../transfer.ts'
import type { MoveNote, TransferBlob, TransferCounts, TransferRow, TransferSource, TransferTable } from '../transfer.ts'
import { checkSchemaName, openPool, serverFacts, transaction } from './connection.ts'
import type { Address } from './connection.ts'
import { attempt, sqlState } from './failures.ts'
import { migrate, readVersion } from './migrations.ts'
import { closeForMove, isMovedVersion, movedError, readMoved, settleMove } from './moved.ts'
import { openFailure } from './open-failure.ts'
import { withFilePassword } from './password-file.ts'
import { readBlobs, readRows } from './transfer-read.ts'
import { DEFAULT_SCHEMA, FILLED_TABLES, LIVE_WORKERS_SQL, LOCK_NOT_AVAILABLE, shownWith, TRANSFER_SETTINGS_SQL } from './transfer-sql.ts'

/** Takes a schema as a source. Rejects with StoreMissingError when there are no tables, StoreMovedError when its content was moved before. */
export async function postgresSource({ url, schema = DEFAULT_SCHEMA }: { readonly url: string; readonly schema?: string }): Promise<TransferSource> {
  const address: Address = { url: await withFilePassword(url), schema: checkSchemaName(schema), leaseMs: 15_000, pooled: false }
  const pool = openPool(address)
  let client: pg.PoolClient | undefined
  try {
    await serverFacts(pool)
    client = await pool.connect()
    client.on('error', () => undefined) // the query in flight rejects, or the next one
    const shown = shownWith(address)
    const version = await readVersion(client, schema)
    if (version === 0) throw new StoreMissingError(`there is no store in ${shown}`, { remedy: 'Correct --from.' })
    const moved = isMovedVersion(version) ? await readMoved(client, schema) : null
    if (moved?.done === true) throw movedError(shown, moved)
    if (moved === null) await migrate(client, schema)
    return new PostgresSource(pool, client, { shown, doubt: moved?.note ?? null })
  } catch (thrown) {
    client?.release(true)
    await pool.end()
    throw openFailure(thrown, address)
  }
}

class PostgresSource implements TransferSource {
  readonly shown: string
  readonly doubt: MoveNote | null
  readonly #pool: pg.Pool
  readonly #client: pg.PoolClient

  constructor(pool: pg.Pool, client: pg.PoolClient, { shown, doubt }: { readonly shown: string; readonly doubt: MoveNote | null }) {
    this.#pool = pool
    this.#client = client
    this.shown = shown
    this.doubt = doubt
  }

  async begin(): Promise<void> {
    await this.#attempt(async () => {
      await this.#client.query('begin isolation level repeatable read')
      await this.#client.query(TRANSFER_SETTINGS_SQL)
      // Before the first look, which decides what the snapshot is.
      await this.#client.query(`lock table ${FILLED_TABLES.join(', ')}, lanes in share row exclusive mode`).catch((thrown: unknown) => {
        throw sqlState(thrown) === LOCK_NOT_AVAILABLE ? this.#inUse() : thrown
      })
      if ((await this.#client.query(LIVE_WORKERS_SQL)).rows.length > 0) throw this.#inUse()
      // A process that stood still for longer than its lease must not write when it wakes up.
      await this.#client.query('update lanes set epoch = epoch + 1 where is_open')
    })
  }

  counts(): Promise<TransferCounts> {
    return this.#attempt(async () => {
      const counts: Partial<Record<TransferTable | 'blobs', number>> = {}
      for (const name of [...TABLE_NAMES, 'blobs'] as const) {
        counts[name] = (await this.#client.query<{ count: number }>(`select count(*) as count from ${name === 'runs' ? 'run_starts' : name}`)).rows[0]?.count ?? 0
      }
      return counts as TransferCounts // each has been set
    })
  }

  rows(table: TransferTable): AsyncIterable<readonly TransferRow[]> {
    return readRows(this.#client, table, this.shown)
  }

  blobs(): AsyncIterable<TransferBlob> {
    return readBlobs(this.#client, this.shown)
  }

  async intend(note: MoveNote): Promise<void> {
    await this.#attempt(async () => {
      await closeForMove(this.#client, note)
      await this.#client.query('commit')
    })
  }

  async decide(_note: MoveNote, moved: boolean): Promise<void> {
    await this.#attempt(() => transaction(this.#client, () => settleMove(this.#client, moved)))
  }

  async close(): Promise<void> {
    // With the connection go the locks.
    this.#client.release(true)
    await this.#pool.end()
  }

  #inUse(): StoreLockedError {
    return new StoreLockedError(`a process works on ${this.shown}`, { remedy: 'Stop all processes that use this store, then move. One that was killed counts until its lease has run out, some 15 seconds.' })
  }

  #attempt<T>(work: () => Promise<T>): Promise<T> {
    return attempt(`the move from ${this.shown} failed`, work)
  }
}
