// The seeded simulation: the real engine on the memory store, under virtual time, with process deaths at moments that the
// seed picks, between any two things that happen. The same seed gives the same trace; an independent log of what the
// bodies did is checked against the journal at the end.
import { hashText } from '../shared/hash.ts'
import { seededRandom } from '../shared/random.ts'
import { memoryStore } from '../store/memory/index.ts'
import type { Store } from '../store/port.ts'
import { ProcessClock } from './process-clock.ts'
import { VirtualTime, settle } from './virtual-time.ts'
import { finished, judge, openEngine, startAll } from './world.ts'
import type { Effect, Plan, World } from './world.ts'

export type { Effect, Shape, World } from './world.ts'

/** How a simulation is run. */
export interface SimulationOptions extends Plan {
  readonly seed: number
  /** Process deaths at most. Default 3. */
  readonly deaths?: number
  /** For tests of the simulation: changes the store that engines get. */
  readonly wrap?: (store: Store, process: number) => Store
}

/** What came of a simulation. */
export interface SimulationResult {
  readonly seed: number
  /** Hash of everything that happened in order. */
  readonly trace: string
  readonly steps: number
  readonly deaths: number
  /** Broken promises, in words; none is what is wanted. */
  readonly violations: readonly string[]
}

/** Runs one seed to its end. */
export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const random = seededRandom(options.seed)
  const time = new VirtualTime({ random })
  const effects: Effect[] = []
  let trace = hashText(String(options.seed))
  const note = (what: string): void => {
    trace = hashText(`${trace}${time.now()}${what}`)
  }
  const store = memoryStore({ scheduler: (run) => time.event(run), now: () => time.now() })
  const acknowledged = new Map<string, string>()
  let clock = new ProcessClock(time)
  let left = options.deaths ?? 3
  let deaths = 0
  let steps = 0
  for (let process = 0; ; process++) {
    const world: World = { random, effects: traced(effects, note), wait: (ms) => new Promise((resolve) => clock.timer(ms, resolve)) }
    const dies = left > 0 && random.next() < 0.8 ? Math.floor(random.next() * 60 * options.shapes.length) : Number.POSITIVE_INFINITY
    const workflows = options.shapes.map((shape) => shape.make(world))
    const opening = openEngine({ store: options.wrap?.(store, process) ?? store, clock, random, workflows, note })
    void opening.then((engine) => startAll(engine, workflows, { plan: options, acknowledged }), () => undefined)
    let done = 0
    await settle()
    while (done < dies && time.step()) {
      await settle()
      note('s')
      if (++done > 200_000) throw new Error(`seed ${options.seed}: the world does not come to rest`)
      if (done % 20 === 0 && (await finished(store, acknowledged, options))) break
    }
    steps += done
    if (done < dies) break
    clock.die()
    time.forget()
    clock = new ProcessClock(time)
    left--
    deaths++
    note('death')
  }
  clock.die()
  const violations = await judge(store, options, { acknowledged, effects })
  return { seed: options.seed, trace, steps, deaths, violations }
}

function traced(effects: Effect[], note: (what: string) => void): Effect[] {
  return new Proxy(effects, {
    get: (target, property) => (property === 'push' ? (effect: Effect) => {
      note(`${effect.path}${effect.attempt}${effect.input}`)
      return target.push(effect)
    } : Reflect.get(target, property) as unknown),
  })
}
