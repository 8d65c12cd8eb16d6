// Leases of a shared memory store, under a clock that the test moves.
import { expect, test } from 'vitest'
import { LaneFencedError } from '../../errors.ts'
import type { Clock } from '../../shared/clock.ts'
import { start } from '../../testing/store-cases/samples.ts'
import { ProcessClock } from '../../testing/process-clock.ts'
import { VirtualTime } from '../../testing/virtual-time.ts'
import type { Link } from './link.ts'
import type { SharedMemoryStore } from './shared-store.ts'
import { memoryStore } from './store.ts'

/** Everything arrives within the turn. */
const near: Link = {
  async call(work) {
    const steps = work()
    for (;;) {
      const step = steps.next()
      if (step.done === true) return step.value
    }
  },
  hint: (hear) => hear(),
}

function rig(): { time: VirtualTime; join: (clock: Clock) => SharedMemoryStore } {
  const time = new VirtualTime()
  const store = memoryStore({ shared: { leaseMs: 2000 }, now: () => time.now(), clock: time, link: near })
  return { time, join: (clock) => store.join({ clock, link: near }) }
}

test('a process that stands still loses its lease, and its runs are taken over with a crash', async () => {
  const { time, join } = rig()
  const [still, other] = [new ProcessClock(time), new ProcessClock(time)]
  const [first, second] = [join(still), join(other)]
  const lost: Error[] = []
  const watch = { onDue: () => undefined, onMail: () => undefined, onKinds: () => undefined, onUnserved: () => undefined, onConnected: () => undefined, onDrain: () => undefined, onLost: (error: Error) => void lost.push(error) }
  const lane = await first.openLane({ watch })
  await lane.flush([start(1)])
  await second.openLane()
  await time.advance(5000)
  expect(lane.holds()).toBe(true)
  still.pause()
  await time.advance(1200)
  expect((await second.listRuns({})).runs[0]?.lane).toBe(lane.id)
  await time.advance(1500)
  expect(await second.listRuns({})).toMatchObject({ runs: [{ lane: null, crashes: 1 }] })
  expect((await second.workers()).map(({ state }) => state).sort()).toEqual(['gone', 'live'])
  expect(lane.holds()).toBe(false)
  expect(lost).toEqual([])
  still.resume()
  await time.advance(1)
  expect(lost).toMatchObject([{ code: new LaneFencedError('').code }])
  await expect(lane.flush([])).rejects.toThrow(LaneFencedError)
})

test('nobody is taken over by a worker that has not held its own lease for a lease time', async () => {
  const { time, join } = rig()
  const [dead, young] = [new ProcessClock(time), new ProcessClock(time)]
  const lane = await join(dead).openLane()
  await lane.flush([start(1)])
  dead.die()
  await time.advance(3000)
  const store = join(young)
  await store.openLane()
  await time.advance(1900)
  expect((await store.listRuns({})).runs[0]?.lane).toBe(lane.id)
  await time.advance(700)
  expect((await store.listRuns({})).runs[0]?.lane).toBeNull()
})

test('a worker is asked to stop in order', async () => {
  const { time, join } = rig()
  const store = join(new ProcessClock(time))
  let drained = 0
  const nothing = (): void => undefined
  const lane = await store.openLane({ watch: { onDue: nothing, onMail: nothing, onKinds: nothing, onUnserved: nothing, onConnected: nothing, onLost: nothing, onDrain: () => { drained++ } } })
  expect(await store.drain('nobody')).toBe(false)
  expect(await store.drain(lane.id)).toBe(true)
  await time.advance(3000)
  expect(drained).toBe(1)
  expect((await store.workers())[0]?.state).toBe('draining')
})
