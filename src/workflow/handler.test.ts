// What stands in the place of a failed step, and what is run at the end: in the interpreter, without an engine.
import { describe, expect, test } from 'vitest'
import { begin, echo, GraphHost, run } from '../../test/fixtures/graph-host.ts'
import { RunTimeoutError, type WumboError } from '../errors.ts'
import type { StepModel, WorkflowModel } from '../model/workflow.ts'
import { fromModel, fromStored } from './graph.ts'
import { renameStep } from './rename-step.ts'

class Declined extends Error {
  readonly code = 'CARD_DECLINED'
  readonly details = { left: 3 }
}

/** Fails the steps at these paths. */
function failing(...paths: readonly string[]): (input: unknown, path: string) => unknown {
  return (input, path) => {
    if (paths.includes(path)) throw new Declined(`no money for ${path}`)
    return input
  }
}

const charge = (more: StepModel['onError'] | undefined, besides: object = {}): StepModel => ({ uses: 'echo', with: { n: 1 }, ...(more === undefined ? {} : { onError: more }), ...besides })

describe('a step that has failed', () => {
  test('has the output that is said for it, which sees the failure', () => {
    const host = run({ steps: { a: charge({ output: { why: '${{ error.code + ": " + error.message }}', at: '${{ error.path }}', left: '${{ error.details.left }}' } }), b: { uses: 'echo', with: '${{ steps.a.output }}' } } }, {}, failing('a'))
    expect(host.output).toEqual({ b: { why: 'CARD_DECLINED: no money for a', at: 'a', left: 3 } })
    expect(host.decisions).toEqual(['a.$onError completed'])
    expect(host.operation('a.$onError')).toMatchObject({ output: { code: 'CARD_DECLINED' }, reads: ['a'] })
  })

  test('gives null where that is said', () => {
    expect(run({ steps: { a: charge({ output: null }) } }, {}, failing('a')).output).toEqual({ a: null })
  })

  test('has steps in its place, under paths of their own, whose output is its own', () => {
    const host = run({ steps: { a: charge({ steps: { note: { uses: 'echo', with: '${{ error.message }}' }, other: { uses: 'echo', needs: 'note', with: { n: 2 } } }, output: '${{ steps.other.output }}' }) }, output: '${{ steps.a.output.n }}' }, {}, failing('a'))
    expect(host.steps).toEqual(['a', 'a.$onError.note', 'a.$onError.other'])
    expect(host.output).toBe(2)
  })

  test('has a template, a wait or a switch in its place', () => {
    const body: readonly StepModel['onError'][] = [{ uses: 'echo', with: '${{ error.code }}' }, { sleep: 5 }, { switch: [{ if: "error.code == 'CARD_DECLINED'", uses: 'echo', with: 'declined' }] }]
    expect(body.map((one) => run({ steps: { a: charge(one) } }, {}, failing('a')).output)).toEqual([{ a: 'CARD_DECLINED' }, { a: null }, { a: 'declined' }])
  })

  test('stays failed when its code is not among those that are handled, or no case takes it', () => {
    const models: readonly StepModel['onError'][] = [{ codes: ['HTTP_FAILED'], output: null }, { switch: [{ if: "error.code == 'HTTP_FAILED'", uses: 'echo' }] }]
    for (const one of models) expect(run({ steps: { a: charge(one) } }, {}, failing('a')).failure.message).toBe('step a failed: no money for a')
    expect(run({ steps: { a: charge({ codes: ['X', 'CARD_DECLINED'], output: 1 }) } }, {}, failing('a')).output).toEqual({ a: 1 })
  })

  test('stays failed with its own failure when its handler fails, which goes with it', () => {
    const { failure } = run({ steps: { a: charge({ uses: 'echo', with: 1 }) } }, {}, failing('a', 'a.$onError'))
    expect(failure).toMatchObject({ code: 'STEP_FAILED', path: 'a', message: 'step a failed: no money for a', details: { onError: { code: 'CARD_DECLINED', path: 'a.$onError' } } })
    const broken = run({ steps: { a: charge({ output: '${{ error.details.nothing }}' }) } }, {}, failing('a'))
    expect(broken.failure).toMatchObject({ path: 'a', details: { onError: { code: 'EXPRESSION_FAILED' } } })
    expect(broken.decisions).toEqual(['a.$onError failed'])
  })

  test('begins its handler when an expression of its own has failed', () => {
    expect(run({ steps: { a: { uses: 'echo', with: '${{ input.x.y }}', onError: { output: '${{ error.code }}' } } } }).output).toEqual({ a: 'EXPRESSION_FAILED' })
  })

  test('keeps others from being stopped by it', () => {
    const host = begin({ steps: { a: { steps: { x: { uses: 'echo' } }, onError: { output: 0 } }, b: { uses: 'echo' }, c: { uses: 'echo', with: '${{ [steps.a.output, steps.b.output] }}' } } })
    host.answer('a.x', failing('a.x'))
    host.drain()
    expect(host.output).toEqual({ c: [0, {}] })
  })

  test('is a whole loop, forEach, block or switch: what failed inside is named', () => {
    const at = '${{ error.path }}'
    expect(run({ steps: { a: { forEach: '[1, 2, 3]', concurrency: 1, uses: 'echo', onError: { output: at } } } }, {}, failing('a[1]')).output).toEqual({ a: 'a[1]' })
    expect(run({ steps: { a: { loop: { max: 3, until: 'false' }, uses: 'echo', onError: { output: '${{ error.code }}' } } } }).output).toEqual({ a: 'LOOP_LIMIT' })
    expect(run({ steps: { a: { steps: { x: { uses: 'echo' }, y: { uses: 'echo', needs: 'x' } }, onError: { output: at } } } }, {}, failing('a.x')).output).toEqual({ a: 'a.x' })
    expect(run({ steps: { a: { switch: [{ name: 'one', if: 'true', uses: 'echo' }], onError: { output: at } } } }, {}, failing('a.one')).output).toEqual({ a: 'a.one' })
  })

  test('is one of an item or of a turn, whose names its handler sees', () => {
    const inner: StepModel = { uses: 'echo', with: 1, onError: { output: '${{ [item, index, error.code] }}' } }
    expect(run({ steps: { a: { forEach: '["p", "q"]', steps: { x: inner }, output: '${{ steps.x.output }}' } } }, {}, failing('a[1].x')).output).toEqual({ a: [1, ['q', 1, 'CARD_DECLINED']] })
    const turn: StepModel = { uses: 'echo', with: 1, onError: { output: '${{ iteration }}' } }
    expect(run({ steps: { a: { loop: { max: 2, until: 'last == 0' }, steps: { x: turn }, output: '${{ steps.x.output }}' } } }, {}, failing('a[0].x')).output).toEqual({ a: 0 })
  })

  test('stays failed when its handler reads a step that was skipped', () => {
    const host = run({ steps: { s: { uses: 'echo', if: 'false' }, a: charge({ output: '${{ steps.s.output }}' }) } }, {}, failing('a'))
    expect(host.failure.path).toBe('a')
    expect(host.decisions).toEqual(['s skipped', 'a.$onError skipped'])
  })

  test('begins no handler once another failure has stopped the run', () => {
    const host = begin({ steps: { a: charge({ uses: 'echo' }), b: { uses: 'echo' } } })
    host.answer('b', failing('b'))
    host.answer('a', failing('a'))
    expect(host.failure.path).toBe('b')
    expect(host.steps).toEqual(['a', 'b'])
  })

  test('with continueOnError runs every item, and its handler when one has failed', () => {
    const host = run({ steps: { a: { forEach: '[1, 2, 3]', concurrency: 1, continueOnError: true, uses: 'echo', onError: { output: '${{ error.path }}' } } } }, {}, failing('a[0]'))
    expect(host.steps).toEqual(['a[0]', 'a[1]', 'a[2]'])
    expect(host.output).toEqual({ a: 'a[0]' })
  })
})

