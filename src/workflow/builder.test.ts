import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { GraphHost } from '../../test/fixtures/graph-host.ts'
import { DefinitionError, InputInvalidError } from '../errors.ts'
import type { WorkflowModel } from '../model/workflow.ts'
import { defineTemplate } from '../template/define.ts'
import { workflow } from './builder.ts'
import { and, cel, contains, eq, fallback, gt, gte, has, includes, lt, lte, ne, not, or, size, text, typed } from './conditions.ts'
import { fromModel } from './graph.ts'

const fetch = defineTemplate({
  name: 'http.get', version: '1.2.0', description: 'Gets a page.',
  input: z.object({ url: z.string(), headers: z.record(z.string(), z.string()).optional() }), output: z.object({ visits: z.number(), tags: z.array(z.string()), kind: z.enum(['a', 'b']), note: z.string().optional(), body: z.unknown() }),
  execute: () => ({ visits: 1, tags: [], kind: 'a' as const, body: null }),
})
const score = defineTemplate({ name: 'score-lead', version: '1.0.0', description: 'Scores.', input: z.object({ visits: z.number() }), output: z.object({ score: z.number() }), execute: ({ visits }) => ({ score: visits }) })
const note = defineTemplate({ name: 'note', version: '2.0.0', description: 'Notes.', input: z.object({ text: z.string(), at: z.number().optional() }), output: z.object({ id: z.string() }), execute: () => ({ id: 'x' }) })
const ping = defineTemplate({ name: 'ping', version: '1.0.0', description: 'Pings.', input: z.object({}), output: z.object({ ok: z.boolean() }), execute: () => ({ ok: true }) })

const input = z.object({ url: z.string(), orders: z.array(z.object({ id: z.string(), lines: z.array(z.object({ price: z.number() })) })).default([]) })
const begin = () => workflow('report', { input })

describe('the builder', () => {
  const report = begin()
    .step('fetch', { uses: fetch, with: ({ input }) => ({ url: input.url, headers: { accept: 'text/html' } }), retry: { maxAttempts: 3 }, timeout: '10s' })
    .step('score', { uses: score, with: ({ steps }) => ({ visits: steps.fetch.visits }), if: ({ steps }) => gt(steps.fetch.visits, 0) })
    .step('note', { uses: note, with: ({ steps, input }) => ({ text: text`${input.url} has ${steps.fetch.visits} visits` }), needs: 'score' })
    .output(({ steps }) => ({ score: fallback(steps.score.score, null), of: steps.fetch.tags[0], fixed: [1, 'x', null] }))

  test('makes the model that JSON would say', () => {
    expect(report.model()).toEqual({
      name: 'report',
      input: expect.objectContaining({ type: 'object', required: ['url'] }) as Record<string, unknown>,
      steps: {
        fetch: { uses: 'http.get@1.2.0', with: { url: '${{ input.url }}', headers: { accept: 'text/html' } }, retry: { maxAttempts: 3 }, timeout: '10s' },
        score: { uses: 'score-lead@1.0.0', with: { visits: '${{ steps.fetch.output.visits }}' }, if: 'steps.fetch.output.visits > 0' },
        note: { uses: 'note@2.0.0', with: { text: '${{ input.url }} has ${{ steps.fetch.output.visits }} visits' }, needs: ['score'] },
      },
      output: { score: '${{ steps.score.?output.score.orValue(null) }}', of: '${{ steps.fetch.output.tags[0] }}', fixed: [1, 'x', null] },
    } satisfies WorkflowModel)
  })

  test('its model and the same as JSON make the same graph', () => {
    const built = report.build()
    const again = fromModel(JSON.parse(JSON.stringify(report.model())), [fetch, score, note])
    expect(again.definition).toBe(built.definition)
    expect(again.version).toBe(built.version)
    expect([...again.templates]).toEqual([...built.templates])
    expect(fromModel(JSON.parse(built.definition), built.templates.values()).version).toBe(built.version)
  })

  test('its graph runs', () => {
    const host = new GraphHost(report.build().source(), { url: 'x', orders: [] })
    host.answer('fetch', () => ({ visits: 3, tags: ['t'], kind: 'a', body: null }))
    host.answer('score', (given) => ({ score: (given as { visits: number }).visits * 2 }))
    expect(host.input('note')).toEqual({ text: 'x has 3 visits' })
    host.answer('note')
    expect(host.output).toEqual({ score: 6, of: 't', fixed: [1, 'x', null] })
  })

  test('checks inputs by the schema that it was given', () => {
    expect(report.build().check({ url: 'x' })).toEqual({ url: 'x', orders: [] })
    expect(() => report.build().check({})).toThrow(InputInvalidError)
  })

  test('never changes: two ways on from one builder do not meet', () => {
    const start = begin().step('a', { uses: ping })
    const one = start.step('b', { uses: ping })
    const other = start.step('b', { uses: note, with: { text: 'x' } })
    expect(one.model().steps['b']).toEqual({ uses: 'ping@1.0.0' })
    expect(other.model().steps['b']).toEqual({ uses: 'note@2.0.0', with: { text: 'x' } })
    expect(Object.keys(start.model().steps)).toEqual(['a'])
    expect(() => one.step('b' as never, { uses: ping }).build()).toThrow(/steps\.b: the id b is used twice/)
    expect(one.build().templates.size).toBe(1)
  })
})

