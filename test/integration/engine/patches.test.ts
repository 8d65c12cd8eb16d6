// Patches: runs before and after the place where the code was changed, in the middle of a replay and at the end of it, over crashes, retries and forks.
import { expect, test } from 'vitest'
import { z } from 'zod'
import { defineTemplate } from '../../../src/template/define.ts'
import { defineWorkflow } from '../../../src/workflow/define.ts'
import type { FunctionWorkflow, WorkflowContext } from '../../../src/workflow/contract.ts'
import { Rig } from './rig.ts'

const anything = z.unknown()
const nap = (ctx: WorkflowContext, name: string): Promise<unknown> => ctx.sleep(name, '1d')

interface Trip {
  readonly calls: string[]
  readonly of: (run: (ctx: WorkflowContext, step: (name: string) => Promise<string>) => Promise<unknown>) => FunctionWorkflow<unknown, unknown>
}

function trip(): Trip {
  const calls: string[] = []
  const visit = defineTemplate({ name: 'visit', version: '1.0.0', description: 'Visits.', input: z.string(), output: z.string(), execute: (stop) => (calls.push(stop), stop) })
  return { calls, of: (run) => defineWorkflow({ name: 'trip', input: anything, run: (ctx) => run(ctx, (name) => ctx.step(name, visit, name)) }) }
}

test('a run that has gone past the place keeps to what was before, at every replay', async () => {
  const rig = new Rig()
  const { calls, of } = trip()
  const before = of(async (ctx, step) => [await step('a'), await nap(ctx, 'night'), await step('b'), await nap(ctx, 'more'), await step('c')])
  const after = of(async (ctx, step) => {
    const found = [await step('a'), (await ctx.patched('check')) ? await step('check') : 'unchecked']
    await ctx.sleep('night', '1d')
    found.push(await step('b'))
    await ctx.sleep('more', '1d')
    return [...found, await step('c'), await ctx.patched('check')]
  })
  const { run } = await rig.until((await rig.engine([before])).start(before, {}))
  await rig.time.advance(86_400_000 + 5000)
  rig.die()
  // The second of three nights is on: replayed twice with the new code.
  await rig.engine([after])
  await rig.time.advance(1000)
  rig.die()
  const engine = await rig.engine([after])
  await rig.time.advance(2 * 86_400_000)
  expect(await rig.until(engine.result(run))).toEqual(['a', 'unchecked', 'b', 'c', false])
  expect(calls).toEqual(['a', 'b', 'c'])
})

test('a run that waits just behind the place has gone past it; one that waits before it has not', async () => {
  const rig = new Rig()
  const { calls, of } = trip()
  const before = of(async (ctx, step) => [await step('a'), await nap(ctx, 'night'), await step('b'), await nap(ctx, 'next')])
  const engine1 = await rig.engine([before])
  const { run } = await rig.until(engine1.start(before, {}))
  await rig.time.advance(5000)
  rig.die()
  const after = of(async (ctx, step) => {
    const found = [await step('a'), (await ctx.patched('before-night')) ? 'new' : 'old']
    await ctx.sleep('night', '1d')
    return [...found, (await ctx.patched('after-night')) ? await step('new-b') : await step('b')]
  })
  const engine = await rig.engine([after])
  await rig.time.advance(2 * 86_400_000)
  expect(await rig.until(engine.result(run))).toEqual(['a', 'old', 'new-b'])
  expect(calls).toEqual(['a', 'new-b'])
  const { steps } = await rig.details(run)
  expect(steps.map(({ path, output }) => [path, output])).toContainEqual(['_patched[after-night]', true])
})

test('a new run records that it counts, and the record decides from then on, whichever way the code goes', async () => {
  const rig = new Rig()
  const { calls, of } = trip()
  const patched = of(async (ctx, step) => {
    const first = (await ctx.patched('check')) ? await step('check') : 'unchecked'
    await ctx.sleep('night', '1d')
    return [first, await ctx.all({ again: async (c) => c.patched('check'), other: async (c) => c.patched('other') })]
  })
  const engine1 = await rig.engine([patched])
  const { run } = await rig.until(engine1.start(patched, {}))
  await rig.time.advance(5000)
  rig.die()
  const engine = await rig.engine([patched])
  await rig.time.advance(86_400_000)
  expect(await rig.until(engine.result(run))).toEqual(['check', { again: true, other: true }])
  expect(calls).toEqual(['check'])
})

