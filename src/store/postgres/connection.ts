// Connections to the server: how they are opened and set, and transactions on them. Every connection finds our tables by its search path,
// gives whole numbers as numbers, and refuses to acknowledge a commit that is not on the disk.
import pg from 'pg'
import { StoreFailedError } from '../../errors.ts'
import { storeFailure } from './failures.ts'
import { makePooled, makePooledPool } from './pooled.ts'

/** The type of a column, as the driver's types number it. */
type TypeId = Parameters<typeof pg.types.getTypeParser>[0]
const INT8: TypeId = pg.types.builtins.INT8

/** Where the store is. */
export interface Address {
  /** `postgres://user:password@host:port/database`, with the parameters that libpq knows. */
  readonly url: string
  /** The schema that holds the tables. */
  readonly schema: string
  /** How long a lane may go without proof that it lives, in milliseconds. */
  readonly leaseMs: number
  /** True behind a pooler that gives each transaction another connection of the server: nothing may be set for longer than one. */
  readonly pooled: boolean
}

/** How long opening a connection may take, in milliseconds. */
export const CONNECT_TIMEOUT_MS = 10_000
/** How long a read may take on the server, in milliseconds. */
const READ_TIMEOUT_MS = 60_000
/** How much longer an answer may take than its statement, in milliseconds: only a dead connection gets there. */
const ANSWER_MARGIN_MS = 15_000
/** What a statement of a lane may take of its lease: a flush that is stuck must be over before anybody takes the lane over. */
const LEASE_PART = 0.45
/** Connections for reads and blobs. */
const READ_CONNECTIONS = 4
/** The oldest PostgreSQL that is supported, as the server numbers it. */
const OLDEST_SERVER = 140_000

const SCHEMA_NAME = /^[a-z_][a-z0-9_]{0,62}$/

/** Throws StoreFailedError for a name of a schema that would have to be quoted. */
export function checkSchemaName(schema: string): string {
  if (SCHEMA_NAME.test(schema)) return schema
  throw new StoreFailedError(`expected a schema name of small letters, digits and "_", got ${JSON.stringify(schema)}`, { retryable: false, remedy: 'Give the store another schema.' })
}

/** Opens a connection for a lane or its heartbeat. `lost` is called when it breaks after that, with the reason. */
export async function connect(address: Address, lost: (client: pg.Client, why: Error) => void): Promise<pg.Client> {
  const statementMs = laneTimeout(address)
  const client = new pg.Client({ ...settings(address), connectionTimeoutMillis: Math.min(CONNECT_TIMEOUT_MS, statementMs), query_timeout: Math.min(statementMs * 2, statementMs + ANSWER_MARGIN_MS) })
  let isOpen = false
  const broke = (why: Error): void => {
    if (isOpen) lost(client, why)
    isOpen = false
  }
  client.on('error', broke)
  client.on('end', () => broke(new Error('the server closed the connection')))
  try {
    await client.connect()
    await setUp(client, address, statementMs)
    isOpen = true
    return client
  } catch (thrown) {
    destroy(client)
    throw storeFailure(thrown, 'the database cannot be reached')
  }
}

/** Ends a connection without waiting for a server that may not answer any more. */
export function destroy(client: pg.ClientBase): void {
  // The driver's own way out says goodbye first, which a dead connection keeps waiting.
  const { connection } = client as unknown as { readonly connection?: { readonly stream?: { destroy(): void } } }
  if (client instanceof pg.Client) client.end().catch(() => undefined)
  connection?.stream?.destroy()
}

/** How long a statement of a lane may take, in milliseconds. */
export function laneTimeout({ leaseMs }: Address): number {
  return Math.max(100, Math.floor(leaseMs * LEASE_PART))
}

/** Opens the connections for reads, when they are needed. */
export function openPool(address: Address): pg.Pool {
  // eslint-disable-next-line @typescript-eslint/no-misused-promises -- the pool waits for it before it gives the connection out; its types do not say so
  const pool = new pg.Pool({ ...settings(address), max: READ_CONNECTIONS, onConnect: (client) => setUp(client, address, READ_TIMEOUT_MS) })
  // A connection that breaks while nobody uses it leaves the pool by itself.
  pool.on('error', () => undefined)
  if (address.pooled) makePooledPool(pool)
  return pool
}

