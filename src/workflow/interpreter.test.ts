import { describe, expect, test } from 'vitest'
import { begin, echo, outcomeOf, run } from '../../test/fixtures/graph-host.ts'
import type { StepModel } from '../model/workflow.ts'
import { fromModel } from './graph.ts'

const uses = (value: unknown = {}): StepModel => ({ uses: 'echo', with: value })

/** Fails the steps with these paths. */
function failing(...paths: string[]) {
  return (input: unknown, path: string): unknown => {
    if (paths.includes(path)) throw new Error('no luck')
    return input
  }
}

const diamond = {
  a: uses({ n: '${{ input.n }}' }),
  b: uses({ n: '${{ steps.a.output.n + 1 }}' }),
  c: uses({ n: '${{ steps.a.output.n * 10 }}' }),
  d: uses({ sum: '${{ steps.b.output.n + steps.c.output.n }}' }),
}

describe('order', () => {
  test('begins a step when the steps that it reads have completed', () => {
    const host = begin({ steps: diamond }, { n: 2 })
    expect([...host.waiting.keys()]).toEqual(['a'])
    host.answer('a')
    expect([...host.waiting.keys()]).toEqual(['b', 'c'])
    host.answer('c')
    expect([...host.waiting.keys()]).toEqual(['b'])
    host.answer('b')
    expect(host.input('d')).toEqual({ sum: 23 })
    host.answer('d')
    expect(host.output).toEqual({ d: { sum: 23 } })
  })

  test('needs adds order without data', () => {
    const host = begin({ steps: { a: { ...uses(), needs: 'b' }, b: uses() } })
    expect([...host.waiting.keys()]).toEqual(['b'])
    host.answer('b')
    expect([...host.waiting.keys()]).toEqual(['a'])
    expect(host.reads('a')).toEqual([])
  })

  test('tells what a step has read', () => {
    const host = run({ steps: { a: uses('${{ input.n }}'), b: uses({ x: '${{ steps.a.output }}', y: '${{ input.n }}' }) } }, { n: 1 })
    expect(host.reads('a')).toEqual(['$input'])
    expect(host.reads('b')).toEqual(['a', '$input'])
  })

  test('hands on the options of a step and no others', () => {
    const host = begin({ steps: { a: { ...uses(), retry: { maxAttempts: 3 }, timeout: '10s', totalTimeout: '1h', heartbeatTimeout: 500, level: 'pure' }, b: uses() } })
    expect(host.operation('a')).toMatchObject({ options: { retry: { maxAttempts: 3 }, timeout: '10s', totalTimeout: '1h', heartbeatTimeout: 500, level: 'pure' } })
    expect(host.operation('b')).toMatchObject({ options: {} })
  })

  test('a chain of 20,000 skipped steps ends without deep recursion', () => {
    const steps: Record<string, StepModel> = { s0: { ...uses(), if: 'false' } }
    for (let i = 1; i < 20_000; i++) steps[`s${i}`] = { ...uses(), needs: `s${i - 1}` }
    const host = begin({ steps })
    expect(host.decisions).toHaveLength(20_000)
  })
})

describe('output', () => {
  test('is what the expression says', () => {
    expect(run({ steps: diamond, output: { total: '${{ steps.d.output.sum }}', text: 'n is ${{ input.n }}' } }, { n: 1 }).output).toEqual({ total: 12, text: 'n is 1' })
  })

  test('is by default that of the steps on which none depends, in the order of the definition', () => {
    expect(Object.keys(run({ steps: { z: uses(1), a: uses(2), m: { ...uses(3), needs: 'z' } } }).output as object)).toEqual(['a', 'm'])
  })

  test('leaves out by default what was skipped', () => {
    expect(run({ steps: { a: uses(1), b: { ...uses(2), if: 'false' } } }).output).toEqual({ a: 1 })
  })

  test('fails the run when it reads a skipped step, and says how to guard it', () => {
    const { failure } = run({ steps: { a: { ...uses(1), if: 'false' } }, output: { a: '${{ steps.a.output }}' } })
    expect(failure).toMatchObject({ code: 'EXPRESSION_FAILED', path: 'output.a', details: { expression: 'steps.a.output' } })
    expect(failure.message).toMatch(/step a was skipped/)
    expect(failure.remedy).toMatch(/has\(steps\.a\.output\)/)
  })

  test('may guard against a skipped step', () => {
    const output = { a: '${{ has(steps.a.output) ? steps.a.output : null }}', b: '${{ steps.a.?output.x.orValue(7) }}' }
    expect(run({ steps: { a: { ...uses(1), if: 'false' } }, output }).output).toEqual({ a: null, b: 7 })
  })
})