const model: Omit<WorkflowModel, 'name'> = {
  steps: { a: { uses: 'echo', with: 1 }, b: { uses: 'echo', with: '${{ steps.a.output }}' } },
  onError: { steps: { tell: { uses: 'echo', with: '${{ error.code }}' } } },
  finally: { steps: { close: { uses: 'echo', with: '${{ [steps.a.output, outcome, error == null] }}' }, log: { uses: 'echo', with: '${{ outcome }}' } } },
}

describe('the end of a run', () => {
  test('runs finally when it has completed, and keeps its output', () => {
    const host = run(model)
    expect(host.steps).toEqual(['a', 'b', '$finally.close', '$finally.log'])
    expect(host.input('$finally.close')).toEqual([1, 'completed', true])
    expect(host.output).toEqual({ b: 1 })
  })

  test('runs onError and then finally when it has failed, and keeps its failure', () => {
    const host = run(model, {}, failing('b'))
    expect(host.steps).toEqual(['a', 'b', '$onError.tell', '$finally.close', '$finally.log'])
    expect([host.input('$onError.tell'), host.input('$finally.close')]).toEqual(['CARD_DECLINED', [1, 'failed', false]])
    expect(host.failure).toMatchObject({ path: 'b', message: 'step b failed: no money for b' })
  })

  test('skips the steps at the end that read what has not completed', () => {
    const host = run(model, {}, failing('a'))
    expect(host.steps).toEqual(['a', '$onError.tell', '$finally.log'])
    expect(host.decisions).toEqual(['b skipped', '$finally.close skipped'].slice(1))
  })

  test('runs onError only for the codes that it takes', () => {
    const other = { ...model, onError: { codes: ['HTTP_FAILED'], steps: { tell: { uses: 'echo' } } } }
    expect(run(other, {}, failing('b')).steps).toEqual(['a', 'b', '$finally.close', '$finally.log'])
  })

  test('never hides the failure behind one of its own, and goes on with what is left', () => {
    const host = run(model, {}, failing('b', '$onError.tell', '$finally.close'))
    expect(host.failure).toMatchObject({ path: 'b', details: { onError: { path: '$onError.tell', code: 'CARD_DECLINED' }, finally: { path: '$finally.close' } } })
    expect(host.steps).toContain('$finally.log')
  })

  test('fails a run that had completed when finally fails', () => {
    expect(run(model, {}, failing('$finally.log')).failure).toMatchObject({ code: 'STEP_FAILED', path: '$finally.log' })
  })

  test('comes after a failing output too', () => {
    const host = run({ ...model, output: '${{ steps.a.output.x.y }}' })
    expect(host.failure.code).toBe('EXPRESSION_FAILED')
    expect(host.steps).toEqual(['a', 'b', '$onError.tell', '$finally.close', '$finally.log'])
  })

  test('comes when the steps are given up: after a cancel finally, after a timeout onError as well', () => {
    const graph = fromStored({ name: 'test', ...model }, [echo])
    const cancelled = new GraphHost(graph.source({ after: 1, outcome: 'cancelled', error: null }))
    cancelled.answer('a')
    expect(cancelled.opened.map(({ path }) => path)).toEqual(['a', 'b', '$finally.close', '$finally.log'])
    expect(cancelled.input('$finally.close')).toEqual([1, 'cancelled', true])
    const late = new GraphHost(graph.source({ after: 0, outcome: 'failed', error: new RunTimeoutError('late') }))
    expect(late.opened.map(({ path }) => path)).toEqual(['a', '$onError.tell'])
    expect(late.input('$onError.tell')).toBe('RUN_TIMEOUT')
  })

  test('that has begun is not begun again when the run is cancelled', () => {
    const graph = fromStored({ name: 'test', ...model }, [echo])
    const host = new GraphHost(graph.source({ after: 2, outcome: 'cancelled', error: null }))
    host.drain()
    expect(host.input('$finally.close')).toEqual([1, 'completed', true])
    expect(host.output).toEqual({ b: 1 })
  })

  test('is reached again by what is recorded, at every answer', () => {
    const graph = fromStored({ name: 'test', ...model, steps: { ...model.steps, c: charge({ steps: { x: { uses: 'echo', with: '${{ error.details }}' } } }) } }, [echo])
    const live = new GraphHost(graph.source()).drain(failing('b', 'c'))
    for (let count = 0; count <= live.answers.length; count++) {
      const again = new GraphHost(graph.source())
      for (const { path, outcome } of live.answers.slice(0, count)) again.deliver(path, outcome)
      again.drain(failing('b', 'c'))
      expect(again.opened.map(({ path }) => path)).toEqual(live.opened.map(({ path }) => path))
    }
  })
})

