// Types of the test kit: what stubs, runs and simulations infer, and what the compiler refuses. Checked by `npm run types`; the one test that
// runs only keeps the file in the list of tests.
import { expect, expectTypeOf, test } from 'vitest'
import * as z from 'zod'
import { defineTemplate } from '../../src/template/define.ts'
import type { TemplateContext } from '../../src/template/contract.ts'
import { assertTemplateOutput, simulate } from '../../src/testing/index.ts'
import type { Stub, TestRun, TestWumbo } from '../../src/testing/index.ts'
import { workflow } from '../../src/workflow/builder.ts'
import { defineWorkflow } from '../../src/workflow/define.ts'

const charge = defineTemplate({
  name: 'charge', version: '1.0.0', description: 'Charges a card.', input: z.object({ cents: z.int(), currency: z.string().default('EUR') }), output: z.object({ receipt: z.string() }),
  execute: () => ({ receipt: '' }),
})
const order = defineWorkflow({ name: 'order', input: z.object({ item: z.string() }), run: (ctx) => ctx.step('charge', charge, { cents: 1 }) })
const graph = workflow('graph', { input: z.object({ cents: z.int() }) }).step('charge', { uses: charge, with: ({ input }) => ({ cents: input.cents }) }).output(({ steps }) => ({ got: steps.charge.receipt })).build()

declare const t: TestWumbo

test('the kit carries the types of templates and workflows over', () => {
  const types = async (): Promise<void> => {
    const stub = t.stub(charge, (input, context) => {
      expectTypeOf(input).toEqualTypeOf<{ cents: number; currency?: string | undefined }>()
      expectTypeOf(context).toEqualTypeOf<TemplateContext>()
      return { receipt: 'r' }
    })
    expectTypeOf(stub).toEqualTypeOf<Stub<{ cents: number; currency?: string | undefined }, { receipt: string }>>()
    expectTypeOf(stub.calls[0]?.output).toEqualTypeOf<{ receipt: string } | undefined>()
    t.stub(charge, () => Promise.resolve({ receipt: 'later' }))
    // @ts-expect-error not what the template gives
    t.stub(charge, () => ({ receipt: 7 }))
    // @ts-expect-error nothing is given
    t.stub(charge, () => undefined)
    t.stub('charge', (input) => {
      expectTypeOf(input).toBeUnknown()
      return 1
    })

    expectTypeOf(await t.run(order, { item: 'lamp' })).toEqualTypeOf<TestRun<{ receipt: string }>>()
    expectTypeOf((await (await t.start(graph, { cents: 1 })).end()).output).toEqualTypeOf<{ got: string }>()
    expectTypeOf((await t.run('order', {})).output).toBeUnknown()
    // @ts-expect-error not what the workflow takes
    await t.run(order, { item: 7 })

    t.fault(charge, { error: 'x', attempt: 2 })
    t.fault('charge', { crash: 'before' })
    // @ts-expect-error a fault is one thing
    t.fault(charge, { error: 'x', crash: 'before' })
    // @ts-expect-error no such moment
    t.fault(charge, { crash: 'later' })

    await t.crashEverywhere(order, { item: 'x' }, { compare: ({ receipt }) => receipt, check: ({ output }) => expectTypeOf(output).toEqualTypeOf<{ receipt: string }>() })
    await assertTemplateOutput(charge, { cents: 1 }, { receipt: 'r' })
    // @ts-expect-error not what the template gives
    await assertTemplateOutput(charge, { cents: 1 }, { receipt: 1 })
    // @ts-expect-error not what the template takes
    await assertTemplateOutput(charge, {}, { receipt: 'r' })
    await simulate(order, {
      inputs: [{ item: 'a' }], setup: () => new Map<string, number>(),
      invariant({ runs, state }) {
        expectTypeOf(state).toEqualTypeOf<Map<string, number>>()
        expectTypeOf(runs[0]?.output).toEqualTypeOf<{ receipt: string } | undefined>()
      },
    })
    // @ts-expect-error not what the workflow takes
    await simulate(order, { inputs: [{ item: 1 }] })
  }
  expect(types).toBeTypeOf('function')
})
