// 1. A template: a typed unit of work. It says what goes in and what comes out, and every use is checked by that. Run it:
// node examples/01-template.ts (from a clone: node scripts/bootstrap.mjs run examples/01-template.ts)
import { defineTemplate, WumboError } from 'wumbo'
import { z } from 'zod'

export const Order = z.object({
  id: z.string(),
  items: z.array(z.object({ name: z.string(), quantity: z.int().min(1), cents: z.int().min(0) })).min(1),
})

export const priceOrder = defineTemplate({
  name: 'orders.price', version: '1.0.0', description: 'Adds up an order and its tax.',
  input: Order,
  output: z.object({ id: z.string(), net: z.int(), tax: z.int(), total: z.int() }),
  // Set before use by .configure({ … }); with a default the template may be used as it is.
  config: z.object({ taxPercent: z.number().min(0).max(100).default(19) }),
  // Same input, same output, no effect.
  pure: true,
  execute({ id, items }, _context, { taxPercent }) {
    const net = items.reduce((sum, { quantity, cents }) => sum + quantity * cents, 0)
    const tax = Math.round((net * taxPercent) / 100)
    return { id, net, tax, total: net + tax }
  },
})

export const swissPrice = priceOrder.configure({ taxPercent: 8.1 })

export async function main(): Promise<void> {
  const order = { id: 'A-1', items: [{ name: 'tea', quantity: 2, cents: 450 }, { name: 'pot', quantity: 1, cents: 2900 }] }

  // A template is a function: it gives the data, or throws.
  console.log(await priceOrder(order))
  console.log(await swissPrice(order))

  // .execute() gives the whole outcome, and with failSilently it does not throw.
  const result = await priceOrder.execute({ id: 'A-2', items: [] }, { failSilently: true })
  console.log(result.success ? result.data : `${result.error.code}: ${result.error.message}`)

  // Every failure has a stable code and says what to do.
  await priceOrder({ id: 'A-3', items: [{ name: 'tea', quantity: 0.5, cents: 450 }] }).catch((error: unknown) => {
    if (error instanceof WumboError) console.log(`${error.code}: ${error.remedy}`)
  })
}

if (process.argv[1] === import.meta.filename) await main()