describe('conditions', () => {
  test('skip a step and, visibly, all that depends on it', () => {
    const host = run({ steps: { a: { ...uses(), if: 'input.go' }, b: uses('${{ steps.a.output }}'), c: { ...uses(), needs: ['b'] }, d: uses() } }, { go: false })
    expect(host.steps).toEqual(['d'])
    expect(host.decisions).toEqual(['a skipped', 'b skipped', 'c skipped'])
    expect(host.reads('a')).toEqual(['$input'])
    expect(host.reads('b')).toEqual(['a'])
    expect(host.reads('c')).toEqual(['b'])
  })

  test('read steps, which makes them dependencies', () => {
    const host = begin({ steps: { a: uses(5), b: { ...uses(), if: '${{ steps.a.output > 3 }}' } } })
    expect([...host.waiting.keys()]).toEqual(['a'])
    expect(host.drain().steps).toEqual(['a', 'b'])
  })

  test('that are neither true nor false fail the step', () => {
    const { failure } = run({ steps: { a: { ...uses(), if: 'input.n' } } }, { n: 1 })
    expect(failure.message).toMatch(/steps\.a\.if: `input\.n`: expected true or false, got the number 1/)
  })
})

describe('an expression that fails at run time', () => {
  test('fails its step, recorded as a decision, and never the interpreter', () => {
    const host = run({ steps: { a: uses('${{ input.missing.x }}'), b: uses('${{ steps.a.output }}') }, onFailure: 'continue' }, {})
    expect(host.decisions).toEqual(['a failed', 'b skipped'])
    expect(host.failure).toMatchObject({ code: 'STEP_FAILED', path: 'a', cause: { code: 'EXPRESSION_FAILED', path: 'steps.a.with', details: { expression: 'input.missing.x' } } })
  })

  test('can be tolerated like any failure', () => {
    expect(run({ steps: { a: { ...uses('${{ input.x }}'), continueOnError: true }, b: uses(1) } }).output).toEqual({ b: 1 })
  })
})

describe('failures', () => {
  const steps = { bad: uses(), behind: { ...uses(), needs: 'bad' }, slow: uses(), after: { ...uses(), needs: 'slow' } }

  test('stop: no step begins after one has failed; open ones are let finish', () => {
    const host = begin({ steps })
    host.answer('bad', failing('bad'))
    expect(host.end).toBeNull()
    expect([...host.waiting.keys()]).toEqual(['slow'])
    host.answer('slow')
    expect(host.failure.path).toBe('bad')
    expect(host.opened.map(({ path }) => path)).toEqual(['bad', 'slow'])
  })

  test('continue: what does not depend on the failed step goes on, then the run fails', () => {
    const host = run({ steps, onFailure: 'continue' }, {}, failing('bad'))
    expect(host.steps).toEqual(['bad', 'slow', 'after'])
    expect(host.decisions).toEqual(['behind skipped'])
    expect(host.reads('behind')).toEqual(['bad'])
    expect(host.failure.path).toBe('bad')
  })

  test('continueOnError: the run goes on and completes; what depends on the step is skipped', () => {
    const host = run({ steps: { ...steps, bad: { ...uses(), continueOnError: true } } }, {}, failing('bad'))
    expect(host.steps).toEqual(['bad', 'slow', 'after'])
    expect(host.decisions).toEqual(['behind skipped'])
    expect(host.output).toEqual({ after: {} })
  })

  test('the first failure is the one that is told', () => {
    const host = begin({ steps: { a: uses(), b: uses() } })
    host.answer('b', failing('b'))
    host.answer('a', failing('a'))
    expect(host.failure.path).toBe('b')
  })

  test('stop reaches into blocks that have begun', () => {
    const host = begin({ steps: { bad: uses(), block: { steps: { one: uses(), two: { ...uses(), needs: 'one' } } } } })
    host.answer('bad', failing('bad'))
    host.answer('block.one')
    expect(host.steps).toEqual(['bad', 'block.one'])
    expect(host.failure.path).toBe('bad')
  })

  test('stop inside a tolerated block stays inside', () => {
    const block: StepModel = { continueOnError: true, steps: { bad: uses(), slow: uses(), after: { ...uses(), needs: 'slow' } } }
    const host = run({ steps: { block, other: uses(), last: { ...uses(1), needs: 'other' }, behind: { ...uses(), needs: 'block' } } }, {}, failing('block.bad'))
    expect(host.steps).toEqual(['other', 'block.bad', 'block.slow', 'last'])
    expect(host.decisions).toEqual(['behind skipped'])
    expect(host.output).toEqual({ last: 1 })
  })
})

describe('answers', () => {
  test('may come at once, inside open', () => {
    const source = fromModel({ name: 'test', steps: diamond }, [echo]).source()
    let output: unknown
    const paths: string[] = []
    source.begin({ n: 1 }, {
      open(operation) {
        paths.push(operation.path)
        source.deliver(operation.path, outcomeOf(operation, (input) => input))
      },
      drop: () => undefined,
      complete: (result) => void (output = result),
      fail: (error) => expect.unreachable(String(error)),
    })
    expect(paths).toEqual(['a', 'b', 'c', 'd'])
    expect(output).toEqual({ d: { sum: 12 } })
  })

  test('to what is not open are refused', () => {
    const host = begin({ steps: diamond }, { n: 1 })
    expect(() => host.deliver('nowhere', { status: 'skipped' })).toThrow(/answer came for nowhere, which is not open/)
    host.answer('a')
    expect(() => host.deliver('a', { status: 'skipped' })).toThrow(/not open/)
  })
})
