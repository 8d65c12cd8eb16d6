// The engine on PostgreSQL as users hold it: runs go on after the connection was cut in the middle, and several processes work side by side.
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { createWumbo, defineTemplate, defineWorkflow, type Wumbo } from '../../../src/index.ts'
import { deferred } from '../../../src/shared/deferred.ts'
import { postgresStore } from '../../../src/store/postgres/index.ts'
import { collect } from '../../../src/testing/store-cases/samples.ts'
import { describePostgres, makeSchema } from './postgres-server.ts'

const number = z.object({ n: z.number() })

/** A workflow of three steps that each add one; `calls` counts them, and the second waits for `gate`. */
function adding(gate: Promise<unknown> = Promise.resolve()) {
  const calls: string[] = []
  const add = defineTemplate({
    name: 'add', version: '1.0.0', description: 'Adds one.', input: z.object({ n: z.number(), step: z.string() }), output: number,
    async execute({ n, step }) {
      calls.push(step)
      if (step === 'b') await gate
      return { n: n + 1 }
    },
  })
  const workflow = defineWorkflow({
    name: 'adding', input: number,
    async run(ctx, { n }) {
      const a = await ctx.step('a', add, { n, step: 'a' })
      const b = await ctx.step('b', add, { n: a.n, step: 'b' })
      return ctx.step('c', add, { n: b.n, step: 'c' })
    },
  })
  return { calls, workflow }
}

describePostgres('Wumbo on PostgreSQL', () => {
  async function open(at: ReturnType<typeof makeSchema>, lane: string, workflow: ReturnType<typeof adding>['workflow']): Promise<Wumbo> {
    const wumbo = await createWumbo({ store: await postgresStore({ url: at.url, schema: at.schema, lane }), workflows: [workflow] })
    onTestFinished(() => wumbo.close().catch(() => undefined))
    return wumbo
  }

  test('runs go through, are found by their key, and leave nothing to find fault with', async () => {
    const at = makeSchema()
    onTestFinished(at.drop)
    const { workflow } = adding()
    const wumbo = await open(at, 'a', workflow)
    const handles = await Promise.all(Array.from({ length: 200 }, (_, n) => wumbo.start(workflow, { n }, { id: `run-${n}` })))
    expect(await Promise.all(handles.map((handle) => handle.result()))).toEqual(handles.map((_, n) => ({ n: n + 3 })))
    expect(await wumbo.start(workflow, { n: 7 }, { id: 'run-7' })).toMatchObject({ existing: true })
    await wumbo.close()
    const store = await postgresStore({ url: at.url, schema: at.schema })
    onTestFinished(() => store.close())
    expect(await collect(store.check())).toEqual([])
    expect(await store.nextWake()).toBe(null)
  })

  test('a run whose process lost the database goes on in the next one, from its last record', async () => {
    const at = makeSchema()
    onTestFinished(at.drop)
    const gate = deferred<undefined>()
    const never = adding(gate.promise)
    const first = await open(at, 'a', never.workflow)
    const started = new Promise<void>((resolve) => {
      first.observe((event) => {
        if (event.type === 'step.completed' && event.path === 'a') resolve()
      })
    })
    const { id } = await first.start(never.workflow, { n: 1 })
    await started
    await at.query('select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1', [`wumbo ${at.schema}`])
    const next = adding()
    const second = await open(at, 'a', next.workflow)
    expect(await (await second.runs.handle(id)).result()).toEqual({ n: 4 })
    gate.resolve(undefined)
    await first.close().catch(() => undefined)
    expect([never.calls, next.calls]).toEqual([['a', 'b'], ['b', 'c']])
    expect((await second.runs.get(id)).steps.map(({ path }) => path)).toEqual(['a', 'b', 'c'])
  })

  test('two processes at once each run what they started', async () => {
    const at = makeSchema()
    onTestFinished(at.drop)
    const [one, other] = [adding(), adding()]
    const [a, b] = await Promise.all([open(at, 'a', one.workflow), open(at, 'b', other.workflow)])
    const results = await Promise.all([1, 2, 3, 4].flatMap((n) => [a.start(one.workflow, { n }), b.start(other.workflow, { n })]).map(async (starting) => (await starting).result()))
    expect(results).toEqual([4, 4, 5, 5, 6, 6, 7, 7].map((n) => ({ n })))
    expect([one.calls.length, other.calls.length]).toEqual([12, 12])
  })
})
