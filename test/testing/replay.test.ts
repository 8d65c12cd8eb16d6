// Recordings of runs and their replay: the same code passes, each kind of difference is named with both sides, and no body runs.
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { RunRecording } from '../../src/engine/recording.ts'
import { parseJson } from '../../src/shared/parse-json.ts'
import { defineTemplate } from '../../src/template/define.ts'
import { createTestWumbo, recordRun, replayRun } from '../../src/testing/index.ts'
import type { TestWumbo } from '../../src/testing/index.ts'
import { workflow } from '../../src/workflow/builder.ts'
import type { WorkflowContext } from '../../src/workflow/contract.ts'
import { defineWorkflow } from '../../src/workflow/define.ts'
import { gt } from '../../src/workflow/conditions.ts'
import { charge, order, price, reserve } from './shop.ts'

let t: TestWumbo

beforeEach(async () => {
  t = await createTestWumbo({ leftovers: 'allow' })
  t.stub(charge, ({ cents }) => {
    if (cents > 1000) throw new Error('too dear')
    return { receipt: `r${cents}` }
  })
})
afterEach(() => t.close())

const recorded = async (item = 'lamp'): Promise<RunRecording> => recordRun(t.wumbo, (await t.run(order, { item })).id)
const orderLike = (run: (ctx: WorkflowContext, input: { item: string }) => Promise<unknown>) => defineWorkflow({ name: 'order', input: z.object({ item: z.string() }), run })
const whole = async (ctx: WorkflowContext, item: string, cents?: number): Promise<unknown> => {
  const { reservation } = await ctx.step('reserve', reserve, { item })
  const found = await ctx.step('price', price, { item })
  const { receipt } = await ctx.step('charge', charge, { cents: cents ?? found.cents })
  await ctx.sleep('coolOff', '3d')
  return { reservation, receipt }
}

test('the code that a run was recorded with is replayed without a body, also from a file', async () => {
  const recording = parseJson(JSON.stringify(await recorded())) as RunRecording
  await t.close()
  // `charge` throws when its body runs.
  expect(await replayRun(recording, order)).toEqual({ answers: 4, status: 'completed' })
  const file = join(await mkdtemp(join(tmpdir(), 'wumbo-replay-')), 'order.json')
  await writeFile(file, JSON.stringify(recording, null, 2))
  expect(await replayRun(file, order)).toEqual({ answers: 4, status: 'completed' })
})

describe('a change of the code is found', () => {
  test.each<[string, (ctx: WorkflowContext, input: { item: string }) => Promise<unknown>, { path: string; recorded: string; asked: string }]>([
    ['another step', async (ctx, { item }) => ctx.step('hold', reserve, { item }), { path: 'reserve', recorded: 'a step with reserve', asked: 'a step hold with reserve' }],
    ['another template', async (ctx, { item }) => ctx.step('reserve', price, { item }), { path: 'reserve', recorded: 'template reserve@1.0.0', asked: 'template price@1.0.0' }],
    ['another input', async (ctx, { item }) => whole(ctx, item, 500), { path: 'charge', recorded: 'input { cents: 400 }', asked: 'input { cents: 500 }' }],
    ['another kind', async (ctx) => ctx.sleep('reserve', '1d'), { path: 'reserve', recorded: 'a step with reserve', asked: 'a timer reserve' }],
    ['an earlier end', async (ctx, { item }) => ctx.step('reserve', reserve, { item }), { path: 'price', recorded: 'a step', asked: 'nothing: it ends before' }],
    ['a step more', async (ctx, { item }) => { await whole(ctx, item); return ctx.step('mail', reserve, { item }) }, { path: 'mail', recorded: 'nothing: the run has completed by then', asked: 'a step mail with reserve' }],
    ['another output', async (ctx, { item }) => ({ done: await whole(ctx, item) }), { path: '$run', recorded: "output { reservation: 'lamp-1', receipt: 'r400' }", asked: "output { done: { reservation: 'lamp-1', receipt: 'r400' } }" }],
    ['a failure', async (ctx, { item }) => { await whole(ctx, item); throw new Error('late') }, { path: '$run', recorded: "output { reservation: 'lamp-1', receipt: 'r400' }", asked: 'failure UNKNOWN: late' }],
  ])('%s', async (_name, run, details) => {
    await expect(replayRun(await recorded(), orderLike(run))).rejects.toMatchObject({ code: 'NON_DETERMINISM', path: details.path, details })
  })

  test('another workflow', async () => {
    await expect(replayRun(await recorded(), defineWorkflow({ name: 'other', input: z.object({}), run: () => 1 }))).rejects.toMatchObject({ code: 'NON_DETERMINISM', message: expect.stringContaining('a run of order') })
  })
})

