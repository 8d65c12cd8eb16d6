// Events as users hold them, on each store: before the wait and after it, to all that wait, over restarts and from another process.
import { describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { createWumbo, cel, defineWorkflow, workflow } from '../../src/index.ts'
import type { Wumbo } from '../../src/index.ts'
import { collect } from '../../src/testing/store-cases/samples.ts'
import { inMemory, onFile, onServer, until } from '../fixtures/places.ts'
import type { Place } from '../fixtures/places.ts'
import { describePostgres } from './store/postgres-server.ts'

const order = z.object({ order: z.string() })
const paid = defineWorkflow({
  name: 'paid', input: order,
  run: (ctx, input) => ctx.event('order.paid', { key: input.order, schema: z.object({ amount: z.number() }) }),
})
const late = defineWorkflow({
  name: 'late', input: order,
  async run(ctx, input) {
    await ctx.signal('go')
    const found = await ctx.event('order.paid', { key: input.order })
    return [(found.data as { amount: number }).amount, (await ctx.event('order.paid', { key: input.order, timeout: 20 })) ?? null]
  },
})
const each = defineWorkflow({
  name: 'each', input: z.object({}),
  async run(ctx) {
    const seen: unknown[] = []
    for (let event = await ctx.event('tick'); event.data !== 'stop'; event = await ctx.event('tick')) seen.push(event.data)
    return seen
  },
})
const graph = workflow('graph', { input: order })
  .event('big', { topic: 'order.paid', key: ({ input }) => input.order, where: () => cel<boolean>('event.data.amount > 10'), schema: z.object({ amount: z.number(), currency: z.string().default('eur') }) })
  .event('none', { needs: 'big', topic: 'order.sent', timeout: 20, onTimeout: 'continue' })
  .output(({ steps }) => ({ id: steps.big.id, amount: steps.big.data.amount, currency: steps.big.data.currency, none: steps.none }))
  .build()
const workflows = [paid, late, each, graph]

async function open(place: Place): Promise<Wumbo> {
  const wumbo = await createWumbo({ store: await place(), workflows, limits: { releaseAfterMs: 30 } })
  onTestFinished(() => wumbo.close())
  return wumbo
}

const waits = (wumbo: Wumbo, run: string): Promise<void> => until(wumbo, run, 'waiting')

const cases = (place: () => Promise<Place>): void => {
  test('K9: all that wait for a key get the event, in memory, out of memory and after a restart', async () => {
    const at = await place()
    const first = await open(at)
    const runs = await Promise.all(['1', '1', '2'].map((key) => first.start(paid, { order: key })))
    await waits(first, runs[0]?.id ?? '')
    await first.events.publish('order.paid', { amount: 'much' }, { key: 2 })
    await first.close()
    const second = await open(at)
    const other = await second.start(paid, { order: '1' })
    expect(await second.events.publish('order.paid', { amount: 5 }, { key: '1', id: 'evt' })).toMatchObject({ id: 'evt', isNew: true })
    expect(await second.events.publish('order.paid', { amount: 6 }, { key: '1', id: 'evt' })).toEqual({ id: 'evt', isNew: false, runs: 0 })
    for (const id of [runs[0]?.id ?? '', runs[1]?.id ?? '', other.id]) expect(await (await second.runs.handle(id)).result()).toMatchObject({ id: 'evt', topic: 'order.paid', key: '1', data: { amount: 5 } })
    await waits(second, runs[2]?.id ?? '')
    expect((await second.runs.get(runs[2]?.id ?? '')).unreadMail).toMatchObject([{ kind: 'event', address: 'order.paid[2]', refused: { code: 'EVENT_INVALID' } }])
    expect((await second.events.list({ topic: 'order.paid' })).events.map(({ key }) => key)).toEqual(['1', '2'])
    await expect(collect(second.verify())).resolves.toEqual([])
  })

  test('K9: one that was published before the wait is found, also by a run that was away and in another process; one before the run is not', async () => {
    const at = await place()
    const first = await open(at)
    await first.events.publish('order.paid', { amount: 1 }, { key: '7' })
    // By the millisecond: one of the same counts as younger.
    for (const at = Date.now(); Date.now() <= at + 1; ) await Promise.resolve()
    const run = await first.start(late, { order: '7' })
    await waits(first, run.id)
    await first.events.publish('order.paid', { amount: 2 }, { key: '7' })
    await first.close()
    const second = await open(at)
    const again = await second.runs.handle(run.id)
    await again.signal('go')
    expect(await again.result()).toEqual([2, null])
    expect((await second.runs.get(run.id)).steps.map(({ kind, path }) => `${kind} ${path}`)).toEqual(['signal go', 'event order_paid[7]', 'event order_paid[7]#2'])
  })

  test('K9: a stream of events comes whole and in its order, however fast it comes', async () => {
    const at = await place()
    const wumbo = await open(at)
    const runs = await Promise.all([wumbo.start(each, {}), wumbo.start(each, {})])
    await waits(wumbo, runs[0].id)
    const numbers = Array.from({ length: 60 }, (_, index) => index)
    for (const n of numbers) await wumbo.events.publish('tick', n)
    await wumbo.events.publish('tick', 'stop')
    for (const run of runs) expect(await run.result()).toEqual(numbers)
    await expect(collect(wumbo.verify())).resolves.toEqual([])
  })

  test('a graph waits by key and condition, fills in defaults, and goes on when nothing comes', async () => {
    const at = await place()
    const first = await open(at)
    const run = await first.start(graph, { order: 'A/7' })
    await first.events.publish('order.paid', { amount: 3 }, { key: 'A/7' })
    await first.events.publish('order.paid', { amount: 'x'.repeat(3) }, { key: 'A/7' })
    await waits(first, run.id)
    await first.close()
    const second = await open(at)
    await second.events.publish('order.paid', { amount: 30 }, { key: 'A/7', id: 'e' })
    expect(await (await second.runs.handle(run.id)).result()).toEqual({ id: 'e', amount: 30, currency: 'eur', none: null })
    await expect(collect(second.verify())).resolves.toEqual([])
  })
}

describe('on the memory store', () => cases(inMemory))
describe('on SQLite', () => cases(onFile))
describePostgres('on PostgreSQL', () => {
  cases(onServer)

  test('K9: of a publisher and a run that begins to wait at once, in two processes, one sees the other', { timeout: 60_000 }, async () => {
    const at = await onServer()
    const [publisher, worker] = [await open(at), await open(at)]
    for (let round = 0; round < 60; round++) {
      const key = `race-${round}`
      const run = await worker.start(late, { order: key })
      await Promise.all([run.signal('go'), publisher.events.publish('order.paid', { amount: round }, { key })])
      expect(await run.result()).toEqual([round, null])
    }
    await expect(collect(worker.verify())).resolves.toEqual([])
  })
})
