// What the builder knows of waits by type: the payload, the form, and what a wait goes on with when nothing came.
import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { cel, workflow } from '../../src/index.ts'
import type { Ref } from '../../src/index.ts'

const paid = { name: 'paid', schema: z.object({ amount: z.number() }) } as const
const begun = workflow('typed', { input: z.object({ order: z.string() }) })

test('a signal gives its payload, or what it falls back to', () => {
  begun.signal('a', paid).output(({ steps }) => expectTypeOf(steps.a).toEqualTypeOf<Ref<{ amount: number }>>())
  begun.signal('a', { ...paid, timeout: '1d' }).output(({ steps }) => expectTypeOf(steps.a).toEqualTypeOf<Ref<{ amount: number }>>())
  begun.signal('a', { ...paid, timeout: '1d', onTimeout: 'continue' }).output(({ steps }) => expectTypeOf(steps.a).toEqualTypeOf<Ref<{ amount: number } | null>>())
  begun.signal('a', { ...paid, timeout: '1d', onTimeout: 'continue', fallback: 'none' }).output(({ steps }) => expectTypeOf(steps.a).toEqualTypeOf<Ref<{ amount: number } | 'none'>>())
  begun.signal('a', { ...paid, timeout: '1d', onTimeout: 'continue', fallback: ({ input }) => input.order }).output(({ steps }) => expectTypeOf(steps.a).toEqualTypeOf<Ref<{ amount: number } | string>>())
})

test('an approval gives who decided and the form', () => {
  begun.approval('ask', { form: z.object({ by: z.string() }) }).output(({ steps }) => {
    expectTypeOf(steps.ask.approved).toEqualTypeOf<Ref<boolean>>()
    expectTypeOf(steps.ask.form).toEqualTypeOf<Ref<{ by: string } | null>>()
    return steps.ask.by
  })
})

test('callbacks in every place know what they may read', () => {
  begun
    .signal('first', paid)
    .forEach('each', cel<readonly number[]>('[1]'), { signal: { name: 'c', key: ({ item }) => item, timeout: 100, onTimeout: 'continue', fallback: ({ steps }) => steps.first.amount } })
    .loop('turn', { signal: { name: 'c', timeout: 100, onTimeout: 'continue', fallback: ({ steps }) => steps.first.amount } }, { max: 3, until: cel<boolean>('true') })
    .switch('way', (cases) => cases.when('e', cel<boolean>('true'), { approval: { title: ({ input }) => input.order, timeout: 100, onTimeout: 'continue', fallback: ({ steps }) => steps.first.amount } }))
    .onError('turn', { approval: { title: ({ input }) => input.order } })
  // @ts-expect-error a signal has a name
  begun.signal('a', {})
  // @ts-expect-error there is no such step
  begun.approval('a', { title: ({ steps }) => steps.none })
})

test('branches wait too, and stand in the place of a failed step', () => {
  begun
    .parallel('p', (branches) => branches.branch('a', { signal: paid }).branch('b', { approval: { title: ({ input }) => input.order } }), { merge: 'any' })
    .onError('p', { parallel: (branches) => branches.branch('c', { signal: paid }), merge: 'first', codes: ['X'] })
    .output(({ steps }) => {
      expectTypeOf(steps.p).not.toBeAny()
      return steps.p
    })
})
