// Shapes whose steps begin by rules, and whose branches compete: which one wins differs from run to run, and must never differ in one run.
import type { Shape } from '../../src/testing/simulation.ts'
import { defineWorkflow } from '../../src/workflow/define.ts'
import { fromModel } from '../../src/workflow/graph.ts'
import { add, number } from './adding.ts'

export function controlShapes(night: string): readonly Shape[] {
  return [
    {
      name: 'graph-joins', input: { n: 1 }, expected: { choice: 2, closed: true, first: true, reacted: 3 },
      make: (world) => fromModel({
        name: 'graph-joins', input: { type: 'object' },
        steps: {
          a: { uses: 'inc', with: { n: '${{ input.n }}' } },
          b: { uses: 'inc', with: { n: 5 } },
          bad: { uses: 'bad', with: { n: 0 } },
          react: { needs: [{ step: 'bad', on: 'failure' }], uses: 'inc', with: { n: 2 } },
          fast: { needs: ['a', 'b'], join: 'any', uses: 'inc', with: { n: '${{ has(steps.a.output) ? 1 : 2 }}' } },
          big: { needs: [{ step: 'a', if: 'steps.a.output.n > 100' }], uses: 'inc', with: { n: 0 } },
          small: { needs: [{ step: 'a', else: true }], uses: 'inc', with: { n: 1 } },
          merge: { needs: ['big', 'small'], join: 'noneFailed', uses: 'inc', with: { n: 0 } },
          close: { needs: ['bad', 'merge', 'fast'], join: 'always', uses: 'inc', with: { n: 9 } },
        },
        output: { reacted: '${{ steps.react.?output.n.orValue(0) }}', choice: '${{ steps.small.?output.n.orValue(0) }}', first: '${{ has(steps.fast.output) }}', closed: '${{ has(steps.close.output) }}' },
      }, [add(world, 'inc'), add(world, 'bad', { fails: true })]),
    },
    {
      name: 'graph-closes', input: {}, expected: 'failed',
      make: (world) => fromModel({
        name: 'graph-closes', input: { type: 'object' },
        steps: {
          bad: { uses: 'bad', with: { n: 0 } },
          night: { sleep: night },
          behind: { needs: 'night', uses: 'inc', with: { n: 0 } },
          close: { needs: ['bad', 'behind'], join: 'always', uses: 'inc', with: { n: 1 } },
        },
      }, [add(world, 'inc'), add(world, 'bad', { fails: true })]),
    },
    {
      name: 'graph-parallel', input: {}, expected: { all: [1, 2], any: 4, average: 2.5, fallback: 1, first: 4 },
      make: (world) => fromModel({
        name: 'graph-parallel', input: { type: 'object' },
        steps: {
          all: { parallel: { branches: { a: { uses: 'inc', with: { n: 0 } }, b: { uses: 'inc', with: { n: 1 } } } } },
          any: { parallel: { branches: { bad: { uses: 'bad', with: { n: 0 } }, a: { uses: 'inc', with: { n: 3 } }, b: { steps: { nap: { sleep: 20 }, c: { uses: 'inc', with: { n: 3 }, needs: 'nap' } }, output: '${{ steps.c.output }}' } }, merge: 'any' } },
          first: { parallel: { branches: { night: { steps: { nap: { sleep: night } }, output: { n: 4 } }, a: { uses: 'inc', with: { n: 3 } }, b: { uses: 'inc', with: { n: 3 } } }, merge: 'first' } },
          fallback: { parallel: { branches: { bad: { uses: 'bad', with: { n: 0 } }, a: { uses: 'inc', with: { n: 0 } } }, merge: 'any', concurrency: 1 } },
          average: { parallel: { branches: { a: { steps: { s: { uses: 'inc', with: { n: 1 } } }, output: '${{ steps.s.output.n }}' }, b: { steps: { s: { uses: 'inc', with: { n: 3 } } }, output: '${{ steps.s.output.n }}' } }, merge: { weighted: { a: 3, b: 1 } } } },
          after: { uses: 'inc', with: { n: '${{ steps.first.output.n }}' } },
        },
        output: { all: '${{ [steps.all.output.a.n, steps.all.output.b.n] }}', any: '${{ steps.any.output.n }}', first: '${{ steps.first.output.n }}', fallback: '${{ steps.fallback.output.n }}', average: '${{ steps.average.output }}' },
      }, [add(world, 'inc'), add(world, 'bad', { fails: true })]),
    },
    {
      name: 'contest', input: { n: 1 }, expected: 'over',
      make: (world) => {
        const [inc, bad] = [add(world, 'inc'), add(world, 'bad', { fails: true })]
        return defineWorkflow({
          name: 'contest', input: number,
          async run(ctx, input) {
            const winner = await ctx.race({
              left: async (c) => { await c.step('x', inc, await c.step('w', inc, input)); return 1 },
              right: async (c) => { await c.sleep('nap', 30); await c.step('x', inc, input); return 2 },
              never: async (c) => { await c.sleep('night', night); return 3 },
            })
            // What differs by the winner: another one after a crash would be seen.
            const after = await ctx.step('after', inc, { n: winner })
            const any = await ctx.any({ bad: async (c) => { await c.step('x', bad, input); return 1 }, good: async (c) => { await c.step('x', inc, after); return 2 }, also: async (c) => { await c.step('x', inc, after); return 3 } })
            await ctx.step('end', inc, { n: any })
            return 'over'
          },
        })
      },
    },
  ]
}
