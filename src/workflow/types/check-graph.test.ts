import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { DefinitionError } from '../../errors.ts'
import type { StepModel, WorkflowModel } from '../../model/workflow.ts'
import { defineTemplate } from '../../template/define.ts'
import { fromModel } from '../graph.ts'
import type { Problem } from '../problems.ts'

const person = z.object({
  name: z.string(), age: z.number(), nick: z.string().optional(), boss: z.object({ name: z.string() }).nullable(), tags: z.array(z.string()),
  plan: z.enum(['free', 'paid']), phone: z.string().nullable(), facts: z.record(z.string(), z.string()), body: z.unknown(),
})
const find = defineTemplate({ name: 'find', version: '1.0.0', description: 'Finds a person.', input: z.object({ email: z.string() }), output: person, execute: () => { throw new Error('not run') } })
const mail = defineTemplate({
  name: 'mail', version: '1.2.0', description: 'Sends a mail.', output: z.object({ id: z.string() }), execute: () => { throw new Error('not run') },
  input: z.object({ to: z.string(), copies: z.number().min(1).max(5).optional(), kind: z.enum(['text', 'html']).default('text'), parts: z.array(z.object({ title: z.string() })).optional(), headers: z.record(z.string(), z.string()).optional() }),
})
const strict = defineTemplate({ name: 'strict', version: '1.0.0', description: 'Takes just this.', input: z.strictObject({ name: z.string() }), output: z.discriminatedUnion('kind', [z.object({ kind: z.literal('ok'), value: z.number() }), z.object({ kind: z.literal('no'), reason: z.string() })]), execute: () => { throw new Error('not run') } })
const any = defineTemplate({ name: 'any', version: '1.0.0', description: 'Takes anything.', input: z.unknown(), output: z.unknown(), execute: () => { throw new Error('not run') } })
const templates = [find, mail, strict, any]

const schema = { type: 'object', required: ['email', 'n'], properties: { email: { type: 'string' }, n: { type: 'integer' }, note: { type: 'string' }, size: { type: 'number', default: 3 }, vip: { type: 'boolean' }, orders: { type: 'array', items: { type: 'object', required: ['id'], properties: { id: { type: 'string' }, price: { type: 'number' } } } } } }
const FIND: StepModel = { uses: 'find', with: { email: '${{ input.email }}' } }

function problemsOf(steps: Record<string, StepModel>, more: Partial<WorkflowModel> = {}): readonly Problem[] {
  try {
    fromModel({ name: 'test', input: schema, steps: { find: FIND, ...steps }, ...more }, templates)
    return []
  } catch (thrown) {
    if (thrown instanceof DefinitionError) return thrown.details?.['problems'] as readonly Problem[]
    throw thrown
  }
}

/** Each problem as `CODE path`, with the part of the text that is marked. */
function told(steps: Record<string, StepModel>, more: Partial<WorkflowModel> = {}): string[] {
  return problemsOf(steps, more).map(({ code, path }) => `${code} ${path}`)
}

const use = (value: unknown): Record<string, StepModel> => ({ x: { uses: 'any', with: value } })

