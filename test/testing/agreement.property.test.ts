// The kit against the engine, over random programs: what was recorded is replayed without a difference; and for code that has changed, replayRun
// finds a difference exactly when the engine would park the run.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { defineTemplate } from '../../src/template/define.ts'
import { createTestWumbo, recordRun, replayRun, simulate } from '../../src/testing/index.ts'
import type { TestDoubles } from '../../src/testing/index.ts'
import type { WorkflowContext } from '../../src/workflow/contract.ts'
import { defineWorkflow } from '../../src/workflow/define.ts'

type Part =
  | { readonly do: 'step'; readonly name: string; readonly add: number; readonly takes: number; readonly pure: boolean }
  | { readonly do: 'fail'; readonly name: string }
  | { readonly do: 'sleep'; readonly name: string; readonly ms: number }
  | { readonly do: 'random' }
  | { readonly do: 'both'; readonly left: readonly Part[]; readonly right: readonly Part[] }
  | { readonly do: 'map'; readonly count: number; readonly body: readonly Part[] }

const name = fc.constantFrom('a', 'b', 'c')
const { program } = fc.letrec<{ program: readonly Part[]; one: Part }>((tie) => ({
  program: fc.array(tie('one'), { minLength: 1, maxLength: 4 }),
  one: fc.oneof(
    { maxDepth: 2, depthIdentifier: 'part' },
    fc.record({ do: fc.constant('step' as const), name, add: fc.nat(2), takes: fc.nat(3000), pure: fc.boolean() }),
    fc.record({ do: fc.constant('fail' as const), name }),
    fc.record({ do: fc.constant('sleep' as const), name, ms: fc.nat(5000) }),
    fc.record({ do: fc.constant('random' as const) }),
    fc.record({ do: fc.constant('both' as const), left: tie('program'), right: tie('program') }),
    fc.record({ do: fc.constant('map' as const), count: fc.nat(3), body: tie('program') }),
  ),
}))

const value = z.object({ n: z.number(), takes: z.int() })

function build(t: Pick<TestDoubles, 'sleep'>, parts: readonly Part[]) {
  const add = (pure: boolean) => defineTemplate({
    name: pure ? 'pure' : 'effect', version: '1.0.0', description: 'Adds.', input: value, output: z.object({ n: z.number() }), pure,
    async execute({ n, takes }) {
      if (!pure) await t.sleep(takes)
      return { n: n + 1 }
    },
  })
  const [effect, pure] = [add(false), add(true)]
  const bad = defineTemplate({ name: 'bad', version: '1.0.0', description: 'Fails.', input: value, output: z.object({ n: z.number() }), execute: () => { throw new RangeError('never') } })
  const run = async (ctx: WorkflowContext, list: readonly Part[], start: number): Promise<number> => {
    let n = start
    for (const [index, part] of list.entries()) {
      switch (part.do) {
        case 'step':
          n = part.add + (await ctx.step(part.name, part.pure ? pure : effect, { n, takes: part.takes })).n
          break
        case 'fail':
          n = await ctx.step(part.name, bad, { n, takes: 0 }).then((one) => one.n, () => n + 100)
          break
        case 'sleep':
          await ctx.sleep(part.name, part.ms)
          break
        case 'random':
          n += await ctx.random()
          break
        case 'both': {
          const both = await ctx.all({ [`l${index}`]: (c) => run(c, part.left, n), [`r${index}`]: (c) => run(c, part.right, n + 1) })
          n = Object.values(both).reduce((sum, one) => sum + one, 0)
          break
        }
        case 'map':
          n += (await ctx.map(`m${index}`, Array.from({ length: part.count }, (_, i) => i), (c, i) => run(c, part.body, n + i), { concurrency: 2 })).reduce((sum, one) => sum + one, 0)
      }
    }
    return n
  }
  return defineWorkflow({ name: 'random', input: z.object({}), run: (ctx) => run(ctx, parts, 0) })
}

test('a run of a random program is replayed without a difference, wherever it is recorded', { timeout: 60_000 }, async () => {
  await fc.assert(fc.asyncProperty(program, fc.nat(8000), async (parts, ms) => {
    const t = await createTestWumbo({ leftovers: 'allow' })
    const workflow = build(t, parts)
    const run = await t.start(workflow, {})
    await t.advance(ms)
    await replayRun(await recordRun(t.wumbo, run.id), workflow)
    const ended = await run.end()
    expect((await replayRun(JSON.parse(JSON.stringify(await recordRun(t.wumbo, run.id))), workflow)).answers).toBe(ended.journal.rows.length)
    await t.close()
  }), { numRuns: 150 })
})

test('code that has changed is found exactly when the engine would park the run', { timeout: 60_000 }, async () => {
  let found = 0
  await fc.assert(fc.asyncProperty(program, program, fc.nat(4), fc.nat(8000), async (before, other, at, ms) => {
    const t = await createTestWumbo({ leftovers: 'allow', log: SILENT })
    const run = await t.start(build(t, before), {})
    await t.advance(ms)
    const recording = await recordRun(t.wumbo, run.id)
    const isOver = recording.run.status === 'completed' || recording.run.status === 'failed'
    const changed = build(t, [...before.slice(0, at), ...other])
    const difference = await replayRun(recording, changed).then(() => null, (thrown: unknown) => thrown as { code: string; path: string })
    if (!isOver) {
      t.wumbo.reload({ workflows: [changed] })
      await t.crash()
      const { error, status } = await run.end()
      expect(status === 'parked' ? error?.code : null).toBe(difference?.code ?? null)
      if (status === 'parked') expect(error?.path).toBe(difference?.path)
      if (status === 'parked') found++
    }
    await t.close()
  }), { numRuns: 300 })
  expect(found).toBeGreaterThan(20)
})

test('a sweep of crashes and a simulation find nothing in random programs', { timeout: 60_000 }, async () => {
  await fc.assert(fc.asyncProperty(program, fc.integer({ min: 1, max: 1_000_000 }), async (parts, seed) => {
    const t = await createTestWumbo()
    // What is drawn by chance after a crash is another draw.
    const compare = (n: number): number => (JSON.stringify(parts).includes('random') ? 0 : n)
    const workflow = build(t, parts)
    await t.crashEverywhere(workflow, {}, { compare })
    await simulate(workflow, { inputs: [{}, {}], seeds: [seed], compare })
    await t.close()
  }), { numRuns: 60 })
})

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }
