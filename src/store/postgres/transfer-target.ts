// A PostgreSQL store as the target of a transfer: one transaction on one connection takes everything, and is read back before it is kept. When the
// connection breaks or the process dies, the server takes all of it back.
import type pg from 'pg'
import { StoreFailedError, StoreLockedError, StoreNotEmptyError, StoreRowError } from '../../errors.ts'
import { TRANSFER_TABLES } from '../transfer.ts'
import type { MoveNote, TransferBlob, TransferRow, TransferTable, TransferTarget } from '../transfer.ts'
import { textArray, wholeArray } from './arrays.ts'
import { checkSchemaName, openPool, serverFacts } from './connection.ts'
import type { Address } from './connection.ts'
import { isLost, isRowFailure, sqlState, storeFailure } from './failures.ts'
import { migrate } from './migrations.ts'
import { openFailure } from './open-failure.ts'
import { withFilePassword } from './password-file.ts'
import { stored, storedOrNull, wholeOrNull } from './text.ts'
import { checksumOf } from './transfer-checksum.ts'
import { place, readBlobs, readRows } from './transfer-read.ts'
import { CHECKSUM_TYPES, DEFAULT_SCHEMA, FILLED_TABLES, KINDS_SQL, LIVE_WORKERS_SQL, LOCK_NOT_AVAILABLE, MOVES_SQL, shownWith, TRANSFER_SETTINGS_SQL, WRITE_SQL } from './transfer-sql.ts'

/** Opens the database as a target, and makes its tables if there are none. Rejects as postgresStore does. */
export async function postgresTarget({ url, schema = DEFAULT_SCHEMA }: { readonly url: string; readonly schema?: string }): Promise<TransferTarget> {
  const address: Address = { url: await withFilePassword(url), schema: checkSchemaName(schema), leaseMs: 15_000, pooled: false }
  const pool = openPool(address)
  let client: pg.PoolClient | undefined
  try {
    await serverFacts(pool)
    client = await pool.connect()
    client.on('error', () => undefined) // the query in flight rejects, or the next one
    await migrate(client, schema)
    return new PostgresTarget(pool, client, address)
  } catch (thrown) {
    client?.release(true)
    await pool.end()
    throw openFailure(thrown, address)
  }
}

class PostgresTarget implements TransferTarget {
  readonly shown: string
  readonly #pool: pg.Pool
  readonly #client: pg.PoolClient
  readonly #schema: string
  #last = 0
  #closed = false

  constructor(pool: pg.Pool, client: pg.PoolClient, address: Address) {
    this.#pool = pool
    this.#client = client
    this.#schema = address.schema
    this.shown = shownWith(address)
  }

  async has(id: string): Promise<boolean> {
    const { rows } = await this.#query(MOVES_SQL.isThere, [this.#schema])
    return rows.length > 0 && (await this.#query(MOVES_SQL.find, [id])).rows.length > 0
  }

  async begin(): Promise<void> {
    await this.#query('begin')
    await this.#query(TRANSFER_SETTINGS_SQL)
    const { rows: workers } = await this.#query(LIVE_WORKERS_SQL)
    if (workers.length > 0) throw this.#inUse('a process works on')
    await this.#client.query(`lock table ${FILLED_TABLES.join(', ')} in share row exclusive mode`).catch((thrown: unknown) => {
      throw sqlState(thrown) === LOCK_NOT_AVAILABLE ? this.#inUse('somebody writes to') : storeFailure(thrown, `${this.shown} could not be locked`)
    })
    const filled: string[] = []
    for (const table of FILLED_TABLES) if ((await this.#query(`select 1 from ${table} limit 1`)).rows.length > 0) filled.push(table)
    if (filled.length === 0) return
    throw new StoreNotEmptyError(`${this.shown} is not empty: there is something in ${filled.join(', ')}; nothing was changed`, {
      details: { tables: filled }, remedy: 'Move into another schema (?schema=name) or database; or, when nobody needs what is there: drop schema ' + `${this.#schema} cascade`,
    })
  }

  #inUse(who: string): StoreLockedError {
    return new StoreLockedError(`${who} ${this.shown}; nothing was changed`, { remedy: 'Stop all processes that use this store, then move.' })
  }

