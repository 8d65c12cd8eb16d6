// One cold start, timed from outside: spawn to exit for a command that only prints, spawn to readiness for `wumbo dev`.
import { spawn, type ChildProcess } from 'node:child_process'
import { createServer, type AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { check, measure, type Started } from '../measurement.ts'

export interface ColdStartOptions {
  readonly folder: string
  readonly what: 'node' | 'version' | 'dev'
}

const CLI = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

/** Far below what is measured, and rare enough to leave the machine to the server. */
const PAUSE_MS = 5

await measure<ColdStartOptions, { seconds: number }>(async ({ what, folder }, started) => {
  switch (what) {
    case 'node':
      return { seconds: await untilExit(['--eval', '0'], /^$/) }
    case 'version':
      return { seconds: await untilExit([CLI, '--version'], /^\d+\.\d+\.\d+\S*\n$/) }
    case 'dev':
      return { seconds: await untilReady(folder, started) }
  }
})

async function untilExit(words: readonly string[], expected: RegExp): Promise<number> {
  const start = performance.now()
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  const code = await exitOf(child)
  const seconds = (performance.now() - start) / 1000
  check(`the exit code of node ${words.join(' ')}`, code, 0)
  if (!expected.test(output)) throw new Error(`check failed: node ${words.join(' ')} printed ${JSON.stringify(output)}`)
  return seconds
}

/** `wumbo dev` in a project that `wumbo init` has just made: ready is when it says so over HTTP. */
async function untilReady(folder: string, started: Started): Promise<number> {
  const init = spawn(process.execPath, [CLI, 'init'], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })
  check('the exit code of wumbo init', await exitOf(init), 0)
  const port = await freePort()
  const start = performance.now()
  const server = spawn(process.execPath, [CLI, 'dev', '--port', String(port)], { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] })
  if (server.pid !== undefined) started.process(server.pid)
  const gone = exitOf(server)
  started.undo(async () => {
    server.kill('SIGTERM')
    const insist = setTimeout(() => server.kill('SIGKILL'), 5_000)
    await gone
    clearTimeout(insist)
  })
  while (!(await isReady(port))) {
    if (server.exitCode !== null) throw new Error(`wumbo dev ended with ${server.exitCode} before it was ready`)
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
  return (performance.now() - start) / 1000
}

async function isReady(port: number): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`)
    await answer.arrayBuffer()
    return answer.ok
  } catch {
    return false // not listening yet
  }
}

function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => child.once('error', reject).once('close', resolve))
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
