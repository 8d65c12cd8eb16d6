// Shapes of runs that are undone: after a failure, beside a step at work, and with a step in doubt.
import { z } from 'zod'
import { HttpFailedError, TemplateFailedError } from '../../src/errors.ts'
import { defineTemplate } from '../../src/template/define.ts'
import type { AnyTemplate, TemplateContext } from '../../src/template/contract.ts'
import type { Shape, World } from '../../src/testing/simulation.ts'
import { defineWorkflow } from '../../src/workflow/define.ts'
import { fromModel } from '../../src/workflow/graph.ts'

const number = z.object({ n: z.number() })

function note(world: World, context: TemplateContext, input: unknown, undoable = false): void {
  world.effects.push({ key: context.idempotencyKey ?? '', path: context.run?.path ?? '', run: context.run?.id ?? '', attempt: context.attempt, input: JSON.stringify(input), ...(undoable ? { isUndoable: true } : {}) })
}

/** A step that can be undone; `hangs`: its attempts take so long, but for those that settle it. */
function undoable(world: World, { hangs = 0 }: { readonly hangs?: number } = {}) {
  const undo = defineTemplate({
    name: 'undo', version: '1.0.0', description: 'Takes it back; fails at first.',
    input: z.object({ input: number, output: number, outcome: z.literal('completed') }), output: z.object({}), retry: { maxAttempts: 20, initialDelay: 10, maxDelay: 100 },
    async execute(step, context) {
      note(world, context, step)
      await world.wait(Math.floor(world.random.next() * 20))
      if (world.random.next() < 0.2) throw new HttpFailedError('not now')
      return {}
    },
  })
  return defineTemplate({
    name: hangs === 0 ? 'undoable' : 'undoable-hanging', version: '1.0.0', description: 'Adds one, and can be undone.', input: number, output: number, compensate: undo,
    async execute({ n }, context) {
      note(world, context, n, true)
      const settles = context.run?.path.startsWith('$settle') === true
      await world.wait(hangs === 0 || settles ? Math.floor(world.random.next() * 20) : hangs)
      return { n: n + 1 }
    },
  })
}

function bad(world: World) {
  return defineTemplate({
    name: 'bad', version: '1.0.0', description: 'Fails.', input: number, output: number,
    async execute({ n }, context) {
      note(world, context, n)
      await world.wait(Math.floor(world.random.next() * 30))
      throw new TemplateFailedError('no', { retryable: false })
    },
  })
}

export function sagaShapes(night: string): readonly Shape[] {
  return [
    {
      name: 'undone-losers', input: { n: 0 }, expected: 'failed',
      make: (world) => {
        const step = undoable(world)
        return defineWorkflow({
          name: 'undone-losers', input: number,
          async run(ctx, input) {
            // What has lost may have been done all the same: it is settled and undone.
            const won = await ctx.any({ a: async (c) => c.step('x', step, await c.step('w', step, input)), b: (c) => c.step('x', step, input), c: (c) => c.step('x', step, { n: 5 }) })
            return ctx.step('bad', bad(world), won)
          },
        })
      },
    },
    {
      name: 'graph-undone-losers', input: {}, expected: 'failed',
      make: (world) => fromModel({
        name: 'graph-undone-losers', input: { type: 'object' },
        steps: {
          p: { parallel: { branches: { a: { uses: 'undoable', with: { n: 0 } }, b: { steps: { one: { uses: 'undoable', with: { n: 1 } }, two: { uses: 'undoable', with: '${{ steps.one.output }}' } } } }, merge: 'first' } },
          q: { needs: 'p', parallel: { branches: { a: { uses: 'undoable', with: { n: 3 } }, bad: { uses: 'bad', with: { n: 0 } } } } },
        },
      }, [undoable(world), bad(world)]),
    },
    {
      name: 'undone', input: { n: 0 }, expected: 'failed',
      make: (world) => {
        const step = undoable(world)
        return defineWorkflow({
          name: 'undone', input: number,
          async run(ctx, input) {
            const a = await ctx.step('a', step, input)
            await ctx.sleep('night', night)
            return ctx.step('bad', bad(world), await ctx.step('b', step, await ctx.step('plain', step, a, { compensate: { uses: step.defaults.compensate as never, timeout: '1h' } })))
          },
        })
      },
    },
    {
      name: 'undone-beside', input: { n: 0 }, expected: 'failed',
      make: (world) => {
        const step = undoable(world)
        return defineWorkflow({
          name: 'undone-beside', input: number,
          run: (ctx, input) => Promise.all([ctx.step('a', step, input), ctx.step('b', step, input), ctx.step('c', step, input), ctx.step('bad', bad(world), input)]),
        })
      },
    },
    {
      name: 'in-doubt', input: { n: 0 }, expected: 'failed',
      make: (world) => {
        const [step, hanging] = [undoable(world), undoable(world, { hangs: 400 })]
        return defineWorkflow({
          name: 'in-doubt', input: number,
          run: async (ctx, input) => ctx.step('hangs', hanging, await ctx.step('a', step, input), { timeout: 50, retry: { maxAttempts: 2, initialDelay: 20 } }),
        })
      },
    },
    {
      // The steps of what is run inline are undone with all others, the last first.
      name: 'graph-undone-inline', input: { n: 0 }, expected: 'failed',
      make: (world) => {
        const templates = [undoable(world), bad(world)]
        const inner = fromModel({ name: 'inner', steps: { one: { uses: 'undoable', with: '${{ input }}' }, two: { uses: 'undoable', with: '${{ steps.one.output }}' } }, output: '${{ steps.two.output }}' }, templates)
        const outer = fromModel({ name: 'outer', steps: { a: { inline: { workflow: 'inner', input: '${{ input }}' } }, b: { uses: 'undoable', with: '${{ steps.a.output }}' } }, output: '${{ steps.b.output }}' }, templates, [inner])
        return fromModel({
          name: 'graph-undone-inline', input: { type: 'object' },
          steps: {
            first: { uses: 'undoable', with: '${{ input }}' }, z: { inline: { workflow: 'outer', input: '${{ steps.first.output }}' } },
            each: { forEach: '[1, 2]', inline: { workflow: 'inner', input: { n: '${{ item }}' } } }, bad: { uses: 'bad', with: '${{ steps.z.output }}', needs: 'each' },
          },
        }, templates, [inner, outer])
      },
    },
    {
      name: 'graph-undone', input: { n: 0 }, expected: 'failed',
      make: (world) => {
        const step = undoable(world)
        const undo = step.defaults.compensate as AnyTemplate
        return fromModel({
          name: 'graph-undone',
          steps: {
            each: { forEach: '[1, 2, 3]', uses: 'undoable', with: { n: '${{ item }}' } },
            b: { uses: 'undoable', with: { n: 1 }, compensate: { uses: 'undo', with: { input: '${{ step.input }}', output: { n: '${{ step.output.n }}' }, outcome: 'completed' } } },
            bad: { uses: 'bad', with: { n: 1 }, needs: ['each'] },
          },
        }, [step, bad(world), undo])
      },
    },
    {
      name: 'not-undone', input: { n: 0 }, expected: { n: 3 },
      make: (world) => {
        const step = undoable(world)
        return defineWorkflow({
          name: 'not-undone', input: number,
          async run(ctx, input) {
            const a = await ctx.step('a', step, input)
            await ctx.step('bad', bad(world), a).catch(() => undefined)
            await ctx.sleep('night', night)
            return ctx.step('c', step, await ctx.step('b', step, a))
          },
        })
      },
    },
  ]
}
