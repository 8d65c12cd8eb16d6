// What the builder knows of graphs that are run inline by type: what they are given and what they give.
import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { cel, eq, workflow } from '../../src/index.ts'
import type { Ref } from '../../src/index.ts'

const check = workflow('check', { input: z.object({ n: z.number(), by: z.number().optional() }) }).sleep('a', 1).output(({ input }) => ({ got: input.n })).build()
const bare = workflow('bare', { input: z.object({}) }).sleep('a', 1).output(() => 'done' as const).build()
const begun = workflow('typed', { input: z.object({ n: z.number(), all: z.array(z.number()) }) })

test('a graph gives its output, wherever it is run', () => {
  begun
    .inline('one', { workflow: check, input: ({ input }) => ({ n: input.n }) })
    .forEach('each', ({ input }) => input.all, { inline: { workflow: check, input: ({ item }) => ({ n: item, by: 1 }) } })
    .loop('turn', { inline: { workflow: bare } }, { max: 3, until: ({ last }) => eq(last, 'done') })
    .switch('way', (cases) => cases.when('a', cel<boolean>('true'), { inline: { workflow: check, input: ({ steps }) => ({ n: steps.one.got }) } }).otherwise({ inline: { workflow: bare } }))
    .parallel('both', (branches) => branches.branch('x', { inline: { workflow: bare } }).branch('y', { inline: { workflow: check, input: { n: 1 } } }))
    .onError('one', { inline: { workflow: bare } })
    .output(({ steps }) => {
      expectTypeOf(steps.each).toEqualTypeOf<Ref<{ got: number }[]>>()
      expectTypeOf(steps.turn).toEqualTypeOf<Ref<'done'>>()
      expectTypeOf(steps.way).toEqualTypeOf<Ref<{ got: number } | 'done'>>()
      expectTypeOf(steps.both.y.got).toEqualTypeOf<Ref<number>>()
      return steps.one
    })
})

test('a graph is given what it takes', () => {
  // @ts-expect-error the input is missing
  begun.inline('a', { workflow: check })
  // @ts-expect-error a number is wanted
  begun.inline('a', { workflow: check, input: { n: 'x' } })
  // @ts-expect-error there is no such step
  begun.inline('a', { workflow: check, input: ({ steps }) => ({ n: steps.none }) })
  // @ts-expect-error a name is for JSON and YAML
  begun.inline.bind(begun)('a', { workflow: 'check' })
})