describe('constants', () => {
  test('that look like expressions survive as data, byte for byte', () => {
    const odd = ['${{ input.url }}', 'a ${{ b', '${{', '}}', "${{ '${{' }}", '$${{ x }}', 'costs $5']
    const graph = begin()
      .step('a', { uses: note, with: { text: odd[0] ?? '' } })
      .output(({ input }) => ({ odd, text: text`${odd[0] ?? ''} ${input.url} ${'${{'} }}`, inside: eq(input.url, '${{ x }}') }))
      .build()
    const host = new GraphHost(graph.source(), { url: '${{ x }}' })
    expect(host.input('a')).toEqual({ text: '${{ input.url }}' })
    host.answer('a')
    expect(host.output).toEqual({ odd, text: '${{ input.url }} ${{ x }} ${{ }}', inside: true })
  })

  test('in expressions are written as the language wants them', () => {
    const values = ['a "quoted" \\ text\n', "it's", '\ud800', '\\ud800', '\u2028', -1.5, 0, 1e300, 2 ** 60, true, null, ['x', 1.5], { 'a b': [1.5] }]
    for (const value of values) {
      const graph = workflow('report', { input: z.object({ url: z.unknown() }) }).step('a', { uses: ping }).output(({ input }) => eq(input.url, value)).build()
      expect(new GraphHost(graph.source(), { url: value }).drain().output, JSON.stringify(value)).toBe(true)
    }
  })
})

