// The bench's half of a measurement: a fresh process and a fresh folder for each, a time limit, and an end to
// everything that was started. The child's half is measurement.ts.
import { fork, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Message } from './measurement.ts'

export interface ChildOptions {
  readonly file: URL
  readonly options: Readonly<Record<string, unknown>>
  /** A folder below which this measurement gets one of its own, as the option `folder`, for as long as it runs. */
  readonly within: string
  readonly imports?: readonly URL[]
  readonly limitMs?: number
}

const LIMIT_MS = 240_000
const GRACE_MS = 8_000
const TAIL = 4_000

const running = new Set<ChildProcess>()

export async function measureInChild<Result>({ file, options, within, imports = [], limitMs = LIMIT_MS }: ChildOptions): Promise<Result> {
  const folder = mkdtempSync(join(within, 'run-'))
  const started: Identity[] = []
  const child = fork(file, [JSON.stringify({ ...options, folder })], {
    execArgv: imports.map((module) => `--import=${module.href}`),
    env: plainEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  running.add(child)
  let output = ''
  const listen = (chunk: Buffer): void => void (output = (output + chunk.toString()).slice(-TAIL))
  child.stdout?.on('data', listen)
  child.stderr?.on('data', listen)
  let answer: Message<Result> | undefined
  child.on('message', (message: Message<Result>) => {
    if (message.kind === 'started') started.push(identify(message.pid))
    else answer = message
  })
  const limit = setTimeout(() => void end(child), limitMs)
  try {
    const code = await new Promise<number | string | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (exit, signal) => resolve(exit ?? signal))
    })
    if (answer?.kind === 'result') return answer.result
    const reason = answer?.kind === 'failure' ? answer.text : `ended with ${code} and no result (limit ${limitMs / 1000} s)`
    throw new Error(`${file.pathname.split('/').slice(-2).join('/')}: ${reason}\n${output}`.trimEnd())
  } finally {
    clearTimeout(limit)
    running.delete(child)
    if (answer === undefined) started.forEach(endOrphan)
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Ends every measurement that still runs; for when the bench itself is told to stop. */
export async function endAll(): Promise<void> {
  await Promise.all([...running].map(end))
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGTERM')
  const insist = setTimeout(() => child.kill('SIGKILL'), GRACE_MS)
  await gone
  clearTimeout(insist)
}

/** A process id and what tells it from a later process with the same id. */
interface Identity {
  readonly pid: number
  readonly since: string | undefined
}

function identify(pid: number): Identity {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const START_TIME = 19 // counted from the field behind the name in brackets
    return { pid, since: stat.slice(stat.lastIndexOf(')') + 2).split(' ')[START_TIME] }
  } catch {
    return { pid, since: undefined } // gone, or a system without /proc
  }
}

/** A measurement ends what it started; this is for one that was killed before it could. Never ends a stranger. */
function endOrphan(orphan: Identity): void {
  if (orphan.since !== undefined && identify(orphan.pid).since === orphan.since) process.kill(orphan.pid, 'SIGKILL')
}

/** No options of the process around the bench: the built package is measured, without source conditions or hooks. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, NODE_V8_COVERAGE: __, ...env } = process.env
  return env
}
