// Random graphs for tests that write a graph in another form: every kind of step, texts that are hard to quote, expressions of all sorts.
import fc from 'fast-check'
import { z } from 'zod'
import type { StepModel, WorkflowModel } from '../../../src/model/workflow.ts'
import { defineTemplate } from '../../../src/template/define.ts'
import { workflow } from '../../../src/workflow/builder.ts'

const Item = z.object({ id: z.string(), size: z.number(), 'odd key': z.string(), tags: z.array(z.string()).default([]) })
const Deep = z.object({ x: z.string(), y: z.number().optional(), rest: z.record(z.string(), z.number()).optional() })

/** Takes and gives a bit of everything. */
export const mixed = defineTemplate({
  name: 'mixed', version: '1.2.0', description: 'For tests.',
  input: z.object({
    any: z.unknown().optional(), text: z.string().optional(), n: z.number().optional(), yes: z.boolean().optional(), pick: z.enum(['a', "b'"]).optional(), tags: z.array(z.string()).optional(),
    deep: Deep.optional(), item: Item.optional(), items: z.array(Item).optional(), nullable: z.string().nullable().optional(),
  }),
  output: z.object({
    any: z.unknown(), text: z.string(), n: z.number(), yes: z.boolean(), pick: z.enum(['a', "b'"]), tags: z.array(z.string()), maybe: z.string().optional(), deep: Deep, items: z.array(Item),
    nullable: z.string().nullable(), 'odd key': z.string(), toString: z.string(),
  }),
  execute: () => { throw new Error('never run') },
})
/** A template with settings. */
export const settled = defineTemplate({
  name: 'settled', version: '2.0.0', description: 'For tests.', config: z.object({ root: z.string(), depth: z.number().default(1) }), input: z.object({ text: z.string() }), output: z.string(),
  execute: () => { throw new Error('never run') },
})
export const GRAPH_TEMPLATES = { mixed, settled }

/** A graph that others run inline. */
export const part = workflow('a.part', { input: z.object({ text: z.string(), n: z.number().optional() }) }).step('x', { uses: mixed, with: ({ input }) => ({ text: input.text }) }).output(({ steps }) => ({ text: steps.x.text })).build()

const INPUT = {
  type: 'object', required: ['name', 'items', 'odd key'],
  properties: {
    name: { type: 'string', description: "a `name` with ${ } and '" }, count: { type: 'integer', default: 3 }, yes: { type: 'boolean', default: true }, note: { type: 'string' }, 'odd key': { type: 'string' },
    items: { type: 'array', items: { type: 'object', required: ['id', 'size', 'odd key'], properties: { id: { type: 'string' }, size: { type: 'number' }, 'odd key': { type: 'string' }, tags: { type: 'array', items: { type: 'string' }, default: [] } } } },
    choice: { enum: ['a', 1, null] }, nothing: true,
  },
}

interface Around {
  /** Ids of steps that are seen, of the template `mixed`. */
  readonly steps: readonly string[]
  readonly item: string | null
  /** What the turn before is called, in a loop. */
  readonly last?: string
  /** What is known of a failure: `error`, or at the end of a run `outcome` with an error that may be null. */
  readonly error?: 'error' | 'outcome'
  /** Steps that may have failed. */
  readonly broken?: readonly string[]
  readonly typed: boolean
}

type Kind = 'text' | 'n' | 'yes' | 'tags' | 'items' | 'any'

const TEXTS = ['plain', "it's", 'say "hi"', 'back`tick ${x}', '${{ \'${{\' }}', 'two\nlines\r\n', '\u202e\u0000\ud83d\ude42', '\\', '', 'null', '12', '${{ input.name }} and ${{ input.count }}', '${{input.name}}${{ size(input.items) }}`', 'a ${{ "}}" }} b']

