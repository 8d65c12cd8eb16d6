// The PostgreSQL store: one schema of a database, written by many lanes, each on a connection of its own; reads and blobs share a few others.
import { randomUUID } from 'node:crypto'
import { StoreClosedError, StoreFailedError } from '../../errors.ts'
import type { LaneOptions, SharedStore } from '../port.ts'
import { postgresBlobs } from './blobs.ts'
import { check } from './checks.ts'
import { checkSchemaName, openPool, serverFacts } from './connection.ts'
import type { Address } from './connection.ts'
import { attempt, storeFailure } from './failures.ts'
import { Kinds } from './kinds.ts'
import { NameTakenError } from './lane-parts.ts'
import { PostgresLane } from './lane.ts'
import { lookOnly, mustNotWrite, readableBlobs } from './look.ts'
import { SCHEMA_VERSION, migrate } from './migrations.ts'
import { openFailure } from './open-failure.ts'
import { withFilePassword } from './password-file.ts'
import { blobReferences, definition, findKey, getRun, getRuns, loadRun, mailAfter, nextWake } from './reads.ts'
import { listRuns } from './run-list.ts'
import { ServerTime, offsetOf } from './server-time.ts'
import { stored } from './text.ts'
import { drainWorker, listWorkers } from './workers.ts'
import { TRANSACTION_CONNECTIONS } from './transaction-pool.ts'
import { postgresTransactions } from './transactions.ts'
import { listEvents } from './events.ts'
import { getWorkflow, listWorkflows, workflowVersion, workflowVersions } from './workflow-reads.ts'

/** Which database, and how. */
export interface PostgresStoreOptions {
  /** `postgres://user:password@host:port/database`, with the parameters that libpq knows. A pooler in between must keep sessions. */
  readonly url: string
  /**
   * The name of this store's lane. Whoever opens the lane under the same name takes it over: the one before is fenced, and what it still
   * owned can be claimed at once, before its lease has run out. Give one only where a name stands for one process at a time. Default: a
   * name that nobody else has.
   */
  readonly lane?: string
  /**
   * How long a worker may go without proof that it lives before others take its runs over, in milliseconds. All workers of a store should have the same.
   * 300 at least. Default 15,000.
   */
  readonly leaseMs?: number
  /**
   * `transaction` behind a pooler that gives each transaction another connection of the server, such as PgBouncer in its mode of that name. Then no
   * notifications come from other workers, so that what they start is seen up to two seconds later, and a flush takes four round
   * trips. Default: the connection is the server's own, or the pooler keeps sessions.
   */
  readonly pooler?: 'transaction'
  /** The schema that holds the tables: small letters, digits and `_`. It is made if there is none. Default `wumbo`. */
  readonly schema?: string
  /** Connections for transaction steps: as many run at a time. They are opened when they are needed. Default 10. */
  readonly transactionConnections?: number
  /** Creates nothing, opens no lane and writes nothing. Rejects with StoreMissingError where there are no tables. Default false. */
  readonly readOnly?: boolean
}

/** A store in a PostgreSQL database. */
export interface PostgresStore extends SharedStore {
  readonly kind: 'postgres'
}

const DEFAULT_SCHEMA = 'wumbo'
const DEFAULT_LEASE_MS = 15_000
const SHORTEST_LEASE_MS = 300

/**
 * Opens the store, and creates its tables if there are none. Rejects with StoreTooNewError for tables of a newer Wumbo, and with
 * StoreFailedError when the server cannot be reached, refuses the login, is too old, or the database is missing or not in UTF8.
 */
