// Types of defineWorkflow: what the compiler infers and what it refuses. Checked by `npm run types`; the one test that runs
// only keeps the file in the list of tests.
import { expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import type { AnyWorkflow, FunctionWorkflow, Workflow } from '../../src/workflow/contract.ts'
import { defineWorkflow } from '../../src/workflow/define.ts'

declare function start<I, O>(workflow: Workflow<I, O>, input: I): Promise<O>

const onboard = defineWorkflow({
  name: 'onboard',
  input: z.object({ email: z.email(), plan: z.string().default('free') }),
  async run(ctx, input) {
    expectTypeOf(input).toEqualTypeOf<{ email: string; plan: string }>()
    expectTypeOf(await ctx.now()).toEqualTypeOf<number>()
    return { accepted: true }
  },
})

test('a function workflow carries the types of its input as sent and of its result', () => {
  expectTypeOf(onboard).toEqualTypeOf<FunctionWorkflow<{ email: string; plan?: string | undefined }, { accepted: boolean }>>()
  expectTypeOf(onboard).toExtend<AnyWorkflow>()
  const types = (): void => {
    expectTypeOf(start(onboard, { email: 'a@b.c' })).toEqualTypeOf<Promise<{ accepted: boolean }>>()
    // @ts-expect-error email is missing
    void start(onboard, {})
    // @ts-expect-error no such key
    defineWorkflow({ name: 'w', input: z.object({}), run: () => 1, retries: 3 })
    // @ts-expect-error no input schema
    defineWorkflow({ name: 'w', run: () => 1 })
  }
  expect(types).toBeTypeOf('function')
})
