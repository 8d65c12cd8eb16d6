// The transactions of a PostgreSQL store: each on a connection of a pool of its own, with the user's statements first, then ours in the
// order of every flush (lane, run, record), then the commit. A commit whose answer was lost is read back.
import { setTimeout as pause } from 'node:timers/promises'
import type pg from 'pg'
import { AbortedError, ConfigInvalidError, LaneFencedError, StoreClosedError, StoreFailedError, StoreRowError, TransactionRefusedError } from '../../errors.ts'
import type { JournalRecord } from '../../model/record.ts'
import { TransactionInDoubt } from '../transactions-port.ts'
import type { LaneProof, OpenTransaction, OpenTransactions } from '../transactions-port.ts'
import type { Address } from './connection.ts'
import { isLost, isUniqueViolation, sqlState, storeFailure } from './failures.ts'
import { stored } from './text.ts'
import { TransactionHandle } from './transaction-handle.ts'
import { Gate, openTransactionPool } from './transaction-pool.ts'
import { transactionSql, recordValues } from './transaction-statements.ts'
import type { TransactionSql } from './transaction-statements.ts'

/** Pauses before each attempt to read back what came of a commit, in milliseconds: longer in all than a server takes to come back after a crash. */
const READ_BACK_PAUSES_MS = [0, 100, 500, 1000, 2000, 4000, 8000, 16_000, 30_000]
/** A statement failed and the body went on all the same. */
const IN_FAILED_TRANSACTION = '25P02'
/** The transaction was left alone for longer than is allowed. */
const IDLE_TOO_LONG = '25P03'
/** Pauses after the lane could not be proven, in milliseconds: its own raise of its epoch may be about to be told. */
const PROOF_PAUSES_MS = [20, 80, 400]

/** What a store has for its transaction steps. */
export interface PostgresTransactions extends OpenTransactions {
  /** Ends the connections, once they are given back. */
  close(): Promise<void>
}

/** Opens no connection before it is needed; `connections` is how many there may be. */
export function postgresTransactions(address: Address, connections: number): PostgresTransactions {
  if (!Number.isInteger(connections) || connections < 1) throw new ConfigInvalidError(`transactionConnections: expected a whole number from 1, got ${connections}`, { path: 'transactionConnections' })
  const pool = openTransactionPool(address, connections)
  const gate = new Gate(connections)
  const sql = transactionSql(address)
  let closing: Promise<void> | null = null
  return {
    way: 'open',
    async begin({ timeoutMs, signal }) {
      await gate.enter()
      let client: pg.PoolClient
      try {
        if (closing !== null) throw new StoreClosedError('the store is closed')
        client = await pool.connect()
      } catch (thrown) {
        gate.leave()
        throw storeFailure(thrown, 'no connection for a transaction')
      }
      const transaction = new OneTransaction({ pool, client, sql, left: () => { gate.leave() } })
      await transaction.begin(timeoutMs, signal)
      return transaction
    },
    close() {
      closing ??= pool.end()
      return closing
    },
  }
}

/** `doomed`: aborted or rolled back. `over`: the connection is given back. */
type Phase = 'open' | 'committing' | 'doomed' | 'over'