export async function postgresStore(options: PostgresStoreOptions): Promise<PostgresStore> {
  const address: Address = { url: await withFilePassword(options.url), schema: checkSchemaName(options.schema ?? DEFAULT_SCHEMA), leaseMs: checkLease(options.leaseMs ?? DEFAULT_LEASE_MS), pooled: options.pooler === 'transaction' }
  let id = options.lane ?? randomUUID()
  const readOnly = options.readOnly ?? false
  const pool = openPool(address)
  const transactions = postgresTransactions(address, options.transactionConnections ?? TRANSACTION_CONNECTIONS)
  const lanes = new Set<PostgresLane>()
  const kinds = new Kinds()
  const time = new ServerTime(Date.now())
  let before: number | null = null
  let closing: Promise<void> | null = null

  let facts: Readonly<Record<string, string | number>>
  try {
    facts = await attempt('the store could not be opened', async () => {
      const { now, ...known } = await serverFacts(pool)
      time.learn(offsetOf(Number(now)))
      const client = await pool.connect()
      try {
        await (readOnly ? lookOnly(pool, client, address) : migrate(client, address.schema))
      } finally {
        client.release()
      }
      return Object.freeze({ ...known, schema: address.schema, schemaVersion: SCHEMA_VERSION, lane: id })
    })
  } catch (thrown) {
    await pool.end()
    throw openFailure(thrown, address)
  }

  const read = <T>(work: () => Promise<T>): Promise<T> => {
    if (closing !== null) return Promise.reject(new StoreClosedError('the store is closed'))
    return attempt('the store could not be read', work)
  }
  async function* each<T>(iterate: () => AsyncIterable<T>): AsyncGenerator<T> {
    if (closing !== null) throw new StoreClosedError('the store is closed')
    try {
      yield* iterate()
    } catch (thrown) {
      throw storeFailure(thrown, 'the store could not be read')
    }
  }
  return {
    kind: 'postgres',
    facts,
    blobs: readOnly ? readableBlobs(postgresBlobs(pool, address.leaseMs)) : postgresBlobs(pool, address.leaseMs),
    transactions,
    isShared: true,
    now: () => time.now(),
    async openLane(laneOptions = {}) {
      if (closing !== null) throw new StoreClosedError('the store is closed')
      if (readOnly) throw mustNotWrite()
      try {
        return await openLane(laneOptions)
      } catch (thrown) {
        if (!(thrown instanceof NameTakenError)) throw thrown
        id = randomUUID()
        before = null
        return openLane(laneOptions)
      }
    },
    getRuns: (keys) => read(() => getRuns(pool, keys)),
    kinds: () => read(() => kinds.refresh(pool)),
    workers: () => read(() => listWorkers(pool)),
    drain: (lane) => read(() => drainWorker(pool, lane)),
    load: (key) => read(() => loadRun(pool, key)),
    getRun: (key) => read(() => getRun(pool, key)),
    mail: (key, after) => read(() => mailAfter(pool, key, after)),
    listRuns: (filter) => read(() => listRuns(pool, filter)),
    findKey: (space, key) => read(() => findKey(pool, space, key)),
    definition: (hash) => read(() => definition(pool, hash)),
    listEvents: (filter) => read(() => listEvents(pool, filter)),
    listWorkflows: (filter) => read(() => listWorkflows(pool, filter)),
    getWorkflow: (key) => read(() => getWorkflow(pool, key)),
    workflowVersions: (key) => read(() => workflowVersions(pool, key)),
    workflowVersion: (key, hash) => read(() => workflowVersion(pool, key, hash)),
    nextWake: () => read(() => nextWake(pool)),
    blobReferences: () => each(() => blobReferences(pool)),
    check: () => each(() => check(pool)),
    close() {
      closing ??= close()
      return closing
    },
  }

  async function openLane(laneOptions: LaneOptions): Promise<PostgresLane> {
    const ended = (): void => {
      lanes.delete(lane)
      before = lane.epoch
    }
    const lane: PostgresLane = await PostgresLane.open({ address, lane: stored(id), holder: randomUUID(), kinds, pool, time, options: laneOptions, before, ended }, id)
    lanes.add(lane)
    return lane
  }

  async function close(): Promise<void> {
    try {
      await Promise.all([...lanes].map((lane) => lane.close()))
    } finally {
      await Promise.all([pool.end(), transactions.close()])
    }
  }
}

function checkLease(leaseMs: number): number {
  if (Number.isFinite(leaseMs) && leaseMs >= SHORTEST_LEASE_MS) return Math.floor(leaseMs)
  throw new StoreFailedError(`leaseMs: expected at least ${SHORTEST_LEASE_MS} milliseconds, got ${leaseMs}`, { retryable: false, remedy: 'Give the store a longer lease; 15,000 is usual.' })
}
