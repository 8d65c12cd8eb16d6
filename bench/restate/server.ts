// Starts and stops one Restate node for a measurement: the server from npm, a service beside it, both on loopback, data
// below the folder given. Restate's own fsync of its log stays on, and its configuration is read back to say so.
import { type ChildProcess, execFile, fork, spawn } from 'node:child_process'
import { openSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { request } from './http.ts'

const PEERS = new URL('../peers/', import.meta.url)

export interface RestateNode {
  readonly ingress: number
  readonly admin: number
  readonly fsync: string
  stop(): Promise<void>
}

export interface RestateOptions {
  readonly folder: string
  /** Partitions of the node's log; Restate's own default (24) when left out. */
  readonly partitions?: number
  /** Told the id of every process that is started here, at once. */
  readonly onStart: (pid: number) => void
}

export async function startRestate({ folder, partitions, onStart }: RestateOptions): Promise<RestateNode> {
  const ports = await freePorts()
  const env = environment(folder, ports, partitions)
  const fsync = await fsyncMode(env)
  const logFile = join(folder, 'restate.log')
  const log = openSync(logFile, 'w')
  const server = spawn(serverBinary(), ['--no-logo'], { env, stdio: ['ignore', log, log] })
  const service = fork(new URL('restate-service.mjs', PEERS), [String(ports.service)], { execArgv: [] })
  for (const { pid } of [server, service]) if (pid !== undefined) onStart(pid)
  const stop = async (): Promise<void> => {
    await Promise.all([end(server), end(service)])
  }
  try {
    await serviceReady(service)
    await eventually(async () => {
      if (server.exitCode !== null) throw new Fatal(`restate-server ended with ${server.exitCode}:\n${tail(logFile)}`)
      await request(ports.admin, '/deployments', { uri: `http://127.0.0.1:${ports.service}` })
    })
    return { ingress: ports.ingress, admin: ports.admin, fsync, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

interface Ports {
  readonly ingress: number
  readonly admin: number
  readonly node: number
  readonly service: number
}

/** Every address is named, as Restate would otherwise listen on all interfaces; nothing is reported to its makers. */
function environment(folder: string, ports: Ports, partitions: number | undefined): NodeJS.ProcessEnv {
  return {
    ...process.env,
    RESTATE_BASE_DIR: join(folder, 'restate'),
    RESTATE_NODE_NAME: 'bench',
    RESTATE_LISTEN_MODE: 'tcp',
    RESTATE_BIND_IP: '127.0.0.1',
    RESTATE_BIND_ADDRESS: `127.0.0.1:${ports.node}`,
    RESTATE_ADVERTISED_ADDRESS: `http://127.0.0.1:${ports.node}`,
    RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ports.ingress}`,
    RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${ports.admin}`,
    RESTATE_LOG_FILTER: 'warn',
    RESTATE_DISABLE_TELEMETRY: 'true',
    DO_NOT_TRACK: '1',
    ...(partitions === undefined ? {} : { RESTATE_DEFAULT_NUM_PARTITIONS: String(partitions) }),
  }
}

class Fatal extends Error {}

const PAUSE_MS = 100
const PATIENCE_MS = 60_000

async function eventually(attempt: () => Promise<void>): Promise<void> {
  const start = performance.now()
  for (;;) {
    try {
      await attempt()
      return
    } catch (error) {
      if (error instanceof Fatal || performance.now() - start > PATIENCE_MS) throw error
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  }
}

function serviceReady(service: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    service.once('message', () => resolve())
    service.once('exit', (code) => reject(new Error(`the service for Restate ended with ${code} before it was ready`)))
  })
}

/** At once: the data is thrown away with its folder. Only ever the one process that was started here. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGKILL')
  await gone
}

function tail(file: string): string {
  return readFileSync(file, 'utf8').slice(-2000)
}

/** The platform's executable itself and not npm's wrapper around it, which would take the signals. */
function serverBinary(): string {
  const fromPeers = createRequire(new URL('package.json', PEERS))
  const fromServer = createRequire(fromPeers.resolve('@restatedev/restate-server/package.json'))
  return fromServer.resolve(`@restatedev/restate-server-${process.platform}-${process.arch}/bin/restate-server`)
}

/** Asks the server itself which configuration it runs with, and refuses one that would not fsync the log. */
async function fsyncMode(env: NodeJS.ProcessEnv): Promise<string> {
  const { stdout } = await promisify(execFile)(serverBinary(), ['--dump-config'], { env })
  const section = stdout.split(/^\[/m).find((part) => part.startsWith('log-server]')) ?? ''
  const disabled = /^rocksdb-disable-wal-fsync = (\w+)$/m.exec(section)?.[1]
  if (disabled !== 'false') throw new Error(`Restate must fsync its log, but rocksdb-disable-wal-fsync is ${disabled}`)
  return 'log-server rocksdb-disable-wal-fsync = false'
}

async function freePorts(): Promise<Ports> {
  const servers = await Promise.all(Array.from({ length: 4 }, listen))
  const [ingress = 0, admin = 0, node = 0, service = 0] = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return { ingress, admin, node, service }
}

function listen(): Promise<ReturnType<typeof createServer>> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve(server))
  })
}
