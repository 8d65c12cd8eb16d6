// Child runs as users hold them, on each store: started once, waited for over restarts, cancelled with their parent or left to themselves, fanned out and joined; and
// runs that continue as new.
import { describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { createWumbo, defineTemplate, defineWorkflow, fromModel } from '../../src/index.ts'
import type { ParentClose, Wumbo } from '../../src/index.ts'
import { collect } from '../../src/testing/store-cases/samples.ts'
import { inMemory, onFile, onServer, until } from '../fixtures/places.ts'
import type { Place } from '../fixtures/places.ts'
import { describePostgres } from './store/postgres-server.ts'

const one = defineTemplate({ name: 'one', version: '1.0.0', description: 'Gives its input.', input: z.number(), output: z.number(), execute: (n) => n })
const double = defineWorkflow({
  name: 'double', input: z.number(),
  async run(ctx, n: number) {
    if (n < 0) throw new Error(`${n} is less than nothing`)
    return (await ctx.step('take', one, n)) * 2
  },
})
const held = defineWorkflow({ name: 'held', input: z.number(), run: async (ctx, n: number) => `${n} ${await ctx.signal<string>('go')}` })
const single = defineWorkflow({
  name: 'single', input: z.number(),
  async run(ctx, n: number) {
    const first = await ctx.child('first', double, n)
    return ctx.child('second', double, first + 1)
  },
})
const waiting = defineWorkflow({ name: 'waiting', input: z.number(), run: (ctx, n: number) => ctx.child('held', held, n) })
const nested = defineWorkflow({ name: 'nested', input: z.number(), run: (ctx, n: number) => ctx.child('inner', waiting, n) })
const careful = defineWorkflow({
  name: 'careful', input: z.number(),
  async run(ctx, n: number) {
    try {
      return await ctx.child('risky', double, n)
    } catch (thrown) {
      const { name, code, path, details } = thrown as { name: string; code: string; path: string; details: { status: string } }
      return { name, code, path, status: details.status }
    }
  },
})
const two = defineWorkflow({
  name: 'two', input: z.object({ parentClose: z.enum(['cancel', 'abandon']) }),
  async run(ctx, { parentClose }: { parentClose: ParentClose }) {
    const a = await ctx.startChild('a', held, 1, { parentClose })
    const b = await ctx.startChild('b', double, 5, { parentClose })
    const five = await b.result()
    if ((await ctx.signal('end')) === 'early') return [five, a.id]
    return [five, await a.result(), await a.result()]
  },
})
const many = defineWorkflow({
  name: 'many', input: z.object({ count: z.int(), bad: z.int().optional() }),
  async run(ctx, { count, bad }: { count: number; bad?: number | undefined }) {
    const inputs = Array.from({ length: count }, (_, index) => (index === bad ? -1 : index))
    const batch = await ctx.children('all', double, inputs, { concurrency: 20 })
    let sum = 0
    const failed: number[] = []
    for await (const { index, output, error } of batch.results()) {
      sum += output ?? 0
      if (error !== null) failed.push(index)
    }
    return { count: batch.count, completed: batch.completed, failed: batch.failed, sum, at: failed }
  },
})
const turns = defineWorkflow({
  name: 'turns', input: z.object({ n: z.int(), seen: z.array(z.string()) }),
  async run(ctx, { n, seen }: { n: number; seen: string[] }) {
    await ctx.step('take', one, 1)
    const word = await ctx.signal<string>('word')
    if (n === 3) return { seen: [...seen, word], gen: ctx.run.gen }
    return ctx.continueAsNew({ n: n + 1, seen: [...seen, word] })
  },
})
const above = defineWorkflow({ name: 'above', input: z.object({}), run: (ctx) => ctx.child('turns', turns, { n: 1, seen: [] }) })
const sendAll = fromModel({
  name: 'send-all',
  steps: {
    first: { child: { workflow: 'double', input: '${{ input.first }}' }, onError: { codes: ['CHILD_FAILED'], output: -1 } },
    held: { child: { workflow: 'held', input: '${{ steps.first.output }}' } },
    all: { children: { workflow: 'double', inputs: '${{ input.all }}', concurrency: 20, onFailure: 'continue', collect: 'outputs' } },
  },
  output: { first: '${{ steps.first.output }}', held: '${{ steps.held.output }}', failed: '${{ steps.all.output.failed }}', all: '${{ steps.all.output.outputs }}' },
}, [])
const workflows = [double, held, single, waiting, nested, careful, two, many, turns, above, sendAll]

async function open(place: Place, options: Parameters<typeof createWumbo>[0] = {}): Promise<Wumbo> {
  const wumbo = await createWumbo({ store: await place(), workflows, limits: { releaseAfterMs: 30 }, ...options })
  onTestFinished(() => wumbo.close())
  return wumbo
}

async function childAt(wumbo: Wumbo, run: string, path: string): Promise<string> {
  const find = async (): Promise<string> => (await wumbo.runs.get(run)).children.find((child) => child.path === path)?.run ?? ''
  // Noted before it is started.
  await expect.poll(async () => (await wumbo.runs.get(await find()).catch(() => null))?.workflow, { timeout: 10_000, interval: 10 }).toBeDefined()
  return find()
}

const cases = (place: () => Promise<Place>): void => {
  test('a child gives its output, and both sides name each other', async () => {
    const wumbo = await open(await place())
    const run = await wumbo.start(single, 3)
    expect(await run.result()).toBe(14)
    const details = await wumbo.runs.get(run.id)
    expect(details.steps.map(({ path, kind, template, output }) => [path, kind, template, output])).toEqual([['first', 'child', 'double@1', 6], ['second', 'child', 'double@1', 14]])
    expect(details.children).toMatchObject([{ path: 'first', count: 1, ended: 1, parentClose: 'cancel' }, { path: 'second' }])
    const child = await wumbo.runs.get(details.children[0]?.run ?? '')
    expect(child).toMatchObject({ workflow: 'double', status: 'completed', key: null, parent: { run: run.id, gen: 1, path: 'first' } })
    expect(details.steps[0]?.reads).toContain(`$run[${child.id}]`)
    expect((await wumbo.runs.list()).runs).toHaveLength(3)
    expect(details.unreadMail).toEqual([])
    await expect(collect(wumbo.verify())).resolves.toEqual([])
  })

  test('a child that fails rejects with its id and its failure', async () => {
    const wumbo = await open(await place())
    expect(await (await wumbo.start(careful, -1)).result()).toEqual({ name: 'ChildFailedError', code: 'CHILD_FAILED', path: 'risky', status: 'failed' })
    const run = await wumbo.start(single, -2)
    await expect(run.result()).rejects.toMatchObject({ code: 'RUN_FAILED', cause: { code: 'CHILD_FAILED', cause: { message: expect.stringContaining('-2 is less') } } })
    const bad = await wumbo.start(careful, 'x' as never).catch((thrown: unknown) => thrown)
    expect(bad).toMatchObject({ code: 'INPUT_INVALID' })
  })

  test('a parent that waits outside of memory is woken by its child, also over a restart, and by a child of a child', async () => {
    const at = await place()
    const first = await open(at)
    const run = await first.start(nested, 4)
    const inner = await childAt(first, run.id, 'inner')
    const deep = await childAt(first, inner, 'held')
    await until(first, run.id, 'waiting')
    await until(first, deep, 'waiting')
    await first.close()
    const second = await open(at)
    await second.runs.signal(deep, 'go', 'on')
    expect(await (await second.runs.handle(run.id)).result()).toBe('4 on')
    expect((await second.runs.list()).runs).toHaveLength(3)
    await expect(collect(second.verify())).resolves.toEqual([])
  })

  test('cancelling a parent cancels its children, and theirs', async () => {
    const wumbo = await open(await place())
    const run = await wumbo.start(nested, 4)
    const inner = await childAt(wumbo, run.id, 'inner')
    const deep = await childAt(wumbo, inner, 'held')
    await wumbo.runs.cancel(run.id)
    for (const id of [run.id, inner, deep]) await until(wumbo, id, 'cancelled')
    await expect(run.result()).rejects.toMatchObject({ code: 'RUN_CANCELLED' })
  })

  test('cancelling a parent that is outside of memory, whose code is not known, cancels its children', async () => {
    const at = await place()
    const first = await open(at)
    const run = await first.start(waiting, 4)
    const child = await childAt(first, run.id, 'held')
    await until(first, run.id, 'waiting')
    await until(first, child, 'waiting')
    await first.close()
    const second = await open(at, { workflows: [held] })
    await second.runs.cancel(run.id)
    // On a store of many it is left to whoever knows the code.
    const isLeft = second.store.kind === 'postgres'
    if (!isLeft) await until(second, run.id, 'cancelled')
    await second.close()
    const third = await open(at)
    await until(third, run.id, 'cancelled')
    await until(third, child, 'cancelled')
  })

  test('a child that a person cancels fails for its parent, once', async () => {
    const wumbo = await open(await place())
    const run = await wumbo.start(waiting, 4)
    const child = await childAt(wumbo, run.id, 'held')
    await wumbo.runs.cancel(child)
    await expect(run.result()).rejects.toMatchObject({ cause: { code: 'CHILD_FAILED', details: { run: child, status: 'cancelled' } } })
    // What is retried is the child: its parent has its answer.
    await wumbo.runs.retry(child)
    await wumbo.runs.signal(child, 'go', 'late')
    await until(wumbo, child, 'completed')
    expect((await wumbo.runs.get(run.id)).status).toBe('failed')
  })

  test.each(['cancel', 'abandon'] as const)('children that are not waited for: %s', async (parentClose) => {
    const wumbo = await open(await place())
    const run = await wumbo.start(two, { parentClose })
    await run.signal('end', 'early')
    const [five, id] = (await run.result()) as [number, string]
    expect(five).toBe(10)
    if (parentClose === 'cancel') await until(wumbo, id, 'cancelled')
    else {
      await wumbo.runs.signal(id, 'go', 'alone')
      await until(wumbo, id, 'completed')
    }
  })

  test('a child that was started is waited for later, as often as one likes, over a restart', async () => {
    const at = await place()
    const first = await open(at)
    const run = await first.start(two, { parentClose: 'cancel' })
    const child = await childAt(first, run.id, 'a')
    await first.runs.signal(child, 'go', 'x')
    await until(first, child, 'completed')
    await until(first, run.id, 'waiting')
    await first.close()
    const second = await open(at)
    await second.runs.signal(run.id, 'end', 'late')
    expect(await (await second.runs.handle(run.id)).result()).toEqual([10, '1 x', '1 x'])
  })

  test('many children are joined with one record, and their results read in pages', async () => {
    const wumbo = await open(await place())
    const run = await wumbo.start(many, { count: 1203, bad: 700 })
    expect(await run.result()).toEqual({ count: 1203, completed: 1202, failed: 1, sum: 1203 * 1202 - 1400, at: [700] })
    const details = await wumbo.runs.get(run.id)
    expect(details.steps.map(({ kind, path }) => [kind, path])).toEqual([['children', 'all'], ['page', 'all.page[0]'], ['page', 'all.page[1]'], ['page', 'all.page[2]']])
    expect(details.children).toMatchObject([{ path: 'all', run: null, count: 1203, ended: 1203 }])
    await expect(collect(wumbo.verify())).resolves.toEqual([])
  }, 60_000)

  test('many children go on over a restart: each is one run', async () => {
    const at = await place()
    const first = await open(at)
    const run = await first.start(many, { count: 300 })
    await expect.poll(async () => (await first.runs.get(run.id)).children[0]?.ended ?? 0, { timeout: 10_000, interval: 5 }).toBeGreaterThan(10)
    await first.close()
    const second = await open(at)
    expect(await (await second.runs.handle(run.id)).result()).toMatchObject({ count: 300, completed: 300, sum: 300 * 299 })
    let runs = 0
    for (let after: string | null | undefined; after !== null; ) {
      const page = await second.runs.list({ limit: 1000, ...(after === undefined ? {} : { after }) })
      runs += page.runs.length
      after = page.next
    }
    expect(runs).toBe(301)
  }, 60_000)

  test('a graph starts children, one and many, over a restart', async () => {
    const at = await place()
    const first = await open(at)
    const run = await first.start(sendAll, { first: -5, all: [1, -1, ...Array.from({ length: 600 }, (_, index) => index)] })
    const child = await childAt(first, run.id, 'held')
    await until(first, child, 'waiting')
    await first.close()
    const second = await open(at)
    await second.runs.signal(child, 'go', 'on')
    const output = (await (await second.runs.handle(run.id)).result()) as { all: (number | null)[] }
    expect(output).toMatchObject({ first: -1, held: '-1 on', failed: 1 })
    expect(output.all).toEqual([2, null, ...Array.from({ length: 600 }, (_, index) => index * 2)])
    const details = await second.runs.get(run.id)
    expect(details.steps.map(({ kind, path, status }) => [kind, path, status])).toEqual(expect.arrayContaining([['child', 'first', 'failed'], ['child', 'held', 'completed'], ['children', 'all', 'completed'], ['page', 'all.page[0]', 'completed'], ['page', 'all.page[1]', 'completed']]))
    expect(details.children).toMatchObject([{ path: 'first', count: 1 }, { path: 'all', count: 602, ended: 602 }, { path: 'held', run: child }])
    await expect(collect(second.verify())).resolves.toEqual([])
  }, 60_000)

  test('a run continues as new with its mail and its id, and tells its parent when it has ended for good', async () => {
    const at = await place()
    const first = await open(at)
    const run = await first.start(above, {})
    const child = await childAt(first, run.id, 'turns')
    await first.runs.signal(child, 'word', 'a', { id: '1' })
    await first.runs.signal(child, 'word', 'b', { id: '2' })
    await first.runs.signal(child, 'word', 'a', { id: '1' })
    await expect.poll(async () => (await first.runs.get(child)).gen, { timeout: 10_000, interval: 10 }).toBe(3)
    const details = await first.runs.get(child)
    expect(details).toMatchObject({ parent: { run: run.id }, input: { n: 3, seen: ['a', 'b'] }, unreadMail: [], generations: [{ gen: 3, by: 'engine', reason: 'continued as new' }] })
    await first.runs.signal(child, 'word', 'b', { id: '2' })
    await until(first, child, 'waiting')
    expect((await first.runs.get(child)).steps.map(({ path }) => path)).toEqual(['take'])
    await first.close()
    const second = await open(at)
    await second.runs.signal(child, 'word', 'c')
    expect(await (await second.runs.handle(run.id)).result()).toEqual({ seen: ['a', 'b', 'c'], gen: 3 })
    await expect(collect(second.verify())).resolves.toEqual([])
  })

  test('retrying a parent starts its failed child anew and keeps the one that ended', async () => {
    const wumbo = await open(await place())
    const run = await wumbo.start(single, -0.5)
    await expect(run.result()).rejects.toMatchObject({ code: 'RUN_FAILED' })
    expect((await wumbo.runs.list()).runs).toHaveLength(2)
    await wumbo.runs.retry(run.id)
    await until(wumbo, run.id, 'failed')
    expect((await wumbo.runs.list()).runs).toHaveLength(3)
  })

  test('a fork keeps the results of children that ended, and starts its own of the others', async () => {
    const wumbo = await open(await place())
    const run = await wumbo.start(single, 3)
    await run.result()
    const fork = await wumbo.fork(run.id, { at: 'second' })
    expect(await fork.result()).toBe(14)
    const details = await wumbo.runs.get(fork.id)
    expect(details.children.map(({ path }) => path)).toEqual(['second'])
    const other = await wumbo.start(two, { parentClose: 'cancel' })
    await expect.poll(async () => (await wumbo.runs.get(other.id)).steps.length, { timeout: 10_000, interval: 10 }).toBe(3)
    const forked = await wumbo.fork(other.id, { at: 'end' })
    await forked.signal('end', 'late')
    const own = await childAt(wumbo, forked.id, 'a.result')
    await wumbo.runs.signal(own, 'go', 'own')
    expect(await forked.result()).toEqual([10, '1 own', '1 own'])
    expect((await wumbo.runs.get(other.id)).status).toMatch(/running|waiting/)
  })
}

describe('children in memory', () => cases(inMemory))
describe('children on SQLite', () => cases(onFile))
describePostgres('children on PostgreSQL', () => cases(onServer))
