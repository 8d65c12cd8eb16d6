// Children of graphs: what is refused, what is opened, what comes of it, and that all forms say the same.
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { begin, echo, type GraphHost, run } from '../../test/fixtures/graph-host.ts'
import { ChildFailedError, type DefinitionError } from '../errors.ts'
import type { StepModel, WorkflowModel } from '../model/workflow.ts'
import { workflow } from './builder.ts'
import { PAGE } from './children.ts'
import type { Operation } from './contract.ts'
import { defineWorkflow } from './define.ts'
import { describeGraph } from './describe.ts'
import { fromModel } from './graph.ts'
import { jsonSchema } from './input-schema.ts'
import type { Problem } from './problems.ts'
import { renameStep } from './rename-step.ts'
import { writeYaml } from './write/yaml.ts'

const input: WorkflowModel['input'] = { type: 'object', required: ['n', 'text', 'list'], properties: { n: { type: 'number' }, text: { type: 'string' }, list: { type: 'array', items: { type: 'number' } } } }
const given = { n: 3, text: 'a', list: [1, 2] }

function problemsOf(steps: Record<string, unknown>): readonly Pick<Problem, 'code' | 'path'>[] {
  try {
    fromModel({ name: 'test', input, steps }, [echo])
    return []
  } catch (thrown) {
    return ((thrown as DefinitionError).details?.['problems'] as readonly Problem[]).map(({ code, path }) => ({ code, path }))
  }
}

const started = (steps: Record<string, StepModel>, output?: unknown): GraphHost => begin({ input, steps, ...(output === undefined ? {} : { output }) }, given)

function opened<K extends Operation['kind']>(host: GraphHost, path: string, kind: K): Extract<Operation, { kind: K }> {
  const operation = host.operation(path)
  if (operation.kind !== kind) throw new Error(`${path} is a ${operation.kind}`)
  return operation as Extract<Operation, { kind: K }>
}

const failure = (path: string): ChildFailedError => new ChildFailedError('no', { path, details: { run: 'r' } })

describe('what is refused', () => {
  test.each<[Record<string, unknown>, string, string]>([
    [{ child: {} }, 'MISSING_KEY', 'steps.a.child.workflow'],
    [{ child: { workflow: 'Not One' } }, 'INVALID_NAME', 'steps.a.child.workflow'],
    [{ child: { workflow: '${{ input.text }}' } }, 'INVALID_NAME', 'steps.a.child.workflow'],
    [{ child: { workflow: 'x', inputs: [] } }, 'UNKNOWN_KEY', 'steps.a.child.inputs'],
    [{ child: { workflow: 'x', parentClose: 'terminate' } }, 'INVALID_VALUE', 'steps.a.child.parentClose'],
    [{ child: { workflow: 'x', queue: 'no spaces' } }, 'INVALID_VALUE', 'steps.a.child.queue'],
    [{ child: { workflow: 'x', input: '${{ input.none }}' } }, 'UNKNOWN_FIELD', 'steps.a.child.input'],
    [{ child: { workflow: 'x' }, with: {} }, 'MISPLACED_KEY', 'steps.a.with'],
    [{ child: { workflow: 'x' }, retry: { maxAttempts: 2 } }, 'MISPLACED_KEY', 'steps.a.retry'],
    [{ child: { workflow: 'x' }, children: { workflow: 'x', inputs: [] } }, 'MISPLACED_KEY', 'steps.a'],
    [{ child: { workflow: 'x' }, output: 1 }, 'MISPLACED_KEY', 'steps.a.output'],
    [{ children: { workflow: 'x' } }, 'INVALID_VALUE', 'steps.a.children.inputs'],
    [{ children: { workflow: 'x', inputs: 'input.list' } }, 'INVALID_VALUE', 'steps.a.children.inputs'],
    [{ children: { workflow: 'x', inputs: 'a ${{ input.n }}' } }, 'INVALID_VALUE', 'steps.a.children.inputs'],
    [{ children: { workflow: 'x', inputs: '${{ input.n }}' } }, 'TYPE_MISMATCH', 'steps.a.children.inputs'],
    [{ children: { workflow: 'x', inputs: [], concurrency: 0 } }, 'INVALID_VALUE', 'steps.a.children.concurrency'],
    [{ children: { workflow: 'x', inputs: [], collect: 'all' } }, 'INVALID_VALUE', 'steps.a.children.collect'],
    [{ children: { workflow: 'x', inputs: [], wait: false } }, 'UNKNOWN_KEY', 'steps.a.children.wait'],
  ])('%j', (step, code, path) => {
    expect(problemsOf({ a: step })).toContainEqual({ code, path })
  })

  test('what the output does not hold', () => {
    const reading = (field: string, more: object = {}): readonly unknown[] => problemsOf({ a: { children: { workflow: 'x', inputs: '${{ input.list }}', ...more } }, b: { uses: 'echo', with: `\${{ steps.a.output.${field} }}` } })
    expect(reading('failed + 1')).toEqual([])
    expect(reading('outputs')).toEqual([{ code: 'UNKNOWN_FIELD', path: 'steps.b.with' }])
    expect(reading('outputs[0].anything', { collect: 'outputs' })).toEqual([])
    expect(reading('results[0].error != null', { collect: 'results' })).toEqual([])
    expect(reading('results[0].why', { collect: 'results' })).toEqual([{ code: 'UNKNOWN_FIELD', path: 'steps.b.with' }])
    expect(problemsOf({ a: { child: { workflow: 'x', wait: false } }, b: { uses: 'echo', with: '${{ steps.a.output.id }}' } })).toHaveLength(1)
  })
})

