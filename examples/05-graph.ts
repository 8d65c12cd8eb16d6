// 5. A graph: the same templates as steps of a graph. What a callback gets are references, not values: they say where a value
// will come from, so the whole graph is plain data that can be checked, shown, stored and compared before anything runs.
import { createWumbo, gte, workflow } from 'wumbo'
import { Order, priceOrder } from './01-template.ts'
import { askForApproval, invoice } from './02-composition.ts'
import { reserve } from './03-durable-function.ts'

export const orderGraph = workflow('order-graph', { input: Order })
  .step('price', { uses: priceOrder, with: ({ input }) => input })
  // Neither of the two needs the other, so they run side by side.
  .forEach('reserved', ({ input }) => input.items, { uses: reserve, with: ({ item }) => ({ item: item.name, quantity: item.quantity }), concurrency: 2 })
  .switch('letter', (cases) =>
    cases
      .when('large', ({ steps }) => gte(steps.price.total, 10_000), { uses: askForApproval, with: ({ steps }) => steps.price })
      .otherwise({ uses: invoice, with: ({ steps }) => steps.price }))
  .output(({ steps }) => ({ letter: steps.letter, reserved: steps.reserved }))
  .build()

export async function main(): Promise<void> {
  const wumbo = await createWumbo({ workflows: [orderGraph] })
  try {
    const run = await wumbo.start(orderGraph, { id: 'A-2', items: [{ name: 'kettle', quantity: 3, cents: 4900 }, { name: 'tea', quantity: 1, cents: 450 }] })
    const { letter, reserved } = await run.result() // typed: { letter: string, reserved: { reservation: string }[] }
    console.log(letter, reserved.map(({ reservation }) => reservation))
    const { steps } = await wumbo.runs.get(run.id)
    console.log(steps.map(({ path }) => path).sort())
    // The version is the hash of the logic and of the exact template versions.
    console.log(orderGraph.version, orderGraph.definition)
  } finally {
    await wumbo.close()
  }
}

if (process.argv[1] === import.meta.filename) await main()
