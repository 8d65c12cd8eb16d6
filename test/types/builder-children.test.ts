// What the builder knows of children by type: what they are started with, what they give, and what is collected of many.
import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { cel, defineWorkflow, workflow } from '../../src/index.ts'
import type { Ref } from '../../src/index.ts'
import type { CollectedResult } from '../../src/workflow/builder-child-types.ts'

const ship = defineWorkflow({ name: 'ship', input: z.object({ parcel: z.string(), times: z.number().default(1) }), run: (_ctx, { parcel }) => ({ label: parcel }) })
const begun = workflow('typed', { input: z.object({ parcel: z.string(), all: z.array(z.object({ parcel: z.string() })) }) })

test('a child gives its output, or its id', () => {
  begun.child('a', { workflow: ship, input: ({ input }) => ({ parcel: input.parcel }) }).output(({ steps }) => expectTypeOf(steps.a).toEqualTypeOf<Ref<{ label: string }>>())
  begun.child('a', { workflow: ship, input: { parcel: 'a' }, wait: false }).output(({ steps }) => expectTypeOf(steps.a).toEqualTypeOf<Ref<string>>())
  begun.child('a', { workflow: 'ship', input: { anything: 1 } }).output(({ steps }) => expectTypeOf(steps.a).toEqualTypeOf<Ref<unknown>>())
  begun.child('a', { workflow: 'ship' })
})

test('many give how many there were, and what is collected', () => {
  begun.children('a', { workflow: ship, inputs: ({ input }) => input.all }).output(({ steps }) => {
    expectTypeOf(steps.a.failed).toEqualTypeOf<Ref<number>>()
    // @ts-expect-error nothing is collected
    return steps.a.outputs
  })
  begun.children('a', { workflow: ship, inputs: [{ parcel: 'a' }], collect: 'outputs' }).output(({ steps }) => {
    expectTypeOf(steps.a.outputs).toEqualTypeOf<Ref<readonly ({ label: string } | null)[]>>()
    return steps.a.count
  })
  begun.children('a', { workflow: ship, inputs: [{ parcel: 'a' }], collect: 'results' }).output(({ steps }) => {
    expectTypeOf(steps.a.results).toEqualTypeOf<Ref<readonly CollectedResult<{ label: string }>[]>>()
    return steps.a.count
  })
})

test('in every place', () => {
  begun
    .child('first', { workflow: ship, input: { parcel: 'a' } })
    .forEach('each', ({ input }) => input.all, { child: { workflow: ship, input: ({ item }) => item } })
    .loop('turn', { child: { workflow: ship, input: ({ steps }) => ({ parcel: steps.first.label }) } }, { max: 3, until: cel<boolean>('true') })
    .switch('way', (cases) => cases.when('e', cel<boolean>('true'), { child: { workflow: ship, input: ({ input }) => ({ parcel: input.parcel }) } }).otherwise({ children: { workflow: ship, inputs: [] } }))
    .parallel('both', (branches) => branches.branch('one', { child: { workflow: ship, input: { parcel: 'a' } } }))
    .onError('turn', { child: { workflow: ship, input: ({ error }) => ({ parcel: error.message }) } })
    .output(({ steps }) => {
      expectTypeOf(steps.each).toEqualTypeOf<Ref<{ label: string }[]>>()
      expectTypeOf(steps.both.one.label).toEqualTypeOf<Ref<string>>()
      return steps.turn.label
    })
})

test('what does not fit is refused', () => {
  // @ts-expect-error a parcel is a text
  begun.child('a', { workflow: ship, input: { parcel: 1 } })
  // @ts-expect-error the workflow takes no such input
  begun.child('a', { workflow: ship, input: ({ input }) => input.all })
  // @ts-expect-error there is no such policy
  begun.child('a', { workflow: ship, input: { parcel: 'a' }, parentClose: 'terminate' })
  // @ts-expect-error a text is no list
  begun.children('a', { workflow: ship, inputs: ({ input }) => input.parcel })
})
