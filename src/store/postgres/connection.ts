// Connections to the server: how they are opened and set, and transactions on them. Every connection finds our tables by its search path,
// gives whole numbers as numbers, and refuses to acknowledge a commit that is not on the disk.
import pg from 'pg'
import { StoreFailedError } from '../../errors.ts'
import { storeFailure } from './failures.ts'

/** The type of a column, as the driver's types number it. */
type TypeId = Parameters<typeof pg.types.getTypeParser>[0]
const INT8: TypeId = pg.types.builtins.INT8

/** Where the store is. */
export interface Address {
  /** `postgres://user:password@host:port/database`, with the parameters that libpq knows. */
  readonly url: string
  /** The schema that holds the tables. */
  readonly schema: string
}

/** How long opening a connection may take, in milliseconds. */
export const CONNECT_TIMEOUT_MS = 10_000
/** How long a statement may run on the server, in milliseconds. */
const STATEMENT_TIMEOUT_MS = 60_000
/** How long a lane waits for an answer, in milliseconds: longer than the server may take, so that only a dead connection gets there. */
const ANSWER_TIMEOUT_MS = 75_000
/** How long an open transaction may be left alone before the server ends it, in milliseconds: its locks must not outlive its owner. */
const IDLE_IN_TRANSACTION_MS = 60_000
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

/** Opens a connection for a lane. `lost` is called once when it breaks. */
export async function connect(address: Address, lost: () => void): Promise<pg.Client> {
  const client = new pg.Client({ ...settings(address), query_timeout: ANSWER_TIMEOUT_MS })
  client.on('error', lost)
  client.on('end', lost)
  try {
    await client.connect()
    await setUp(client, address)
    return client
  } catch (thrown) {
    await client.end().catch(() => undefined)
    throw storeFailure(thrown, 'the database cannot be reached')
  }
}

/** Opens the connections for reads, when they are needed. */
export function openPool(address: Address): pg.Pool {
  // eslint-disable-next-line @typescript-eslint/no-misused-promises -- the pool waits for it before it gives the connection out; its types do not say so
  const pool = new pg.Pool({ ...settings(address), max: READ_CONNECTIONS, onConnect: (client) => setUp(client, address) })
  // A connection that breaks while nobody uses it leaves the pool by itself.
  pool.on('error', () => undefined)
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
  const { rows } = await pool.query<Record<'database' | 'isolation' | 'server' | 'number' | 'encoding' | 'fsync' | 'synchronousCommit', string>>(`
    select current_database() as database, current_setting('transaction_isolation') as isolation, current_setting('server_version') as server, current_setting('server_version_num') as number,
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
 * lose: a server that has not counted the rows yet prefers it all the same.
 */
export async function setUp(client: pg.ClientBase, { schema }: Address): Promise<void> {
  await client.query(`
    set search_path = ${schema};
    set default_transaction_isolation = 'read committed';
    set jit = off;
    set enable_bitmapscan = off;
    set statement_timeout = ${STATEMENT_TIMEOUT_MS};
    set idle_in_transaction_session_timeout = ${IDLE_IN_TRANSACTION_MS};
    select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'`)
}