describe('a field', () => {
  test('that the schema does not have is refused, with the nearest', () => {
    const [problem] = problemsOf(use('${{ steps.find.output.nmae }}'))
    expect(problem).toMatchObject({ code: 'UNKNOWN_FIELD', path: 'steps.x.with', span: [22, 26] })
    expect(problem?.message).toContain('Did you mean "name"?')
    expect(problem?.remedy).toMatch(/^Fields are: name, age/)
  })

  test('of the input is known by its schema, of an item by that of the list', () => {
    expect(told(use('${{ input.emial }}'))).toEqual(['UNKNOWN_FIELD steps.x.with'])
    expect(told({ x: { forEach: 'input.?orders.orValue([])', uses: 'any', with: '${{ item.idd }}' } })).toEqual(['UNKNOWN_FIELD steps.x.with'])
    expect(told(use('${{ steps.find.output.tags.map(t, t.name) }}'))).toEqual(['TYPE_MISMATCH steps.x.with'])
  })

  test('of what nothing is known of is not refused', () => {
    expect(told(use('${{ steps.find.output.body.whatever[3].x + 1 }}'))).toEqual([])
    expect(told({ a: { uses: 'any' }, x: { uses: 'any', with: '${{ steps.a.output.x }}' } })).toEqual([])
  })

  test.each([
    ['input.note'], ['steps.find.output.nick'], ['steps.find.output.facts.birthday'], ['steps.find.output.facts["birthday"]'], ['steps.find.output.boss.name'],
    ['input.vip ? 1 : 2'], ['size(input.orders)'], ['has(input.note) || input.note == "x"'], ['!has(input.note) ? input.note : ""'], ['steps.find.output.?nick.value()'],
  ])('that may be missing or null must be guarded: %s', (expression) => {
    expect([...new Set(problemsOf(use(`\${{ ${expression} }}`)).map(({ code }) => code))]).toEqual(['UNGUARDED_OPTIONAL'])
  })

  test.each([
    ['has(input.note) ? input.note : ""'], ['has(input.note) && input.note == "x"'], ['!has(input.note) || input.note == "x"'], ['input.?note.orValue("")'], ['input.size + 1'],
    ['steps.find.output.boss != null ? steps.find.output.boss.name : ""'], ['null == steps.find.output.boss ? "" : steps.find.output.boss.name'], ['"a" in steps.find.output.facts ? steps.find.output.facts.a : ""'],
    ['input.?orders.orValue([]).map(o, has(o.price), o.price)'], ['input.?vip.hasValue() && input.vip'], ['has(input.vip) && has(input.note) ? input.note : "no"'], ['steps.find.output.facts[?"a"].orValue("")'],
    ['steps.find.output.?nick.hasValue() ? steps.find.output.?nick.value() : ""'],
  ])('that is guarded is accepted: %s', (expression) => {
    expect(problemsOf(use(`\${{ ${expression} }}`))).toEqual([])
  })

  test('is guarded by the condition of its step, of the steps before it, of its block and of its case', () => {
    expect(told({ x: { if: 'has(input.note)', uses: 'any', with: '${{ input.note }}' } })).toEqual([])
    expect(told({ x: { if: 'has(input.note)', uses: 'any' }, y: { needs: 'x', uses: 'any', with: '${{ input.note }}' } })).toEqual([])
    expect(told({ x: { if: 'has(input.note)', steps: { y: { uses: 'any', with: '${{ input.note }}' } } } })).toEqual([])
    expect(told({ x: { switch: [{ if: '!has(input.note)', uses: 'any' }, { else: true, uses: 'any', with: '${{ input.note }}' }] } })).toEqual([])
    expect(told({ x: { uses: 'any' }, y: { needs: 'x', uses: 'any', with: '${{ input.note }}' } })).toEqual(['UNGUARDED_OPTIONAL steps.y.with'])
  })

  test('of one alternative of a union is known once the alternative is', () => {
    const steps: Record<string, StepModel> = { s: { uses: 'strict', with: { name: 'x' } } }
    expect(told({ ...steps, ...use('${{ steps.s.output.value }}') })).toEqual(['UNGUARDED_OPTIONAL steps.x.with'])
    expect(told({ ...steps, ...use('${{ steps.s.output.kind == "ok" ? steps.s.output.value : 0 }}') })).toEqual([])
    expect(told({ ...steps, ...use('${{ steps.s.output.kind == "okay" }}') })).toEqual(['TYPE_MISMATCH steps.x.with'])
  })
})

describe('an expression', () => {
  test.each([
    ['input.email + 1'], ['input.email > 3'], ['-input.email'], ['!input.n'], ['input.n ? 1 : 2'], ['input.n && true'], ['input.email == 3'], ['3 in steps.find.output.tags'], ['"a" in input.email'],
    ['input.n.contains("x")'], ['size(input.n)'], ['input.email.substring(input.n)'], ['steps.find.output.plan == "payed"'], ['steps.find.output.tags.filter(t, size(t))'], ['input.email.first'], ['steps.find.output.tags.first'],
    ['input.email[0]'], ['[1, 2].join(",")'], ['string(steps.find.output.tags)'], ['input.email.orValue("x")'], ['steps.find.output.tags + "x"'], ['input.email.contains()'], ['input.email.contains(1, 2)'],
  ])('whose parts do not fit is refused: %s', (expression) => {
    expect([...new Set(told(use(`\${{ ${expression} }}`)))]).toEqual(['TYPE_MISMATCH steps.x.with'])
  })

  test('in a text must not be null, and as a condition must be true or false', () => {
    expect(told(use('Hello ${{ steps.find.output.boss }}'))).toEqual(['UNGUARDED_OPTIONAL steps.x.with'])
    expect(told(use('Hello ${{ steps.find.output.tags }}, ${{ input.n }}'))).toEqual([])
    expect(told({ x: { if: 'input.n', uses: 'any' } })).toEqual(['TYPE_MISMATCH steps.x.if'])
    expect(told({ x: { forEach: 'input.email', uses: 'any' } })).toEqual(['TYPE_MISMATCH steps.x.forEach'])
    expect(told({ x: { switch: [{ if: 'input.email', uses: 'any' }, { else: true, uses: 'any' }] } })).toEqual(['TYPE_MISMATCH steps.x.switch[0].if'])
    expect(told(use('${{ steps.find.output.?nick }}'))).toEqual(['UNGUARDED_OPTIONAL steps.x.with'])
  })

  test('marks the part that is wrong', () => {
    const text = 'Dear ${{ input.email }} and ${{ 1 + input.emial }}'
    const [problem] = problemsOf(use(text))
    expect(text.slice(...(problem?.span ?? []))).toBe('emial')
  })
})