describe('problems', () => {
  const problemsOf = (given: Omit<WorkflowModel, 'name'>): readonly string[] => {
    try {
      fromModel({ name: 'test', ...given }, [echo])
      return []
    } catch (thrown) {
      const { problems } = (thrown as WumboError).details as { readonly problems: readonly { readonly code: string; readonly path: string }[] }
      return problems.map(({ code, path }) => `${code} ${path}`)
    }
  }
  const ok = { a: { uses: 'echo' } }

  test.each<[Omit<WorkflowModel, 'name'>, readonly string[]]>([
    [{ steps: { a: charge({}) } }, ['MISSING_KEY steps.a.onError']],
    [{ steps: { a: charge({ uses: 'echo', output: 1 }) } }, ['MISPLACED_KEY steps.a.onError.output']],
    [{ steps: { a: charge({ output: 1, with: 2 }) } }, ['MISPLACED_KEY steps.a.onError.with']],
    [{ steps: { a: charge({ uses: 'echo', sleep: 1 }) } }, ['MISPLACED_KEY steps.a.onError']],
    [{ steps: { a: charge({ uses: 'nothing' }) } }, ['UNKNOWN_TEMPLATE steps.a.onError.uses']],
    [{ steps: { a: charge({ codes: [], output: 1 }) } }, ['INVALID_VALUE steps.a.onError.codes']],
    [{ steps: { a: charge({ code: ['X'], output: 1 } as StepModel['onError']) } }, ['UNKNOWN_KEY steps.a.onError.code']],
    [{ steps: { a: charge({ output: '${{ steps.a.output }}' }) } }, ['CYCLE steps.a']],
    [{ steps: { a: charge({ output: '${{ outcome }}' }) } }, ['UNKNOWN_NAME steps.a.onError.output']],
    [{ steps: { a: charge({ output: '${{ error.codes }}' }) } }, ['UNKNOWN_FIELD steps.a.onError.output']],
    [{ steps: { a: charge({ steps: { a: { uses: 'echo' } } }) } }, ['DUPLICATE_NAME steps.a.onError.steps.a']],
    [{ steps: { a: charge({ steps: { x: { uses: 'echo' } } }), b: { uses: 'echo', with: '${{ steps.x.output }}' } } }, ['UNKNOWN_STEP steps.b.with']],
    [{ steps: { a: { uses: 'echo', with: '${{ error.code }}' } } }, ['UNKNOWN_NAME steps.a.with']],
    [{ steps: ok, finally: { steps: {} } }, ['MISSING_KEY finally.steps']],
    [{ steps: ok, finally: { steps: { a: { uses: 'echo' } } } }, ['DUPLICATE_NAME finally.steps.a']],
    [{ steps: ok, finally: { steps: { x: { uses: 'echo', with: '${{ error.code }}' } } } }, ['UNGUARDED_OPTIONAL finally.steps.x.with']],
    [{ steps: ok, onError: { steps: { x: { uses: 'echo', with: '${{ outcome }}' } } } }, ['UNKNOWN_NAME onError.steps.x.with']],
    [{ steps: ok, onError: { steps: { x: { uses: 'echo', compensate: { uses: 'echo' } } } } }, ['MISPLACED_KEY onError.steps.x.compensate']],
    [{ steps: ok, finally: { stepz: ok } as never }, ['UNKNOWN_KEY finally.stepz']],
    [{ steps: ok, cleanUpTimeout: '1s' }, ['MISPLACED_KEY cleanUpTimeout']],
    [{ steps: ok, finally: { steps: { x: { uses: 'echo' } } }, cleanUpTimeout: 0 }, ['INVALID_DURATION cleanUpTimeout']],
  ])('%j', (given, expected) => {
    expect(problemsOf(given)).toEqual(expected)
  })

  test('an error has a type, and a name of a loop may be the same', () => {
    expect(problemsOf({ steps: { a: charge({ output: '${{ error.code.size() + 1 }}' }), b: { forEach: '[1]', as: 'error', steps: { x: charge({ output: '${{ error.message }}' }, { with: '${{ error }}' }) } } } })).toEqual([])
    expect(problemsOf({ steps: ok, finally: { steps: { x: { uses: 'echo', if: 'error != null', with: '${{ error.code }}' } } } })).toEqual([])
  })
})

