// Graphs that run others inline as users hold them, on each store: what a run began with is what it goes on with, whatever becomes of the other workflow,
// in whatever process.
import { describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { createWumbo, defineTemplate, defineWorkflow, fromModel, type GraphWorkflow, type WorkflowModel, type Wumbo } from '../../src/index.ts'
import { collect } from '../../src/testing/store-cases/samples.ts'
import { inMemory, onFile, onServer, until } from '../fixtures/places.ts'
import type { Place } from '../fixtures/places.ts'
import { describePostgres } from './store/postgres-server.ts'

const add = defineTemplate({ name: 'add', version: '1.0.0', description: 'Adds.', input: z.object({ n: z.number(), by: z.number() }), output: z.number(), execute: ({ n, by }) => n + by })

/** Adds, waits for a signal, adds again. */
const check = (by: number, more: Partial<WorkflowModel> = {}): WorkflowModel => ({
  name: 'check', input: { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] },
  steps: { first: { uses: 'add', with: { n: '${{ input.n }}', by: 1 } }, wait: { signal: { name: 'go' }, needs: 'first' }, second: { uses: 'add', with: { n: '${{ steps.first.output }}', by }, needs: 'wait' } },
  output: '${{ steps.second.output }}', ...more,
})
const order: WorkflowModel = { name: 'order', steps: { check: { inline: { workflow: 'check', input: { n: '${{ input.n }}' } } }, last: { uses: 'add', with: { n: '${{ steps.check.output }}', by: 100 } } }, output: '${{ steps.last.output }}' }

async function open(place: Place, options: Parameters<typeof createWumbo>[0] = {}): Promise<Wumbo> {
  const wumbo = await createWumbo({ store: await place(), templates: [add], limits: { releaseAfterMs: 30 }, ...options })
  onTestFinished(() => wumbo.close())
  return wumbo
}

