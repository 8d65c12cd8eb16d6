// Group commit: order, batches, fair shares, the one bad row, the lost store.
import { describe, expect, test } from 'vitest'
import { LaneFencedError, StoreFailedError, StoreRowError } from '../errors.ts'
import type { Clock } from '../shared/clock.ts'
import type { Lane, OpAnswer, StoreOp } from '../store/port.ts'
import { Flusher } from './flush.ts'

/** A clock whose deferred calls and timers run when the test says. */
class HandClock implements Clock {
  #queue: (() => void)[] = []
  now = (): number => 0
  monotonic = (): number => 0
  timer(_ms: number, fire: () => void): () => void {
    this.#queue.push(fire)
    return () => undefined
  }
  defer(run: () => void): void {
    this.#queue.push(run)
  }
  async runAll(): Promise<void> {
    for (let idle = 0; idle < 3; ) {
      const next = this.#queue.shift()
      if (next === undefined) idle++
      else next()
      await new Promise<void>((resolve) => setImmediate(resolve))
    }
  }
}

const row = (run: string, n: number): StoreOp => ({ op: 'wake', run: { space: 0, run }, wakeAt: n })
const bad = (op: StoreOp): boolean => op.op === 'wake' && op.wakeAt === 13

function rig(options: { flush?: (ops: readonly StoreOp[]) => Promise<Map<number, OpAnswer>>; rows?: number } = {}) {
  const clock = new HandClock()
  const batches: (readonly StoreOp[])[] = []
  const fatal: Error[] = []
  const lane: Lane = {
    id: 'main', epoch: 1, holds: () => true, serve: () => undefined, close: () => Promise.resolve(),
    async flush(ops) {
      const answers = (await options.flush?.(ops)) ?? new Map<number, OpAnswer>()
      batches.push(ops)
      return { answers }
    },
  }
  const flusher = new Flusher(clock, (error) => fatal.push(error), { rows: options.rows ?? 1000, bytes: 1 << 20, retries: 2 })
  flusher.restart(lane)
  const settled: string[] = []
  const add = (run: string, n: number): void => flusher.add(row(run, n), run, 10, (_answer, error) => settled.push(`${run}${n}${error === undefined ? '' : `:${String((error as { code?: unknown }).code)}`}`))
  return { clock, batches, fatal, flusher, settled, add }
}

describe('group commit', () => {
  test('what is added in one turn goes in one flush, in order, and is told in order', async () => {
    const { add, clock, batches, settled } = rig()
    for (let n = 0; n < 5; n++) add('r', n)
    expect(settled).toEqual([])
    await clock.runAll()
    expect(batches).toHaveLength(1)
    expect(settled).toEqual(['r0', 'r1', 'r2', 'r3', 'r4'])
  })

  test('a full batch is bounded and shared fairly: one busy run does not keep the others waiting', async () => {
    const { add, clock, batches } = rig({ rows: 40 })
    for (let n = 100; n < 400; n++) add('busy', n)
    for (let n = 0; n < 10; n++) add(`other${n}`, n)
    await clock.runAll()
    expect(batches.every((batch) => batch.length <= 40)).toBe(true)
    const first = batches[0]?.map((op) => (op.op === 'wake' ? op.run.run : '')) ?? []
    expect(first.filter((run) => run.startsWith('other'))).toHaveLength(10)
    const busy = batches.flat().flatMap((op) => (op.op === 'wake' && op.run.run === 'busy' ? [op.wakeAt] : []))
    expect(busy).toEqual(Array.from({ length: 300 }, (_, i) => 100 + i))
  })

  test('a refused row takes down its own run from there on, and nobody else', async () => {
    const { add, clock, settled, fatal, batches } = rig({ flush: (ops) => (ops.some(bad) ? Promise.reject(new StoreRowError('refused')) : Promise.resolve(new Map())) })
    add('a', 1)
    add('b', 12)
    add('b', 13)
    add('b', 14)
    add('a', 2)
    await clock.runAll()
    expect(settled.sort()).toEqual(['a1', 'a2', 'b12', 'b13:STORE_ROW_REFUSED', 'b14:STORE_ROW_REFUSED'])
    expect(batches.flat()).not.toContainEqual(row('b', 14))
    expect(fatal).toEqual([])
  })

  test('a store that fails is tried again, unchanged, and nothing is told twice', async () => {
    let failures = 2
    const { add, clock, settled, batches } = rig({ flush: () => (failures-- > 0 ? Promise.reject(new StoreFailedError('disk')) : Promise.resolve(new Map())) })
    add('a', 1)
    await clock.runAll()
    expect(settled).toEqual(['a1'])
    expect(batches).toHaveLength(1)
  })

  test('K6: a fenced lane tells everyone, once, and takes nothing more', async () => {
    const { add, clock, settled, fatal } = rig({ flush: () => Promise.reject(new LaneFencedError('another epoch')) })
    add('a', 1)
    await clock.runAll()
    add('a', 2)
    await clock.runAll()
    expect(settled).toEqual(['a1:LANE_FENCED', 'a2:LANE_FENCED'])
    expect(fatal).toHaveLength(1)
  })
})

