// K3, K4 as a property: a random program of steps, branches, maps, sleeps and failures, killed at a random moment, gives every
// step the same input and the same result as the same program left alone.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { HttpFailedError } from '../../../src/errors.ts'
import { defineTemplate } from '../../../src/template/define.ts'
import type { WorkflowContext } from '../../../src/workflow/contract.ts'
import { defineWorkflow } from '../../../src/workflow/define.ts'
import { Rig } from './rig.ts'

type Program =
  | { readonly do: 'step'; readonly wait: number; readonly failures: number; readonly pure: boolean }
  | { readonly do: 'fail' }
  | { readonly do: 'sleep'; readonly ms: number }
  | { readonly do: 'uuid' }
  | { readonly do: 'both'; readonly left: readonly Program[]; readonly right: readonly Program[] }
  | { readonly do: 'map'; readonly count: number; readonly body: readonly Program[] }

const { program } = fc.letrec<{ program: readonly Program[]; one: Program }>((tie) => ({
  program: fc.array(tie('one'), { minLength: 1, maxLength: 4 }),
  one: fc.oneof(
    { maxDepth: 2, depthIdentifier: 'program' },
    fc.record({ do: fc.constant('step' as const), wait: fc.nat(20), failures: fc.nat(2), pure: fc.boolean() }),
    fc.record({ do: fc.constant('fail' as const) }),
    fc.record({ do: fc.constant('sleep' as const), ms: fc.nat(5000) }),
    fc.record({ do: fc.constant('uuid' as const) }),
    fc.record({ do: fc.constant('both' as const), left: tie('program'), right: tie('program') }),
    fc.record({ do: fc.constant('map' as const), count: fc.nat(4), body: tie('program') }),
  ),
}))

const value = z.object({ n: z.number() })

function build(rig: Rig, programs: readonly Program[], bodies: Map<string, Set<string>>) {
  const step = (pure: boolean) => defineTemplate({
    name: pure ? 'pure' : 'effect', version: '1.0.0', description: 'Adds one.', input: value.extend({ wait: z.number(), failures: z.number() }), output: value, pure,
    async execute({ n, wait, failures }, context) {
      const path = context.run?.path ?? ''
      bodies.set(path, (bodies.get(path) ?? new Set()).add(`${context.idempotencyKey ?? ''} ${n}`))
      if (!pure) await rig.wait(wait)
      if (!pure && context.attempt <= failures) throw new HttpFailedError('not yet')
      return { n: n + 1 }
    },
  })
  const [effect, pure] = [step(false), step(true)]
  const bad = defineTemplate({ name: 'bad', version: '1.0.0', description: 'Fails.', input: value, output: value, execute: () => { throw new RangeError('never') } })
  const run = async (ctx: WorkflowContext, list: readonly Program[], start: number): Promise<number> => {
    let n = start
    for (const [index, part] of list.entries()) {
      const name = `p${index}`
      switch (part.do) {
        case 'step':
          n = (await ctx.step(name, part.pure ? pure : effect, { n, wait: part.wait, failures: part.failures }, { retry: { maxAttempts: 4, initialDelay: 50, jitter: false } })).n
          break
        case 'fail':
          n = await ctx.step(name, bad, { n }).then((one) => one.n, () => n + 100)
          break
        case 'sleep':
          await ctx.sleep(name, part.ms)
          break
        case 'uuid':
          n += (await ctx.uuid()).length
          break
        case 'both': {
          const both = await ctx.all({ [`${name}l`]: (c) => run(c, part.left, n), [`${name}r`]: (c) => run(c, part.right, n + 1) })
          n = Object.values(both).reduce((sum, one) => sum + one, 0)
          break
        }
        case 'map':
          n += (await ctx.map(name, Array.from({ length: part.count }, (_, i) => i), (c, i) => run(c, part.body, n + i), { concurrency: 2 })).reduce((sum, one) => sum + one, 0)
      }
    }
    return n
  }
  return defineWorkflow({ name: 'random', input: value, run: (ctx, { n }) => run(ctx, programs, n) })
}

async function journalOf(rig: Rig, run: string): Promise<Record<string, unknown>> {
  const { steps, output } = await rig.details(run)
  return { output, ...Object.fromEntries(steps.filter(({ kind }) => kind !== 'value').map(({ path, kind, status, input, output: gave, error }) => [path, { kind, status, input, gave, code: error?.code }])) }
}

test('K3, K4: a random program killed at random moments gives what it gives when left alone', { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(program, fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 1, maxLength: 3 }), async (programs, moments) => {
      const calm = new Rig()
      const whole = build(calm, programs, new Map())
      const quiet = await calm.engine([whole])
      const first = await calm.until(quiet.start(whole, { n: 0 }, { key: 'k' }))
      await calm.until(quiet.result(first.run))
      const expected = await journalOf(calm, first.run)

      const rig = new Rig()
      const bodies = new Map<string, Set<string>>()
      for (const moment of moments) {
        const workflow = build(rig, programs, bodies)
        const engine = await rig.engine([workflow])
        engine.start(workflow, { n: 0 }, { key: 'k' }).catch(() => undefined)
        await rig.steps(moment)
        rig.die()
      }
      const workflow = build(rig, programs, bodies)
      const engine = await rig.engine([workflow])
      const { run } = await rig.until(engine.start(workflow, { n: 0 }, { key: 'k' }))
      await rig.until(engine.result(run))
      expect(await journalOf(rig, run)).toEqual(expected)
      for (const [path, seen] of bodies) expect([...seen], path).toHaveLength(1)
    }),
    { numRuns: Number(process.env['WUMBO_RUNS'] ?? 150) },
  )
})
