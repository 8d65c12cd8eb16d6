// `compensate` in a graph: what it is checked for, how it is written in each form, and that all forms are one version.
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { DefinitionError } from '../errors.ts'
import { defineTemplate } from '../template/define.ts'
import { workflow } from './builder.ts'
import { fromText } from './from-text.ts'
import { fromModel } from './graph.ts'
import { writeTypeScript } from './write/typescript.ts'
import { writeYaml } from './write/yaml.ts'
import type { WorkflowModel } from '../model/workflow.ts'

const hold = defineTemplate({ name: 'hold', version: '1.0.0', description: 'Holds a seat.', input: z.object({ film: z.string() }), output: z.object({ seat: z.string() }), execute: ({ film }) => ({ seat: film }) })
const free = defineTemplate({ name: 'free', version: '1.0.0', description: 'Frees a seat.', input: z.object({ seat: z.string(), why: z.string() }), output: z.object({}), execute: () => ({}) })
const undo = defineTemplate({
  name: 'undo', version: '1.0.0', description: 'Frees it.', output: z.object({}), execute: () => ({}),
  input: z.object({ input: z.object({ film: z.string() }), output: z.object({ seat: z.string() }), outcome: z.literal('completed') }),
})
const pure = defineTemplate({ name: 'pure', version: '1.0.0', description: 'Nothing.', input: z.object({}), output: z.object({}), pure: true, execute: () => ({}) })
const templates = [hold, free, undo, pure]

const yaml = `name: book
input: { type: object, properties: { film: { type: string } }, required: [film] }
onCancel: leave
steps:
  hold:
    uses: hold
    with: { film: '\${{ input.film }}' }
    compensate:
      uses: free
      with: { seat: '\${{ step.output.seat }}', why: 'no \${{ input.film }}, \${{step.outcome}}' }
      retry: { maxAttempts: 3 }
      timeout: 1m
  other:
    uses: hold
    with: { film: other }
    compensate: { uses: undo }
  kept:
    uses: hold
    with: { film: kept }
    compensate: false
`

function problems(compensate: unknown, uses = 'hold'): string[] {
  try {
    fromModel({ name: 'book', steps: { hold: { uses, ...(uses === 'hold' ? { with: { film: 'a' } } : {}), compensate }, before: { uses: 'hold', with: { film: 'b' } } } }, templates)
    return []
  } catch (thrown) {
    if (!(thrown instanceof DefinitionError)) throw thrown
    return ((thrown.details?.['problems'] ?? []) as { code: string; path: string }[]).map(({ code, path }) => `${code} ${path}`)
  }
}

describe('compensate in a graph', () => {
  test('is one version in YAML, JSON and the builder, with its template pinned', () => {
    const text = fromText(yaml, templates)
    const built = workflow('book', { input: z.object({ film: z.string() }), onCancel: 'leave' })
      .step('hold', {
        uses: hold, with: ({ input }) => ({ film: input.film }),
        compensate: { uses: free, with: ({ step }) => ({ seat: step.output.seat, why: 'no' }), retry: { maxAttempts: 3 }, timeout: '60s' },
      })
      .step('other', { uses: hold, with: { film: 'other' }, compensate: undo })
      .step('kept', { uses: hold, with: { film: 'kept' }, compensate: false })
      .build()
    const model = JSON.parse(text.definition) as WorkflowModel
    expect(model.steps['hold']?.compensate).toEqual({ uses: 'free@1.0.0', with: { seat: '${{ step.output.seat }}', why: 'no ${{ input.film }}, ${{ step.outcome }}' }, retry: { maxAttempts: 3 }, timeout: '1m' })
    expect(text.onCancel).toBe('leave')
    expect((JSON.parse(built.definition) as WorkflowModel).steps).toEqual({
      hold: { uses: 'hold@1.0.0', with: { film: '${{ input.film }}' }, compensate: { uses: 'free@1.0.0', with: { seat: '${{ step.output.seat }}', why: 'no' }, retry: { maxAttempts: 3 }, timeout: '60s' } },
      other: { uses: 'hold@1.0.0', with: { film: 'other' }, compensate: { uses: 'undo@1.0.0' } },
      kept: { uses: 'hold@1.0.0', with: { film: 'kept' }, compensate: false },
    })
    expect(fromText(writeYaml(model, { schema: null }), templates).version).toBe(text.version)
    expect(fromText(yaml.replace('timeout: 1m', 'timeout: 60000'), templates).version).toBe(text.version)
    expect(fromText(yaml.replace('uses: undo', 'uses: undo, onUnknown: settle'), templates).version).not.toBe(text.version)
  })

  test('is written as TypeScript', () => {
    const code = writeTypeScript(JSON.parse(fromText(yaml, templates).definition) as WorkflowModel, (uses) => {
      const template = templates.find(({ meta }) => uses.startsWith(meta.name))
      const name = template?.meta.name ?? ''
      return { name, called: name, from: './templates.ts', input: template?.schemas.input ?? {}, output: template?.schemas.output ?? {} }
    }, () => expect.fail('nothing is run inline'))
    expect(code).toContain('uses: free')
    expect(code).toContain('seat: step.output.seat')
    expect(code).toContain('why: text`no ${input.film}, ${step.outcome}`')
    expect(code).toContain('compensate: undo')
    expect(code).toContain('compensate: false')
    expect(code).toContain("onCancel: 'leave'")
  })

  test.each<[string, unknown, string[], string?]>([
    ['a template that there is not', { uses: 'nothing' }, ['UNKNOWN_TEMPLATE steps.hold.compensate.uses']],
    ['an unknown key', { uses: 'undo', wiht: 1 }, ['UNKNOWN_KEY steps.hold.compensate.wiht']],
    ['a text', 'undo', ['INVALID_VALUE steps.hold.compensate']],
    ['a field that the output has not', { uses: 'free', with: { seat: '${{ step.output.seats }}', why: '' } }, ['UNKNOWN_FIELD steps.hold.compensate.with.seat']],
    ['an input that does not fit', { uses: 'free', with: { seat: '${{ step.output }}', why: '' } }, ['TYPE_MISMATCH steps.hold.compensate.with.seat']],
    ['a template that does not take what it is told', { uses: 'free' }, ['MISSING_INPUT steps.hold.compensate', 'MISSING_INPUT steps.hold.compensate']],
    ['another step', { uses: 'free', with: { seat: '${{ steps.before.output.seat }}', why: '' } }, ['UNKNOWN_STEP steps.hold.compensate.with.seat']],
    ['no time', { uses: 'undo', timeout: 0 }, ['INVALID_DURATION steps.hold.compensate.timeout']],
    ['a pure step', { uses: 'undo' }, ['MISPLACED_KEY steps.hold.compensate'], 'pure'],
  ])('refuses %s, where it stands', (_what, compensate, expected, uses) => {
    const found = problems(compensate, uses)
    for (const one of expected) expect(found).toContain(one)
  })

  test('refuses it where there is no template', () => {
    expect(() => fromModel({ name: 'w', steps: { nap: { sleep: 1, compensate: { uses: 'undo' } } } }, templates)).toThrow(/compensate/)
  })
})
