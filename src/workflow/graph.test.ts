import { describe, expect, test } from 'vitest'
import { echo, template } from '../../test/fixtures/graph-host.ts'
import { DefinitionError, InputInvalidError } from '../errors.ts'
import { modelKeys } from '../model/workflow-schema.ts'
import { createRegistry } from '../template/registry.ts'
import { canonicalModel } from './canonical.ts'
import { fromModel } from './graph.ts'
import type { Problem } from './problems.ts'

const use = { uses: 'echo' }
const make = (model: object): ReturnType<typeof fromModel> => fromModel({ name: 'test', steps: { a: use }, ...model }, [echo])

/** The problems of a model, as `path: message`. */
function problems(model: unknown): string[] {
  try {
    fromModel(model, [echo])
  } catch (error) {
    expect(error).toBeInstanceOf(DefinitionError)
    return ((error as DefinitionError).details?.['problems'] as Problem[]).map(({ path, message }) => `${path}: ${message}`)
  }
  return []
}

const inSteps = (steps: object): string[] => problems({ name: 'test', steps })

describe('fromModel', () => {
  test('makes a graph workflow', () => {
    const graph = make({ description: 'Tests.', timeout: '1h', input: { type: 'object' } })
    expect(graph).toMatchObject({ form: 'graph', name: 'test', description: 'Tests.', timeout: '1h', schemas: { input: { type: 'object' } } })
    expect(graph.source().synchronous).toBe(true)
    expect([...graph.templates.keys()]).toEqual(['echo@1.0.0'])
  })

  test('pins each range to the exact version that it meant', () => {
    const registry = createRegistry([template('echo', '1.0.0'), template('echo', '1.4.0'), template('echo', '2.0.0')])
    const graph = fromModel({ name: 'test', steps: { a: { uses: 'echo@^1' }, b: { uses: 'echo' }, c: { steps: { d: { uses: 'echo@1.0.0' } } } } }, registry)
    expect([...graph.templates.keys()].toSorted()).toEqual(['echo@1.0.0', 'echo@1.4.0', 'echo@2.0.0'])
    expect(JSON.parse(graph.definition)).toMatchObject({ steps: { a: { uses: 'echo@1.4.0' }, b: { uses: 'echo@2.0.0' }, c: { steps: { d: { uses: 'echo@1.0.0' } } } } })
  })

  test('made again from its definition it is the same', () => {
    const graph = make({ output: { z: 1, a: '${{ steps.a.output }}' }, steps: { b: { ...use, needs: 'a' }, a: { ...use, with: { y: 1, x: [2] } } }, description: 'd', layout: { a: { x: 1, y: 2 } } })
    const again = fromModel(JSON.parse(graph.definition), graph.templates.values())
    expect(again.definition).toBe(graph.definition)
    expect(again.version).toBe(graph.version)
  })
})

