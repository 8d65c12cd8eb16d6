// 2. Composition: templates made of templates. The types flow through; what does not fit does not compile. What comes out is
// a template again, so it can be called, composed further or used as a step.
import { branch, defineTemplate, mapEach, pipe } from 'wumbo'
import { z } from 'zod'
import { Order, priceOrder } from './01-template.ts'

export const parseOrder = defineTemplate({
  name: 'orders.parse', version: '1.0.0', description: 'Reads an order from a line such as "A-1: 2 tea @450, 1 pot @2900".',
  input: z.string(),
  output: Order,
  pure: true,
  execute(line) {
    const [id = '', list = ''] = line.split(': ')
    const items = list.split(', ').map((part) => {
      const [, quantity = '', name = '', cents = ''] = /^(\d+) (\w+) @(\d+)$/.exec(part) ?? []
      return { name, quantity: Number(quantity), cents: Number(cents) }
    })
    return { id, items }
  },
})

const Priced = z.object({ id: z.string(), total: z.int() })

export const invoice = defineTemplate({
  name: 'orders.invoice', version: '1.0.0', description: 'Writes an invoice.',
  input: Priced, output: z.string(), pure: true,
  execute: ({ id, total }) => `Invoice ${id}: ${(total / 100).toFixed(2)} €`,
})

export const askForApproval = defineTemplate({
  name: 'orders.ask', version: '1.0.0', description: 'Asks for the approval of a large order.',
  input: Priced, output: z.string(), pure: true,
  execute: ({ id, total }) => `Please approve ${id}: ${(total / 100).toFixed(2)} €`,
})

/** One after the other, then one of two. */
export const handleOrder = pipe(parseOrder, priceOrder, branch(({ total }) => total < 10_000, invoice, askForApproval))

/** The same for each line of a list, four at a time. */
export const handleOrders = mapEach(handleOrder, { concurrency: 4 })

export async function main(): Promise<void> {
  console.log(await handleOrders(['A-1: 2 tea @450, 1 pot @2900', 'A-2: 3 kettle @4900']))

  // A failure says which item and which field.
  const result = await handleOrders.execute(['A-1: 2 tea @450', 'A-2: two kettles'], { failSilently: true })
  if (!result.success) console.log(result.error.message)
}

if (process.argv[1] === import.meta.filename) await main()
