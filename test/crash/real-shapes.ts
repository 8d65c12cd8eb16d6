// Shapes of workflows for real processes: like those of the simulation, with waits of real milliseconds and effects that go
// to a log file.
import { z } from 'zod'
import { HttpFailedError } from '../../src/errors.ts'
import { defineTemplate } from '../../src/template/define.ts'
import type { AnyWorkflow } from '../../src/workflow/contract.ts'
import { defineWorkflow } from '../../src/workflow/define.ts'
import { fromModel } from '../../src/workflow/graph.ts'

/** One call of a body. */
export interface EffectLine {
  readonly run: string
  readonly path: string
  readonly key: string
  readonly attempt: number
  readonly input: string
}

export interface RealShape {
  readonly name: string
  readonly workflow: AnyWorkflow
  readonly input: unknown
  readonly expected: unknown
}

const number = z.object({ n: z.number() })

/** Makes the shapes; `effect` is called by each body before it answers. */
export function realShapes(effect: (line: EffectLine) => void): readonly RealShape[] {
  const add = (name: string, by: number, failures = 0) =>
    defineTemplate({
      name, version: '1.0.0', description: 'Adds, and leaves a line in the log.', input: number, output: number,
      async execute({ n }, context) {
        effect({ run: context.run?.id ?? '', path: context.run?.path ?? '', key: context.idempotencyKey ?? '', attempt: context.attempt, input: String(n) })
        await Promise.resolve()
        if (context.attempt <= failures) throw new HttpFailedError(`attempt ${context.attempt}`)
        return { n: n + by }
      },
    })
  const [one, two, flaky, bad] = [add('one', 1), add('two', 2), add('flaky', 1, 2), add('bad', 0, 99)]
  const double = defineTemplate({ name: 'double', version: '1.0.0', description: 'Doubles.', input: number, output: number, pure: true, execute: ({ n }) => ({ n: n * 2 }) })
  const big = defineTemplate({ name: 'big', version: '1.0.0', description: 'Gives much text.', input: number, output: z.object({ text: z.string() }), execute: ({ n }) => ({ text: 'x'.repeat(4000 + n) }) })
  const retry = { maxAttempts: 4, initialDelay: 5, jitter: false } as const
  const inner = fromModel({ name: 'inner', input: { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] }, steps: { x: { uses: 'one', with: '${{ input }}' }, y: { uses: 'one', with: '${{ steps.x.output }}' } }, output: '${{ steps.y.output }}', finally: { steps: { end: { uses: 'one', with: { n: 9 } } } } }, [one])
  return [
    { name: 'sequence', input: { n: 1 }, expected: { output: { n: 6 } }, workflow: defineWorkflow({ name: 'sequence', input: number, async run(ctx, input) { return ctx.step('c', two, await ctx.step('b', one, await ctx.step('a', two, input))) } }) },
    { name: 'map', input: { n: 4 }, expected: { output: [1, 2, 3, 4] }, workflow: defineWorkflow({ name: 'map', input: number, run: (ctx, { n }) => ctx.map('items', Array.from({ length: n }, (_, i) => i), async (c, i) => (await c.step('add', one, { n: i })).n, { concurrency: 2 }) }) },
    { name: 'retries', input: { n: 0 }, expected: { output: { n: 1 } }, workflow: defineWorkflow({ name: 'retries', input: number, run: (ctx, input) => ctx.step('flaky', flaky, input, { retry }) }) },
    { name: 'fails', input: { n: 0 }, expected: { code: 'RUN_FAILED' }, workflow: defineWorkflow({ name: 'fails', input: number, async run(ctx, input) { return ctx.step('bad', bad, await ctx.step('a', one, input)) } }) },
    { name: 'sleep', input: { n: 0 }, expected: { output: { n: 2 } }, workflow: defineWorkflow({ name: 'sleep', input: number, async run(ctx, input) { const a = await ctx.step('a', one, input); await ctx.sleep('s', 40); return ctx.step('b', one, a) } }) },
    { name: 'graph-sleep', input: { n: 0, wait: 40 }, expected: { output: 2 }, workflow: fromModel({ name: 'graph-sleep', steps: { a: { uses: 'one', with: { n: '${{ input.n }}' } }, s: { sleep: '${{ input.wait }}', needs: 'a' }, b: { uses: 'one', with: '${{ steps.a.output }}', needs: 's' } }, output: '${{ steps.b.output.n }}' }, [one]) },
    { name: 'graph-wait', input: { n: 0 }, expected: { output: { late: 'none', n: 2 } }, workflow: fromModel({ name: 'graph-wait', steps: { a: { uses: 'one', with: '${{ input }}' }, until: { sleep: { until: 1000 }, needs: 'a' }, w: { signal: { name: 'never', timeout: 40, onTimeout: 'continue', fallback: 'none' }, needs: 'until' }, b: { uses: 'one', with: '${{ steps.a.output }}', needs: 'w' } }, output: { late: '${{ steps.w.output }}', n: '${{ steps.b.output.n }}' } }, [one]) },
    { name: 'graph-loop', input: { n: 0 }, expected: { output: 3 }, workflow: fromModel({ name: 'graph-loop', steps: { a: { loop: { max: 5, initial: '${{ input }}', until: 'last.n == 3', delay: 20 }, uses: 'one', with: '${{ last }}' } }, output: '${{ steps.a.output.n }}' }, [one]) },
    { name: 'graph-inline', input: { n: 0 }, expected: { output: 3 }, workflow: fromModel({ name: 'graph-inline', steps: { a: { inline: { workflow: 'inner', input: { n: '${{ input.n }}' } } }, b: { uses: 'one', with: '${{ steps.a.output }}' } }, output: '${{ steps.b.output.n }}' }, [one], [inner]) },
    { name: 'pure', input: { n: 1 }, expected: { output: { n: 9 } }, workflow: defineWorkflow({ name: 'pure', input: number, async run(ctx, input) { let v = input; for (let i = 0; i < 3; i++) v = await ctx.step('p', double, v); return ctx.step('e', one, v) } }) },
    { name: 'blobs', input: { n: 0 }, expected: { output: { length: 4000, n: 1 } }, workflow: defineWorkflow({ name: 'blobs', input: number, async run(ctx, input) { const { text } = await ctx.step('big', big, input); const { n } = await ctx.step('a', one, input); return { length: text.length, n } } }) },
  ]
}