describe('a version', () => {
  const version = (model: object): string => make(model).version
  const plain = version({})

  test('is a hash', () => {
    expect(plain).toMatch(/^[0-9a-f]{40}$/)
  })

  test.each([
    ['description', { description: 'Other.' }],
    ['layout', { layout: { a: { x: 1, y: 2 } } }],
    ['a description of a step', { steps: { a: { ...use, description: 'Other.' } } }],
  ])('does not change with the %s', (_, model) => {
    expect(version(model)).toBe(plain)
  })

  test.each([
    ['name', { name: 'other' }],
    ['step', { steps: { b: use } }],
    ['input of a step', { steps: { a: { ...use, with: 1 } } }],
    ['option', { steps: { a: { ...use, timeout: '1s' } } }],
    ['output', { output: 1 }],
    ['policy', { onFailure: 'continue' }],
    ['input schema', { input: { type: 'object' } }],
  ])('changes with the %s', (_, model) => {
    expect(version(model)).not.toBe(plain)
  })

  test('changes with the version of a template that a range means', () => {
    const model = { name: 'test', steps: { a: { uses: 'echo@^1' } } }
    expect(fromModel(model, [template('echo', '1.0.0')]).version).not.toBe(fromModel(model, [template('echo', '1.0.1')]).version)
  })

  test('changes with the order of steps, which is the order of their beginning, but not with that of other keys', () => {
    expect(version({ steps: { a: use, b: use } })).not.toBe(version({ steps: { b: use, a: use } }))
    expect(version({ steps: { a: { uses: 'echo', with: { x: 1, y: 2 } } } })).toBe(version({ steps: { a: { with: { y: 2, x: 1 }, uses: 'echo' } } }))
  })

  test('knows a place for every key of the model', () => {
    const backwards = (value: object): object => Object.fromEntries(Object.entries(value).reverse())
    const keys = (names: readonly string[]): object => Object.fromEntries(names.map((name) => [name, name === 'steps' ? {} : name === 'switch' ? [] : 1]))
    const step = { ...keys(modelKeys.step), switch: [keys(modelKeys.case)] }
    const whole = { ...keys(modelKeys.workflow), steps: { a: step } }
    const other = { ...whole, steps: { a: backwards({ ...step, switch: step.switch.map(backwards) }) } }
    expect(JSON.stringify(canonicalModel(backwards(other)))).toBe(JSON.stringify(canonicalModel(whole)))
  })

  test('does not change with the way in which needs are written', () => {
    expect(version({ steps: { a: use, b: { ...use, needs: 'a' } } })).toBe(version({ steps: { a: use, b: { ...use, needs: ['a'] } } }))
  })

  test('does not change with what a schema says to people only', () => {
    const schema = (more: object): string => version({ input: { type: 'object', properties: { description: { type: 'string', ...more } } } })
    expect(schema({ description: 'Why.', title: 'T', examples: ['x'] })).toBe(schema({}))
    expect(schema({ minLength: 1 })).not.toBe(schema({}))
    expect(version({ input: { type: 'object', properties: {} } })).not.toBe(schema({}))
  })
})