const cases = (place: () => Promise<Place>): void => {
  test('a run goes on with what it began with when the other workflow gets a new version, is archived, and in another process', async () => {
    const at = await place()
    const first = await open(at)
    const inner = await first.definitions.create(check(10))
    const outer = await first.definitions.create(order)
    expect(outer.templates).toEqual(['add@1.0.0'])
    const old = await first.start('order', { n: 1 })
    await until(first, old.id, 'waiting')
    const newer = await first.definitions.create(check(20))
    expect(newer.version).not.toBe(inner.version)
    // What is stored stays what it was until it is stored again: then it is another version.
    expect((await first.definitions.get('order')).version).toBe(outer.version)
    const pinned = await first.start('order', { n: 2 })
    const again = await first.definitions.create(order)
    expect([again.added, again.version === outer.version]).toEqual([true, false])
    const fresh = await first.start('order', { n: 3 })
    await first.definitions.archive('check')
    await until(first, fresh.id, 'waiting')
    await first.close()
    const second = await open(at)
    const results: unknown[] = []
    for (const { id } of [old, pinned, fresh]) {
      const run = await second.runs.handle<number>(id)
      await run.signal('go', null)
      results.push(await run.result())
    }
    expect(results).toEqual([112, 113, 124])
    const details = await second.runs.get(old.id)
    expect(details.steps.map(({ path }) => path)).toEqual(['check.first', 'check.wait', 'check.second', 'last'])
    expect(details.definition?.workflows).toEqual({ [`check@${inner.version}`]: expect.objectContaining({ name: 'check' }) as unknown })
    expect(await collect(second.verify())).toEqual([])
  })

  test('a process that has another version registered goes on with the one that the run began with', async () => {
    const at = await place()
    const graphs = (by: number) => {
      const inner = fromModel(check(by), [add])
      return [inner, fromModel(order, [add], [inner])]
    }
    const first = await open(at, { workflows: graphs(10) })
    const run = await first.start('order', { n: 1 })
    await until(first, run.id, 'waiting')
    first.reload({ templates: [add], workflows: graphs(20) })
    const newer = await first.start('order', { n: 1 })
    await until(first, newer.id, 'waiting')
    await first.close()
    const second = await open(at, { workflows: graphs(30) })
    for (const [id, expected] of [[run.id, 112], [newer.id, 122]] as const) {
      const handle = await second.runs.handle<number>(id)
      await handle.signal('go', null)
      expect(await handle.result()).toBe(expected)
    }
  })

  test('a run is moved to a version with another sub-workflow when what it has done fits, and stays when it does not', async () => {
    const at = await place()
    const first = await open(at)
    await first.definitions.create(check(10))
    const { version: from } = await first.definitions.create(order)
    const run = await first.start('order', { n: 1 })
    await until(first, run.id, 'waiting')
    await first.definitions.create(check(20))
    const later = await first.definitions.create(order)
    const fits = await first.versions.migrate('order', { from, to: later.version })
    expect(fits.runs).toMatchObject([{ state: 'asked' }])
    await expect.poll(async () => (await first.runs.get(run.id)).version, { timeout: 10_000 }).toBe(later.version)
    await first.definitions.create(check(20, { steps: { ...check(20).steps, first: { uses: 'add', with: { n: '${{ input.n }}', by: 7 } } } }))
    const other = await first.definitions.create(order)
    const stays = await first.versions.migrate('order', { from: later.version, to: other.version })
    expect(stays.runs).toMatchObject([{ state: 'stays', why: { code: 'MIGRATION_REFUSED', path: 'check.first' } }])
    await run.signal('go', null)
    expect(await run.result()).toBe(122)
  })

  test('what is asked inside is asked of the run: approvals have the path of their step, signals the name', async () => {
    const at = await place()
    const wumbo = await open(at)
    await wumbo.definitions.create({ name: 'ask', steps: { sure: { approval: { title: 'Sure of ${{ input.what }}?' } } }, output: '${{ steps.sure.output.approved }}' })
    await wumbo.definitions.create({ name: 'asking', steps: { a: { forEach: "['x', 'y']", inline: { workflow: 'ask', input: { what: '${{ item }}' } } } } })
    const run = await wumbo.start('asking', {})
    await expect.poll(async () => (await wumbo.runs.get(run.id)).approvals.map(({ path, title }) => `${path} ${title}`), { timeout: 10_000 }).toEqual(['a[0].sure Sure of x?', 'a[1].sure Sure of y?'])
    await run.approve('a[1].sure', { by: 'ada' })
    await run.reject('a[0].sure', { by: 'bob' })
    expect(await run.result()).toEqual({ a: [false, true] })
  })

  test('a function runs a function and a graph inline: one run, whose queries, signals and restarts reach them', async () => {
    const at = await place()
    const part = fromModel(check(10), [add]) as GraphWorkflow<{ n: number }, number>
    const count = (version: string) => defineWorkflow({
      name: 'count', version, input: z.object({ n: z.number() }),
      async run(ctx, { n }) {
        ctx.setQuery('seen', () => n)
        return (await ctx.signal('more', { schema: z.number() })) + n
      },
    })
    const whole = (version: string) => defineWorkflow({ name: 'whole', input: z.object({}), run: async (ctx) => [await ctx.inline('count', count(version), { n: 5 }), await ctx.inline('check', part, { n: 1 })] })
    const first = await open(at, { workflows: [whole('1')] })
    const { id } = await first.start('whole', {})
    await until(first, id, 'waiting')
    expect(await (await first.runs.handle(id)).query('seen')).toBe(5)
    await first.close()
    const other = await open(at, { workflows: [whole('2')] })
    await (await other.runs.handle(id)).signal('more', 7)
    await until(other, id, 'parked')
    expect((await other.runs.get(id)).error).toMatchObject({ code: 'NON_DETERMINISM', path: 'count', message: expect.stringContaining('was recorded with the workflow count@1, the code asks for the workflow count@2') as string })
    await other.close()
    const third = await open(at, { workflows: [whole('1')] })
    const run = await third.runs.handle(id)
    await run.resume()
    await expect.poll(async () => (await third.runs.get(id)).steps.map(({ path }) => path), { timeout: 10_000, interval: 20 }).toEqual(['count', 'count.more', 'check', 'check.first'])
    await run.signal('go', null)
    expect(await run.result()).toEqual([12, 12])
    expect(await collect(third.verify())).toEqual([])
  })

  test('a stored definition that runs what there is not, or itself, is refused', async () => {
    const at = await place()
    const wumbo = await open(at)
    await wumbo.definitions.create(check(10))
    await expect(wumbo.definitions.create({ ...order, steps: { ...order.steps, check: { inline: { workflow: 'chekc', input: {} } } } })).rejects.toMatchObject({ code: 'DEFINITION_INVALID', details: { problems: [{ code: 'UNKNOWN_WORKFLOW', message: expect.stringContaining('Did you mean "check"') as string }] } })
    await wumbo.definitions.create(order)
    await expect(wumbo.definitions.create({ name: 'check', steps: { a: { inline: { workflow: 'order', input: { n: 1 } } } } })).rejects.toMatchObject({ code: 'DEFINITION_INVALID', message: expect.stringContaining('check → order → check') as string })
  })
}

describe('in memory', () => cases(inMemory))

describe('on SQLite', () => cases(onFile))

describePostgres('on PostgreSQL', () => cases(onServer))