describe('loops, blocks and cases', () => {
  test('forEach goes over a list with a template', () => {
    const model = begin()
      .forEach('notes', ({ input }) => input.orders, { uses: note, with: ({ item, index, input }) => ({ text: text`${item.id} of ${input.url}`, at: index }), concurrency: 3, continueOnError: true })
      .output(({ steps }) => ({ first: steps.notes[0].id, count: size(steps.notes) }))
      .model()
    expect(model.steps['notes']).toEqual({ forEach: 'input.orders', concurrency: 3, continueOnError: true, uses: 'note@2.0.0', with: { at: '${{ index }}', text: '${{ item.id }} of ${{ input.url }}' } })
    expect(model.output).toEqual({ first: '${{ steps.notes.output[0].id }}', count: '${{ size(steps.notes.output) }}' })
  })

  test('nested loops have items of different names, so each callback reads its own', () => {
    const graph = begin()
      .forEach('orders', ({ input }) => input.orders, (order, { item }) => order
        .forEach('lines', item.lines, { uses: score, with: ({ item: line }) => ({ visits: line.price }) })
        .step('sum', { uses: note, with: ({ item, steps }) => ({ text: text`${item.id}: ${steps.lines[0].score}` }) })
        .output(({ steps }) => steps.sum.id))
      .build()
    const model = JSON.parse(graph.definition) as WorkflowModel
    expect(model.steps['orders']?.steps?.['lines']).toMatchObject({ forEach: 'item.lines', as: 'item2', with: { visits: '${{ item2.price }}' } })
    const host = new GraphHost(graph.source(), { url: '', orders: [{ id: 'o', lines: [{ price: 5 }] }] })
    host.drain((given, path) => (path.endsWith('sum') ? { id: (given as { text: string }).text } : { score: (given as { visits: number }).visits }))
    expect(host.output).toEqual({ orders: ['o: 5'] })
  })

  test('an item that is read where its name means another, or nothing, is refused', () => {
    const hidden = begin().forEach('orders', ({ input }) => input.orders, (order, outer) => order
      .forEach('lines', outer.item.lines, { uses: note, with: ({ item }) => ({ text: text`${outer.item.id} ${item.price}` }), as: 'item' }))
    expect(() => hidden.build()).toThrow(/steps\.orders\.steps\.lines\.with\.text: the item of an outer loop is hidden by the inner one/)
    const index = begin().forEach('orders', ({ input }) => input.orders, (order, outer) => order.forEach('lines', outer.item.lines, { uses: note, with: () => ({ text: 'x', at: outer.index }) }))
    expect(() => index.build()).toThrow(/the index of an outer loop is hidden/)
    let leaked: unknown
    const outside = begin()
      .forEach('orders', ({ input }) => input.orders, { uses: note, with: ({ item }) => ((leaked = item.id), { text: item.id }) })
      .step('after', { uses: note, with: () => ({ text: leaked as string }) })
    expect(() => outside.build()).toThrow(/steps\.after\.with\.text: the item of a loop is read outside of it/)
  })

  test('a block has a scope of its own', () => {
    const model = begin()
      .step('a', { uses: ping })
      .block('b', (block) => block.step('x', { uses: score, with: ({ input }) => ({ visits: size(input.orders) }), needs: 'a' }).output(({ steps }) => ({ s: steps.x.score })), { if: ({ steps }) => steps.a.ok })
      .step('c', { uses: score, with: ({ steps }) => ({ visits: steps.b.s }) })
      .model()
    expect(model.steps['b']).toEqual({ if: 'steps.a.output.ok', steps: { x: { needs: ['a'], uses: 'score-lead@1.0.0', with: { visits: '${{ size(input.orders) }}' } } }, output: { s: '${{ steps.x.output.score }}' } })
    expect(model.steps['c']).toEqual({ uses: 'score-lead@1.0.0', with: { visits: '${{ steps.b.output.s }}' } })
  })

  test('switch has cases, each a template or a block', () => {
    const model = begin()
      .switch('route', (cases) => cases
        .when('vip', ({ input }) => gt(size(input.orders), 10), { uses: note, with: { text: 'vip' } })
        .when('regular', cel('size(input.orders) > 1'), (block) => block.step('x', { uses: note, with: { text: 'regular' } }).output(({ steps }) => ({ id: steps.x.id })))
        .otherwise({ uses: note, with: { text: 'new' } }))
      .output(({ steps }) => steps.route.id)
      .model()
    expect(model.steps['route']?.switch).toEqual([
      { name: 'vip', if: 'size(input.orders) > 10', uses: 'note@2.0.0', with: { text: 'vip' } },
      { name: 'regular', if: 'size(input.orders) > 1', steps: { x: { uses: 'note@2.0.0', with: { text: 'regular' } } }, output: { id: '${{ steps.x.output.id }}' } },
      { else: true, uses: 'note@2.0.0', with: { text: 'new' } },
    ])
    expect(model.output).toBe('${{ steps.route.output.id }}')
  })
})

describe('sleep', () => {
  test('waits for a text, a number, or what an expression gives', () => {
    const model = begin()
      .sleep('short', 1500)
      .sleep('long', '3d', { needs: 'short', if: ({ input }) => eq(input.url, 'x'), continueOnError: true })
      .sleep('asked', ({ input }) => size(input.orders))
      .sleep('text', ({ input }) => text`${size(input.orders)}d`)
      .model()
    expect(model.steps).toEqual({
      short: { sleep: 1500 }, long: { needs: ['short'], if: 'input.url == "x"', continueOnError: true, sleep: '3d' },
      asked: { sleep: '${{ size(input.orders) }}' }, text: { sleep: '${{ size(input.orders) }}d' },
    })
  })

  test('stands in loops, blocks and cases', () => {
    const graph = begin()
      .forEach('each', ({ input }) => input.orders, { sleep: ({ item }) => size(item.lines), concurrency: 1 })
      .block('block', (block) => block.sleep('inner', '1s').step('after', { uses: ping, needs: 'inner' }))
      .switch('way', (cases) => cases.when('x', ({ input }) => eq(input.url, 'x'), { sleep: '1h' }).otherwise({ sleep: 2 }))
      .build()
    expect(JSON.parse(graph.definition)).toMatchObject({ steps: {
      each: { forEach: 'input.orders', concurrency: 1, sleep: '${{ size(item.lines) }}' },
      block: { steps: { inner: { sleep: '1s' }, after: { needs: ['inner'] } } },
      way: { switch: [{ name: 'x', sleep: '1h' }, { else: true, sleep: 2 }] },
    } })
    const host = new GraphHost(graph.source(), { url: 'y', orders: [] }).drain(() => ({ ok: true }))
    expect(host.output).toEqual({ each: [], block: { after: { ok: true } }, way: null })
  })

  test('is refused with its path when it is no duration', () => {
    expect(() => begin().sleep('a', 'soon').build()).toThrow(/steps\.a\.sleep: expected a duration/)
  })
})