/** Runs `work` in one transaction: when it throws, nothing of it stays. */
export async function transaction<T>(client: pg.ClientBase, work: () => Promise<T>, begin = 'begin'): Promise<T> {
  await client.query(begin)
  let result: T
  try {
    result = await work()
  } catch (thrown) {
    await client.query('rollback').catch(() => undefined)
    throw thrown
  }
  // A server that has given a transaction up answers a commit without an error, and says that it took it back.
  const { command } = await client.query('commit')
  if (command !== 'COMMIT') throw new StoreFailedError(`the server answered a commit with ${command}`)
  return result
}

/** Runs `work` on a connection of the pool, on one snapshot of what was committed. */
export async function onSnapshot<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  try {
    const result = await transaction(client, () => work(client), 'begin isolation level repeatable read read only')
    client.release()
    return result
  } catch (thrown) {
    client.release(thrown instanceof Error ? thrown : true)
    throw thrown
  }
}

/** Facts about the server, for people. Throws StoreFailedError for one that cannot hold the store. */
export async function serverFacts(pool: pg.Pool): Promise<Readonly<Record<string, string | number>>> {
  const { rows } = await pool.query<Record<'now' | 'database' | 'isolation' | 'server' | 'number' | 'encoding' | 'fsync' | 'synchronousCommit', string>>(`
    select floor(extract(epoch from clock_timestamp()) * 1000) as now, current_database() as database, current_setting('transaction_isolation') as isolation, current_setting('server_version') as server, current_setting('server_version_num') as number,
      current_setting('server_encoding') as encoding, current_setting('fsync') as fsync, current_setting('synchronous_commit') as "synchronousCommit"`)
  const [row] = rows
  if (row === undefined) throw new StoreFailedError('the server says nothing about itself')
  const { number, encoding, ...facts } = row
  if (Number(number) < OLDEST_SERVER) {
    throw new StoreFailedError(`expected PostgreSQL ${OLDEST_SERVER / 10_000} or newer, got ${facts.server}`, { retryable: false, remedy: 'Use a newer server.' })
  }
  if (encoding !== 'UTF8') {
    throw new StoreFailedError(`expected a database in UTF8, and ${facts.database} is in ${encoding}`, { retryable: false, remedy: 'Create a database with encoding UTF8.' })
  }
  return facts
}

function settings({ url, schema }: Address): pg.ClientConfig {
  return {
    connectionString: url, application_name: `wumbo ${schema}`, keepAlive: true, connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    types: {
      // All whole numbers of ours are safe ones. The overloads of getTypeParser cannot be met by one function.
      getTypeParser: ((oid: TypeId, format?: 'text') => (oid === INT8 ? Number : (pg.types.getTypeParser(oid, format) as unknown))) as typeof pg.types.getTypeParser,
    },
  }
}

/**
 * Sets a new connection, whatever the server, the role or the address says. A commit must be on the disk, and each statement of a flush must
 * see what was committed before it, which only READ COMMITTED gives. Lists come in the order of an index, which a bitmap would
 * lose: a server that has not counted the rows yet prefers it all the same. An open transaction that is left alone ends soon: its
 * locks must not outlive its owner.
 */
export async function setUp(client: pg.ClientBase, address: Address, statementMs: number): Promise<void> {
  const settings = [
    `search_path = ${address.schema}`, 'jit = off', 'enable_bitmapscan = off', `statement_timeout = ${statementMs}`, `idle_in_transaction_session_timeout = ${statementMs}`,
  ]
  const onDisk = (isLocal: boolean): string => `select set_config('synchronous_commit', 'on', ${isLocal}) where current_setting('synchronous_commit') = 'off'`
  if (address.pooled) makePooled(client, [...settings.map((setting) => `set local ${setting}`), onDisk(true)].join('; '))
  else await client.query([...settings, `default_transaction_isolation = 'read committed'`].map((setting) => `set ${setting}`).concat(onDisk(false)).join('; '))
}
