// Runs the main example in a process of its own and kills it with SIGKILL at random moments, again and again, while the
// service stays up in another process; then lets the last run end. kill.ts shows it to people, a test repeats it.
import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, mkdirSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { createWumbo } from 'wumbo'
import { placesIn } from './places.ts'

/** How it is done. */
export interface KillOptions {
  /** Where the example runs; should be empty. */
  readonly folder: string
  readonly kills: number
  /** Chooses the moments. */
  readonly seed: number
  /** Extra arguments for main.ts, such as `--graph`. */
  readonly args?: readonly string[]
  /** Told of each life of the process. */
  readonly onLife?: (life: Life) => void
}

/** One life of the process: killed after so many milliseconds, or ended by itself. */
export interface Life {
  readonly process: number
  readonly ms: number
  readonly killed: boolean
  /** Records of its run when it was killed; null when no run was open. */
  readonly recorded: number | null
}

/** Kills so often as asked and gives every life, the last one whole. */
export async function killLoop({ folder, kills, seed, args = [], onLife }: KillOptions): Promise<Life[]> {
  const places = placesIn(folder)
  mkdirSync(folder, { recursive: true })
  const service = start(folder, 'service-process.ts', [])
  const lives: Life[] = []
  try {
    const [url] = (await once(createInterface(service.stdout), 'line')) as [string]
    const random = mulberry32(seed)
    const live = async (killAfter: number | null): Promise<Life> => {
      const ended = await oneLife(start(folder, 'main.ts', ['--once', '--service', url, ...args]), killAfter)
      if (ended.killed) appendFileSync(places.kills, `${ended.process}\n`)
      const life = { ...ended, recorded: ended.killed ? await recorded(places.store) : null }
      lives.push(life)
      onLife?.(life)
      return life
    }
    // One life is left whole, to know how long a life is; the kills are spread evenly over that time.
    const { ms } = await live(null)
    for (let done = 0; done < kills; ) if ((await live(random() * ms)).killed) done++
    await live(null)
    return lives
  } finally {
    service.kill()
  }
}

type Child = ChildProcessByStdio<null, Readable, Readable>

function start(folder: string, script: string, args: readonly string[]): Child {
  return spawn(process.execPath, [...process.execArgv, fileURLToPath(new URL(script, import.meta.url)), ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
}

async function oneLife(child: Child, killAfter: number | null): Promise<Omit<Life, 'recorded'>> {
  const began = performance.now()
  let complaint = ''
  child.stdout.resume()
  child.stderr.on('data', (text: Buffer) => (complaint += text.toString()))
  const timer = killAfter === null ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfter)
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  clearTimeout(timer)
  if (signal !== 'SIGKILL' && code !== 0) throw new Error(`the example ended with ${signal ?? `code ${code}`}:\n${complaint}`)
  return { process: child.pid ?? 0, ms: Math.round(performance.now() - began), killed: signal === 'SIGKILL' }
}

/** How many records an unfinished run has, read beside nobody: the process is dead. */
async function recorded(store: string): Promise<number | null> {
  if (!existsSync(store.slice('sqlite:'.length))) return null
  const wumbo = await createWumbo({ store, readOnly: true })
  try {
    const { runs } = await wumbo.runs.list({ status: ['running', 'waiting'] })
    return runs[0] === undefined ? null : (await wumbo.runs.get(runs[0].id)).steps.length
  } finally {
    await wumbo.close()
  }
}

/** A small random generator with a seed, so that a failure can be repeated with nearly the same moments. */
function mulberry32(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
