// The crash-point sweep: the process dies before, and after, each single call to the store, one by one, until a run needs no
// further call; each time a second process goes on and the end is judged.
import { seededRandom } from '../shared/random.ts'
import { memoryStore } from '../store/memory/index.ts'
import type { Store } from '../store/port.ts'
import { ProcessClock } from './process-clock.ts'
import { VirtualTime, settle } from './virtual-time.ts'
import { finished, judge, openEngine, startAll } from './world.ts'
import type { Effect, Plan, World } from './world.ts'

/** What came of a sweep. */
export interface SweepResult {
  /** Deaths tried: two for each call to the store. */
  readonly points: number
  /** Broken promises, each with its point. */
  readonly violations: readonly string[]
}

/** Sweeps one plan over all its store calls. */
export async function sweepCrashPoints(plan: Plan): Promise<SweepResult> {
  const violations: string[] = []
  for (let call = 1; ; call++) {
    let reached = false
    for (const when of ['before', 'after'] as const) {
      const outcome = await dieOnce(plan, call, when)
      reached ||= outcome.died
      violations.push(...outcome.violations.map((violation) => `died ${when} store call ${call}: ${violation}`))
    }
    if (!reached) return { points: 2 * (call - 1), violations }
  }
}

async function dieOnce(plan: Plan, call: number, when: 'before' | 'after'): Promise<{ died: boolean; violations: string[] }> {
  const time = new VirtualTime()
  const effects: Effect[] = []
  const acknowledged = new Map<string, string>()
  const store = memoryStore({ scheduler: (run) => time.event(run), now: () => time.now() })
  let died = false
  const live = async (target: Store, clock: ProcessClock): Promise<void> => {
    const world: World = { random: seededRandom(1), time, effects, wait: (ms) => new Promise((resolve) => clock.timer(ms, resolve)) }
    const workflows = plan.shapes.map((shape) => shape.make(world))
    const opening = openEngine({ store: target, clock, random: seededRandom(died ? 2 : 1), workflows, note: () => undefined })
    void opening.then((engine) => startAll(engine, workflows, { plan, acknowledged })).catch(() => undefined)
    await settle()
    for (let steps = 0; time.step(); steps++) {
      await settle()
      if (target !== store && died) return
      if (steps > 100_000) throw new Error('the world does not come to rest')
      if (steps % 20 === 0 && (await finished(store, acknowledged, plan))) return
    }
  }
  const first = new ProcessClock(time)
  await live(dying(store, { call, when, die: () => { died = true; first.die() } }), first)
  first.die()
  time.forget()
  const second = new ProcessClock(time)
  await live(store, second)
  second.die()
  return { died, violations: await judge(store, plan, { acknowledged, effects }) }
}

interface Death {
  readonly call: number
  readonly when: 'before' | 'after'
  die(): void
}

const NEVER = new Promise<never>(() => undefined)

/** A store whose process dies at one of its calls: what was called before it is done, nothing after. */
function dying(store: Store, death: Death): Store {
  let calls = 0
  const wrap = <T extends object>(target: T, methods: readonly string[]): T =>
    new Proxy(target, {
      get: (inner, property) => {
        const value: unknown = Reflect.get(inner, property)
        if (typeof value !== 'function') return property === 'blobs' ? wrap(value as object, ['put', 'get']) : value
        const method = (value as (...args: unknown[]) => unknown).bind(inner)
        if (typeof property !== 'string' || !methods.includes(property)) return method
        return async (...args: unknown[]): Promise<unknown> => {
          const mine = ++calls
          if (mine > death.call) return NEVER
          if (mine === death.call && death.when === 'before') {
            death.die()
            return NEVER
          }
          const result = await method(...args)
          if (mine === death.call) {
            death.die()
            return NEVER
          }
          return property === 'openLane' ? wrap(result as object, ['flush']) : result
        }
      },
    })
  return wrap(store, ['openLane', 'load', 'mail', 'getRun', 'findKey', 'nextWake'])
}
