// Shapes of runs whose state is changed from outside: while they sleep, between steps, and beside a signal.
import { z } from 'zod'
import { defineTemplate } from '../../src/template/define.ts'
import type { Shape, World } from '../../src/testing/simulation.ts'
import { defineWorkflow } from '../../src/workflow/define.ts'
import { noteEffect } from './adding.ts'

const given = z.object({})
const updates = [1, 2, 3].map((n) => ({ name: 'add', args: n }))

function sum(world: World) {
  return defineTemplate({
    name: 'update.sum', version: '1.0.0', description: 'Sums up.', input: z.array(z.number()), output: z.number(),
    async execute(numbers, context) {
      noteEffect(world, context, numbers)
      await world.wait(Math.floor(world.random.next() * 20))
      return numbers.reduce((all, n) => all + n, 0)
    },
  })
}

/** Shapes with updates. */
export const updateShapes: readonly Shape[] = [
  {
    name: 'updated', input: {}, updates, expected: { sum: 6, got: [1, 2, 3] },
    make: (world) => {
      const total = sum(world)
      return defineWorkflow({
        name: 'updated', input: given,
        async run(ctx) {
          const got: number[] = []
          ctx.setUpdate('add', { schema: z.number(), validate: (n) => n === got.length + 1 }, (n) => got.push(n))
          for (;;) {
            const now = await ctx.step('sum', total, [...got])
            if (now === 6) return { sum: now, got }
            await ctx.sleep('nap', 3000)
          }
        },
      })
    },
  },
  {
    // Whether an update comes before the signal is left to the course of things; the steps must have seen what the journal says.
    name: 'late-updated', input: {}, updates, signals: [{ name: 'close', payload: null }], expected: [1, 2, 3],
    make: (world) => {
      const total = sum(world)
      return defineWorkflow({
        name: 'late-updated', input: given,
        async run(ctx) {
          const got: number[] = []
          await ctx.step('first', total, [])
          ctx.setUpdate('add', { schema: z.number().refine(async () => Promise.resolve(true)) }, (n) => got.push(n))
          await ctx.signal('close')
          await ctx.step('closed', total, [...got])
          while (got.length < 3) await ctx.sleep('nap', '5s')
          await ctx.step('last', total, [...got])
          return got
        },
      })
    },
  },
]
