// The Redis server of a whole bench: the one that WUMBO_BENCH_REDIS_URL names, else one that is started here from the `redis-server` on the
// path, with its usual durable setting: an append-only file that is synced every second. Without either there is none, which is said.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { refuseMemory } from '../machine.ts'

export interface RedisServer {
  readonly url: string
  readonly origin: string
  stop(): Promise<void>
}

const VARIABLE = 'WUMBO_BENCH_REDIS_URL'
const START_MS = 10_000

/** The server to measure on, or undefined when there is none; `within` is where one that has to be started keeps its data. */
export async function openRedis(within = tmpdir()): Promise<RedisServer | undefined> {
  const given = process.env[VARIABLE]
  if (given !== undefined) return { url: given, origin: `given by ${VARIABLE}`, stop: async () => undefined }
  if (spawnSync('redis-server', ['--version']).status !== 0) return undefined
  refuseMemory(within)
  const folder = mkdtempSync(join(within, 'wumbo-redis-data-'))
  const port = await freePort()
  const words = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--appendonly', 'yes', '--appendfsync', 'everysec', '--save', '']
  const server = spawn('redis-server', words, { stdio: 'ignore' })
  const stop = async (): Promise<void> => {
    await end(server)
    rmSync(folder, { recursive: true, force: true })
  }
  if (await listens(port, server)) return { url: `redis://127.0.0.1:${port}`, origin: 'started for the benchmarks', stop }
  await stop()
  throw new Error('redis-server did not start')
}

async function listens(port: number, server: ChildProcess): Promise<boolean> {
  const until = performance.now() + START_MS
  while (performance.now() < until && server.exitCode === null) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy()
        resolve(true)
      })
      socket.once('error', () => resolve(false))
    })
    if (open) return true
    await pause(30)
  }
  return false
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const gone = new Promise<void>((resolve) => server.once('exit', () => resolve()))
  server.kill('SIGKILL') // its data goes with it
  await gone
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