test('a run that failed is replayed to the same failure', async () => {
  const recording = await recorded('a very long name')
  expect(recording.run.status).toBe('failed')
  expect(await replayRun(recording, order)).toEqual({ answers: 3, status: 'failed' })
  await expect(replayRun(recording, orderLike((ctx, { item }) => whole(ctx, item).catch(() => 'caught')))).rejects.toMatchObject({ path: '$run' })
})

test('a run that waits is replayed as far as it had come', async () => {
  const run = await t.start(order, { item: 'lamp' })
  await t.advance('1d')
  const recording = await recordRun(t.wumbo, run.id)
  expect(await replayRun(recording, order)).toEqual({ answers: 3, status: 'waiting' })
// What comes after the records may change, what they answer may not.
  expect(await replayRun(recording, orderLike(async (ctx, { item }) => { await ctx.step('reserve', reserve, { item }); await ctx.step('price', price, { item }); await ctx.step('charge', charge, { cents: 400 }); return 'ended' }))).toMatchObject({ answers: 3 })
  await expect(replayRun(recording, orderLike((ctx, { item }) => whole(ctx, item, 401)))).rejects.toMatchObject({ path: 'charge' })
})

test('answers come in the order in which they were recorded, and values of the engine too', async () => {
  const slow = defineTemplate({ name: 'slow', version: '1.0.0', description: 'Takes a while.', input: z.object({ ms: z.int() }), output: z.object({ ms: z.int() }), async execute(input) { await t.sleep(input.ms); return input } })
  const race = defineWorkflow({ name: 'race', input: z.object({}), async run(ctx) {
    const first = await Promise.race([ctx.step('a', slow, { ms: 50 }), ctx.step('b', slow, { ms: 20 })])
    return { first, at: await ctx.now(), id: await ctx.uuid(), chance: await ctx.random(), mapped: await ctx.map('each', [30, 10], async (c, ms) => (await c.step('slow', slow, { ms })).ms) }
  } })
  const run = await t.run(race, {})
  expect(run.output.first.ms).toBe(20)
  expect(await replayRun(await recordRun(t.wumbo, run.id), race)).toMatchObject({ status: 'completed' })
})

test('a graph is replayed, with what it skipped and chose', async () => {
  const build = (least: number) => workflow('shop', { input: z.object({ cents: z.int() }) })
    .step('reserve', { uses: reserve, with: { item: 'lamp' } })
    .step('tip', { uses: charge, with: { cents: 1 }, if: ({ input }) => gt(input.cents, least), needs: 'reserve' })
    .sleep('rest', '1d')
    .output(({ steps }) => ({ got: steps.reserve.reservation }))
    .build()
  const recording = await recordRun(t.wumbo, (await t.run(build(100), { cents: 5 })).id)
  expect(recording.definition?.name).toBe('shop')
  expect(await replayRun(recording, build(100))).toMatchObject({ answers: 3 })
  await expect(replayRun(recording, build(1))).rejects.toMatchObject({ code: 'NON_DETERMINISM', path: 'tip' })
})