test('a step is renamed wherever it is named', () => {
  const given: WorkflowModel = {
    name: 'test', steps: { a: { uses: 'x', onError: { steps: { n: { uses: 'x', with: '${{ steps.b.output }}' } }, output: '${{ steps.n.output }}' } }, b: { uses: 'x', onError: { output: '${{ error.code }}' } } },
    finally: { steps: { z: { uses: 'x', with: '${{ steps.b.output }}' } } }, layout: { 'a.$onError.n': { x: 1, y: 1 } },
  }
  const renamed = renameStep(given, 'steps.b', 'c')
  expect([renamed.steps['a']?.onError?.steps?.['n']?.with, renamed.finally?.steps['z']?.with, Object.keys(renamed.steps)]).toEqual(['${{ steps.c.output }}', '${{ steps.c.output }}', ['a', 'c']])
  const inner = renameStep(given, 'steps.a.onError.steps.n', 'm')
  expect([inner.steps['a']?.onError?.output, inner.layout]).toEqual(['${{ steps.m.output }}', { 'a.$onError.m': { x: 1, y: 1 } }])
  expect(renameStep(given, 'finally.steps.z', 'y').finally?.steps).toHaveProperty('y')
})

test('the version hangs on what is done about failures', () => {
  const versionOf = (given: Omit<WorkflowModel, 'name'>): string => fromModel({ name: 'test', ...given }, [echo]).version
  const steps = { a: { uses: 'echo' } }
  const versions = [{ steps }, { steps: { a: charge({ output: 1 }) } }, { steps: { a: charge({ output: 2 }) } }, { steps, onError: { steps: { x: { uses: 'echo' } } } }, { steps, finally: { steps: { x: { uses: 'echo' } } } }].map(versionOf)
  expect(new Set(versions).size).toBe(versions.length)
})