describe('conditions', () => {
  /** The text of an expression, and what it gives for an input. */
  const given = (value: unknown): { text: unknown; gives: (data: unknown) => unknown } => {
    const graph = workflow('report', { input: z.looseObject({}) }).step('a', { uses: ping }).output(() => ({ value })).build()
    return {
      text: ((JSON.parse(graph.definition) as WorkflowModel).output as { value: string }).value.slice(4, -3),
      gives: (data) => (new GraphHost(graph.source(), data).drain().output as { value: unknown }).value,
    }
  }
  const n = cel<number>('input.n')
  const t = cel<string>('input.t')
  const data = { n: 2, t: 'text', list: [1, 2], deep: { x: null }, 'odd key': { y: 1 } }

  test.each([
    [eq(n, 2), '(input.n) == 2', true],
    [ne(n, 2), '(input.n) != 2', false],
    [gte(n, 2), '(input.n) >= 2', true],
    [lt(n, 2), '(input.n) < 2', false],
    [lte(t, 'u'), '(input.t) <= "u"', true],
    [and(gt(n, 1), or(eq(t, 'x'), lt(n, 3))), '(input.n) > 1 && ((input.t) == "x" || (input.n) < 3)', true],
    [or(and(gt(n, 5), gt(n, 6)), not(eq(n, 1))), '(input.n) > 5 && (input.n) > 6 || !((input.n) == 1)', true],
    [not(not(eq(n, 2))), '!!((input.n) == 2)', true],
    [size(t), 'size(input.t)', 4],
    [includes(cel<number[]>('input.list'), n), '(input.n) in (input.list)', true],
    [contains(t, 'ex'), '(input.t).contains("ex")', true],
    [and(eq(n, 2)), '(input.n) == 2', true],
    [cel<{ x: number }>('{"x": 5}').x, '({"x": 5}).x', 5],
  ])('%#', (expression, celText, result) => {
    const { text, gives } = given(expression)
    expect(text).toBe(celText)
    expect(gives(data)).toEqual(result)
  })

  test('has and fallback stand for whatever may be missing on the way', () => {
    const graph = workflow('report', { input: z.looseObject({ url: z.string() }) })
      .step('gone', { uses: fetch, with: { url: '' }, if: ({ input }) => eq(input.url, 'never') })
      .output(({ input, steps }) => {
        const open = typed<{ deep: { x: null | undefined }; nope: { x: string }; 'odd key': { y: number } }>(input)
        return {
          a: has(steps.gone), b: has(steps.gone.note), c: has(input.url), d: has(open['odd key'].y), e: has(open.deep.x), f: has(open.nope.x),
          g: fallback(steps.gone.visits, 7), h: fallback(steps.gone.tags[0], input.url), i: fallback(open.deep.x, 1), j: fallback(steps.gone, { x: 1 }), k: has(input),
        }
      })
      .build()
    expect(new GraphHost(graph.source(), { ...data, url: 'u' }).drain().output).toEqual({ a: false, b: false, c: true, d: true, e: true, f: false, g: 7, h: 'u', i: null, j: { x: 1 }, k: true })
  })
})

describe('what a caller without types hands in wrongly', () => {
  const loose = (): Record<string, (...args: unknown[]) => Record<string, (...args: unknown[]) => unknown>> => begin() as never

  test('is told at the door', () => {
    expect(() => workflow('Not A Name', { input })).toThrow(/workflow: name: expected words/)
    expect(() => workflow('a', { input, retries: 1 } as never)).toThrow(/workflow: retries: no such key/)
    expect(() => workflow('a', { input: null } as never)).toThrow(/workflow: input: expected a schema/)
    expect(() => loose()['step']?.('a', { uses: ping, wiht: {} })).toThrow(/steps\.a: wiht: no such key\. Did you mean "with"\?/)
    expect(() => loose()['step']?.('a')).toThrow(DefinitionError)
    expect(() => loose()['block']?.('a', () => 3)).toThrow(/steps\.a: expected the block, got 3/)
    expect(() => loose()['switch']?.('a', () => 3)).toThrow(/steps\.a: expected a function that gives the cases, got 3/)
  })

  test('or with all other problems when the workflow is built', () => {
    const wrong = loose()['step']?.('a', { uses: 'ping', if: true, with: { x: new Map(), y: ({}) } })
    expect(() => wrong?.['build']?.()).toThrow(/3 problems:\n- steps\.a: .*\n.*\n- steps\.a\.if: expected an expression\n.*\n- steps\.a\.uses: expected a template/)
    expect(() => begin().step('a', { uses: note, with: ({ steps }) => ({ text: (steps as Record<string, { x: string }>)['nope']?.x as never }) }).build()).toThrow(/there is no step "nope"/)
    expect(() => begin().build()).toThrow(/steps: expected at least one step/)
  })

  test('a reference does not pass for a value while the workflow is built', () => {
    const use = (misuse: (url: never) => unknown): (() => unknown) => () => begin().step('a', { uses: note, with: ({ input }) => ({ text: misuse(input.url as never) as string }) }).build()
    expect(use((url) => `Hello ${url as string}`)).toThrow(/a reference has no value yet/)
    expect(use((url) => (url as number) > 1)).toThrow(/a reference has no value yet/)
    expect(use((url) => ({ ...(url as object) }))).toThrow(/cannot be spread/)
  })
})