describe('the input of a template', () => {
  const send = (value: unknown): Record<string, StepModel> => ({ x: { uses: 'mail', ...(value === undefined ? {} : { with: value }) } })

  test.each<[string, unknown, string[]]>([
    ['nothing at all', undefined, ['MISSING_INPUT steps.x.with']],
    ['a field missing', { copies: 1 }, ['MISSING_INPUT steps.x.with']],
    ['a field misspelt', { too: 'a' }, ['SURPLUS_INPUT steps.x.with.too']],
    ['a field surplus', { to: 'a', colour: 'red' }, ['SURPLUS_INPUT steps.x.with.colour']],
    ['a constant of another kind', { to: 3 }, ['TYPE_MISMATCH steps.x.with.to']],
    ['an expression of another kind', { to: '${{ input.n }}' }, ['TYPE_MISMATCH steps.x.with.to']],
    ['a text where a number belongs', { to: 'a', copies: '${{ input.n }} copies' }, ['TYPE_MISMATCH steps.x.with.copies']],
    ['a choice that there is not', { to: 'a', kind: 'htlm' }, ['TYPE_MISMATCH steps.x.with.kind']],
    ['a number out of range', { to: 'a', copies: 9 }, ['TYPE_MISMATCH steps.x.with.copies']],
    ['an item of another kind', { to: 'a', parts: [{ title: 'x' }, { title: 1 }] }, ['TYPE_MISMATCH steps.x.with.parts[1].title']],
    ['a list in place of an object', ['a'], ['TYPE_MISMATCH steps.x.with']],
    ['a value that may be missing', { to: '${{ input.?note }}' }, ['UNGUARDED_OPTIONAL steps.x.with.to']],
    ['a value that may be null', { to: '${{ steps.find.output.phone }}' }, ['UNGUARDED_OPTIONAL steps.x.with.to']],
    ['an object without what is needed', '${{ steps.find.output }}', ['MISSING_INPUT steps.x.with']],
    ['all problems at once', { copies: 'x', kind: 3, top: 1 }, ['SURPLUS_INPUT steps.x.with.top', 'TYPE_MISMATCH steps.x.with.copies', 'TYPE_MISMATCH steps.x.with.kind']],
  ])('with %s is refused', (_, value, problems) => {
    expect(told(send(value)).sort()).toEqual(problems.sort())
  })

  test('that fits is accepted, whatever is not known before a run', () => {
    expect(told(send({ to: '${{ input.email }}', copies: '${{ input.n }}', kind: '${{ steps.find.output.body }}', headers: { 'x-a': '${{ input.email }}' }, parts: '${{ input.?orders.orValue([]).map(o, {"title": o.id}) }}' }))).toEqual([])
    expect(told({ x: { uses: 'mail', with: '${{ steps.find.output.body }}' } })).toEqual([])
  })

  test('may have more than the template reads when it is handed on as a whole, unless the template is strict', () => {
    const handOn: StepModel = { uses: 'strict', with: '${{ steps.find.output }}' }
    expect(told({ x: handOn })).toEqual(['SURPLUS_INPUT steps.x.with'])
  })
})