test('once what was before is gone, runs that recorded the patch go on, and new ones record nothing', async () => {
  const rig = new Rig()
  const { of } = trip()
  const patched = of(async (ctx, step) => [(await ctx.patched('check')) ? await step('check') : 'unchecked', await nap(ctx, 'night'), await step('b')])
  const deprecated = of(async (ctx, step) => {
    await ctx.deprecatePatch('check')
    return [await step('check'), await nap(ctx, 'night'), await step('b')]
  })
  const removed = of(async (ctx, step) => [await step('check'), await nap(ctx, 'night'), await step('b')])
  const { run: old } = await rig.until((await rig.engine([patched])).start(patched, {}))
  await rig.time.advance(5000)
  rig.die()
  const second = await rig.engine([deprecated])
  const { run: young } = await rig.until(second.start(deprecated, {}))
  await rig.time.advance(5000)
  rig.die()
  await rig.engine([deprecated])
  await rig.time.advance(1000)
  expect((await rig.details(old)).status).toBe('waiting')
  rig.die()
  const last = await rig.engine([removed])
  await rig.time.advance(86_400_000)
  expect(await rig.until(last.result(young))).toEqual(['check', undefined, 'b'])
  // The call was taken away while a run lived that had recorded the patch.
  expect(await rig.details(old)).toMatchObject({ status: 'parked', error: { code: 'NON_DETERMINISM', path: '_patched[check]' } })
})

test.each([[true], [false]])('a run from before the patch is parked by code that knows it no more, with what to do (it met the patch: %s)', async (met) => {
  const rig = new Rig()
  const { of } = trip()
  const nights = async (ctx: WorkflowContext, step: (name: string) => Promise<string>): Promise<unknown> => {
    await ctx.sleep('night', '1d')
    await step('b')
    return nap(ctx, 'more')
  }
  const before = of(async (ctx, step) => [await step('a'), await nights(ctx, step)])
  const patched = of(async (ctx, step) => [await step('a'), (await ctx.patched('check')) ? await step('check') : 'unchecked', await nights(ctx, step)])
  const deprecated = of(async (ctx, step) => [await step('a'), await (ctx.deprecatePatch('check') as Promise<unknown>), await step('check'), await nights(ctx, step)])
  const { run } = await rig.until((await rig.engine([before])).start(before, {}))
  await rig.time.advance(5000)
  rig.die()
  await rig.engine([met ? patched : before])
  await rig.time.advance(86_400_000)
  rig.die()
  await rig.engine([deprecated])
  await rig.time.advance(86_400_000)
  const { status, error } = await rig.details(run)
  expect({ status, code: error?.code, path: error?.path }).toEqual({ status: 'parked', code: 'NON_DETERMINISM', path: met ? '_patched[check]' : 'night' })
  expect(error?.details?.['choices']).toContainEqual({ choice: 'do this step and all after it anew, in a new run', command: `wumbo fork ${run} --at ${met ? '_patched[check]' : 'night'}` })
})

test('a retry from before the place comes to it anew; a fork behind it keeps the answer', async () => {
  const rig = new Rig()
  const { calls, of } = trip()
  const before = of(async (ctx, step) => [await step('a'), await step('b'), await nap(ctx, 'night')])
  const after = of(async (ctx, step) => [await step('a'), (await ctx.patched('check')) ? await step('check') : 'unchecked', await step('b')])
  const engine1 = await rig.engine([before])
  const { run } = await rig.until(engine1.start(before, {}))
  await rig.time.advance(5000)
  await rig.until(engine1.postbox.ask(run, 'cancel'))
  await rig.time.advance(1000)
  rig.die()
  const engine = await rig.engine([after])
  const fork = await rig.until(engine.fork(run, { at: 'b' }))
  expect(await rig.until(engine.result(fork))).toEqual(['a', 'check', 'b'])
  await rig.until(engine.retry(run, { by: 'ada', reason: 'again' , from: 'a' }))
  expect(await rig.until(engine.result(run))).toEqual(['a', 'check', 'b'])
  expect(calls.filter((call) => call === 'check')).toHaveLength(2)
})

test.each([['1 2'], [''], [7 as unknown as string]])('an id that is no name (%j) fails the run', async (id) => {
  const rig = new Rig()
  const { of } = trip()
  const workflow = of(async (ctx) => ctx.patched(id))
  const engine = await rig.engine([workflow])
  const { run } = await rig.until(engine.start(workflow, {}))
  await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_FAILED', cause: { code: 'DEFINITION_INVALID' } })
})
