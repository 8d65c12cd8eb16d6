// Types of the builder: outputs flow into the names of later steps; wrong names and wrong types do not compile. Checked by
// `npm run types`; the tests that run only keep the file in the list of tests.
import { describe, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { defineTemplate } from '../../src/template/define.ts'
import type { AnyWorkflow, GraphWorkflow, Workflow } from '../../src/workflow/contract.ts'
import { workflow } from '../../src/workflow/builder.ts'
import { and, cel, contains, eq, fallback, gt, has, includes, not, size, text, typed } from '../../src/workflow/conditions.ts'
import type { Failure } from '../../src/workflow/failure.ts'
import type { Expr, Ref } from '../../src/workflow/reference.ts'

const fetchPage = defineTemplate({
  name: 'http.get', version: '1.0.0', description: 'Gets a page.',
  input: z.object({ url: z.string(), headers: z.record(z.string(), z.string()).optional(), retries: z.number().default(1) }),
  output: z.object({ visits: z.number(), tags: z.array(z.string()), kind: z.enum(['a', 'b']), note: z.string().nullable(), body: z.unknown() }),
  execute: () => ({ visits: 1, tags: [], kind: 'a' as const, note: null, body: null }),
})
const score = defineTemplate({ name: 'score', version: '1.0.0', description: 'Scores.', input: z.object({ visits: z.number(), kind: z.enum(['a', 'b']).optional() }), output: z.object({ score: z.number() }), execute: ({ visits }) => ({ score: visits }) })
const ping = defineTemplate({ name: 'ping', version: '1.0.0', description: 'Pings.', input: z.object({}), output: z.object({ ok: z.boolean() }), execute: () => ({ ok: true }) })
const anything = defineTemplate({ name: 'any', version: '1.0.0', description: 'Takes anything.', input: z.unknown(), output: z.unknown(), execute: (x) => x })
const list = defineTemplate({ name: 'list', version: '1.0.0', description: 'Takes a list.', input: z.object({ all: z.array(z.object({ n: z.number() })) }), output: z.object({}), execute: () => ({}) })

const input = z.object({ url: z.string(), limit: z.number().default(3), orders: z.array(z.object({ id: z.string(), lines: z.array(z.object({ price: z.number() })) })) })
const begin = workflow('report', { input })
const fetched = begin.step('fetch', { uses: fetchPage, with: ({ input }) => ({ url: input.url }) })

declare function start<I, O>(workflow: Workflow<I, O>, input: I): Promise<O>
/** Keeps what only the compiler is to look at from running. */
const unrun = (_: () => void): void => undefined

describe('workflow', () => {
  test('carries what is sent and what comes out', () => {
    const graph = fetched.output(({ steps, input }) => ({ visits: steps.fetch.visits, url: input.url, fixed: 1 })).build()
    expectTypeOf(graph).toEqualTypeOf<GraphWorkflow<{ url: string; limit?: number | undefined; orders: { id: string; lines: { price: number }[] }[] }, { visits: number; url: string; fixed: 1 }>>()
    expectTypeOf(graph).toExtend<AnyWorkflow>()
    unrun(() => {
      expectTypeOf(start(graph, { url: 'x', orders: [] })).toEqualTypeOf<Promise<{ visits: number; url: string; fixed: 1 }>>()
      // @ts-expect-error url is missing
      void start(graph, { orders: [] })
    })
  })

  test('gives by default the outputs by id, any of which may be missing', () => {
    const graph = fetched.step('score', { uses: score, with: ({ steps }) => ({ visits: steps.fetch.visits }) }).build()
    unrun(() => {
      void start(graph, { url: 'x', orders: [] }).then((output) => {
        expectTypeOf(output.score).toEqualTypeOf<{ score: number } | undefined>()
        // @ts-expect-error no such step
        return output.scores
      })
    })
  })

  test('refuses options that there are not', () => {
    unrun(() => {
      // @ts-expect-error no such option
      workflow('x', { input, version: '1' })
      // @ts-expect-error stop or continue
      workflow('x', { input, onFailure: 'retry' })
    })
  })
})

describe('with', () => {
  test('takes references, constants and texts in place of values', () => {
    unrun(() => {
      fetched
        .step('a', { uses: score, with: ({ steps }) => ({ visits: steps.fetch.visits, kind: steps.fetch.kind }) })
        .step('b', { uses: score, with: { visits: 3, kind: 'a' } })
        .step('c', { uses: fetchPage, with: ({ input, steps }) => ({ url: text`${input.url}/${steps.fetch.visits}`, headers: { accept: input.url } }) })
        .step('d', { uses: score, with: ({ steps }) => ({ visits: cel<number>('1 + 1'), kind: fallback(steps.fetch.kind, 'b' as const) }) })
        .step('e', { uses: score, with: ({ steps }) => typed<{ visits: number }>(steps.fetch.body) })
        .step('f', { uses: score, with: ({ steps }) => steps.fetch })
        .step('g', { uses: list, with: ({ steps }) => ({ all: [{ n: steps.fetch.visits }, { n: 2 }] }) })
        .step('h', { uses: anything, with: ({ steps }) => ({ deep: [steps.fetch.visits, { x: null }] }) })
        .step('i', { uses: ping })
        .step('j', { uses: ping, with: {} })
        .step('k', { uses: anything })
    })
  })

  test('refuses wrong names and wrong types', () => {
    unrun(() => {
      // @ts-expect-error no such step
      fetched.step('a', { uses: score, with: ({ steps }) => ({ visits: steps.fetsh.visits }) })
      // @ts-expect-error no such field
      fetched.step('a', { uses: score, with: ({ steps }) => ({ visits: steps.fetch.visit }) })
      // @ts-expect-error a list is no number
      fetched.step('a', { uses: score, with: ({ steps }) => ({ visits: steps.fetch.tags }) })
      // @ts-expect-error a text is no number
      fetched.step('a', { uses: score, with: { visits: '3' } })
      // @ts-expect-error not of the enum
      fetched.step('a', { uses: score, with: { visits: 3, kind: 'c' } })
      // @ts-expect-error may be null
      fetched.step('a', { uses: fetchPage, with: ({ steps }) => ({ url: steps.fetch.note }) })
      // @ts-expect-error what is unknown must be typed first
      fetched.step('a', { uses: score, with: ({ steps }) => ({ visits: steps.fetch.body }) })
      // @ts-expect-error visits is missing
      fetched.step('a', { uses: score, with: {} })
      // @ts-expect-error with is missing
      fetched.step('a', { uses: score })
      // @ts-expect-error no such key of the input
      fetched.step('a', { uses: score, with: { visits: 3, visit: 3 } })
      // @ts-expect-error the step comes later
      begin.step('a', { uses: score, with: ({ steps }) => ({ visits: steps.fetch.visits }) }).step('fetch', { uses: fetchPage, with: { url: '' } })
      // @ts-expect-error in a nested value
      fetched.step('a', { uses: list, with: ({ steps }) => ({ all: [{ n: steps.fetch.kind }] }) })
      // @ts-expect-error the id is used already
      fetched.step('fetch', { uses: ping })
      // @ts-expect-error a template, not its name
      fetched.step('a', { uses: 'ping' })
      // @ts-expect-error no such option
      fetched.step('a', { uses: ping, retires: 3 })
      // @ts-expect-error no such step
      fetched.step('a', { uses: ping, needs: 'fetsh' })
    })
  })
})

describe('conditions', () => {
  test('are expressions that are true or false', () => {
    unrun(() => {
      fetched
        .step('a', { uses: ping, if: ({ steps }) => and(gt(steps.fetch.visits, 0), not(eq(steps.fetch.kind, 'b')), includes(steps.fetch.tags, 'x'), has(steps.fetch.note)) })
        .step('b', { uses: ping, if: cel<boolean>('true') })
        .step('c', { uses: ping, if: ({ steps }) => gt(size(steps.fetch.tags), 3), needs: ['a', 'fetch'] })
        .step('d', { uses: ping, if: ({ steps, input }) => contains(input.url, steps.fetch.kind) })
        .step('e', { uses: ping, if: ({ steps }) => steps.a.ok })
      // @ts-expect-error a number is no condition
      fetched.step('a', { uses: ping, if: ({ steps }) => steps.fetch.visits })
      // @ts-expect-error a number and a text
      fetched.step('a', { uses: ping, if: ({ steps }) => gt(steps.fetch.visits, '0') })
      // @ts-expect-error not of the enum
      fetched.step('a', { uses: ping, if: ({ steps }) => eq(steps.fetch.kind, 'c') })
      // @ts-expect-error a list is not compared by size
      fetched.step('a', { uses: ping, if: ({ steps }) => gt(steps.fetch.tags, 3) })
      // @ts-expect-error not of the items' type
      fetched.step('a', { uses: ping, if: ({ steps }) => includes(steps.fetch.tags, 3) })
      // @ts-expect-error JavaScript compares no references
      fetched.step('a', { uses: ping, if: ({ steps }) => steps.fetch.visits > 3 })
    })
  })
})

describe('loops, blocks and cases', () => {
  test('forEach types its item and gives a list', () => {
    unrun(() => {
      const looped = begin.forEach('scores', ({ input }) => input.orders, { uses: score, with: ({ item, index }) => ({ visits: item.lines[0].price, kind: typed<'a' | 'b'>(index) }) })
      looped.output(({ steps }) => {
        expectTypeOf(steps.scores).toEqualTypeOf<Ref<{ score: number }[]>>()
        expectTypeOf(steps.scores[0].score).toExtend<Expr<number>>()
        return steps.scores[0].score
      })
      begin.forEach('orders', ({ input }) => input.orders, (order, { item }) => order
        .forEach('lines', item.lines, { uses: score, with: ({ item: line, input }) => ({ visits: line.price, kind: typed<'a'>(input.limit) }) })
        .output(({ steps }) => ({ last: steps.lines[0].score })))
        .output(({ steps }) => {
          expectTypeOf(steps.orders).toEqualTypeOf<Ref<{ last: number }[]>>()
          return {}
        })
      // @ts-expect-error not a list
      begin.forEach('a', ({ input }) => input.url, { uses: ping })
      // @ts-expect-error no such field of the item
      begin.forEach('a', ({ input }) => input.orders, { uses: score, with: ({ item }) => ({ visits: item.price }) })
      // @ts-expect-error there is no item outside of a loop
      begin.step('a', { uses: score, with: ({ item }) => ({ visits: item }) })
    })
  })

  test('a block sees what is around it and shows only its output', () => {
    unrun(() => {
      const built = fetched.block('b', (block) => block
        .step('inner', { uses: score, with: ({ steps }) => ({ visits: steps.fetch.visits }) })
        .output(({ steps }) => ({ s: steps.inner.score })))
      built.step('after', { uses: score, with: ({ steps }) => ({ visits: steps.b.s }) })
      // @ts-expect-error the inner step is not seen
      built.step('after', { uses: score, with: ({ steps }) => ({ visits: steps.inner.score }) })
      // @ts-expect-error the id is used around
      fetched.block('b', (block) => block.step('fetch', { uses: ping }))
      // @ts-expect-error only a workflow is built
      fetched.block('b', (block) => (block.build(), block))
    })
  })

  test('switch gives what one of its cases gives', () => {
    unrun(() => {
      fetched
        .switch('route', (cases) => cases
          .when('a', ({ steps }) => eq(steps.fetch.kind, 'a'), { uses: score, with: { visits: 1 } })
          .when('b', ({ steps }) => gt(steps.fetch.visits, 3), (block) => block.step('x', { uses: ping }).output(({ steps }) => ({ score: cel<number>('1'), ok: steps.x.ok })))
          .otherwise({ uses: score, with: ({ steps }) => ({ visits: steps.fetch.visits }) }))
        .step('after', { uses: score, with: ({ steps }) => ({ visits: steps.route.score }) })
      // @ts-expect-error not every case gives ok
      fetched.switch('route', (cases) => cases.when('a', cel<boolean>('true'), { uses: score, with: { visits: 1 } }).otherwise({ uses: ping })).output(({ steps }) => steps.route.ok)
    })
  })
})

describe('sleep', () => {
  test('gives null, and takes durations and expressions that give them', () => {
    unrun(() => {
      const graph = begin.sleep('a', '3d').sleep('b', ({ input }) => input.limit, { needs: 'a' }).forEach('c', ({ input }) => input.orders, { sleep: ({ item }) => item.id })
        .switch('d', (cases) => cases.when('x', ({ input }) => gt(input.limit, 1), { uses: ping }).otherwise({ sleep: 1 }))
        .output(({ steps }) => ({ a: steps.a, c: steps.c, d: steps.d })).build()
      void start(graph, { url: 'x', orders: [] }).then((output) => expectTypeOf(output).toEqualTypeOf<{ a: null; c: null[]; d: { ok: boolean } | null }>())
      // @ts-expect-error a list is no duration
      begin.sleep('a', ({ input }) => input.orders)
      // @ts-expect-error no such step
      begin.sleep('a', '3d', { needs: 'b' })
      // @ts-expect-error a wait takes no retry
      begin.sleep('a', '3d', { retry: { maxAttempts: 2 } })
    })
  })
})

describe('what is done about failures', () => {
  test('gives a step the output of either', () => {
    const graph = fetched.onError('fetch', { output: null }).output(({ steps }) => steps.fetch).build()
    unrun(() => {
      void start(graph, { url: 'x', orders: [] }).then((output) => expectTypeOf(output).toEqualTypeOf<{ visits: number; tags: string[]; kind: 'a' | 'b'; note: string | null; body: unknown } | null>())
    })
    const told = begin.step('p', { uses: ping }).onError('p', { output: ({ error }) => ({ why: error.message, code: error.code }) }).output(({ steps }) => ({ p: steps.p })).build()
    unrun(() => {
      void start(told, { url: 'x', orders: [] }).then((output) => expectTypeOf(output.p).toEqualTypeOf<{ ok: boolean } | { why: string; code: string }>())
    })
    const block = begin.step('p', { uses: ping }).onError('p', (inside) => inside.step('q', { uses: score, with: { visits: 1 } }).output(({ steps }) => steps.q.score)).output(({ steps }) => ({ p: steps.p })).build()
    unrun(() => {
      void start(block, { url: 'x', orders: [] }).then((output) => expectTypeOf(output.p).toEqualTypeOf<{ ok: boolean } | number>())
    })
  })

  test('knows the failure, and the steps', () => {
    unrun(() => {
      // @ts-expect-error no such step
      fetched.onError('fetched', { output: null })
      // @ts-expect-error a failure has no such field
      fetched.onError('fetch', { output: ({ error }) => error.codes })
      // @ts-expect-error there is no outcome before the end
      fetched.onError((block, { outcome }) => block.step('t', { uses: anything, with: outcome }))
      fetched.finally((block, { outcome, error }) => {
        expectTypeOf(outcome).toEqualTypeOf<Ref<'completed' | 'failed' | 'cancelled'>>()
        expectTypeOf(error).toExtend<Expr<{ code: string } | null>>()
        expectTypeOf(typed<Failure>(error).code).toExtend<Expr<string>>()
        return block.step('t', { uses: anything, with: ({ steps }) => steps.fetch.visits })
      })
      fetched.block('b', (block) => {
        // @ts-expect-error only a workflow has finally
        block.finally((inner: unknown) => inner)
        return block.step('x', { uses: ping })
      })
    })
  })
})