describe('a step that may be skipped', () => {
  const maybe: Record<string, StepModel> = { maybe: { ...FIND, if: 'input.n > 1' } }

  test('is read in the output only with a guard', () => {
    expect(told(maybe, { output: '${{ steps.maybe.output.name }}' })).toEqual(['UNGUARDED_OPTIONAL output'])
    expect(told(maybe, { output: '${{ has(steps.maybe.output) ? steps.maybe.output.name : "" }}' })).toEqual([])
    expect(told(maybe, { output: '${{ steps.maybe.?output.name.orValue("") }}' })).toEqual([])
    expect(told({ maybe: { ...FIND, continueOnError: true } }, { output: '${{ steps.maybe.output }}' })).toEqual(['UNGUARDED_OPTIONAL output'])
    expect(told({ ...maybe, next: { needs: 'maybe', uses: 'any' } }, { output: '${{ steps.next.output }}' })).toEqual(['UNGUARDED_OPTIONAL output'])
  })

  test('takes those that read it along, so they need none', () => {
    expect(told({ ...maybe, x: { uses: 'any', with: '${{ steps.maybe.output.name }}' } })).toEqual([])
  })

  test('is a switch without else, whose output is of one of its cases', () => {
    const cases = [{ if: 'input.n > 1', uses: 'find', with: { email: 'a' } }, { if: 'input.n > 2', uses: 'mail', with: { to: 'a' } }]
    expect(told({ s: { switch: cases } }, { output: '${{ steps.s.output }}' })).toEqual(['UNGUARDED_OPTIONAL output'])
    expect(told({ s: { switch: [...cases, { else: true, uses: 'any' }] } }, { output: '${{ steps.s.output.anything }}' })).toEqual([])
    expect(told({ s: { switch: [cases[0] ?? {}, { else: true, uses: 'mail', with: { to: 'a' } }] } }, { output: '${{ steps.s.output.age }}' })).toEqual(['UNGUARDED_OPTIONAL output'])
  })
})

describe('what a block or loop gives', () => {
  test('is known by its output, by default by its last steps', () => {
    expect(told({ b: { steps: { f: FIND }, output: { who: '${{ steps.f.output.name }}' } }, ...use('${{ steps.b.output.whom }}') })).toEqual(['UNKNOWN_FIELD steps.x.with'])
    expect(told({ b: { steps: { f: FIND } }, ...use('${{ steps.b.output.f.name }}') })).toEqual([])
    expect(told({ b: { steps: { f: { ...FIND, if: 'input.n > 1' } } }, ...use('${{ steps.b.output.f.name }}') })).toEqual(['UNGUARDED_OPTIONAL steps.x.with'])
  })

  test('is a list for a loop, with null for an item that had no case', () => {
    expect(told({ l: { forEach: '[1, 2]', ...FIND }, ...use('${{ steps.l.output.name }}') })).toEqual(['TYPE_MISMATCH steps.x.with'])
    expect(told({ l: { forEach: '[1, 2]', ...FIND }, ...use('${{ steps.l.output[0].name }}') })).toEqual([])
    expect(told({ l: { forEach: '[1, 2]', switch: [{ if: 'item > 1', ...FIND }] }, ...use('${{ steps.l.output[0].name }}') })).toEqual(['UNGUARDED_OPTIONAL steps.x.with'])
  })
})

test('what is known of an item says nothing of the item of a loop inside, though both have one name', () => {
  const list = '[{"note": input.?note.orValue(null)}]'
  const inner: StepModel = { forEach: list, steps: { y: { needs: 'a', uses: 'any', with: 'Note: ${{ item.note }}' } } }
  expect(told({ l: { forEach: list, steps: { a: { if: 'item.note != null', uses: 'any', with: 'Note: ${{ item.note }}' }, inner } } })).toEqual(['UNGUARDED_OPTIONAL steps.l.steps.inner.steps.y.with'])
})

describe('what can never run', () => {
  test('is told with its condition', () => {
    expect(told({ x: { if: 'false', uses: 'any' } })).toEqual(['UNREACHABLE steps.x.if'])
    expect(told({ x: { if: '1 > 2', uses: 'any' } })).toEqual(['UNREACHABLE steps.x.if'])
    expect(told({ x: { switch: [{ if: 'true', uses: 'any' }, { else: true, uses: 'any' }] } })).toEqual(['UNREACHABLE steps.x.switch[1]'])
  })
})

test('a step is looked at after those that it reads, wherever it stands', () => {
  expect(told({ x: { uses: 'any', with: '${{ steps.later.output.nmae }}' }, later: FIND })).toEqual(['UNKNOWN_FIELD steps.x.with'])
})
