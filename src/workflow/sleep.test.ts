import { describe, expect, test } from 'vitest'
import { begin, echo, type GraphHost, run } from '../../test/fixtures/graph-host.ts'
import { type DefinitionError } from '../errors.ts'
import type { StepModel, WorkflowModel } from '../model/workflow.ts'
import type { Operation } from './contract.ts'
import { describeGraph } from './describe.ts'
import { fromModel } from './graph.ts'
import type { Problem } from './problems.ts'

const uses = (value: unknown = {}): StepModel => ({ uses: 'echo', with: value })
const numbers: WorkflowModel['input'] = { type: 'object', required: ['n', 'text', 'flag'], properties: { n: { type: 'number' }, text: { type: 'string' }, flag: { type: 'boolean' } } }

function problemsOf(steps: Record<string, unknown>): readonly Problem[] {
  try {
    fromModel({ name: 'test', input: numbers, steps }, [echo])
    return []
  } catch (thrown) {
    return (thrown as DefinitionError).details?.['problems'] as readonly Problem[]
  }
}

/** The milliseconds of the timer at a path. */
function waited(host: GraphHost, path: string): number {
  const operation: Operation = host.operation(path)
  if (operation.kind !== 'timer') throw new Error(`${path} is no timer`)
  return operation.ms
}

describe('sleep', () => {
  test.each([
    ['3d', 259_200_000],
    [1500, 1500],
    ['1h 30m', 5_400_000],
    [0, 0],
    ['${{ input.n }}', 250],
    ['${{ input.text }}', 2000],
    ['${{ input.n * 2.0 }}ms', 500],
    ["${{ '1s' }}", 1000],
  ])('%j opens a timer', (sleep, ms) => {
    expect(waited(begin({ steps: { a: { sleep } } }, { n: 250, text: '2s' }), 'a')).toBe(ms)
  })

  test('gives null and is a step like others: those that need it come after it', () => {
    const host = begin({ steps: { a: uses(20), b: { sleep: '${{ steps.a.output }}' }, c: { ...uses('${{ steps.b.output }}'), needs: 'b' } } })
    host.answer('a')
    expect(host.reads('b')).toEqual(['a'])
    expect(host.waiting.has('c')).toBe(false)
    host.answer('b')
    expect(host.input('c')).toBeNull()
    expect(host.drain().output).toEqual({ c: null })
  })

  test('is skipped by if, repeated by forEach, and stands in blocks and cases', () => {
    const model = {
      steps: {
        never: { sleep: 1, if: 'false' },
        each: { forEach: '[1, 2]', concurrency: 1, sleep: '${{ item }}s' },
        block: { steps: { wink: { sleep: 5 } } },
        way: { switch: [{ if: 'false', ...uses() }, { else: true as const, sleep: 7 }] },
      },
    }
    const host = begin(model)
    host.answer('each')
    expect(host.waiting.has('each[1]')).toBe(false)
    host.drain()
    expect(host.decisions).toContain('never skipped')
    expect([waited(host, 'each[0]'), waited(host, 'each[1]'), waited(host, 'block.wink'), waited(host, 'way.else')]).toEqual([1000, 2000, 5, 7])
    expect(host.output).toEqual({ each: [null, null], block: { wink: null }, way: null })
  })

  test('whose expression gives no duration fails in the run, and is tolerated like any failure', () => {
    const host = run({ steps: { a: { sleep: '${{ input.wait }}' }, b: { ...uses(), needs: 'a' } }, onFailure: 'continue' }, { wait: 'soon' })
    expect(host.failure).toMatchObject({ code: 'STEP_FAILED', path: 'a' })
    expect(host.failure.message).toMatch(/steps\.a\.sleep: expected a duration such as .*, got "soon"/)
    expect(host.decisions).toEqual(['a failed', 'b skipped'])
    expect(run({ steps: { a: { sleep: '${{ input.wait }}', continueOnError: true } } }, { wait: -1 }).output).toEqual({})
    expect(run({ steps: { a: { sleep: '${{ input.wait }}' } } }, {}).failure.message).toMatch(/input has no "wait"/)
  })

  test.each([
    ['soon', 'INVALID_DURATION'],
    [-1, 'INVALID_DURATION'],
    [true, 'INVALID_DURATION'],
    ['input.n', 'INVALID_DURATION'],
    ["${{ 'soon' }}", 'INVALID_DURATION'],
    ['${{ -5 }}', 'INVALID_DURATION'],
    ['${{ 1 + }}', 'EXPRESSION_SYNTAX'],
    ['${{ input.nn }}', 'UNKNOWN_FIELD'],
    ['${{ input.flag }}', 'TYPE_MISMATCH'],
    ['${{ steps.gone.output }}', 'UNKNOWN_STEP'],
  ])('of %j is refused when the graph is defined', (sleep, code) => {
    const [problem, ...more] = problemsOf({ a: { sleep } })
    expect(problem).toMatchObject({ code, path: 'steps.a.sleep' })
    expect(problem?.remedy).toBeDefined()
    expect(more).toEqual([])
  })

  test.each(['with', 'retry', 'timeout', 'config'])('takes no %s', (key) => {
    expect(problemsOf({ a: { sleep: 1, [key]: key === 'timeout' ? 1 : {} } })).toMatchObject([{ code: 'MISPLACED_KEY', path: `steps.a.${key}`, remedy: 'Leave it out.' }])
  })

  test('takes no output of its own', () => {
    expect(problemsOf({ a: { sleep: 1, output: 1 } })).toMatchObject([{ code: 'MISPLACED_KEY', path: 'steps.a.output', remedy: 'Leave it out: the output is null.' }])
  })

  test('is drawn with its duration', () => {
    expect(describeGraph(fromModel({ name: 'test', steps: { a: { sleep: '3d' } } }, [])).nodes[0]?.body).toEqual({ kind: 'sleep', duration: '3d' })
  })
})

describe('a failure does not wait for sleeps', () => {
  const failing = (host: GraphHost, path: string): void => host.answer(path, () => { throw new Error('no luck') })

  test('of the workflow: it ends at once', () => {
    const host = begin({ steps: { a: uses(), night: { sleep: '8h' }, naps: { forEach: '[1, 2]', sleep: '${{ item }}d' }, block: { steps: { day: { sleep: '1d' } } } } })
    host.answer('naps')
    failing(host, 'a')
    expect(host.failure.path).toBe('a')
  })

  test('but for steps that are at work', () => {
    const host = begin({ steps: { a: uses(), night: { sleep: '8h' }, b: uses(1) } })
    failing(host, 'a')
    expect(host.end).toBeNull()
    host.answer('b')
    expect(host.failure.path).toBe('a')
  })

  test('of a part that tolerates it: what is outside goes on, and the given up timer changes nothing when it fires', () => {
    const host = begin({ steps: { part: { continueOnError: true, steps: { a: uses(), night: { sleep: '8h' } } }, day: { sleep: '1d' } }, output: 'done' })
    failing(host, 'part.a')
    expect(host.end).toBeNull()
    host.answer('part.night')
    expect(host.end).toBeNull()
    host.answer('day')
    expect(host.output).toBe('done')
  })

  test('unless the graph goes on after failures', () => {
    const host = begin({ onFailure: 'continue', steps: { a: uses(), night: { sleep: '8h' }, b: { ...uses(), needs: 'night' } } })
    failing(host, 'a')
    expect(host.end).toBeNull()
    host.answer('night')
    expect(host.waiting.has('b')).toBe(true)
  })
})
