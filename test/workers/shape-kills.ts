// Runs of every shape of the simulation in real processes on a real store, while these are killed; at the end the same judge as in the simulation holds
// the journal against what the bodies had written down before they answered.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { judge, type Effect } from '../../src/testing/world.ts'
import type { Store } from '../../src/store/port.ts'
import { realShapes } from '../simulation/shapes.ts'
import type { ShapeLine, ShapeProcessData } from './shape-process.ts'

export interface ShapeKills extends Omit<ShapeProcessData, 'name' | 'seed'> {
  readonly random: () => number
  /** How many processes there are at a time. */
  readonly processes: number
  readonly kills: number
  /** A process lives at most so long, in milliseconds. */
  readonly livesMs: number
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

class ShapeProcess {
  readonly child: ChildProcess
  readonly over: Promise<void>
  readonly ended: Promise<unknown>
  readonly said: string[] = []

  /** `over` resolves when it has started and sent everything, and nothing is left to be done. */
  constructor(data: ShapeProcessData) {
    this.child = spawn(process.execPath, ['--conditions=wumbo-source', '--disable-warning=ExperimentalWarning', new URL('./shape-process.ts', import.meta.url).pathname, JSON.stringify(data)], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.ended = once(this.child, 'exit')
    const { stdout, stderr } = this.child
    if (stdout === null || stderr === null) throw new Error('a process without pipes')
    this.over = new Promise((resolve) => {
      createInterface(stdout).on('line', (line) => { if (line.includes('over')) resolve() })
    })
    createInterface(stderr).on('line', (line) => this.said.push(line))
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL')
    await this.ended
  }
}

/** Kills processes one after another, lets the last ones end everything, and gives each broken promise in words. `open` opens the store to be judged. */
export async function killShapes({ random, processes, kills, livesMs, ...given }: ShapeKills, open: () => Promise<Store>): Promise<string[]> {
  let count = 0
  // Later processes start more runs, so that there is something to be killed until the end.
  const begin = (kill: number): ShapeProcess => new ShapeProcess({ ...given, runs: Math.ceil((given.runs * (kill + 1)) / (kills + 1)), name: `p${count++}`, seed: Math.floor(random() * 2 ** 31) })
  const alive = Array.from({ length: processes }, () => begin(0))
  try {
    for (let kill = 0; kill < kills; kill++) {
      await pause(random() * livesMs)
      await alive.splice(Math.floor(random() * alive.length), 1)[0]?.kill()
      alive.push(begin(kill + 1))
    }
    const unended = pause(180_000).then(() => 'K7 three minutes after the last kill not everything has ended')
    // The last one has started all of them.
    const last = alive.at(-1)
    const told = await Promise.race([unended, last?.ended.then(() => 'the last process ended by itself'), last?.over.then(() => null)])
    if (told != null) return [told, ...alive.flatMap(({ said }) => said.slice(-5))]
  } finally {
    await Promise.all(alive.map((one) => one.kill()))
  }
  return held(given, open)
}

async function held({ log, runs }: Pick<ShapeProcessData, 'log' | 'runs'>, open: () => Promise<Store>): Promise<string[]> {
  const effects: Effect[] = []
  const acknowledged = new Map<string, string>()
  const broken: string[] = []
  for (const text of existsSync(log) ? readFileSync(log, 'utf8').split('\n').filter((line) => line !== '') : []) {
    const line = JSON.parse(text) as ShapeLine
    if ('effect' in line) effects.push(line.effect)
    else if ((acknowledged.get(line.key) ?? line.run) !== line.run) broken.push(`K2 ${line.key}: one key gave two runs`)
    else acknowledged.set(line.key, line.run)
  }
  const store = await open()
  try {
    const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
    return [...broken, ...(await judge(store, { shapes: realShapes(), runs }, { acknowledged, effects, sha256 }))]
  } finally {
    await store.close()
  }
}