class OneTransaction implements OpenTransaction {
  readonly handle: TransactionHandle
  readonly #pool: pg.Pool
  readonly #client: pg.PoolClient
  readonly #sql: TransactionSql
  readonly #left: () => void
  #phase: Phase = 'open'
  #pid = 0
  /** The number that the server gave this transaction: another, or none, means that the body has ended it. */
  #xid = ''
  #forget: () => void = () => undefined
  #lost = false
  readonly #broke = (why?: unknown): void => {
    // A body that leaves its transaction alone for too long has itself to blame.
    if (sqlState(why) !== IDLE_TOO_LONG) this.#lost = true
  }

  constructor({ pool, client, sql, left }: { readonly pool: pg.Pool; readonly client: pg.PoolClient; readonly sql: TransactionSql; readonly left: () => void }) {
    this.#left = left
    this.#pool = pool
    this.#client = client
    this.#sql = sql
    this.handle = new TransactionHandle(client)
    client.on('error', this.#broke)
  }

  get lost(): boolean {
    return this.#lost
  }

  async begin(timeoutMs: number | null, signal: AbortSignal): Promise<void> {
    try {
      // Several statements without parameters go in one message; the last one's rows are what we need.
      const results = (await this.#client.query(this.#sql.begin(timeoutMs))) as unknown as pg.QueryResult<{ pid: number; xid: string }>[]
      const row = results.at(-1)?.rows[0]
      this.#pid = row?.pid ?? 0
      this.#xid = row?.xid ?? ''
    } catch (thrown) {
      this.#give(thrown)
      throw storeFailure(thrown, 'a transaction could not be begun')
    }
    const abort = (): void => this.#abort()
    if (signal.aborted) {
      abort()
      throw signal.reason instanceof Error ? signal.reason : new AbortedError('the step was given up')
    }
    signal.addEventListener('abort', abort, { once: true })
    this.#forget = () => { signal.removeEventListener('abort', abort) }
  }

  async commit(lane: LaneProof, record: JournalRecord): Promise<void> {
    if (this.#phase !== 'open') throw new AbortedError('the transaction was given up')
    this.#phase = 'committing'
    this.#forget()
    await this.handle.close()
    const client = this.#client
    let sent = false
    try {
      const { rows: [now] } = await client.query<{ xid: string | null }>(this.#sql.settle)
      if (now?.xid !== this.#xid) throw ended()
      await this.#prove(lane)
      const { rowCount } = await client.query(this.#sql.record, recordValues(lane, record))
      if (rowCount !== 1) throw new StoreRowError(`the run ${record.run} is not owned by this lane in generation ${record.gen}: the transaction step ${record.path} cannot be recorded`, { path: record.path })
      sent = true
      const { command } = await client.query('commit')
      if (command !== 'COMMIT') throw new StoreFailedError(`the server answered the commit of ${record.path} with ${command}`)
    } catch (thrown) {
      if (sent && isLost(thrown)) {
        this.#give(thrown)
        if (await this.#wasKept(lane, record)) return
        this.#lost = true
        throw new StoreFailedError(`the connection was lost at the commit of ${record.path}, and nothing of it was kept`, { cause: thrown })
      }
      if (isLost(thrown)) this.#broke(thrown)
      await this.rollback(isLost(thrown) ? thrown : undefined)
      throw this.#named(thrown, record.path)
    }
    this.#give(undefined)
  }

  async rollback(broken?: unknown): Promise<void> {
    if (this.#phase === 'over') return
    const doomed = this.#phase === 'doomed'
    this.#phase = 'doomed'
    this.#forget()
    await this.handle.close()
    if (doomed || broken !== undefined) {
      this.#give(broken ?? new Error('given up'))
      return
    }
    await this.#client.query('rollback').then(() => this.#give(undefined), (thrown: unknown) => {
      this.#broke(thrown)
      this.#give(thrown)
    })
  }

  /** Cancels the statement that runs and gives the connection up; the server takes back what is not committed. */
  #abort(): void {
    if (this.#phase !== 'open') return
    this.#phase = 'doomed'
    void this.handle.close()
    const [pid, xid] = [this.#pid, this.#xid]
    this.#give(new Error('given up'))
    // Without this the server would notice only when its statement ends.
    this.#pool.query(this.#sql.terminate, [pid, xid]).catch(() => undefined)
  }

  async #prove(lane: LaneProof): Promise<void> {
    for (let tries = 0; ;) {
      const { id, epoch } = lane
      const { rowCount } = await this.#client.query(this.#sql.lane, [stored(id), epoch])
      if (rowCount === 1) return
      // The lane may have raised its own epoch meanwhile, and not know it yet.
      const ms = PROOF_PAUSES_MS[tries++]
      if (ms !== undefined) await pause(ms)
      else if (lane.epoch === epoch) throw new LaneFencedError(`another process has taken over: the lane ${id} has another epoch than ${epoch}; nothing of the transaction was kept`)
    }
  }

  /** Whether the record is there. The lock on the run waits until the backend in doubt has ended its transaction, one way or the other. */
  async #wasKept(lane: LaneProof, record: JournalRecord): Promise<boolean> {
    for (const ms of READ_BACK_PAUSES_MS) {
      await pause(ms)
      let client: pg.PoolClient
      try {
        client = await this.#pool.connect()
      } catch {
        continue
      }
      try {
        await client.query('begin')
        await client.query(this.#sql.lockRun, [record.space, stored(record.run)])
        const { rowCount } = await client.query(this.#sql.find, [record.space, stored(record.run), record.gen, stored(record.path)])
        await client.query('rollback')
        client.release()
        return rowCount === 1
      } catch (thrown) {
        client.release(thrown instanceof Error ? thrown : true)
      }
    }
    throw new TransactionInDoubt(`the connection was lost at the commit of ${record.path} in lane ${lane.id}, and it could not be read back whether it was kept`)
  }

  #named(thrown: unknown, path: string): unknown {
    const state = sqlState(thrown)
    if (state === undefined) return isLost(thrown) ? storeFailure(thrown, `the transaction of ${path}`) : thrown
    if (state === IN_FAILED_TRANSACTION) {
      return new TransactionRefusedError(`${path}: a statement of the transaction had failed, and the body went on as if it had not`, {
        path, cause: thrown, remedy: 'Let the failure of a statement fail the body, or set a savepoint before it and go back to that.',
      })
    }
    if (isUniqueViolation(thrown) && (thrown as pg.DatabaseError).table === 'journal') return storeFailure(thrown, `${path} has a record already`)
    // What the database refuses at the commit, a deferred constraint for example, is the body's: it fails the attempt and no more.
    return new StoreFailedError(`${path}: the transaction was not committed: ${(thrown as Error).message}`, { cause: thrown, details: { sqlState: state } })
  }

  /** Gives the connection back, or up. */
  #give(broken: unknown): void {
    if (this.#phase === 'over') return
    this.#phase = 'over'
    this.#forget()
    const client = this.#client
    client.off('error', this.#broke)
    if (broken !== undefined) {
      client.release(broken instanceof Error ? broken : true)
      this.#left()
      return
    }
    // What the body has set for its session goes no further.
    if (this.#sql.reset === null) {
      client.release()
      this.#left()
      return
    }
    client.query(this.#sql.reset).then(() => { client.release() }, (thrown: unknown) => { client.release(thrown instanceof Error ? thrown : true) }).finally(this.#left)
  }
}

function ended(): TransactionRefusedError {
  return new TransactionRefusedError('the body has ended the transaction: what it wrote after that, or before a commit of its own, may have been kept, and the step is not recorded', {
    remedy: 'Leave begin, commit and rollback to Wumbo; throw to take everything back.',
  })
}
