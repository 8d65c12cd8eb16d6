// Shapes of runs with children: one after the other, many at a time, children that end with their parent or with the branch that lost, and a run that
// continues as new under a parent; in functions and in graphs.
import type { Shape, World } from '../../src/testing/simulation.ts'
import { defineWorkflow } from '../../src/workflow/define.ts'
import type { AnyWorkflow } from '../../src/workflow/contract.ts'
import { fromModel } from '../../src/workflow/graph.ts'
import { add, number } from './adding.ts'

function adding(world: World): readonly AnyWorkflow[] {
  const one = add(world, 'child.add')
  return [defineWorkflow({ name: 'adding', input: number, run: async (ctx, input) => { await ctx.sleep('nap', input.n % 2 === 0 ? 10 : 3000); return ctx.step('a', one, input) } })]
}

const asleep = (): readonly AnyWorkflow[] => [defineWorkflow({ name: 'asleep', input: number, run: (ctx) => ctx.sleep('long', '1h') })]

function counting(world: World): readonly AnyWorkflow[] {
  const one = add(world, 'child.add')
  return [defineWorkflow({ name: 'counting', input: number, async run(ctx, input) {
    const next = await ctx.step('a', one, input)
    return next.n < 3 ? ctx.continueAsNew(next) : next
  } })]
}

/** Shapes with children. */
export const childShapes: readonly Shape[] = [
  {
    name: 'parent', input: { n: 1 }, expected: { n: 3 }, others: adding,
    make: () => defineWorkflow({ name: 'parent', input: number, run: async (ctx, input) => ctx.child('second', 'adding', await ctx.child('first', 'adding', input)) }),
  },
  {
    name: 'fan-out', input: { n: 5 }, expected: [1, 2, 3, 4, 5], others: adding,
    make: () => defineWorkflow({
      name: 'fan-out', input: number,
      async run(ctx, { n }) {
        const batch = await ctx.children('all', 'adding', Array.from({ length: n }, (_, index) => ({ n: index })), { concurrency: 2 })
        return ((await batch.outputs()) as { n: number }[]).map((output) => output.n)
      },
    }),
  },
  {
    name: 'outlived', input: { n: 1 }, expected: 'done', others: asleep,
    make: () => defineWorkflow({
      name: 'outlived', input: number,
      async run(ctx, input) {
        await ctx.startChild('one', 'asleep', input)
        await ctx.sleep('moment', 50)
        return 'done'
      },
    }),
  },
  {
    name: 'above-anew', input: { n: 0 }, expected: { n: 3 }, others: counting,
    make: () => defineWorkflow({ name: 'above-anew', input: number, run: (ctx, input) => ctx.child('count', 'counting', input) }),
  },
  {
    name: 'graph-parent', input: { n: 1 }, expected: { each: [2, 4], first: 2, many: [2, 3, 4] }, others: adding,
    make: () => fromModel({
      name: 'graph-parent',
      steps: {
        first: { child: { workflow: 'adding', input: '${{ input }}' } },
        many: { needs: ['first'], children: { workflow: 'adding', inputs: '${{ [1, 2, 3].map(n, {"n": n}) }}', concurrency: 2, collect: 'outputs' } },
        each: { needs: ['first'], forEach: '[1, 3]', child: { workflow: 'adding', input: { n: '${{ item }}' } } },
      },
      output: { first: '${{ steps.first.output.n }}', many: '${{ steps.many.output.outputs.map(one, one.n) }}', each: '${{ steps.each.output.map(one, one.n) }}' },
    }, []),
  },
  {
    name: 'graph-fan-paused', input: { n: 1 }, expected: [1, 2, 3, 4], others: adding, asks: ['pause', 'resume'],
    make: () => fromModel({
      name: 'graph-fan-paused',
      steps: { all: { children: { workflow: 'adding', inputs: '${{ [0, 1, 2, 3].map(n, {"n": n}) }}', concurrency: 2, collect: 'outputs' } } },
      output: '${{ steps.all.output.outputs.map(one, one.n) }}',
    }, []),
  },
  {
    name: 'graph-loses-child', input: { n: 1 }, expected: 'short', others: asleep,
    make: () => fromModel({
      name: 'graph-loses-child',
      steps: {
        race: { parallel: { branches: { long: { child: { workflow: 'asleep', input: '${{ input }}' } }, short: { sleep: 2000 } }, merge: 'first' } },
        after: { needs: ['race'], sleep: 2000 },
      },
      output: 'short',
    }, []),
  },
]
