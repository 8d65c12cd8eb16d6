// The PostgreSQL server of a whole bench: the one that WUMBO_BENCH_POSTGRES_URL names, else one that is started here, durable and with its
// data on a disk. Each measurement gets a database of its own, which is dropped afterwards; others on a given server are left alone.
import { tmpdir } from 'node:os'
import pg from 'pg'
import { refuseMemory } from '../machine.ts'
import { startEmbedded } from './embedded.ts'

export interface PostgresServer {
  /** What the server says of itself: version and the settings that a figure depends on. */
  readonly facts: string
  /** Runs `work` with the address of a new database, and drops that. */
  withDatabase<T>(work: (url: string) => Promise<T>): Promise<T>
  stop(): Promise<void>
}

const VARIABLE = 'WUMBO_BENCH_POSTGRES_URL'

/** Durable, and with room for a log between checkpoints, as anybody would set a server that is written to. */
const SETTINGS = ['fsync=on', 'synchronous_commit=on', 'full_page_writes=on', 'max_connections=200', 'shared_buffers=256MB', 'max_wal_size=4GB']

/** The server to measure on; `within` is where one that has to be started keeps its data. */
export async function openServer(within = tmpdir()): Promise<PostgresServer> {
  const given = process.env[VARIABLE]
  if (given !== undefined) return serverAt(given, `given by ${VARIABLE}`, async () => undefined)
  refuseMemory(within)
  const { url, stop } = await startEmbedded({ within, settings: SETTINGS })
  return serverAt(url, 'started for the benchmarks', stop)
}

async function serverAt(url: string, origin: string, stop: () => Promise<void>): Promise<PostgresServer> {
  const left = new Set<string>()
  let number = 0
  const drop = async (name: string): Promise<void> => {
    await onConnection(url, (client) => client.query(`drop database if exists ${name} with (force)`))
    left.delete(name)
  }
  try {
    return {
      facts: `${await readFacts(url)}; ${origin}`,
      async withDatabase(work) {
        const name = `wumbo_bench_${process.pid}_${++number}`
        left.add(name)
        try {
          await onConnection(url, (client) => client.query(`create database ${name} encoding 'UTF8' template template0`))
          return await work(databaseAddress(url, name))
        } finally {
          await drop(name)
        }
      },
      async stop() {
        for (const name of [...left]) await drop(name)
        await stop()
      },
    }
  } catch (thrown) {
    await stop()
    throw thrown
  }
}

/** The address of another database on the same server. */
export function databaseAddress(url: string, name: string): string {
  const address = new URL(url)
  address.pathname = `/${name}`
  return address.href
}

/** Runs `work` on a connection of its own. */
export async function onConnection<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

const FACTS = ['fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers', 'max_wal_size', 'autovacuum'] as const

/** Throws for a server that acknowledges what it has not written: no figure of durable work would mean anything. */
async function readFacts(url: string): Promise<string> {
  const { rows } = await onConnection(url, (client) => client.query<{ name: string; value: string }>(
    'select name, current_setting(name) as value from unnest($1::text[]) as asked(name)', [['server_version', ...FACTS]],
  ))
  const values = new Map(rows.map(({ name, value }) => [name, value]))
  if (values.get('fsync') !== 'on' || values.get('synchronous_commit') === 'off') {
    throw new Error(`the PostgreSQL server does not write what it acknowledges: fsync = ${values.get('fsync')}, synchronous_commit = ${values.get('synchronous_commit')}`)
  }
  return [`PostgreSQL ${values.get('server_version')}`, ...FACTS.map((name) => `${name} = ${values.get(name)}`)].join(', ')
}
