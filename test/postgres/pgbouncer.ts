// A real PgBouncer in transaction mode, for tests: started on a free port in front of the server under test, where the program is installed.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'

/** Where the program is; undefined when it is not installed. */
export const pgbouncer: string | undefined = ['pgbouncer', '/usr/sbin/pgbouncer'].find((program) => spawnSync(program, ['--version']).status === 0)

/** A pooler that runs. */
export interface Pooler {
  readonly url: string
  stop(): Promise<void>
}

/** Starts it before the server of `url`. */
export async function startPgbouncer(url: string): Promise<Pooler> {
  if (pgbouncer === undefined) throw new Error('PgBouncer is not installed')
  const server = new URL(url)
  const folder = mkdtempSync(join(tmpdir(), 'wumbo-pgbouncer-'))
  chmodSync(folder, 0o777)
  const port = await freePort()
  const password = server.password === '' ? '' : ` password=${server.password}`
  const file = join(folder, 'pgbouncer.ini')
  writeFileSync(file, `
[databases]
* = host=${server.hostname} port=${server.port === '' ? '5432' : server.port} user=${server.username}${password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 3
max_client_conn = 500
logfile = ${join(folder, 'log')}
`)
  // It does not run as root.
  const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : []
  const child = spawn(pgbouncer, [...user, file], { stdio: 'ignore' })
  const through = new URL(url)
  through.hostname = '127.0.0.1'
  through.port = String(port)
  through.password = ''
  for (let tries = 0; ; tries++) {
    const client = new pg.Client({ connectionString: through.href })
    try {
      await client.connect()
      await client.query('select 1')
      break
    } catch (thrown) {
      if (tries > 100 || child.exitCode !== null) throw thrown
      await pause(30)
    } finally {
      await client.end().catch(() => undefined)
    }
  }
  return {
    url: through.href,
    async stop() {
      const ended = once(child, 'exit')
      child.kill('SIGINT')
      const timer = setTimeout(() => child.kill('SIGKILL'), 2000)
      await ended
      clearTimeout(timer)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
