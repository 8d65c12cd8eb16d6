// The PostgreSQL store: one schema of a database, written by many lanes, each on a connection of its own; reads and blobs share a few others.
import { randomUUID } from 'node:crypto'
import { StoreClosedError } from '../../errors.ts'
import type { Store } from '../port.ts'
import { postgresBlobs } from './blobs.ts'
import { check } from './checks.ts'
import { checkSchemaName, openPool, serverFacts } from './connection.ts'
import type { Address } from './connection.ts'
import { attempt, storeFailure } from './failures.ts'
import { PostgresLane } from './lane.ts'
import { SCHEMA_VERSION, migrate } from './migrations.ts'
import { blobReferences, definition, findKey, getRun, loadRun, nextWake } from './reads.ts'
import { listRuns } from './run-list.ts'
import { TRANSACTION_CONNECTIONS } from './transaction-pool.ts'
import { postgresTransactions } from './transactions.ts'
import { getWorkflow, listWorkflows, workflowVersion, workflowVersions } from './workflow-reads.ts'

/** Which database, and how. */
export interface PostgresStoreOptions {
  /** `postgres://user:password@host:port/database`, with the parameters that libpq knows. A pooler in between must keep sessions. */
  readonly url: string
  /**
   * The name of this store's lane. Whoever opens the lane under the same name takes it over: the one before is fenced, and what it still
   * owned can be claimed at once. Without a name each store gets a lane of its own, and what such a lane leaves when its process dies stays
   * with it: give a name that the next process has too.
   */
  readonly lane?: string
  /** The schema that holds the tables: small letters, digits and `_`. It is made if there is none. Default `wumbo`. */
  readonly schema?: string
  /** Connections for transaction steps: as many run at a time. They are opened when they are needed. Default 10. */
  readonly transactionConnections?: number
}

/** A store in a PostgreSQL database. */
export interface PostgresStore extends Store {
  readonly kind: 'postgres'
}

const DEFAULT_SCHEMA = 'wumbo'

/**
 * Opens the store, and creates its tables if there are none. Rejects with StoreTooNewError for tables of a newer Wumbo, and with
 * StoreFailedError when the server cannot be reached, is too old, or the database is not in UTF8.
 */
export async function postgresStore(options: PostgresStoreOptions): Promise<PostgresStore> {
  const address: Address = { url: options.url, schema: checkSchemaName(options.schema ?? DEFAULT_SCHEMA) }
  const id = options.lane ?? randomUUID()
  const pool = openPool(address)
  const transactions = postgresTransactions(address, options.transactionConnections ?? TRANSACTION_CONNECTIONS)
  const lanes = new Set<PostgresLane>()
  let closing: Promise<void> | null = null

  let facts: Readonly<Record<string, string | number>>
  try {
    facts = await attempt('the store could not be opened', async () => {
      const known = await serverFacts(pool)
      const client = await pool.connect()
      try {
        await migrate(client, address.schema)
      } finally {
        client.release()
      }
      return Object.freeze({ ...known, schema: address.schema, schemaVersion: SCHEMA_VERSION, lane: id })
    })
  } catch (thrown) {
    await pool.end()
    throw thrown
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
    blobs: postgresBlobs(pool),
    transactions,
    async openLane() {
      if (closing !== null) throw new StoreClosedError('the store is closed')
      const lane = await PostgresLane.open(address, id, () => lanes.delete(lane))
      lanes.add(lane)
      return lane
    },
    load: (key) => read(() => loadRun(pool, key)),
    getRun: (key) => read(() => getRun(pool, key)),
    listRuns: (filter) => read(() => listRuns(pool, filter)),
    findKey: (space, key) => read(() => findKey(pool, space, key)),
    definition: (hash) => read(() => definition(pool, hash)),
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

  async function close(): Promise<void> {
    try {
      await Promise.all([...lanes].map((lane) => lane.close()))
    } finally {
      await Promise.all([pool.end(), transactions.close()])
    }
  }
}