function sources({ steps, item, last, error, typed, broken = [] }: Around, kind: Kind): string[] {
  const input: Readonly<Record<Kind, readonly string[]>> = {
    text: ['input.name', 'input["odd key"]', 'input.?note.orValue("none")', "'a' + input.name", 'input.items[0].id', 'string(input.count)', "input['odd key']"],
    n: ['input.count', 'size(input.items)', 'input.count * 2', 'input.items[0].size', '-1'],
    yes: ['input.yes', 'input.count > 1', 'has(input.note)', '!input.yes && input.count < 5', "input.name in ['a', 'b']"],
    tags: ['input.items[0].tags', '["a", input.name]', 'input.items.map(x, x.id)'],
    items: ['input.items', 'input.items.filter(x, x.size > 1)', '[input.items[0]]'],
    any: ['input', 'input.items[0]', 'input.name', '{"a": [1, input.count]}', 'null', 'input.?nothing.orValue(1)', 'input.?choice'],
  }
  const step = (id: string): Readonly<Record<Kind, readonly string[]>> => ({
    text: [`steps.${id}.output.text`, `steps.${id}.output["odd key"]`, `steps.${id}.output.toString`, `steps.${id}.output.?maybe.orValue('x')`, `steps.${id}.output.tags[1]`],
    n: [`steps.${id}.output.n`, `steps.${id}.output.items[0].size`, `size(steps.${id}.output.text)`],
    yes: [`steps.${id}.output.yes`, `steps.${id}.output.pick == 'a'`, `steps.${id}.output.nullable != null`],
    tags: [`steps.${id}.output.tags`, `steps.${id}.output.items[0].tags`],
    items: [`steps.${id}.output.items`],
    any: [`steps.${id}.output`, `steps.${id}.output.any`, `steps.${id}.output.nullable`, `steps.${id}.output.deep`, `steps.${id}.output.pick`],
  })
  const own = (typed ? input : { text: ["'x'"], n: ['1 + 1'], yes: ['true || false'], tags: ["['a']"], items: [], any: ['input', 'input.a.b'] })[kind]
  const looped = item === null ? [] : { text: [`${item}.id`, `${item}["odd key"]`], n: [`${item}.size`, 'index'], yes: [`${item}.size > index`], tags: [], items: [], any: [item, 'index'] }[kind]
  const turned = last === undefined ? [] : { text: [`string(${last} == null)`], n: ['iteration', 'iteration * 2'], yes: [`${last} != null`, 'iteration > 2'], tags: [], items: [], any: [last, 'iteration', `[${last}]`] }[kind]
  const failed = error === undefined || item === 'error' || last === 'error' ? [] : { text: error === 'error' ? ['error.code', 'error.message + error.path'] : ['outcome'], n: [], yes: [error === 'error' ? "error.code == 'X'" : "outcome == 'failed' && error != null"], tags: [], items: [], any: error === 'error' ? ['error', 'error.details'] : ['error', 'outcome'] }[kind]
  const told = (id: string): Readonly<Record<Kind, readonly string[]>> => ({ text: [`steps.${id}.?error.code.orValue('none')`, `has(steps.${id}.error) ? steps.${id}.error.message : ''`], n: [], yes: [`has(steps.${id}.error)`], tags: [], items: [], any: [`steps.${id}.?error.orValue(null)`] })
  return [...own, ...steps.flatMap((id) => step(id)[kind]), ...broken.flatMap((id) => told(id)[kind]), ...looped, ...turned, ...failed]
}

type Draw = <T>(arbitrary: fc.Arbitrary<T>) => T

class Maker {
  readonly #draw: Draw
  #count = 0

  constructor(draw: Draw) {
    this.#draw = draw
  }