describe('child', () => {
  test('starts a run, waits for it and gives its output', () => {
    const host = started({ a: { uses: 'echo', with: 7 }, ship: { child: { workflow: 'ship', input: { n: '${{ steps.a.output }}', of: '${{ input.text }}' }, parentClose: 'abandon', queue: 'bulk' } } }, '${{ steps.ship.output.done }}')
    host.answer('a')
    expect(opened(host, 'ship', 'child')).toEqual({ kind: 'child', path: 'ship', run: null, start: { workflow: 'ship', input: { n: 7, of: 'a' }, close: 'abandon', queue: 'bulk' }, reads: ['a', '$input'] })
    host.deliver('ship', { status: 'completed', output: { done: true } })
    expect(host.output).toBe(true)
  })

  test('by default it takes an empty object, ends with its parent, and is taken from the queue of its parent', () => {
    expect(opened(started({ a: { child: { workflow: 'x' } } }), 'a', 'child').start).toEqual({ workflow: 'x', input: {}, close: 'cancel', queue: null })
  })

  test('that is only started gives its id', () => {
    const host = run({ steps: { a: { child: { workflow: 'x', wait: false } } }, output: '${{ steps.a.output }}' })
    expect(host.operation('a')).toMatchObject({ kind: 'spawn' })
    expect(host.output).toBe('run of a')
  })

  test('that fails fails its step, unless that is handled', () => {
    const plain = started({ a: { child: { workflow: 'x' } } })
    plain.deliver('a', { status: 'failed', error: failure('a') })
    expect(plain.failure).toMatchObject({ code: 'CHILD_FAILED', path: 'a' })
    const handled = started({ a: { child: { workflow: 'x' }, onError: { codes: ['CHILD_FAILED'], output: '${{ error.details.run }}' } } }, '${{ steps.a.output }}')
    handled.deliver('a', { status: 'failed', error: failure('a') })
    expect(handled.drain().output).toBe('r')
  })

  test('for each item, in a case, in a branch and in a loop', () => {
    const child = { workflow: 'x', input: '${{ index }}' }
    const host = started({
      each: { forEach: 'input.list', concurrency: 1, child },
      way: { switch: [{ else: true, child: { workflow: 'x' } }] },
      both: { parallel: { branches: { one: { child: { workflow: 'x' } }, two: { uses: 'echo', with: 1 } }, merge: 'first' } },
      turn: { loop: { max: 2, until: 'last == 2' }, child: { workflow: 'x', input: '${{ last }}' } },
    })
    expect([...host.waiting.keys()]).toEqual(['each', 'each[0]', 'way', 'way.else', 'both.one', 'both.two', 'turn[0]'])
    host.answer('both.two')
    expect(host.givenUp).toEqual(['both.one'])
    host.answer('each[0]')
    expect(opened(host, 'each[1]', 'child').start?.input).toBe(1)
  })

  test('is given up with what stands around it', () => {
    const host = started({ block: { continueOnError: true, steps: { wait: { child: { workflow: 'x' } }, many: { children: { workflow: 'x', inputs: '${{ input.list }}' } }, bad: { uses: 'echo' } } } }, '${{ has(steps.block.output) }}')
    host.answer('block.bad', () => { throw new Error('bad') })
    expect(host.givenUp).toEqual(['block.wait', 'block.many'])
    expect(host.drain().output).toBe(false)
  })
})