test('a graph that runs another inline is replayed, also one that was cancelled inside of it; a change of the other is found', async () => {
  const inner = (cents: number) => workflow('inner', { input: z.object({ item: z.string() }) })
    .step('price', { uses: price, with: ({ input }) => ({ item: input.item }) })
    .sleep('wait', '3d', { needs: 'price' })
    .step('charge', { uses: charge, needs: 'wait', with: { cents } })
    .finally((block, { input }) => block.step('free', { uses: reserve, with: { item: input.item } }))
    .output(({ steps }) => steps.charge.receipt)
    .build()
  const outer = (cents: number) => workflow('outer', { input: z.object({ item: z.string() }) }).inline('pay', { workflow: inner(cents), input: ({ input }) => ({ item: input.item }) }).build()
  const done = await recordRun(t.wumbo, (await t.run(outer(3), { item: 'lamp' })).id)
  expect(await replayRun(done, outer(3))).toEqual({ answers: 4, status: 'completed' })
  await expect(replayRun(done, outer(4))).rejects.toMatchObject({ code: 'NON_DETERMINISM', path: 'pay.charge' })
  const run = await t.start(outer(3), { item: 'lamp' })
  await t.advance('1d')
  await run.cancel()
  await t.advance('1m')
  expect(await replayRun(await recordRun(t.wumbo, run.id), outer(3))).toMatchObject({ status: 'cancelled' })
})

test('what is redacted is not in the recording, which is replayed all the same', async () => {
  const run = await t.run(order, { item: 'secret' })
  const redact = (value: unknown): unknown => parseJson(JSON.stringify(value ?? null).replaceAll('secret', 'hidden'))
  const recording = await recordRun(t.wumbo, run.id, { redact })
  expect(JSON.stringify(recording)).not.toContain('secret')
  expect(await replayRun(recording, order)).toMatchObject({ status: 'completed' })
})

test('values that lie outside the tables are written in full', async () => {
  const small = await createTestWumbo({ limits: { inlinePayload: 20, keptInput: 20 } })
  small.stub(charge, () => ({ receipt: 'r'.repeat(100) }))
  const recording = await recordRun(small.wumbo, (await small.run(order, { item: 'a lamp that is long' })).id)
  expect(recording.records.find(({ path }) => path === 'charge')?.output).toContain('r'.repeat(100))
  expect(recording.records.find(({ path }) => path === 'price')?.input).toBeNull()
  await small.close()
  expect(await replayRun(recording, order)).toMatchObject({ status: 'completed' })
  await expect(replayRun(recording, orderLike((ctx, { item }) => ctx.step('reserve', reserve, { item: `${item}!` })))).rejects.toMatchObject({ details: { recorded: 'another input, which was too long to be kept' } })
})

test('what is no recording is refused by its place', async () => {
  const recording = await recorded()
  await expect(replayRun({ ...recording, format: 'wumbo.run/9' } as never, order)).rejects.toMatchObject({ code: 'CONFIG_INVALID', path: 'recording.format' })
  await expect(replayRun({ ...recording, records: [{ path: 1 }] } as never, order)).rejects.toMatchObject({ path: 'recording.records.0.path' })
  await expect(replayRun('/nowhere/at/all.json', order)).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining('cannot be read') })
  await expect(recordRun(t.wumbo, 'nobody')).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' })
})

describe('updates of a recorded run', () => {
  const counted = (takes: boolean, fails = false) => defineWorkflow({
    name: 'counted', input: z.object({}),
    async run(ctx) {
      const got: number[] = []
      if (takes) {
        ctx.setUpdate('add', { schema: z.number() }, (n) => {
          if (fails) throw new Error('no more')
          return got.push(n)
        })
      }
      await ctx.signal('close')
      return got
    },
  })

  test('are done again in their place, and code that takes them no more, or lets them end otherwise, is found', async () => {
    const run = await t.wumbo.start(counted(true), {})
    expect([await run.update('add', 3), await run.update('add', 4)]).toEqual([1, 2])
    await run.signal('close')
    expect(await run.result()).toEqual([3, 4])
    const recording = await recordRun(t.wumbo, run.id)
    expect(await replayRun(recording, counted(true))).toEqual({ answers: 3, status: 'completed' })
    await expect(replayRun(recording, counted(false))).rejects.toMatchObject({ code: 'NON_DETERMINISM', details: { recorded: 'update add' } })
    await expect(replayRun(recording, counted(true, true))).rejects.toMatchObject({ code: 'NON_DETERMINISM', details: { recorded: 'update add' } })
  })
})
