import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { echo } from '../../test/fixtures/graph-host.ts'
import type { StepModel, WorkflowModel } from '../model/workflow.ts'
import { canonicalModel } from './canonical.ts'
import { fromModel, fromStored } from './graph.ts'
import { splitText } from './interpolation.ts'
import { respelled } from './spelling.ts'

const graph = (steps: Record<string, StepModel>, more: Partial<WorkflowModel> = {}): ReturnType<typeof fromModel> => fromModel({ name: 'test', steps, ...more }, [echo])
const version = (step: StepModel, more: Partial<WorkflowModel> = {}): string => graph({ a: step }, more).version
const use: StepModel = { uses: 'echo' }

describe('a version does not change with the spelling of', () => {
  test.each<[string, StepModel, StepModel]>([
    ['an input', { ...use, with: ['${{input.x}}', { y: 'a ${{   input.y}} b' }] }, { ...use, with: ['${{ input.x }}', { y: 'a ${{ input.y }} b' }] }],
    ['a condition', { ...use, if: '${{ input.x }}' }, { ...use, if: 'input.x' }],
    ['a condition with blanks', { ...use, if: ' input.x\n' }, { ...use, if: 'input.x' }],
    ['a list', { ...use, forEach: '${{input.x}}' }, { ...use, forEach: 'input.x' }],
    ['a case', { switch: [{ if: '${{ input.x }}', ...use }] }, { switch: [{ if: 'input.x', ...use }] }],
    ['what stands in a block', { steps: { b: { ...use, with: '${{input.x}}' } }, output: '${{steps.b.output}}' }, { steps: { b: { ...use, with: '${{ input.x }}' } }, output: '${{ steps.b.output }}' }],
    ['a wait', { sleep: '${{input.x}}' }, { sleep: '${{ input.x }}' }],
    ['a duration', { sleep: '1m 30s' }, { sleep: 90_000 }],
    ['a timeout', { ...use, timeout: '1s', totalTimeout: '2s', heartbeatTimeout: '3s' }, { ...use, timeout: 1000, totalTimeout: '2000ms', heartbeatTimeout: '0.05m' }],
    ['a retry', { ...use, retry: { initialDelay: '1s', maxDelay: '1m' } }, { ...use, retry: { initialDelay: 1000, maxDelay: '60s' } }],
  ])('%s', (_, one, other) => {
    expect(version(one)).toBe(version(other))
  })

  test('the output and the timeout of the workflow', () => {
    expect(version(use, { output: '${{steps.a.output}}', timeout: '60s' })).toBe(version(use, { output: '${{ steps.a.output }}', timeout: '1m' }))
  })

  test('its $schema, which is kept in the definition', () => {
    const named = graph({ a: use }, { $schema: './workflow.json' })
    expect(named.version).toBe(version(use))
    expect(JSON.parse(named.definition)).toMatchObject({ $schema: './workflow.json' })
  })
})

describe('a version changes with', () => {
  test.each<[string, StepModel, StepModel]>([
    ['blanks inside of an expression, which may stand in a text', { ...use, with: "${{ input.x + 'a  b' }}" }, { ...use, with: "${{ input.x + 'a b' }}" }],
    ['blanks around an expression in a text', { ...use, with: ' ${{ input.x }}' }, { ...use, with: '${{ input.x }}' }],
    ['the time itself', { sleep: '1s' }, { sleep: '2s' }],
  ])('%s', (_, one, other) => {
    expect(version(one)).not.toBe(version(other))
  })
})

describe('respelled', () => {
  const piece = fc.oneof(
    fc.string({ maxLength: 6 }).filter((text) => !text.includes('$')),
    fc.constantFrom('${{x}}', '${{ x }}', "${{ '}}' }}", "${{'${{'}}", '${{ {"a": {"b": 1}} }}', '${{  r"\\" }}', "${{\n'''it's'''\t}}", '$', '}}', '${{ "\\"}}" }}'),
  )
  const texts = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''))
  const meaning = (text: string): unknown => splitText(text)?.map(({ kind, text: inner }) => [kind, inner])

  test('means the same and is respelled no more', () => {
    fc.assert(fc.property(texts, (text) => {
      const once = respelled(canonicalModel({ name: 'x', steps: { a: { uses: 'echo', with: text } } }))
      const spelled = once.steps['a']?.with as string
      expect(meaning(spelled)).toEqual(meaning(text))
      expect(respelled(once)).toEqual(once)
    }))
  })
})

describe('a stored definition', () => {
  test('of an earlier spelling is rebuilt under the version that its runs name', () => {
    const stored = { name: 'test', steps: { a: { uses: 'echo@1.0.0', with: '${{input}}', if: '${{ true }}' } } }
    const rebuilt = fromStored(stored, [echo], 'an-older-hash')
    expect(rebuilt.version).toBe('an-older-hash')
    expect(fromStored(stored, [echo]).version).toBe(fromModel(stored, [echo]).version)
  })

  test('problems are told at the characters of the text as it was given', () => {
    expect(() => graph({ a: { ...use, with: '${{nope}}' } })).toThrow(expect.objectContaining({ details: { problems: [expect.objectContaining({ span: [3, 7] })] } }) as Error)
  })
})