describe('children', () => {
  const end = (count: number, failed = 0): object => ({ count, completed: count - failed, failed, run: '01890000-0000-7000-8000-000000000000', gen: 1 })
  const model = { workflow: 'x', inputs: '${{ input.list }}' } as const

  test('are one operation, and give how many have completed', () => {
    const host = started({ all: { children: { ...model, concurrency: 5 } } }, '${{ steps.all.output }}')
    expect(opened(host, 'all', 'children')).toEqual({ kind: 'children', path: 'all', workflow: 'x', inputs: [1, 2], concurrency: 5, close: 'cancel', queue: null, mustComplete: true, reads: ['$input'] })
    host.deliver('all', { status: 'completed', output: end(2) })
    expect(host.output).toEqual({ count: 2, completed: 2, failed: 0 })
  })

  test('may be allowed to fail', () => {
    expect(opened(started({ all: { children: { ...model, onFailure: 'continue' } } }), 'all', 'children').mustComplete).toBe(false)
  })

  test('over what is no list fail their step', () => {
    const host = begin({ steps: { all: { children: { workflow: 'x', inputs: '${{ input.list }}' } } } }, { list: 'no' })
    expect(host.drain().failure).toMatchObject({ cause: { code: 'EXPRESSION_FAILED' } })
  })

  test('collect their outputs page by page', () => {
    const host = started({ all: { children: { ...model, onFailure: 'continue', collect: 'outputs' } } }, '${{ steps.all.output }}')
    host.deliver('all', { status: 'completed', output: end(PAGE + 1, 1) })
    const first = opened(host, 'all.page[0]', 'page').runs
    expect([first.length, new Set(first).size]).toEqual([PAGE, PAGE])
    expect(host.waiting.has('all.page[1]')).toBe(false)
    host.deliver('all.page[0]', { status: 'completed', output: first.map((one, index) => ({ run: one, status: 'completed', output: index, error: null })) })
    const [last] = opened(host, 'all.page[1]', 'page').runs
    host.deliver('all.page[1]', { status: 'completed', output: [{ run: last, status: 'failed', output: undefined, error: { name: 'x', code: 'CHILD_FAILED', message: 'no', retryable: false } }] })
    expect(host.output).toEqual({ count: PAGE + 1, completed: PAGE, failed: 1, outputs: [...first.keys(), null] })
  })

  test('collect their results, failures as expressions see them', () => {
    const host = started({ all: { children: { ...model, onFailure: 'continue', collect: 'results' } } }, '${{ steps.all.output.results }}')
    host.deliver('all', { status: 'completed', output: end(2, 1) })
    host.deliver('all.page[0]', { status: 'completed', output: [{ run: 'a', status: 'completed', output: undefined, error: null }, { run: 'b', status: 'cancelled', output: undefined, error: { name: 'x', code: 'CHILD_FAILED', message: 'no', retryable: false, details: { run: 'b' } } }] })
    expect(host.output).toEqual([
      { index: 0, run: 'a', status: 'completed', output: null, error: null },
      { index: 1, run: 'b', status: 'cancelled', output: null, error: { code: 'CHILD_FAILED', message: 'no', path: 'all[1]', details: { run: 'b' } } },
    ])
  })
})

describe('all forms', () => {
  const model: WorkflowModel = {
    name: 'children', input,
    steps: {
      first: { child: { workflow: 'ship', input: '${{ input.n }}', parentClose: 'abandon', queue: 'bulk' } },
      second: { child: { workflow: 'ship', input: '${{ steps.first.output }}', wait: false } },
      all: { needs: ['second'], children: { workflow: 'ship', inputs: '${{ input.list }}', concurrency: 50, onFailure: 'continue', collect: 'outputs' } },
      each: { forEach: 'input.list', child: { workflow: 'ship', input: '${{ item }}' } },
    },
  }
  const ship = defineWorkflow({ name: 'ship', input: z.number(), run: (_ctx, n: number) => n })

  test('the builder makes the model that YAML says, of a workflow or of its name', () => {
    const built = workflow('children', { input: jsonSchema({ type: 'object', required: ['n', 'text', 'list'], properties: { n: { type: 'number' }, text: { type: 'string' }, list: { type: 'array', items: { type: 'number' } } } }) })
      .child('first', { workflow: ship, input: (names) => names.input.n, parentClose: 'abandon', queue: 'bulk' })
      .child('second', { workflow: 'ship', input: ({ steps }) => steps.first, wait: false })
      .children('all', { needs: 'second', workflow: ship, inputs: (names) => names.input.list, concurrency: 50, onFailure: 'continue', collect: 'outputs' })
      .forEach('each', (names) => names.input.list, { child: { workflow: ship, input: ({ item }) => item } })
      .model()
    expect(built.steps).toEqual(model.steps)
  })

  test('a step that is renamed is renamed in what children are started with', () => {
    const renamed = renameStep(model, 'steps.first', 'one')
    expect(renamed.steps['second']?.child?.input).toBe('${{ steps.one.output }}')
    expect(writeYaml(renamed, { schema: null })).toContain('one:')
  })

  test('the version does not depend on how expressions are spelled', () => {
    const version = (inputs: string, concurrency: number): string => fromModel({ name: 'test', input, steps: { a: { children: { workflow: 'x', inputs, concurrency } } } }, []).version
    expect(version('${{input.list}}', 5)).toBe(version('${{ input.list }}', 5))
    expect(version('${{ input.list }}', 5)).not.toBe(version('${{ input.list }}', 6))
  })

  test('a description tells what is started', () => {
    expect(describeGraph(fromModel(model, [])).nodes.map(({ body }) => body)).toEqual([
      { kind: 'child', workflow: 'ship', waits: true, parentClose: 'abandon' },
      { kind: 'child', workflow: 'ship', waits: false, parentClose: 'cancel' },
      { kind: 'children', workflow: 'ship', concurrency: 50, onFailure: 'continue', parentClose: 'cancel' },
      { kind: 'child', workflow: 'ship', waits: true, parentClose: 'cancel' },
    ])
  })
})
