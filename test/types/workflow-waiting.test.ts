// Types of waits: a bound makes the answer one that may be missing, a schema gives its type. Checked by `npm run types`; the one test that
// runs only keeps the file in the list of tests.
import { expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { defineWorkflow } from '../../src/workflow/define.ts'
import type { Decision } from '../../src/workflow/waiting.ts'

const paid = z.object({ amount: z.number(), at: z.string().transform((text) => text.length) })

const waiting = defineWorkflow({
  name: 'waiting', input: z.object({ id: z.string() }),
  async run(ctx) {
    expectTypeOf(await ctx.signal('any')).toEqualTypeOf<unknown>()
    expectTypeOf(await ctx.signal('paid', { schema: paid })).toEqualTypeOf<{ amount: number; at: number }>()
    expectTypeOf(await ctx.signal('paid', { schema: paid, key: 3, timeout: '1d' })).toEqualTypeOf<{ amount: number; at: number } | undefined>()
    expectTypeOf(await ctx.approval('plain')).toEqualTypeOf<Decision<undefined>>()
    expectTypeOf(await ctx.approval('form', { form: z.object({ limit: z.int() }) })).toEqualTypeOf<Decision<{ limit: number }>>()
    expectTypeOf(await ctx.approval('form', { form: z.object({ limit: z.int() }), timeout: 1000 })).toEqualTypeOf<Decision<{ limit: number }> | undefined>()
    // @ts-expect-error not a duration
    await ctx.signal('paid', { timeout: true })
    // @ts-expect-error no such option
    await ctx.approval('form', { asignees: ['ada'] })
    await ctx.sleepUntil('then', new Date(0))
  },
  async cleanUp(ctx, input, results) {
    expectTypeOf(input).toEqualTypeOf<{ id: string }>()
    expectTypeOf(results.get('a')).toEqualTypeOf<unknown>()
    await ctx.sleep('moment', 1)
  },
})

test('a function waits with types', () => {
  expect(waiting.name).toBe('waiting')
})
