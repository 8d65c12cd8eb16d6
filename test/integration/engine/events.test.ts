// Events on the engine: before the wait and after it, by key and by condition, to all that wait, over deaths and out of memory; what is kept how long.
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { EventInvalidError, PayloadTooLargeError } from '../../../src/errors.ts'
import { defineTemplate } from '../../../src/template/define.ts'
import { defineWorkflow } from '../../../src/workflow/define.ts'
import { Rig } from './rig.ts'

const anything = z.unknown()
const DAY = 86_400_000

const paid = defineWorkflow({
  name: 'paid', input: z.object({ order: z.string() }),
  run: (ctx, { order }) => ctx.event('order.paid', { key: order, schema: z.object({ amount: z.number() }), timeout: '2d' }),
})

describe('K9: events', () => {
  test('one that was published before the wait is found, one that is older than the run is not, unless the wait looks back', async () => {
    const rig = new Rig()
    const late = defineWorkflow({
      name: 'late', input: anything,
      async run(ctx) {
        await ctx.sleep('first', '1h')
        const back = await ctx.event('tick', { lookback: '1d', timeout: 0 })
        return [(await ctx.event('tick', { timeout: 0 }))?.data, back?.data, (await ctx.event('tick', { timeout: 0 }))?.data]
      },
    })
    const engine = await rig.engine([late])
    await rig.until(engine.publish('tick', 'old'))
    await rig.time.advance(60_000)
    const { run } = await rig.until(engine.start(late, {}))
    await rig.time.advance(60_000)
    expect(engine.metrics().hotRuns).toBe(0)
    expect(await rig.until(engine.publish('tick', 'new', { id: 'e1' }))).toEqual({ id: 'e1', isNew: true, runs: 0 })
    expect(await rig.until(engine.publish('tick', 'other', { id: 'e1' }))).toEqual({ id: 'e1', isNew: false, runs: 0 })
    await expect(rig.until(engine.result(run))).resolves.toEqual(['new', 'old', undefined])
  })

  test('all runs that wait get it, each as it was published; a key is for those that named it', async () => {
    const rig = new Rig()
    const engine = await rig.engine([paid])
    const runs = []
    for (const order of ['1', '2', '1']) runs.push((await rig.until(engine.start(paid, { order }))).run)
    await rig.time.advance(5000)
    expect(engine.metrics().hotRuns).toBe(0)
    expect(await rig.details(runs[0] ?? '')).toMatchObject({ status: 'waiting', pending: [{ path: 'order_paid[1]', kind: 'wait' }] })
    expect(await rig.until(engine.publish('order.paid', { amount: 5 }, { key: '1', id: 'evt' }))).toMatchObject({ runs: 2 })
    const at = rig.time.now()
    for (const index of [0, 2]) await expect(rig.until(engine.result(runs[index] ?? ''))).resolves.toEqual({ id: 'evt', topic: 'order.paid', key: '1', at, data: { amount: 5 } })
    expect((await rig.details(runs[1] ?? '')).status).toBe('waiting')
    await rig.time.advance(2 * DAY)
    await expect(rig.until(engine.result(runs[1] ?? ''))).resolves.toBe(undefined)
    expect(await rig.details(runs[0] ?? '')).toMatchObject({ unreadMail: [], steps: [{ kind: 'event', path: 'order_paid[1]', reads: ['$mail[1]'] }] })
  })

  test('one that the schema refuses is set aside with the reason, and the wait goes on; one that `where` does not want is left to other waits', async () => {
    const rig = new Rig()
    const choosy = defineWorkflow({
      name: 'choosy', input: anything,
      async run(ctx) {
        const big = await ctx.event('n', { schema: z.number(), where: ({ data }) => (data as number) > 10 })
        const any = await ctx.event('n', { where: ({ data }) => (data as { length: number }).length === undefined })
        return [big.data, any.data]
      },
    })
    const engine = await rig.engine([choosy])
    const { run } = await rig.until(engine.start(choosy, {}))
    for (const data of ['100', null, 3, 12]) await rig.until(engine.publish('n', data))
    await expect(rig.until(engine.result(run))).resolves.toEqual([12, 3])
    expect((await rig.details(run)).unreadMail.map(({ payload, refused }) => [(payload as { data: unknown }).data, refused?.code])).toEqual([['100', 'EVENT_INVALID'], [null, undefined]])
    expect(rig.logged.filter((line) => line.includes('could not be looked at'))).toHaveLength(1)
  })

  test('nothing is lost between two waits, in memory or out of it, and nothing wakes a run that waits for something else', async () => {
    const rig = new Rig()
    const seen: unknown[] = []
    const note = defineTemplate({ name: 'note', version: '1.0.0', description: 'Notes.', input: anything, output: anything, execute: (value) => void seen.push(value) })
    const loop = defineWorkflow({
      name: 'loop', input: anything,
      async run(ctx) {
        for (let i = 0; i < 3; i++) {
          const { data } = await ctx.event('tick')
          await ctx.step('note', note, data)
          await ctx.sleep('nap', '1d')
        }
      },
    })
    const engine = await rig.engine([loop])
    const { run } = await rig.until(engine.start(loop, {}))
    await rig.until(engine.publish('tick', 1))
    await rig.time.advance(5000)
    expect(engine.metrics().hotRuns).toBe(0)
    const { flushes } = engine.metrics()
    for (const n of [2, 3]) expect(await rig.until(engine.publish('tick', n))).toMatchObject({ isNew: true, runs: 0 })
    await rig.time.advance(3_600_000)
    expect(engine.metrics().flushes - flushes).toBeLessThan(6)
    rig.die()
    const next = await rig.engine([loop])
    await rig.until(next.result(run))
    expect(seen).toEqual([1, 2, 3])
  })

  test('one that came before the end of the wait counts, also when the run is away and the store is slow', async () => {
    const rig = new Rig()
    const engine = await rig.engine([paid])
    const { run } = await rig.until(engine.start(paid, { order: '1' }))
    await rig.time.advance(5000)
    rig.die()
    const idle = await rig.engine([])
    await rig.until(idle.publish('order.paid', { amount: 1 }, { key: '1' }))
    rig.die()
    await rig.time.advance(3 * DAY)
    const next = await rig.engine([paid])
    await expect(rig.until(next.result(run))).resolves.toMatchObject({ data: { amount: 1 } })
  })

  test('in the branches of a race the lost one takes nothing', async () => {
    const rig = new Rig()
    const race = defineWorkflow({
      name: 'race', input: anything,
      async run(ctx) {
        const first = await ctx.race({ a: async (c) => (await c.event('a')).data, b: async (c) => (await c.event('b')).data })
        return [first, (await ctx.event('b')).data]
      },
    })
    const engine = await rig.engine([race])
    const { run } = await rig.until(engine.start(race, {}))
    await rig.until(engine.publish('a', 1))
    await rig.time.advance(5000)
    await rig.until(engine.publish('b', 2))
    await expect(rig.until(engine.result(run))).resolves.toEqual([1, 2])
  })

  test('a run that is retried gets again what it had taken after the place where it begins anew', async () => {
    const rig = new Rig()
    let broken = true
    const fails = defineTemplate({ name: 'fails', version: '1.0.0', description: 'Fails.', input: anything, output: anything, execute: (value) => { if (broken) throw new Error('no'); return value } })
    const flow = defineWorkflow({
      name: 'flow', input: anything,
      async run(ctx) {
        const { data } = await ctx.event('x')
        return ctx.step('fails', fails, data, { retry: { maxAttempts: 1 } })
      },
    })
    const engine = await rig.engine([flow])
    const { run } = await rig.until(engine.start(flow, {}))
    await rig.until(engine.publish('x', 'one'))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_FAILED' })
    broken = false
    expect(await rig.until(engine.publish('x', 'two'))).toMatchObject({ runs: 0 })
    await rig.until(engine.retry(run, { by: 'ada', reason: '', from: 'x' }))
    await expect(rig.until(engine.result(run))).resolves.toBe('one')
  })

  test('more events than one piece that were missed come in several, and those that nobody kept are gone', async () => {
    const rig = new Rig()
    const count = defineWorkflow({
      name: 'count', input: anything,
      async run(ctx) {
        await ctx.sleep('nap', '1h')
        const last = await ctx.event('many', { where: ({ data }) => data === 1200 })
        return last.data
      },
    })
    const engine = await rig.engine([count])
    const { run } = await rig.until(engine.start(count, {}))
    for (let n = 1; n <= 1200; n++) void engine.publish('many', n)
    await expect(rig.until(engine.result(run))).resolves.toBe(1200)
    expect((await rig.store.getRun({ space: 0, run }))?.inboxCount).toBe(1200)
    await rig.time.advance(8 * DAY)
    expect((await rig.store.listEvents({ space: 0 })).events).toEqual([])
  })

  test('what no event can be is refused, and nothing is stored', async () => {
    const rig = new Rig()
    const engine = await rig.engine([])
    const refused = (work: Promise<unknown>): Promise<unknown> => rig.until(work).then(() => 'stored', (thrown: unknown) => thrown)
    for (const topic of ['', 'a b', 'order.*', '.a', 'a..b', 'ä', 'x'.repeat(201), 7 as unknown as string]) expect(await refused(engine.publish(topic, 1))).toBeInstanceOf(EventInvalidError)
    for (const options of [{ key: '' }, { id: '' }, { key: 'x'.repeat(201) }, { key: '\ud800' }, { id: {} as string }]) expect(await refused(engine.publish('a', 1, options))).toBeInstanceOf(EventInvalidError)
    expect(await refused(engine.publish('a', 'x'.repeat(300_000)))).toBeInstanceOf(PayloadTooLargeError)
    expect((await rig.store.listEvents({ space: 0 })).events).toEqual([])
  })

  test('a wait that cannot be is refused with its place', async () => {
    const bad = (options: object, topic = 'a') => defineWorkflow({ name: 'bad', input: anything, run: (ctx) => ctx.event(topic, options as { timeout: number }) })
    for (const [options, topic] of [[{}, 'a b'], [{ lookback: 'soon' }], [{ schema: 7 }], [{ key: '' }], [{ timeout: -1 }]] as const) {
      const rig = new Rig()
      const engine = await rig.engine([bad(options, topic)])
      const { run } = await rig.until(engine.start(bad(options, topic), {}))
      await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_FAILED' })
    }
  })
})