test('a large batch is made ready while another is in flight, and is sent as it was made', async () => {
  const prepared: (readonly StoreOp[])[] = []
  const sent: (readonly StoreOp[])[] = []
  const answers: (() => void)[] = []
  const clock = new HandClock()
  const lane: Lane = {
    id: 'main', epoch: 1, holds: () => true, serve: () => undefined, close: () => Promise.resolve(),
    prepare: (ops) => void prepared.push(ops),
    flush(ops) {
      sent.push(ops)
      return new Promise((resolve) => answers.push(() => resolve({ answers: new Map() })))
    },
  }
  const flusher = new Flusher(clock, () => undefined)
  flusher.restart(lane)
  let told = 0
  const add = (count: number): void => {
    for (let n = 0; n < count; n++) flusher.add(row(`r${n}`, n), `r${n}`, 1, () => told++)
  }
  flusher.add(row('first', 0), 'first', 1, () => add(400))
  await clock.runAll()
  add(1)
  answers[0]?.()
  await clock.runAll()
  // The second is in flight; who was told of the first has added what is to come third.
  expect([sent.map(({ length }) => length), prepared.map(({ length }) => length)]).toEqual([[1, 1], [400]])
  add(5)
  answers[1]?.()
  await clock.runAll()
  expect(sent[2]).toBe(prepared[0])
  answers[2]?.()
  await clock.runAll()
  answers[3]?.()
  await clock.runAll()
  expect([told, sent.map(({ length }) => length)]).toEqual([406, [1, 1, 400, 5]])
})

test('what was made ready is refused with the rest when the lane is lost, and goes down with its run', async () => {
  const clock = new HandClock()
  const answers: ((outcome: Promise<{ answers: Map<number, OpAnswer> }>) => void)[] = []
  const lane: Lane = {
    id: 'main', epoch: 1, holds: () => true, serve: () => undefined, close: () => Promise.resolve(), prepare: () => undefined,
    flush: () => new Promise((resolve) => answers.push(resolve)),
  }
  const flusher = new Flusher(clock, () => undefined)
  flusher.restart(lane)
  const told: string[] = []
  const tell = (name: string) => (_: unknown, error: Error | undefined): void => void told.push(`${name} ${error === undefined ? 'kept' : error.name}`)
  flusher.add(row('first', 0), 'first', 1, () => {
    for (let n = 0; n < 301; n++) flusher.add(row(`r${n}`, n), `r${n}`, 1, tell('ready'))
  })
  await clock.runAll()
  flusher.add(row('second', 0), 'second', 1, tell('second'))
  answers[0]?.(Promise.resolve({ answers: new Map() }))
  await clock.runAll()
  flusher.add(row('late', 0), 'late', 1, tell('late'))
  answers[1]?.(Promise.reject(new LaneFencedError('gone')))
  await clock.runAll()
  expect(new Set(told)).toEqual(new Set(['second LaneFencedError', 'ready LaneFencedError', 'late LaneFencedError']))
  expect(told).toHaveLength(303)
  flusher.restart({ ...lane, flush: () => Promise.resolve({ answers: new Map() }) })
  flusher.add(row('again', 0), 'again', 1, tell('again'))
  await clock.runAll()
  expect(told.at(-1)).toBe('again kept')
})
