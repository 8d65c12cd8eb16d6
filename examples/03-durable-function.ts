// 3. A durable function: a workflow written as plain TypeScript. Each ctx.step is recorded, so a run that was interrupted
// goes on after its last recorded step; a step that fails is tried again by its policy.
import { createWumbo, defineTemplate, defineWorkflow, TemplateFailedError } from 'wumbo'
import type { Wumbo } from 'wumbo'
import { z } from 'zod'

let calls = 0

/** Reserves stock somewhere else. The somewhere else is busy the first two times. */
export const reserve = defineTemplate({
  name: 'stock.reserve', version: '1.0.0', description: 'Reserves an item in the warehouse.',
  input: z.object({ item: z.string(), quantity: z.int().min(1) }),
  output: z.object({ reservation: z.string() }),
  retry: { maxAttempts: 5, backoff: 'exponential', initialDelay: '20ms' },
  timeout: '10s',
  execute({ item, quantity }, context) {
    if (++calls < 3) throw new TemplateFailedError('the warehouse is busy')
    // The same for every attempt of this step: with it the warehouse knows a repetition.
    const key = context.idempotencyKey
    context.log.info('reserved', { item, quantity, key })
    return { reservation: `${item}-${quantity}` }
  },
})

export const confirm = defineTemplate({
  name: 'orders.confirm', version: '1.0.0', description: 'Writes the confirmation of an order.',
  input: z.object({ order: z.string(), reservations: z.array(z.string()) }),
  output: z.object({ text: z.string() }),
  pure: true,
  execute: ({ order, reservations }) => ({ text: `Order ${order}: ${reservations.join(', ')}` }),
})

export const takeOrder = defineWorkflow({
  name: 'take-order', version: '1',
  input: z.object({ order: z.string(), items: z.array(z.object({ item: z.string(), quantity: z.int() })) }),
  async run(ctx, { order, items }) {
    // Side by side, at most two at a time; each item has a scope of its own: lines[tea].reserve, lines[pot].reserve.
    const reserved = await ctx.map('lines', items, (c, line) => c.step('reserve', reserve, line), { concurrency: 2, key: ({ item }) => item })
    await ctx.sleep('pause', '50ms')
    const { text } = await ctx.step('confirm', confirm, { order, reservations: reserved.map(({ reservation }) => reservation) })
    return text
  },
})

/** Runs it once; gives the output and the paths of the recorded steps. */
export async function main(store = 'sqlite:.wumbo/03.db'): Promise<{ output: string; paths: string[] }> {
  const wumbo: Wumbo = await createWumbo({ store, workflows: [takeOrder] })
  try {
    const run = await wumbo.start(takeOrder, { order: 'A-1', items: [{ item: 'tea', quantity: 2 }, { item: 'pot', quantity: 1 }] })
    const output = await run.result()
    const { steps } = await wumbo.runs.get(run.id)
    return { output, paths: steps.map(({ path, attempt }) => `${path} (attempt ${attempt})`) }
  } finally {
    await wumbo.close()
  }
}

if (process.argv[1] === import.meta.filename) console.log(await main())
