// Branches side by side: how they are merged, what becomes of those that lose, what is checked, and the other forms.
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { begin, echo, GraphHost, run } from '../../test/fixtures/graph-host.ts'
import type { ParallelModel, StepModel, WorkflowModel } from '../model/workflow.ts'
import type { DefinitionError } from '../errors.ts'
import { defineTemplate } from '../template/define.ts'
import { workflow } from './builder.ts'
import { fromModel, fromStored } from './graph.ts'
import type { Problem } from './problems.ts'
import { renameStep } from './rename-step.ts'

const num = defineTemplate({ name: 'num', version: '1.0.0', description: 'Gives a number.', input: z.object({}), output: z.number(), execute: () => 1 })
const use = (value: unknown = 0): StepModel => ({ uses: 'echo', with: value })
const merged = (merge: ParallelModel['merge'], more: Partial<ParallelModel> = {}, after: Record<string, StepModel> = {}): Omit<WorkflowModel, 'name'> => ({
  steps: { p: { parallel: { branches: { a: use(2), b: { steps: { one: use(4), two: { uses: 'echo', with: '${{ steps.one.output }}' } }, output: '${{ steps.two.output }}' } }, ...(merge === undefined ? {} : { merge }), ...more } }, ...after },
})
const failing = (...paths: string[]) => (input: unknown, path: string): unknown => {
  if (paths.includes(path)) throw new Error(`no luck with ${path}`)
  return input
}
const told = (steps: Record<string, StepModel>): string[] => {
  try {
    fromModel({ name: 'test', steps }, [echo, num])
    return []
  } catch (thrown) {
    return ((thrown as DefinitionError).details?.['problems'] as readonly Problem[]).map(({ code, path }) => `${code} ${path}`)
  }
}

describe('all', () => {
  test('gives the outputs by name, each branch under paths of its own', () => {
    const host = run(merged(undefined))
    expect(host.steps).toEqual(['p.a', 'p.b.one', 'p.b.two'])
    expect(host.output).toEqual({ p: { a: 2, b: 4 } })
  })

  test('fails with the first failure; the others are given up', () => {
    const host = begin(merged('all'))
    host.answer('p.a', failing('p.a'))
    expect(host.givenUp).toEqual(['p.b.one'])
    expect(host.failure).toMatchObject({ path: 'p.a', details: { branch: 'a' } })
    expect(host.steps).toEqual(['p.a', 'p.b.one'])
  })

  test('a branch that is skipped, or tolerated, gives null', () => {
    const host = run({ steps: { off: { ...use(), if: 'false' }, p: { parallel: { branches: { a: { ...use(), continueOnError: true }, b: { uses: 'echo', with: '${{ steps.off.output }}' }, c: use(7) } } } } }, {}, failing('p.a'))
    expect(host.output).toEqual({ p: { a: null, b: null, c: 7 } })
    expect(host.decisions).toEqual(['off skipped', 'p.b skipped'])
  })
})

describe('any', () => {
  test('gives the first success and records which; the others are given up', () => {
    const host = begin(merged('any', {}, { then: { uses: 'echo', with: '${{ steps.p.output }}' } }))
    host.answer('p.a')
    expect(host.givenUp).toEqual(['p.b.one'])
    expect(host.operation('p')).toMatchObject({ kind: 'decision', output: { branch: 'a' }, reads: ['p.a'] })
    expect(host.input('then')).toBe(2)
  })

  test('goes on after a failure, and fails only when all have, with the failure of each', () => {
    const one = run(merged('any'), {}, failing('p.a'))
    expect(one.output).toEqual({ p: 4 })
    const none = run(merged('any'), {}, failing('p.a', 'p.b.two'))
    expect(none.failure).toMatchObject({ path: 'p', cause: { code: 'BRANCHES_FAILED', details: { branches: { a: { code: 'STEP_FAILED' }, b: { code: 'STEP_FAILED' } } } } })
    expect(none.failure.message).toContain('a: step p.a failed: no luck with p.a; b: ')
  })

  test('with concurrency 1 tries one after the other', () => {
    const host = run(merged('any', { concurrency: 1 }), {}, failing('p.a'))
    expect(host.steps).toEqual(['p.a', 'p.b.one', 'p.b.two'])
    expect(run(merged('any', { concurrency: 1 })).steps).toEqual(['p.a'])
  })
})

test('first takes the first end, also a failure', () => {
  const host = begin(merged('first'))
  host.answer('p.a', failing('p.a'))
  host.answer('p')
  expect(host.failure).toMatchObject({ details: { branch: 'a' } })
  expect(begin(merged('first')).drain(undefined, (paths) => paths.at(-1) ?? '').output).toEqual({ p: 4 })
})

test('weighted gives the average over the branches that have completed', () => {
  expect(run(merged({ weighted: { a: 3, b: 1 } })).output).toEqual({ p: 2.5 })
  const steps: Record<string, StepModel> = { p: { parallel: { branches: { a: { ...use(2), continueOnError: true }, b: use(6), c: use(10) }, merge: { weighted: { a: 5, b: 1, c: 3 } } } } }
  expect(run({ steps }, {}, failing('p.a')).output).toEqual({ p: 9 })
  const failed = run({ steps: { p: { parallel: { branches: { a: use('x') }, merge: { weighted: { a: 1 } } } } } })
  expect(failed.failure.message).toContain('expected a number to weigh')
})

