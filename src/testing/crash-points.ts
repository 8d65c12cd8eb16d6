// The crash-point sweep: the process dies before, and after, each single call to the store, one by one, until a run needs no
// further call; each time a second process goes on and the end is judged.
import { seededRandom } from '../shared/random.ts'
import { memoryStore } from '../store/memory/index.ts'
import type { Store } from '../store/port.ts'
import { mortalStore } from './mortal-store.ts'
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
    const world: World = { random: seededRandom(1), effects, wait: (ms) => new Promise((resolve) => clock.timer(ms, resolve)) }
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
  const reached = (number: number): void => {
    if (number !== call) return
    died = true
    first.die()
  }
  await live(mortalStore(store, { isAlive: () => !died, [when]: reached }), first)
  first.die()
  time.forget()
  const second = new ProcessClock(time)
  await live(store, second)
  second.die()
  return { died, violations: await judge(store, plan, { acknowledged, effects }) }
}