describe('inputs', () => {
  const graph = make({
    input: { type: 'object', properties: { email: { type: 'string', format: 'email' }, plan: { default: 'free' }, tags: { type: 'array', items: { type: 'string' } } }, required: ['email'], additionalProperties: false },
  })

  test('are checked by the JSON Schema, defaults are filled in on a copy', () => {
    const input = { email: 'a@b.example' }
    expect(graph.check(input)).toEqual({ email: 'a@b.example', plan: 'free' })
    expect(input).toEqual({ email: 'a@b.example' })
  })

  test('are refused with every problem and its path', () => {
    expect(() => graph.check({ tags: ['x', 1], extra: true })).toThrow(InputInvalidError)
    expect(() => graph.check({ tags: ['x', 1], extra: true })).toThrow('workflow "test" refused its input: input.email: is missing; input.extra: is not known; input.tags[1]: must be string')
    expect(() => graph.check({ email: 'nobody' })).toThrow(/input\.email: must match format "email"/)
  })

  test('are taken as they are without a schema', () => {
    const input = { any: 'thing' }
    expect(make({}).check(input)).toBe(input)
  })

  test('need a schema that is checked in full', () => {
    expect(problems({ name: 'test', steps: { a: use }, input: { type: 'objct' } })[0]).toMatch(/^input\.type: there is no type "objct"\. Did you mean "object"/)
    expect(problems({ name: 'test', steps: { a: use }, input: { minimun: 3 } })[0]).toMatch(/^input\.minimun: "minimun" is no keyword of JSON Schema\. Did you mean "minimum"/)
    expect(problems({ name: 'test', steps: { a: use }, input: { type: 'string', format: 'shoe-size' } })[0]).toMatch(/^input\.format: there is no format "shoe-size"/)
    expect(problems({ name: 'test', steps: { a: use }, input: { $ref: 'https://schemas.example/x' } })[0]).toMatch(/can't resolve reference/)
  })

  test('two graphs may use the same id in their schemas', () => {
    const input = { $id: 'https://schemas.example/one', type: 'object' }
    make({ input })
    expect(() => make({ input: { ...input, type: 'string' } }).check({})).toThrow(/must be string/)
    expect(make({ input }).check({})).toEqual({})
  })
})

describe('a definition is refused', () => {
  test('when a limit leaves no time', () => {
    expect(problems({ name: 'test', timeout: 0, steps: { a: { uses: 'echo', timeout: '0s', totalTimeout: 1, heartbeatTimeout: 0 }, b: { sleep: 0 }, c: { switch: [{ else: true, uses: 'echo', timeout: '0h' }] } } })).toEqual([
      'steps.a.heartbeatTimeout: nothing is done in no time: expected more than 0, got 0', 'steps.a.timeout: nothing is done in no time: expected more than 0, got "0s"',
      'steps.c.switch[0].timeout: nothing is done in no time: expected more than 0, got "0h"', 'timeout: nothing is done in no time: expected more than 0, got 0',
    ])
  })

  test('with all its problems at once, sorted by path', () => {
    const found = problems({
      name: 'test',
      on: {},
      steps: {
        b: { uses: 'ecko', with: { x: '${{ steps.nope.output }}', y: '${{ 1 + }}' }, retyr: {} },
        a: { uses: 'echo', timeout: 'soon', needs: ['b', 'c'] },
        10: { uses: 'echo' },
      },
      output: '${{ item }}',
    })
    expect(found).toEqual([
      'on: there is no such key.',
      'output: `item`: there is no item here',
      'steps.10: expected letters, digits and "_", not beginning with a digit, got "10"',
      'steps.a.needs[1]: there is no step "c".',
      'steps.a.timeout: expected a duration such as "500ms", "30s", "1h 30m" or a number of milliseconds, got "soon"',
      'steps.b.retyr: there is no such key. Did you mean "retry"?',
      'steps.b.uses: there is no template "ecko". Did you mean "echo" (1.0.0)?',
      'steps.b.with.x: `steps.nope.output`: there is no step "nope".',
      'steps.b.with.y: `1 +` is no expression (at character 4): did not expect the end here',
    ])
  })

  test.each([[undefined], [null], [3], ['text'], [[]]])('when it is %j', (model) => {
    expect(problems(model)[0]).toMatch(/: expected an object, got/)
  })

  test('with a version of its own', () => {
    expect(problems({ name: 'test', version: '1', steps: { a: use } })).toEqual(['version: a graph has no version of its own'])
  })

  test('with a version of a template that there is not', () => {
    expect(inSteps({ a: { uses: 'echo@^2' }, b: { uses: 'echo@latest' } })).toEqual([
      'steps.a.uses: there is no version of "echo" that satisfies >=2.0.0 <3.0.0-0; there are: 1.0.0',
      'steps.b.uses: template reference "echo@latest": expected a semver range after the "@", got "latest"',
    ])
  })

  test.each([
    ['no steps', {}, 'steps: expected at least one step'],
    ['an empty block', { a: { steps: {} } }, 'steps.a.steps: expected at least one step'],
    ['no body', { a: { needs: [] } }, 'steps.a: expected exactly one of uses, steps, switch, parallel, inline, sleep, signal, event, approval, child and children, got none'],
    ['two bodies', { a: { uses: 'echo', steps: { b: use } } }, 'steps.a: expected exactly one of uses, steps, switch, parallel, inline, sleep, signal, event, approval, child and children, got uses and steps'],
    ['a retry of a block', { a: { steps: { b: use }, retry: {} } }, 'steps.a.retry: belongs to a step with uses, not with steps'],
    ['an output of a template', { a: { ...use, output: 1 } }, 'steps.a.output: belongs to a block, not to a step with uses'],
    ['as without forEach', { a: { ...use, as: 'x' } }, 'steps.a.as: names an item, but there is no forEach'],
    ['concurrency without forEach', { a: { ...use, concurrency: 1 } }, 'steps.a.concurrency: bounds a forEach, but there is none'],
    ['an item called input', { a: { ...use, forEach: '[]', as: 'input' } }, 'steps.a.as: the name input is taken'],
    ['a poisoned id', { constructor: use }, 'steps.constructor: a step cannot be called constructor'],
    ['an id that is used around', { a: { steps: { a: use } } }, 'steps.a.steps.a: the id a is used by a step around this one'],
    ['a case without if', { a: { switch: [use] } }, 'steps.a.switch[0]: expected either if or else, got neither'],
    ['a case with both', { a: { switch: [{ ...use, if: 'true', else: true }] } }, 'steps.a.switch[0]: expected either if or else, got both'],
    ['else before the end', { a: { switch: [{ ...use, else: true }, { ...use, if: 'true' }] } }, 'steps.a.switch[0]: else must be the last case: no case behind it is ever chosen'],
    ['two cases of one name', { a: { switch: [{ ...use, if: 'input.a', name: 'x' }, { ...use, else: true, name: 'x' }] } }, 'steps.a.switch[1].name: another case is called x'],
    ['a step that waits for itself', { a: { ...use, needs: 'a' } }, 'steps.a: the step waits for itself: a → a'],
  ])('with %s', (_, steps, problem) => {
    expect(inSteps(steps)).toEqual([problem])
  })

  test('with the path of a cycle, also when it goes through a block', () => {
    const cycle = { a: { ...use, with: '${{ steps.c.output }}' }, b: { steps: { x: { ...use, with: '${{ steps.a.output }}' } } }, c: { ...use, needs: 'b' }, d: { ...use, needs: 'a' } }
    expect(inSteps(cycle)).toEqual(['steps.a: the steps wait for each other: a → c → b → a'])
  })

  test('with each of several cycles', () => {
    expect(inSteps({ a: { ...use, needs: 'b' }, b: { ...use, needs: 'a' }, c: { ...use, needs: 'd' }, d: { ...use, needs: 'c' } })).toHaveLength(2)
  })

  test('when a step is used outside of its scope', () => {
    const steps = { b: { steps: { x: use } }, c: { ...use, with: '${{ steps.x.output }}' }, r: { switch: [{ else: true, steps: { y: use } }] }, e: { ...use, needs: 'y' } }
    expect(inSteps(steps)).toEqual(['steps.c.with: `steps.x.output`: the step x is inside "b" and is not seen here', 'steps.e.needs[0]: the step y is inside "r" and is not seen here'])
  })

  test('when an item is used outside of its loop', () => {
    const steps = { f: { ...use, forEach: 'item', if: 'index > 1', with: '${{ item }}' }, g: { ...use, with: '${{ order.x }}' }, h: { forEach: '[]', as: 'order', steps: { i: { ...use, with: '${{ order }}' } } } }
    expect(inSteps(steps).map((text) => text.split('`: ')[0])).toEqual(['steps.f.forEach: `item', 'steps.f.if: `index', 'steps.g.with: `order.x'].map((text) => expect.stringContaining(text) as string))
  })

  test('when blocks are nested without end', () => {
    let steps: object = { leaf: use }
    for (let i = 0; i < 20; i++) steps = { [`b${i}`]: { steps } }
    expect(inSteps(steps)).toEqual([expect.stringMatching(/blocks are nested more than 16 deep/)])
  })

  test('one mistake in shape does not hide others, and is told once', () => {
    expect(inSteps({ a: 'echo', b: { uses: 3, with: '${{ steps.a.output }}' }, c: { ...use, with: '${{ steps.zz.output }}' } })).toEqual([
      'steps.a: expected an object, got "echo"', 'steps.b.uses: expected a text, got 3', 'steps.c.with: `steps.zz.output`: there is no step "zz".',
    ])
  })
})
