// A small shop whose workflows the tests of the test kit use.
import { z } from 'zod'
import { HttpFailedError } from '../../src/errors.ts'
import { definePostgresTransaction } from '../../src/template/define-transaction.ts'
import { defineTemplate } from '../../src/template/define.ts'
import { workflow } from '../../src/workflow/builder.ts'
import { defineWorkflow } from '../../src/workflow/define.ts'

export const reserve = defineTemplate({
  name: 'reserve', version: '1.0.0', description: 'Reserves an item.', input: z.object({ item: z.string(), count: z.int().default(1) }), output: z.object({ reservation: z.string() }),
  execute: ({ item, count }) => ({ reservation: `${item}-${count}` }),
})

export const charge = defineTemplate({
  name: 'charge', version: '1.0.0', description: 'Charges a card.', input: z.object({ cents: z.int() }), output: z.object({ receipt: z.string() }),
  retry: { maxAttempts: 3, initialDelay: '1h' }, timeout: '30s',
  execute(): { receipt: string } {
    throw new HttpFailedError('a test must not reach the bank')
  },
})

export const price = defineTemplate({
  name: 'price', version: '1.0.0', description: 'Works out a price.', pure: true, input: z.object({ item: z.string() }), output: z.object({ cents: z.int() }),
  execute: ({ item }) => ({ cents: item.length * 100 }),
})

export const book = definePostgresTransaction({
  name: 'book', version: '1.0.0', description: 'Books an order.', input: z.object({ receipt: z.string() }), output: z.object({ entry: z.int() }),
  execute: () => ({ entry: 0 }),
})

export const order = defineWorkflow({
  name: 'order', input: z.object({ item: z.string() }),
  async run(ctx, { item }) {
    const { reservation } = await ctx.step('reserve', reserve, { item })
    const { cents } = await ctx.step('price', price, { item })
    const { receipt } = await ctx.step('charge', charge, { cents })
    await ctx.sleep('coolOff', '3d')
    return { reservation, receipt }
  },
})

export const booked = workflow('booked', { input: z.object({ cents: z.int() }) })
  .step('charge', { uses: charge, with: ({ input }) => ({ cents: input.cents }) })
  .step('book', { uses: book, with: ({ steps }) => ({ receipt: steps.charge.receipt }) })
  .output(({ steps }) => ({ entry: steps.book.entry }))
  .build()
