// Shapes of runs that wait for events: by key, by condition on a topic that all share, before the wait and while the run is away.
import { z } from 'zod'
import { defineTemplate } from '../../src/template/define.ts'
import type { Shape, World } from '../../src/testing/simulation.ts'
import { defineWorkflow } from '../../src/workflow/define.ts'
import { fromModel } from '../../src/workflow/graph.ts'
import { add, noteEffect, number } from './adding.ts'

function own(world: World) {
  return defineTemplate({
    name: 'event.me', version: '1.0.0', description: 'Gives the id of its run.', input: z.unknown(), output: z.string(),
    async execute(_, context) {
      noteEffect(world, context, '')
      return Promise.resolve(context.run?.id ?? '')
    },
  })
}

/** Shapes with events. */
export const eventShapes: readonly Shape[] = [
  {
    name: 'keyed-events', input: { n: 0 }, expected: ['a', { n: 1 }, 'b', 'c', { n: 2 }],
    events: [{ topic: 'sim.word', data: 'a' }, { topic: 'sim.other', data: 'x' }, { topic: 'sim.word', data: 7 }, { topic: 'sim.word', data: 'b' }, { topic: 'sim.word', data: 'c' }],
    make: (world) => {
      const one = add(world, 'event.add')
      return defineWorkflow({
        name: 'keyed-events', input: number,
        async run(ctx, input) {
          const options = { key: ctx.run.id, schema: z.string().refine(async () => Promise.resolve(true)) }
          const first = await ctx.event('sim.word', options)
          const a = await ctx.step('a', one, input)
          const second = await ctx.event('sim.word', { ...options, timeout: '365d' })
          await ctx.sleep('nap', '3s')
          const third = await ctx.event('sim.word', options)
          return [first.data, a, second?.data, third.data, await ctx.step('b', one, a)]
        },
      })
    },
  },
  {
    // Two branches and a step after them, on one topic without a key: each takes what its condition says.
    name: 'graph-events', input: {}, expected: { both: { big: 10, small: 1 }, last: 'x', none: null },
    events: (run) => [1, 'x', 10, 'y'].map((n) => ({ topic: 'sim.graph', data: { run, n } })),
    make: (world) => fromModel({
      name: 'graph-events', input: { type: 'object' },
      steps: {
        me: { uses: 'event.me' },
        both: {
          parallel: {
            branches: {
              big: { event: { topic: 'sim.graph', where: 'event.data.run == steps.me.output && event.data.n == 10' } },
              small: { event: { topic: 'sim.graph', where: 'event.data.run == steps.me.output && event.data.n == 1' } },
            },
            merge: { output: { big: '${{ branches.big.data.n }}', small: '${{ branches.small.data.n }}' } },
          },
        },
        last: { needs: 'both', event: { topic: 'sim.graph', where: "event.data.run == steps.me.output && event.data.n == 'x'" } },
        none: { needs: 'last', event: { topic: 'sim.none', timeout: 10, onTimeout: 'continue' } },
      },
      output: { both: '${{ steps.both.output }}', last: '${{ steps.last.output.data.n }}', none: '${{ steps.none.output }}' },
    }, [own(world)]),
  },
  {
    // Every run of the shape gets the events of all: each takes its own, in its order.
    name: 'shared-events', input: { n: 0 }, expected: [1, 2, { n: 1 }, 3],
    events: (run) => [1, 2, 3].map((n) => ({ topic: 'sim.shared', data: { run, n } })),
    make: (world) => {
      const one = add(world, 'event.add')
      return defineWorkflow({
        name: 'shared-events', input: number,
        async run(ctx, input) {
          const next = async (): Promise<number> => {
            const event = await ctx.event('sim.shared', { where: ({ data }) => (data as { run: string }).run === ctx.run.id })
            return (event.data as { n: number }).n
          }
          return [await next(), await next(), await ctx.step('a', one, input), await next()]
        },
      })
    },
  },
]