describe('what is done about failures', () => {
  test('stands behind the step, and reads the failure', () => {
    const graph = begin()
      .step('a', { uses: ping })
      .onError('a', { codes: ['HTTP_FAILED'], output: ({ error }) => ({ ok: false, why: error.message }) })
      .step('b', { uses: ping })
      .onError('b', { uses: ping })
      .step('c', { uses: ping })
      .onError('c', (block, { error }) => block.step('told', { uses: note, with: ({ steps }) => ({ text: text`${error.code} ${steps.a.ok}` }) }).output(({ steps }) => ({ id: steps.told.id })))
      .forEach('d', ({ input }) => input.orders, (order) => order.step('x', { uses: ping }).onError('x', { output: ({ error, item }) => [error.path, item.id] }).output(({ steps }) => steps.x))
      .onError('d', { switch: (cases) => cases.when('late', ({ error }) => eq(error.code, 'STEP_TIMEOUT'), { sleep: 5 }) })
      .onError((block, { error }) => block.step('tell', { uses: note, with: { text: error.message } }), { codes: ['X'] })
      .finally((block, { outcome }) => block.step('log', { uses: note, with: ({ steps }) => ({ text: text`${outcome} ${steps.b.ok}` }), if: ({ error }) => ne(error, null) }))
      .build()
    const { steps, onError, finally: final } = JSON.parse(graph.definition) as WorkflowModel
    expect([steps['a']?.onError, steps['b']?.onError, steps['c']?.onError]).toEqual([
      { codes: ['HTTP_FAILED'], output: { ok: false, why: '${{ error.message }}' } }, { uses: 'ping@1.0.0' },
      { steps: { told: { uses: 'note@2.0.0', with: { text: '${{ error.code }} ${{ steps.a.output.ok }}' } } }, output: { id: '${{ steps.told.output.id }}' } },
    ])
    expect([steps['d']?.steps?.['x']?.onError, steps['d']?.onError]).toEqual([{ output: ['${{ error.path }}', '${{ item.id }}'] }, { switch: [{ name: 'late', if: 'error.code == "STEP_TIMEOUT"', sleep: 5 }] }])
    expect([onError, final]).toEqual([{ codes: ['X'], steps: { tell: { uses: 'note@2.0.0', with: { text: '${{ error.message }}' } } } }, { steps: { log: { uses: 'note@2.0.0', if: 'error != null', with: { text: '${{ outcome }} ${{ steps.b.output.ok }}' } } } }])
  })

  test('is refused where it cannot stand', () => {
    const untyped = begin() as unknown as { step(...given: unknown[]): never; onError(...given: unknown[]): { build(): unknown }; block(id: string, build: (block: never) => unknown): { build(): unknown } }
    expect(() => untyped.onError('a', { output: 1 }).build()).toThrow(/steps\.a\.onError: there is no step "a" before this call/)
    expect(() => begin().step('a', { uses: ping }).onError('a', { output: 1 }).onError('a', { output: 2 }).build()).toThrow(/has an onError already/)
    expect(() => (begin().step('a', { uses: ping }) as unknown as typeof untyped).onError('a', { outputs: 1 })).toThrow(/outputs: no such key/)
    expect(() => untyped.block('b', (block) => (block as { finally(build: unknown): unknown }).finally(() => block))).toThrow(/only a workflow has finally/)
    let leaked: unknown
    const outside = begin().step('a', { uses: ping }).onError('a', { output: ({ error }) => ((leaked = error.code), error.code) }).step('b', { uses: note, with: () => ({ text: leaked as string }) })
    expect(() => outside.build()).toThrow(/steps\.b\.with\.text: the error of a loop is read outside of it/)
  })
})