  async write(table: TransferTable, rows: readonly TransferRow[]): Promise<void> {
    const values = columnsOf(table, rows)
    try {
      if (table === 'runs') {
        const [workflow, version, queue] = (['workflow', 'version', 'queue'] as const).map((name) => values[Object.keys(TRANSFER_TABLES.runs).indexOf(name)])
        await this.#client.query(KINDS_SQL, [queue, workflow, version])
        this.#last = Number(rows.at(-1)?.[0])
      }
      await this.#client.query({ name: `transfer ${table}`, text: WRITE_SQL[table], values })
    } catch (thrown) {
      if (!isRowFailure(thrown)) throw storeFailure(thrown, `${table} could not be written to ${this.shown}`)
      throw new StoreRowError(`${table}: ${this.shown} cannot hold one of the rows from ${place(table, rows[0])} to ${place(table, rows.at(-1))}: ${thrown instanceof Error ? thrown.message : ''}; nothing was moved`, {
        cause: thrown, path: table, details: { table }, remedy: 'Names and paths of more than 2,704 bytes do not fit into an index of PostgreSQL. Prune such a run from the source, or keep the store that you have.',
      })
    }
  }

  async writeBlob({ key, data, ageMs }: TransferBlob): Promise<void> {
    await this.#query(`insert into blobs (key, data, created_at) values ($1, $2, clock_timestamp() - $3 * interval '1 millisecond')`, [stored(key), Buffer.from(data), Math.round(ageMs)])
  }

  rows(table: TransferTable): AsyncIterable<readonly TransferRow[]> {
    return readRows(this.#client, table, this.shown)
  }

  blobs(): AsyncIterable<TransferBlob> {
    return readBlobs(this.#client, this.shown)
  }

  async commit({ id, from, at }: MoveNote): Promise<'kept' | 'unknown'> {
    if (this.#last > 0) await this.#query(`select setval('run_numbers', $1)`, [this.#last])
    // A number is never given again, also of an event that is pruned: a listener that was closed asks for what is above its own.
    await this.#query(`select setval('event_numbers', m.no) from (select greatest((select max(no) from events), (select max(after) from listeners)) as no) m where m.no > 0`)
    await this.#query(MOVES_SQL.create)
    await this.#query(MOVES_SQL.add, [id, stored(from), at])
    try {
      const { command } = await this.#client.query('commit')
      if (command !== 'COMMIT') throw new StoreFailedError(`the server answered a commit with ${command}`)
      return 'kept'
    } catch (thrown) {
      if (isLost(thrown)) return 'unknown'
      throw storeFailure(thrown, `${this.shown} could not keep what was moved`)
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    // With the connection goes what was not committed.
    this.#client.release(true)
    await this.#pool.end()
  }

  async #query<R extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<pg.QueryResult<R>> {
    try {
      return await this.#client.query<R>(text, values === undefined ? undefined : [...values])
    } catch (thrown) {
      throw storeFailure(thrown, `the move to ${this.shown} failed`)
    }
  }
}

/** Rows as one array per column, checksums last. */
function columnsOf(table: TransferTable, rows: readonly TransferRow[]): Buffer[] {
  const columns = Object.values(TRANSFER_TABLES[table]).map((type, index) => (type === 'text'
    ? textArray(rows.map((row) => storedOrNull(row[index] as string | null)))
    : wholeArray(rows.map((row) => wholeOrNull(row[index] as number | null)))))
  const checksum = CHECKSUM_TYPES[table]
  if (checksum === undefined) return columns
  const sums = rows.map((row) => checksumOf(table, row))
  return [...columns, checksum === 'text' ? textArray(sums as readonly string[]) : wholeArray(sums as readonly number[])]
}
