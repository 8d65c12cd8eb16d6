// Where children meet what else happens to runs, on each store: a pause during a fan-out, a child that is parked, a cancel while a child is being undone, a retry of either side, an
// end while the parent comes into memory, and a store that is moved while children are under way.
import { randomUUID } from 'node:crypto'
import { describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { createWumbo, defineTemplate, defineWorkflow } from '../../src/index.ts'
import type { AnyWorkflow, Wumbo } from '../../src/index.ts'
import { deferred } from '../../src/shared/deferred.ts'
import { moveStore } from '../../src/store/move.ts'
import { postgresStore } from '../../src/store/postgres/index.ts'
import { postgresTarget } from '../../src/store/postgres/transfer-target.ts'
import { sqliteStore } from '../../src/store/sqlite/index.ts'
import { sqliteSource } from '../../src/store/sqlite/transfer-source.ts'
import { collect } from '../../src/testing/store-cases/samples.ts'
import { inMemory, onFile, onServer, until } from '../fixtures/places.ts'
import type { Place } from '../fixtures/places.ts'
import { storeFile } from './store/folder.ts'
import { describePostgres, makeSchema } from './store/postgres-server.ts'

const PATIENCE = { timeout: 15_000, interval: 10 }
const held = defineWorkflow({ name: 'held', input: z.number(), run: async (ctx, n: number) => `${n} ${await ctx.signal<string>('go')}` })
const fan = defineWorkflow({
  name: 'fan', input: z.number(),
  async run(ctx, count: number) {
    const batch = await ctx.children('all', held, Array.from({ length: count }, (_, index) => index), { concurrency: 3 })
    return batch.outputs()
  },
})
const waiting = defineWorkflow({ name: 'waiting', input: z.number(), run: (ctx, n: number) => ctx.child('held', held, n) })
const nap = defineWorkflow({ name: 'nap', input: z.number(), run: async (ctx, ms: number) => (await ctx.sleep('nap', ms), ms) })
const napping = defineWorkflow({ name: 'napping', input: z.number(), run: (ctx, ms: number) => ctx.child('nap', nap, ms) })

async function open(place: Place, workflows: readonly AnyWorkflow[] = [held, fan, waiting, nap, napping]): Promise<Wumbo> {
  const wumbo = await createWumbo({ store: await place(), workflows, limits: { releaseAfterMs: 30 } })
  onTestFinished(() => wumbo.close())
  return wumbo
}

async function childAt(wumbo: Wumbo, run: string): Promise<string> {
  const find = async (): Promise<string> => (await wumbo.runs.get(run)).children.at(-1)?.run ?? ''
  await expect.poll(async () => (await wumbo.runs.get(await find()).catch(() => null))?.workflow, PATIENCE).toBeDefined()
  return find()
}

/** As `held` was once: it asked for an id first. */
const early = defineWorkflow({ name: 'held', input: z.number(), run: async (ctx, n: number) => (await ctx.uuid(), `${n} ${await ctx.signal<string>('go')}`) })
const byName = defineWorkflow({ name: 'waiting', input: z.number(), run: (ctx, n: number) => ctx.child('held', 'held', n) })

/** A parent whose child is parked by its second process, since its code is another. */
async function withParkedChild(at: Place): Promise<{ readonly at: Place; readonly second: Wumbo; readonly run: string; readonly child: string }> {
  const first = await open(at, [early, byName])
  const { id: run } = await first.start(byName, 1)
  const child = await childAt(first, run)
  await until(first, child, 'waiting')
  await first.close()
  const second = await open(at, [held, byName])
  await second.runs.signal(child, 'go', 'on')
  await until(second, child, 'parked')
  return { at, second, run, child }
}

async function namesOf(wumbo: Wumbo, workflow: string, status: 'waiting' | 'completed'): Promise<readonly string[]> {
  return (await wumbo.runs.list({ workflow, status: [status], limit: 100 })).runs.map(({ id }) => id)
}

const cases = (place: () => Promise<Place>): void => {
  test('a parent that is paused during a fan-out starts no further child, also over a restart, and goes on where it was', async () => {
    const at = await place()
    const first = await open(at)
    const run = await first.start(fan, 7)
    await expect.poll(() => namesOf(first, 'held', 'waiting'), PATIENCE).toHaveLength(3)
    await run.pause()
    await until(first, run.id, 'paused')
    for (const child of await namesOf(first, 'held', 'waiting')) await first.runs.signal(child, 'go', 'on')
    await expect.poll(async () => (await first.runs.get(run.id)).children[0]?.ended, PATIENCE).toBe(3)
    await until(first, run.id, 'paused')
    await first.close()
    const second = await open(at)
    await until(second, run.id, 'paused')
    expect(await namesOf(second, 'held', 'completed')).toHaveLength(3)
    expect((await second.runs.list({ workflow: 'held' })).runs).toHaveLength(3)
    await second.runs.resume(run.id)
    for (let done = 3; done < 7; done++) {
      await expect.poll(async () => (await namesOf(second, 'held', 'waiting')).length, PATIENCE).toBeGreaterThan(0)
      const [child] = await namesOf(second, 'held', 'waiting')
      await second.runs.signal(child ?? '', 'go', 'on')
      await until(second, child ?? '', 'completed')
    }
    expect(await (await second.runs.handle(run.id)).result()).toEqual(Array.from({ length: 7 }, (_, index) => `${index} on`))
    expect((await second.runs.list({ workflow: 'held' })).runs).toHaveLength(7)
  }, 60_000)

  test('a parent waits for a child that is parked, and hears its end once it has been mended', async () => {
    const { at, second, run, child } = await withParkedChild(await place())
    const seen = await second.runs.get(run)
    expect(seen.status).toBe('waiting')
    expect(seen.children).toMatchObject([{ run: child, ended: 0 }])
    expect((await second.runs.get(child)).error?.code).toBe('NON_DETERMINISM')
    await second.close()
    const third = await open(at, [early, byName])
    await third.runs.resume(child)
    expect(await (await third.runs.handle(run)).result()).toBe('1 on')
  }, 60_000)

  test('a child that is parked can be cancelled by its parent', async () => {
    const { second, run, child } = await withParkedChild(await place())
    await second.runs.cancel(run)
    await until(second, run, 'cancelled')
    await until(second, child, 'cancelled')
  }, 60_000)

  test('a cancel of the parent while its child is being undone lets the child be undone to its end, once', async () => {
    const calls: string[] = []
    const gate = deferred<undefined>()
    const undo = defineTemplate({
      name: 'undo', version: '1.0.0', description: 'Undoes.', input: z.unknown(), output: z.null(),
      async execute() {
        calls.push('undo')
        await gate.promise
        return null
      },
    })
    const reserve = defineTemplate({ name: 'reserve', version: '1.0.0', description: 'Reserves.', input: z.number(), output: z.number(), compensate: undo, execute: (n) => (calls.push('reserve'), n) })
    const booking = defineWorkflow({
      name: 'booking', input: z.number(),
      async run(ctx, n: number) {
        await ctx.step('seat', reserve, n)
        throw new Error('no luck')
      },
    })
    const parent = defineWorkflow({ name: 'trip', input: z.number(), run: (ctx, n: number) => ctx.child('booking', booking, n) })
    const wumbo = await open(await place(), [booking, parent])
    const run = await wumbo.start(parent, 1)
    const child = await childAt(wumbo, run.id)
    await expect.poll(() => calls, PATIENCE).toEqual(['reserve', 'undo'])
    await wumbo.runs.cancel(run.id)
    await until(wumbo, run.id, 'cancelled')
    expect((await wumbo.runs.get(child)).status).toBe('running')
    gate.resolve(undefined)
    await until(wumbo, child, 'failed')
    expect(await wumbo.runs.get(child)).toMatchObject({ compensation: 'compensated', error: { message: 'no luck' } })
    expect(calls).toEqual(['reserve', 'undo'])
    await expect(collect(wumbo.verify())).resolves.toEqual([])
  }, 60_000)

  test('the child of a branch that has lost is asked to cancel while its parent goes on, and one that is abandoned is not', async () => {
    const racing = defineWorkflow({
      name: 'racing', input: z.number(),
      async run(ctx, ms: number) {
        await ctx.race({ long: (c) => c.child('long', held, 1), left: (c) => c.child('left', held, 2, { parentClose: 'abandon' }), many: (c) => c.children('many', held, [3, 4]), short: (c) => c.sleep('short', ms) })
        return ctx.signal<string>('end')
      },
    })
    const at = await place()
    const first = await open(at, [held, racing])
    const run = await first.start(racing, 150)
    await expect.poll(async () => (await first.runs.list({ workflow: 'held', status: ['cancelled'] })).runs.length, PATIENCE).toBe(3)
    expect(await namesOf(first, 'held', 'waiting')).toHaveLength(1)
    await until(first, run.id, 'waiting')
    await first.close()
    const second = await open(at, [held, racing])
    await second.runs.signal(run.id, 'end', 'over')
    expect(await (await second.runs.handle(run.id)).result()).toBe('over')
    expect((await second.runs.list({ workflow: 'held' })).runs).toHaveLength(4)
    await expect(collect(second.verify())).resolves.toEqual([])
  }, 60_000)

  test('a child that is retried after its parent has failed goes on for itself; a retry of the parent starts another', async () => {
    const mood = { isGood: false }
    const moody = defineTemplate({
      name: 'moody', version: '1.0.0', description: 'Fails while the mood is bad.', input: z.number(), output: z.number(),
      execute: (n) => {
        if (!mood.isGood) throw new Error('bad mood')
        return n
      },
    })
    // Held the second time, so that its parent leaves memory again.
    const child = defineWorkflow({ name: 'mood', input: z.number(), run: async (ctx, n: number) => [await ctx.step('ask', moody, n), await ctx.signal<string>('go')] })
    const parent = defineWorkflow({ name: 'above', input: z.number(), run: async (ctx, n: number) => [await ctx.child('mood', child, n)] })
    const at = await place()
    const first = await open(at, [child, parent])
    const run = await first.start(parent, 5)
    await expect(run.result()).rejects.toMatchObject({ cause: { code: 'CHILD_FAILED' } })
    const failed = await childAt(first, run.id)
    mood.isGood = true
    await first.runs.retry(failed)
    await first.runs.signal(failed, 'go', 'late')
    await until(first, failed, 'completed')
    expect((await first.runs.get(run.id)).status).toBe('failed')
    await first.close()
    const second = await open(at, [child, parent])
    expect((await second.runs.get(run.id)).status).toBe('failed')
    await second.runs.retry(run.id)
    await expect.poll(() => childAt(second, run.id), PATIENCE).not.toBe(failed)
    const other = await childAt(second, run.id)
    await until(second, other, 'waiting')
    await until(second, run.id, 'waiting')
    await second.runs.signal(other, 'go', 'on')
    expect(await (await second.runs.handle(run.id)).result()).toEqual([[5, 'on']])
    const runs = (await second.runs.list({ workflow: 'mood' })).runs
    expect(runs.map(({ status }) => status)).toEqual(['completed', 'completed'])
    expect(new Set(runs.map(({ id }) => id)).size).toBe(2)
  }, 60_000)

  test('children that end while their parents come into memory again are heard', async () => {
    const at = await place()
    const first = await open(at)
    // They fall due from before the second process begins until it has them all.
    const runs = await Promise.all(Array.from({ length: 40 }, async (_, index) => first.start(napping, 20 + index * 10)))
    await first.close()
    const second = await open(at)
    const outputs = await Promise.all(runs.map(async ({ id }) => (await second.runs.handle(id)).result()))
    expect(outputs).toEqual(runs.map((_, index) => 20 + index * 10))
    expect((await second.runs.list({ workflow: 'nap', limit: 100 })).runs).toHaveLength(40)
    await expect(collect(second.verify())).resolves.toEqual([])
  }, 60_000)
}

describe('children in memory', () => cases(inMemory))
describe('children on SQLite', () => cases(onFile))
describePostgres('children on PostgreSQL', () => {
  cases(onServer)

  test('a child that another worker has is waited for, cancelled and heard across them', async () => {
    const at = makeSchema()
    onTestFinished(at.drop)
    const place: Place = () => postgresStore({ url: at.url, schema: at.schema, leaseMs: 2000 })
    const away = defineWorkflow({ name: 'away', input: z.number(), run: (ctx, n: number) => ctx.child('held', held, n, { queue: 'far' }) })
    const make = async (queue: string): Promise<Wumbo> => {
      const wumbo = await createWumbo({ store: await place(), workflows: [held, away], queues: [queue], limits: { releaseAfterMs: 30 } })
      onTestFinished(() => wumbo.close())
      return wumbo
    }
    const [near, far] = [await make('default'), await make('far')]
    const seen: string[] = []
    far.observe(({ type, run }) => type === 'run.ended' && seen.push(run))
    const [one, two] = [await near.start(away, 1), await near.start(away, 2)]
    const [first, second] = [await childAt(near, one.id), await childAt(near, two.id)]
    for (const child of [first, second]) await until(near, child, 'waiting')
    await near.runs.signal(first, 'go', 'on')
    expect(await one.result()).toBe('1 on')
    await two.cancel()
    await until(near, second, 'cancelled')
    expect(seen.toSorted()).toEqual([first, second].toSorted())
  }, 60_000)

  test('a store that is moved while children are under way goes on with them', async () => {
    const file = storeFile()
    const first = await open(() => sqliteStore({ file }))
    const run = await first.start(fan, 5)
    const single = await first.start(waiting, 9)
    await expect.poll(() => namesOf(first, 'held', 'waiting'), PATIENCE).toHaveLength(4)
    const known = await namesOf(first, 'held', 'waiting')
    await first.runs.signal(known[0] ?? '', 'go', 'on')
    await until(first, known[0] ?? '', 'completed')
    await first.close()
    const at = makeSchema()
    onTestFinished(at.drop)
    const source = await sqliteSource(file)
    const target = await postgresTarget(at)
    await moveStore(source, target, { id: randomUUID(), at: Date.now() })
    await Promise.all([source.close(), target.close()])
    const second = await open(() => postgresStore({ url: at.url, schema: at.schema, leaseMs: 2000 }))
    for (let done = 1; done < 6; done++) {
      await expect.poll(async () => (await namesOf(second, 'held', 'waiting')).length, PATIENCE).toBeGreaterThan(0)
      const [child] = await namesOf(second, 'held', 'waiting')
      await second.runs.signal(child ?? '', 'go', 'on')
      await until(second, child ?? '', 'completed')
    }
    expect(await (await second.runs.handle(run.id)).result()).toEqual(Array.from({ length: 5 }, (_, index) => `${index} on`))
    expect(await (await second.runs.handle(single.id)).result()).toBe('9 on')
    expect((await second.runs.list({ workflow: 'held' })).runs).toHaveLength(6)
    await expect(collect(second.verify())).resolves.toEqual([])
  }, 60_000)
})