test('an expression merges what the branches give', () => {
  expect(run(merged({ output: { least: '${{ branches.a < branches.b ? "a" : "b" }}', sum: '${{ branches.a + branches.b }}' } })).output).toEqual({ p: { least: 'a', sum: 6 } })
  const host = run(merged({ output: '${{ branches.a.x }}' }))
  expect(host.failure.message).toContain('parallel.merge.output')
})

test('a timer of a branch that loses is given up, and its late answer changes nothing', () => {
  const host = begin({ steps: { p: { parallel: { branches: { night: { sleep: '8h' }, a: use(1) }, merge: 'first' } } } })
  host.answer('p.a')
  expect(host.givenUp).toEqual(['p.night'])
  host.deliver('p.night', { status: 'completed', output: undefined })
  host.drain()
  expect(host.output).toEqual({ p: 1 })
})

test('recorded answers bring a run back to the same winner, also when a loser has its record behind that of the winner', () => {
  const model: WorkflowModel = { name: 'again', ...merged('any', {}, { then: { uses: 'echo', with: '${{ steps.p.output }}' } }) }
  const live = new GraphHost(fromStored(model, [echo]).source())
  live.answer('p.a')
  live.deliver('p.b.one', { status: 'completed', output: 4 })
  live.drain()
  const again = new GraphHost(fromStored(model, [echo]).source())
  for (const { path, outcome } of live.answers) again.deliver(path, outcome)
  expect(again.opened).toEqual(live.opened)
  expect(again.end).toEqual(live.end)
})

test('what is checked: weights, branches, types, exactly one body', () => {
  const p = (merge: ParallelModel['merge'], branches: ParallelModel['branches'] = { a: { uses: 'num' }, b: { uses: 'num' } }): string[] => told({ p: { parallel: { branches, ...(merge === undefined ? {} : { merge }) } } })
  expect(p({ weighted: { a: 1, x: 2, b: 1 } })).toEqual(['UNKNOWN_NAME steps.p.parallel.merge.weighted.x'])
  expect(p({ weighted: { a: 1 } })).toEqual(['MISSING_KEY steps.p.parallel.merge.weighted'])
  expect(p({ weighted: { a: 0, b: 1 } })).toEqual(['INVALID_VALUE steps.p.parallel.merge.weighted.a'])
  expect(p({ weighted: { a: 1 } }, { a: { sleep: 1 } })).toEqual(['TYPE_MISMATCH steps.p.parallel.branches.a'])
  expect(p('all', {})).toEqual(['MISSING_KEY steps.p.parallel.branches'])
  expect(p('most' as 'any')).toEqual(['INVALID_VALUE steps.p.parallel.merge'])
  expect(p({ output: '${{ branches.c }}' })).toEqual(['UNKNOWN_FIELD steps.p.parallel.merge.output'])
  expect(p('all', { a: { uses: 'num', retries: 1 } as StepModel })).toEqual(['UNKNOWN_KEY steps.p.parallel.branches.a.retries'])
  expect(told({ p: { parallel: { branches: { a: { uses: 'nothing' } } } } })).toEqual(['UNKNOWN_TEMPLATE steps.p.parallel.branches.a.uses'])
})

describe('the other forms', () => {
  const built = workflow('side-by-side', { input: z.object({ n: z.number() }) })
    .step('z', { uses: num })
    .parallel('p', (branches) => branches
      .branch('a', { uses: num })
      .branch('b', (block) => block.step('one', { uses: num, needs: 'z' }).output(({ steps }) => steps.one), { continueOnError: true }), { merge: { weighted: { a: 1, b: 2 } }, concurrency: 1 })
    .parallel('q', (branches) => branches.branch('a', { uses: num }).branch('b', { sleep: '1s' }), { merge: { output: ({ branches }) => ({ a: branches.a }) } })
    .output(({ steps }) => ({ p: steps.p, a: steps.q.a }))

  test('the builder makes the same model', () => {
    expect(built.model().steps).toMatchObject({
      p: { parallel: { branches: { a: { uses: 'num@1.0.0' }, b: { continueOnError: true, steps: { one: { needs: ['z'] } } } }, merge: { weighted: { a: 1, b: 2 } }, concurrency: 1 } },
      q: { parallel: { branches: { b: { sleep: '1s' } }, merge: { output: { a: '${{ branches.a }}' } } } },
    })
    expect(built.build().version).toBe(fromModel(built.model(), [num]).version)
  })

  test('a step that a branch names is renamed there', () => {
    expect(JSON.stringify(renameStep(built.model(), 'steps.z', 'first'))).toContain('"needs":["first"]')
    expect(JSON.stringify(renameStep(built.model(), 'steps.p.parallel.branches.b.steps.one', 'two'))).toContain('${{ steps.two.output }}')
  })
})