  graph(): WorkflowModel {
    const typed = this.#chance(4)
    const around: Around = { steps: [], item: null, typed }
    const { steps, output } = this.scope(around, 2)
    return {
      name: this.#one(['graph', 'a.b-c', '2nd', 'delete', 'mixed']), steps, ...output,
      ...(typed ? { input: INPUT } : {}), ...this.#maybe('description', "a `b` ${c} 'd'"), ...this.#maybe('onFailure', 'continue'), ...this.#maybe('timeout', '1h'),
      ...this.#closings(typed, steps),
      ...(this.#chance(3) ? {} : { layout: { [Object.keys(steps)[0] ?? '']: { x: 1, y: -0.5 } } }),
    }
  }

  /** What is done at the end: it sees the steps of the workflow, and how they ended. */
  #closings(typed: boolean, steps: Readonly<Record<string, StepModel>>): Partial<WorkflowModel> {
    const seen: Around = { steps: Object.keys(steps).filter((id) => steps[id]?.uses === 'mixed' && steps[id].onError === undefined && steps[id].forEach === undefined && steps[id].loop === undefined), item: null, typed }
    const onError = this.#chance(4) ? { onError: { ...this.#maybe('codes', ['HTTP_FAILED', 'X']), steps: this.scope({ ...seen, error: 'error' }, 1).steps } } : {}
    const final = this.#chance(4) ? { finally: { steps: this.scope({ ...seen, error: 'outcome' }, 1).steps } } : {}
    return { ...onError, ...final, ...(Object.keys({ ...onError, ...final }).length > 0 ? this.#maybe('cleanUpTimeout', '2m') : {}) }
  }

  /** What stands in the place of a step. */
  #handler(around: Around, depth: number): object {
    const inner: Around = { ...around, error: 'error', ...(around.item === 'error' ? { item: null } : {}), ...(around.last === 'error' ? { last: 'error' } : {}) }
    const body = this.#chance(2) ? { output: this.#bound(inner, 'any') } : this.#body(inner, depth)
    return { onError: { ...this.#maybe('codes', ['STEP_TIMEOUT']), ...body } }
  }

  scope(around: Around, depth: number): { readonly steps: Record<string, StepModel>; readonly output: { readonly output?: unknown } } {
    const steps: Record<string, StepModel> = {}
    let here = around
    for (let left = this.#draw(fc.integer({ min: 1, max: 4 })); left > 0; left--) {
      const id = `s${++this.#count}`
      const { needs, loose, broken } = this.#needs(here, Object.keys(steps))
      const step = { ...this.#step(loose.length === 0 ? here : { ...here, steps: here.steps.filter((one) => !loose.includes(one)), broken: [...(here.broken ?? []), ...broken] }, depth), ...needs }
      steps[id] = step
      if (step['uses'] === 'mixed' && step['forEach'] === undefined && step['if'] === undefined && step['onError'] === undefined && loose.length === 0) here = { ...here, steps: [...here.steps, id] }
    }
    const output = this.#chance(2) ? {} : { output: this.#chance(2) ? this.#bound(here, 'any') : { a: this.#bound(here, 'text'), 'b-c': [this.#bound(here, 'n'), this.#bound(here, 'any')] } }
    return { steps, output }
  }

  /** What comes before a step, and which of it need not have completed. */
  #needs({ steps, typed }: Around, before: readonly string[]): { readonly needs: object; readonly loose: readonly string[]; readonly broken: readonly string[] } {
    if (before.length === 0 || !this.#chance(3)) return { needs: {}, loose: [], broken: [] }
    const [one, other] = [this.#one(before), this.#one(before)]
    const ids = [...new Set([one, other])]
    const condition = (id: string): object => (typed && steps.includes(id) ? { if: this.#one([`steps.${id}.output.yes`, `\${{ steps.${id}.output.n > 1 }}`]) } : { if: this.#one(['input != null', '${{ input != null }}']) })
    const kind = this.#draw(fc.integer({ min: 0, max: 5 }))
    if (kind === 0) return { needs: { needs: one }, loose: [], broken: [] }
    if (kind === 1) return { needs: { needs: ids, join: this.#one(['any', 'noneFailed', 'always']) }, loose: before, broken: ids }
    if (kind === 2) return { needs: { needs: [{ step: one, on: this.#one(['failure', 'skipped', 'always']) }] }, loose: before, broken: [one] }
    if (kind === 3) return { needs: { needs: { step: one, ...condition(one) } }, loose: [], broken: [] }
    if (kind === 4) return { needs: { needs: ids.map((id, at) => (at === 0 ? { step: id, ...condition(id) } : id)), join: 'any' }, loose: before, broken: ids }
    return { needs: { needs: [{ step: one, ...condition(one) }, { step: one, else: true }], join: 'any' }, loose: before, broken: [one] }
  }

  #step(around: Around, depth: number): Record<string, unknown> {
    const common = { ...(this.#chance(5) ? this.#handler(around, depth - 1) : {}), ...this.#maybe('description', 'what `it` does'), ...(this.#chance(4) ? { if: this.#source(around, 'yes') } : {}), ...this.#maybe('continueOnError', true) }
    const lists = sources(around, 'items')
    if (depth > 0 && lists.length > 0 && this.#chance(4)) {
      const list = this.#one(lists)
      const as = this.#chance(2) ? this.#one([`each${depth}`, 'error']) : undefined
      const inner = { ...around, item: as ?? 'item' }
      return { ...common, forEach: this.#chance(2) ? list : `\${{ ${list} }}`, ...(as === undefined ? {} : { as }), ...this.#maybe('concurrency', 3), ...this.#body(inner, depth - 1) }
    }
    if (depth > 0 && this.#chance(5)) {
      const as = this.#chance(3) ? this.#one([`turn${depth}`, 'last', 'item', 'error']) : undefined
      const inner: Around = { ...around, last: as ?? 'last', ...(around.item === (as ?? 'last') ? { item: null } : {}) }
      const ends = this.#chance(2) ? { until: this.#source(inner, 'yes') } : { while: this.#source(inner, 'yes'), ...this.#maybe('until', 'iteration == 2') }
      const initial = this.#chance(3) ? { initial: this.#bound(around, 'any') } : {}
      return { ...common, loop: { max: 3, ...ends, ...(this.#chance(3) ? { delay: this.#one<string | number>(['5s', 100, '${{ iteration }}s']) } : {}), ...initial, ...(as === undefined ? {} : { as }), ...this.#maybe('onMax', 'continue') }, ...this.#body(inner, depth - 1) }
    }
    return { ...common, ...this.#body(around, depth - 1) }
  }

  #body(around: Around, depth: number): Record<string, unknown> {
    const kind = this.#draw(fc.integer({ min: 0, max: depth > 0 ? 8 : 4 }))
    if (kind === 0 && this.#chance(2)) return this.#wait(around)
    if (kind === 0 && this.#chance(2)) return { inline: { workflow: this.#one(['a.part', `a.part@${part.version}`]), input: { text: this.#bound(around, 'text'), ...(this.#chance(2) ? { n: this.#bound(around, 'n') } : {}) } } }
    if (kind === 0 && this.#chance(2)) return this.#child(around)
    if (kind === 0) return { sleep: this.#one<string | number>(['5s', 100, `\${{ ${this.#one(sources(around, 'n'))} }}`, '${{ 2 }}s']) }
    if (kind === 1) return { uses: this.#one(['settled', 'settled@^2']), config: this.#one<object>([{ root: '.' }, { root: "it's", depth: 2 }]), with: { text: this.#bound(around, 'text') } }
    if (kind <= 4) return { uses: this.#one(['mixed', 'mixed@1.2.0']), ...this.#with(around), ...this.#maybe('retry', { maxAttempts: 3, backoff: 'fixed', nonRetryable: ['X'] }), ...this.#maybe('timeout', 5000), ...this.#maybe('level', 'pure') }
    if (kind <= 6) {
      const { steps, output } = this.scope(around, depth)
      return { steps, ...output }
    }
    if (kind === 7) return { parallel: this.#parallel(around, depth - 1) }
    const cases: Record<string, unknown>[] = Array.from({ length: this.#draw(fc.integer({ min: 1, max: 2 })) }, (_, index) => ({
      ...(this.#chance(2) ? { name: `c${index}` } : {}), ...this.#maybe('description', 'a case'), if: this.#source(around, 'yes'), ...this.#body(around, depth - 1),
    }))
    if (this.#chance(2)) cases.push({ else: true, ...this.#maybe('name', 'other'), ...this.#body(around, depth - 1) })
    return { switch: cases }
  }

  /** Branches by names of all sorts, merged in one of the ways. */
  #parallel(around: Around, depth: number): object {
    const names = ['near', 'b', 'constructor'].slice(0, this.#draw(fc.integer({ min: 1, max: 3 })))
    const isNumber = this.#chance(3)
    const branches = Object.fromEntries(names.map((name) => [name, {
      ...this.#maybe('description', 'a `branch`'), ...this.#maybe('continueOnError', true),
      ...(isNumber ? { steps: { [`s${++this.#count}`]: { uses: 'mixed' } }, output: this.#bound(around, 'n') } : this.#body(around, depth)),
    }]))
    const some = this.#one(names)
    const merge = isNumber ? { weighted: Object.fromEntries(names.map((name, at) => [name, at + 0.5])) } : this.#one<unknown>(['all', 'any', 'first', { output: `\${{ branches.?${some} }}` }, { output: { has: `\${{ has(branches.${some}) }}`, all: ['${{ branches }}'], plain: 1 } }])
    return { branches, ...(isNumber || this.#chance(2) ? { merge } : {}), ...this.#maybe('concurrency', 2) }
  }

  /** A wait for a moment, a signal, an event or a decision. */
  #wait(around: Around): Record<string, unknown> {
    const kind = this.#draw(fc.integer({ min: 0, max: 3 }))
    const text = `\${{ ${this.#one(sources(around, 'text'))} }}`
    if (kind === 0) return { sleep: { until: this.#one<string | number>(['2030-01-31T08:00:00Z', 1000, text, `2030-01-${text}T08:00Z`]) } }
    const late = this.#chance(2) ? { onTimeout: 'continue', ...(this.#chance(2) ? { fallback: this.#bound(around, 'any') } : {}) } : this.#maybe('onTimeout', 'fail')
    const bounds = this.#chance(2) ? {} : { timeout: this.#one<string | number>(['3d', 100, `\${{ ${this.#one(sources(around, 'n'))} }}`]), ...late }
    const schema = { type: 'object', properties: { a: { type: 'string', default: '${{ not one }}' } }, additionalProperties: false }
    if (kind === 1) return { signal: { name: this.#one(['paid', 'on-hold', 'constructor']), ...this.#maybe('key', this.#one<string | number>([7, 'k', text, `a-${text}`])), ...this.#maybe('schema', schema), ...bounds } }
    if (kind === 2) return { event: { topic: this.#one(['order.paid', 'a:b/c-d']), ...this.#maybe('key', this.#one<string | number>([7, 'k', text, `a-${text}`])), ...this.#maybe('where', this.#one(['event.data.n > 1', `event.key == ${this.#one(sources(around, 'text'))}`, this.#source(around, 'yes')])), ...this.#maybe('schema', schema), ...this.#maybe('lookback', this.#one<string | number>(['1h', 60000])), ...bounds } }
    return { approval: { ...this.#maybe('title', this.#one(["is `it` 'right'?", text, `Is ${text} right?`])), ...this.#maybe('assignees', this.#one<unknown>([['ada'], [text, "o'neil"], []])), ...this.#maybe('form', schema), ...bounds } }
  }

  /** A child, or many. */
  #child(around: Around): Record<string, unknown> {
    const start = { workflow: this.#one(['ship', 'a.b-c']), ...this.#maybe('parentClose', 'abandon'), ...this.#maybe('queue', 'bulk:1') }
    if (this.#chance(2)) return { child: { ...start, ...this.#maybe('input', { a: this.#bound(around, 'text'), b: [this.#bound(around, 'any')] }), ...this.#maybe('wait', false) } }
    const lists = [...sources(around, 'items'), ...sources(around, 'tags')]
    const inputs = lists.length > 0 && this.#chance(2) ? `\${{ ${this.#one(lists)} }}` : [this.#bound(around, 'text'), { x: this.#bound(around, 'n') }]
    return { children: { ...start, inputs, ...this.#maybe('concurrency', 7), ...this.#maybe('onFailure', 'continue'), ...this.#maybe('collect', this.#one(['outputs', 'results'])) } }
  }

  #with(around: Around): object {
    if (this.#chance(6)) return {}
    const data: Record<string, unknown> = {
      any: this.#bound(around, 'any'), text: this.#bound(around, 'text'), n: this.#bound(around, 'n'), yes: this.#bound(around, 'yes'), tags: this.#bound(around, 'tags'), pick: this.#one(['a', "b'", "${{ 'a' }}"]),
      deep: { x: this.#bound(around, 'text'), ...this.#maybe('rest', { "it's": 1, '${{ "}}" }}': 2 }) }, nullable: null,
    }
    if (sources(around, 'items').length > 0) data['items'] = this.#bound(around, 'items')
    return { with: Object.fromEntries(Object.entries(data).filter(() => this.#chance(3))) }
  }

  #bound(around: Around, kind: Kind): unknown {
    if (kind === 'text' && this.#chance(2)) {
      const text = this.#one(TEXTS.filter((one) => around.typed || !one.includes('input')))
      return text
    }
    if (kind === 'any' && this.#chance(3)) return this.#one<unknown>([1, -0.5, 1e21, true, null, [], {}, { 'a b': ['${{ 1 }}', { class: 'x' }] }])
    return `\${{${this.#one(['', ' ', '  '])}${this.#one(sources(around, kind))} }}`
  }

  #source(around: Around, kind: Kind): string {
    const text = this.#one(sources(around, kind))
    return this.#chance(3) ? `\${{ ${text} }}` : text
  }

  #one<T>(all: readonly T[]): T {
    return this.#draw(fc.constantFrom(...all))
  }

  #chance(of: number): boolean {
    return this.#draw(fc.integer({ min: 1, max: of })) === 1
  }

  #maybe(key: string, value: unknown): object {
    return this.#chance(4) ? { [key]: value } : {}
  }
}

/** Graphs of the right shape. Most are valid; those that are not, the checks refuse. */
export const randomGraph: fc.Arbitrary<WorkflowModel> = fc.gen().map((draw) => new Maker((arbitrary) => draw(() => arbitrary)).graph())
