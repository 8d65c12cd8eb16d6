// Several workers on one store: who takes which run, and how what one does reaches the others.
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { createWumbo, defineWorkflow, type Wumbo, type WumboOptions } from '../../src/index.ts'
import { postgresStore } from '../../src/store/postgres/index.ts'
import { describePostgres, makeSchema } from '../integration/store/postgres-server.ts'

const echo = defineWorkflow({ name: 'echo', input: z.object({ n: z.number() }), run: async (_, input) => input })
const long = defineWorkflow({ name: 'long', input: z.object({}), async run(ctx) { await ctx.sleep('night', '1d') } })
const nap = defineWorkflow({ name: 'nap', input: z.object({}), async run(ctx) { await ctx.sleep('nap', 1500); return 'awake' } })

describePostgres('workers on one store', () => {
  async function rig(): Promise<{ open(more?: Partial<WumboOptions>): Promise<Wumbo>; query: ReturnType<typeof makeSchema>['query'] }> {
    const { url, schema, query, drop } = makeSchema()
    const opened: Wumbo[] = []
    onTestFinished(async () => {
      for (const wumbo of opened) await wumbo.close()
      await drop()
    }, 30_000)
    return {
      query,
      async open(more = {}) {
        const wumbo = await createWumbo({ store: await postgresStore({ url, schema, leaseMs: 2000 }), workflows: [echo, long, nap], ...more })
        opened.push(wumbo)
        return wumbo
      },
    }
  }

  test('a run that one process starts and another works on gives its result to who waits', async () => {
    const { open } = await rig()
    const starter = await open({ limits: { hotRuns: 0 }, queues: [] })
    const handle = await starter.start(echo, { n: 7 })
    expect(await handle.status()).toBe('waiting')
    await open()
    expect(await handle.result()).toEqual({ n: 7 })
  })

  test('runs of a queue go to the workers that take it, and to no other', async () => {
    const { open } = await rig()
    const other = await open({ queues: ['mail'] })
    const seen: string[] = []
    other.observe(({ type, run }) => type === 'run.ended' && seen.push(run))
    const plain = await other.start(echo, { n: 1 })
    const mail = await other.start(echo, { n: 2 }, { queue: 'mail' })
    expect(await mail.result()).toEqual({ n: 2 })
    expect(await plain.status()).toBe('waiting')
    await open({ queues: ['default'] })
    expect(await plain.result()).toEqual({ n: 1 })
    expect(seen).toEqual([mail.id])
    await expect(other.start(echo, { n: 1 }, { queue: 'a b' })).rejects.toMatchObject({ code: 'INPUT_INVALID', path: 'queue' })
  })

  test('a version that only some workers know is left to them', async () => {
    const { open, query } = await rig()
    const next = defineWorkflow({ name: 'echo', version: '2', input: z.object({ n: z.number() }), run: async (_, { n }) => ({ n: n * 2 }) })
    const old = await open()
    const starter = await open({ workflows: [next], limits: { hotRuns: 0 }, queues: [] })
    const handles = await Promise.all(Array.from({ length: 20 }, (_, n) => starter.start(next, { n })))
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect((await query(`select count(*)::int as n from runs where status = 'waiting' and lane is null`)).rows).toEqual([{ n: 20 }])
    await open({ workflows: [next] })
    expect(await Promise.all(handles.map((handle) => handle.result()))).toEqual(Array.from({ length: 20 }, (_, n) => ({ n: n * 2 })))
    expect((await old.runs.list({ status: ['parked'] })).runs).toEqual([])
  })

  test('what nobody can run is parked with the reason, once it has waited for long', async () => {
    const { open, query } = await rig()
    const starter = await open({ limits: { hotRuns: 0 }, queues: [] })
    const strange = defineWorkflow({ name: 'strange', input: z.object({}), run: async () => 1 })
    const handle = await starter.start(strange, {})
    await query('update runs set wake_at = 1')
    await query(`update run_starts set created_at = 1`)
    await open()
    await expect(handle.result()).rejects.toMatchObject({ code: 'RUN_PARKED', message: expect.stringContaining('strange') })
  })

  test('a cancel reaches a run that another process has in memory', async () => {
    const { open } = await rig()
    const worker = await open({ limits: { releaseAfterMs: 10 ** 9 } })
    const starter = await open({ queues: [] })
    const handle = await worker.start(long, {})
    await new Promise((resolve) => setTimeout(resolve, 100))
    await starter.runs.cancel(handle.id)
    await expect(handle.result()).rejects.toMatchObject({ code: 'RUN_CANCELLED' })
  })

  test('a cancel reaches a run that waits for a day', async () => {
    const { open } = await rig()
    await open()
    const starter = await open({ queues: [] })
    const worker = await open()
    const handle = await worker.start(long, {})
    await expect.poll(() => handle.status(), { timeout: 5000 }).toBe('waiting')
    await starter.runs.cancel(handle.id)
    await expect(handle.result()).rejects.toMatchObject({ code: 'RUN_CANCELLED' })
  })

  test('a run that sleeps is woken by whichever worker lives', async () => {
    const { open } = await rig()
    const first = await open()
    const handle = await first.start(nap, {})
    await expect.poll(() => handle.status(), { timeout: 5000 }).toBe('waiting')
    const second = await open()
    await first.close()
    expect(await (await second.runs.handle(handle.id)).result()).toBe('awake')
  })

  test('a process that takes nothing over works on what it starts, and on nothing else', async () => {
    const { open } = await rig()
    const full = await open({ limits: { hotRuns: 0 }, queues: [] })
    const foreign = await full.start(echo, { n: 1 })
    const alone = await open({ queues: [] })
    expect(await (await alone.start(nap, {})).result()).toBe('awake')
    expect(await foreign.status()).toBe('waiting')
  })

  test('a schema with the longest name that there is works too', async () => {
    const { url } = makeSchema()
    const schema = `wumbo_test_${'x'.repeat(52)}`
    const wumbo = await createWumbo({ store: await postgresStore({ url, schema, leaseMs: 2000 }), workflows: [echo] })
    const other = await createWumbo({ store: await postgresStore({ url, schema, leaseMs: 2000 }), workflows: [echo], queues: [], limits: { hotRuns: 0 } })
    expect(await (await other.start(echo, { n: 3 })).result()).toEqual({ n: 3 })
    await other.close()
    await wumbo.close()
    await makeSchema().query(`drop schema ${schema} cascade`).catch(() => undefined)
  })
})
