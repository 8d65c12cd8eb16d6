// When a step begins that says more of the steps before it than that they must have completed: rules, conditions of edges, reactions to a failure.
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { begin, echo, GraphHost, run } from '../../test/fixtures/graph-host.ts'
import type { NeedModel, StepModel, WorkflowModel } from '../model/workflow.ts'
import type { DefinitionError } from '../errors.ts'
import { defineTemplate } from '../template/define.ts'
import { workflow } from './builder.ts'
import { cel, eq, errorOf, fallback, gt, has } from './conditions.ts'
import { describeGraph } from './describe.ts'
import { fromModel, fromStored } from './graph.ts'
import type { Problem } from './problems.ts'
import { renameStep } from './rename-step.ts'
import { writeYaml } from './write/yaml.ts'

const score = defineTemplate({ name: 'score', version: '1.0.0', description: 'Gives a score.', input: z.object({}), output: z.object({ score: z.number() }), execute: () => ({ score: 1 }) })
const use = (more: StepModel = {}): StepModel => ({ uses: 'echo', ...more })
const failing = (...paths: string[]) => (input: unknown, path: string): unknown => {
  if (paths.includes(path)) throw new Error(`no luck with ${path}`)
  return input
}
const problemsOf = (steps: Record<string, StepModel>, more: object = {}): readonly Problem[] => {
  try {
    fromModel({ name: 'test', steps, ...more }, [echo, score])
    return []
  } catch (thrown) {
    return (thrown as DefinitionError).details?.['problems'] as readonly Problem[]
  }
}
const told = (steps: Record<string, StepModel>, more?: object): string[] => problemsOf(steps, more).map(({ code, path }) => `${code} ${path}`)
/** Two steps, and one that joins them. */
const joining = (more: StepModel, a: StepModel = {}, b: StepModel = {}): Omit<WorkflowModel, 'name'> => ({ steps: { a: use(a), b: use(b), j: use({ needs: ['a', 'b'], ...more }) } })

describe('join: any', () => {
  test('begins as soon as the first of its needs has completed, and once only', () => {
    const host = begin(joining({ join: 'any' }))
    host.answer('b')
    expect([...host.waiting.keys()]).toEqual(['a', 'j'])
    host.drain()
    expect(host.steps).toEqual(['a', 'b', 'j'])
  })

  test('sees the outputs of those that have completed; the others are absent', () => {
    const host = begin(joining({ join: 'any', with: { a: '${{ has(steps.a.output) }}', b: '${{ steps.b.?output.orValue("none") }}' } }, {}, { with: 'B' }))
    host.answer('b')
    expect(host.input('j')).toEqual({ a: false, b: 'B' })
  })

  test('a block that begins so sees them absent inside as well', () => {
    const host = begin({ steps: { a: use({ with: 'A' }), b: use(), j: { needs: ['a', 'b'], join: 'any', steps: { inner: use({ with: '${{ steps.a.?output.orValue("none") }}' }) } } } })
    host.answer('b')
    expect(host.input('j.inner')).toBe('none')
  })

  test('waits for what it reads besides', () => {
    const host = begin({ steps: { a: use(), b: use(), c: use({ with: 7 }), j: use({ needs: ['a', 'b'], join: 'any', with: '${{ steps.c.output }}' }) } })
    host.answer('a')
    expect([...host.waiting.keys()]).toEqual(['b', 'c'])
    host.answer('c')
    expect(host.input('j')).toBe(7)
  })

  test('goes on after a failure that is tolerated, and is skipped when none can complete any more', () => {
    const tolerant = joining({ join: 'any' }, { continueOnError: true }, { continueOnError: true })
    expect(run(tolerant, {}, failing('a')).steps).toContain('j')
    const none = run(tolerant, {}, failing('a', 'b'))
    expect(none.decisions).toEqual(['j skipped'])
    expect(none.reads('j')).toEqual(['a', 'b'])
  })
})

describe('join: noneFailed and always', () => {
  test('noneFailed begins when all have ended, and takes skipped for fine', () => {
    const merged = run(joining({ join: 'noneFailed', with: '${{ steps.b.?output.orValue("none") }}' }, { if: 'true' }, { if: 'false' }))
    expect(merged.input('j')).toBe('none')
    const failed = run(joining({ join: 'noneFailed' }, { continueOnError: true }), {}, failing('a'))
    expect(failed.decisions).toEqual(['j skipped'])
  })

  test('always begins when all have ended, whatever became of them, and the run fails all the same', () => {
    const host = begin(joining({ join: 'always' }))
    host.answer('a', failing('a'))
    expect([...host.waiting.keys()]).toEqual(['b'])
    host.drain()
    expect(host.steps).toEqual(['a', 'b', 'j'])
    expect(host.failure.message).toContain('step a failed')
  })

  test('after a failure what is not begun is skipped and recorded, and steps that begin whatever happens run', () => {
    const host = run({ steps: { a: use(), b: use({ needs: 'a' }), c: use({ needs: 'b' }), close: use({ needs: ['b', 'c'], join: 'always' }) } }, {}, failing('a'))
    expect(host.decisions).toEqual(['b skipped', 'c skipped'])
    expect(host.steps).toEqual(['a', 'close'])
    expect(host.failure.message).toContain('step a failed')
  })

  test('such a step runs inside of a block that is given up since something around it failed', () => {
    const host = begin({ steps: { bad: use(), block: { steps: { a: use(), b: use({ needs: 'a' }), close: { needs: ['b'], join: 'always', steps: { one: use(), two: use({ needs: 'one' }) } } } } } })
    host.answer('bad', failing('bad'))
    host.drain()
    expect(host.steps).toEqual(['bad', 'block.a', 'block.close.one', 'block.close.two'])
    expect(host.decisions).toEqual(['block.b skipped'])
    expect(host.failure.message).toContain('step bad failed')
  })
})

describe('edges', () => {
  const branching = (value: number): Record<string, StepModel> => ({
    a: use({ with: { n: value } }),
    big: use({ needs: [{ step: 'a', if: 'steps.a.output.n > 10' }] }),
    odd: use({ needs: [{ step: 'a', if: 'steps.a.output.n == 3' }] }),
    rest: use({ needs: [{ step: 'a', else: true }] }),
  })

  test('with conditions are taken when these hold; else when none does', () => {
    const ran = (n: number): string[] => run({ steps: branching(n) }).steps.slice(1)
    expect(ran(30)).toEqual(['big'])
    expect(ran(3)).toEqual(['odd'])
    expect(ran(5)).toEqual(['rest'])
  })

  test('join after a choice with noneFailed', () => {
    const host = run({ steps: { ...branching(5), end: use({ needs: ['big', 'odd', 'rest'], join: 'noneFailed' }) } })
    expect(host.steps).toEqual(['a', 'rest', 'end'])
  })

  test('whose condition fails fail the step, and else is not taken', () => {
    const host = run({ onFailure: 'continue', steps: { a: use({ with: {} }), b: use({ needs: [{ step: 'a', if: 'steps.a.output.n > 1' }] }), c: use({ needs: [{ step: 'a', else: true }] }) } })
    expect(host.decisions).toEqual(['b failed', 'c skipped'])
    expect(host.failure.message).toContain('steps.b.needs[0].if')
  })

  test('on skipped is taken when the step was skipped', () => {
    expect(run({ steps: { a: use({ if: 'false' }), b: use({ needs: [{ step: 'a', on: 'skipped' }] }) } }).steps).toEqual(['b'])
  })

  test('several edges of one step under join: any are an or', () => {
    const steps: Record<string, StepModel> = { a: use({ continueOnError: true }), b: use({ needs: [{ step: 'a', on: 'failure' }, { step: 'a', on: 'skipped' }], join: 'any' }) }
    expect(run({ steps }, {}, failing('a')).steps).toEqual(['a', 'b'])
    expect(run({ steps }).decisions).toEqual(['b skipped'])
  })
})

describe('a step that reacts to a failure', () => {
  const reacting: Record<string, StepModel> = { a: use(), then: use({ needs: 'a' }), react: use({ needs: [{ step: 'a', on: 'failure' }] }), other: use(), behind: use({ needs: 'other' }) }

  test('answers it when it completes: the run does not fail, and nothing else is kept from beginning', () => {
    const host = run({ steps: reacting }, {}, failing('a'))
    expect(host.steps).toEqual(['a', 'other', 'react', 'behind'])
    expect(host.decisions).toEqual(['then skipped'])
    expect(host.end).toHaveProperty('completed')
  })

  test('is skipped when there is no failure', () => {
    const host = run({ steps: reacting })
    expect(host.decisions).toEqual(['react skipped'])
  })

  test('that fails itself leaves the run with the first failure, and what then is not begun is skipped', () => {
    const host = begin({ steps: { ...reacting, late: use({ needs: 'behind' }) } })
    host.answer('a', failing('a'))
    host.answer('other')
    host.answer('then')
    host.answer('react', failing('react'))
    host.drain()
    expect(host.failure.message).toContain('step react failed')
    expect(host.steps).not.toContain('late')
    expect(host.decisions).toEqual(['then skipped', 'late skipped'])
  })

  test('that is skipped itself answers nothing', () => {
    const host = run({ steps: { a: use(), react: use({ needs: [{ step: 'a', on: 'failure' }], if: 'false' }) } }, {}, failing('a'))
    expect(host.failure.message).toContain('step a failed')
  })

  test('that began for another reason does not answer it', () => {
    const host = begin({ steps: { a: use(), b: use(), j: use({ needs: [{ step: 'a', on: 'failure' }, 'b'], join: 'any' }) } })
    host.answer('b')
    host.answer('j')
    host.answer('a', failing('a'))
    expect(host.failure.message).toContain('step a failed')
  })

  test('a step that runs always does not answer it', () => {
    expect(run({ steps: { a: use(), close: use({ needs: [{ step: 'a', on: 'always' }] }) } }, {}, failing('a')).failure.message).toContain('step a failed')
  })

  test('answers the failure of a block, whose inside does not stop what is around', () => {
    const host = begin({ steps: { a: { steps: { one: use(), two: use({ needs: 'one' }) } }, react: use({ needs: [{ step: 'a', on: 'failure' }] }), other: use(), behind: use({ needs: 'other' }) } })
    host.answer('a.one', failing('a.one'))
    host.drain()
    expect(host.steps).toEqual(['other', 'a.one', 'react', 'behind'])
    expect(host.end).toHaveProperty('completed')
  })
})

describe('what is checked', () => {
  test('names, cycles and misplaced keys, with their paths', () => {
    expect(told({ a: use(), b: use({ needs: [{ step: 'x', on: 'failure' }] }) })).toEqual(['UNKNOWN_STEP steps.b.needs[0].step'])
    expect(told({ a: use({ needs: [{ step: 'b', on: 'failure' }] }), b: use({ needs: 'a' }) })).toEqual(['CYCLE steps.a'])
    expect(told({ a: use(), b: use({ needs: [{ step: 'a', if: 'true', else: true }] }) })).toEqual(['MISPLACED_KEY steps.b.needs[0]'])
    expect(told({ a: use(), b: use({ needs: [{ step: 'a', else: true }] }) })).toEqual(['MISPLACED_KEY steps.b.needs'])
    expect(told({ a: use(), b: use({ needs: [{ step: 'a', on: 'failure' }], join: 'always' }) })).toEqual(['MISPLACED_KEY steps.b.needs[0].on'])
    expect(told({ a: use({ join: 'any' }) })).toEqual(['MISSING_KEY steps.a.join'])
    expect(told({ a: use(), b: use({ needs: [{ step: 'a', when: 'x' } as unknown as NeedModel] }) })).toEqual(['UNKNOWN_KEY steps.b.needs[0].when'])
    expect(told({ a: use(), b: use({ needs: [{ on: 'failure' } as unknown as NeedModel] }) })).toEqual(['MISSING_KEY steps.b.needs[0].step'])
    expect(told({ a: use(), b: use({ needs: [{ step: 'a', on: 'error' } as unknown as NeedModel] }) })).toEqual(['INVALID_VALUE steps.b.needs[0].on'])
    expect(told({ a: use(), b: { steps: { c: use({ needs: [{ step: 'a', on: 'failure' }] }) } } })).toEqual(['UNKNOWN_STEP steps.b.steps.c.needs[0].step'])
  })

  test('a condition of an edge reads the step that it leaves, and no other of the scope', () => {
    expect(told({ a: use(), b: use(), c: use({ needs: [{ step: 'a', if: 'steps.b.output == 1' }] }) })).toEqual(['UNKNOWN_NAME steps.c.needs[0].if'])
    expect(told({ a: { uses: 'score', with: {} }, c: use({ needs: [{ step: 'a', if: 'steps.a.output.score' }] }) })).toEqual(['TYPE_MISMATCH steps.c.needs[0].if'])
    expect(told({ a: use(), c: use({ needs: [{ step: 'a', if: 'false' }] }) })).toEqual(['UNREACHABLE steps.c.needs[0].if'])
  })

  test('what may be absent must be guarded: the outputs of steps that need not have completed', () => {
    const read = { with: '${{ steps.a.output.score }}' }
    const a: StepModel = { uses: 'score', with: {} }
    const b = use()
    for (const join of ['any', 'noneFailed', 'always'] as const) expect(told({ a, b, j: use({ needs: ['a', 'b'], join, ...read }) }), join).toEqual(['UNGUARDED_OPTIONAL steps.j.with'])
    expect(told({ a, j: use({ needs: [{ step: 'a', on: 'failure' }], ...read }) })).toEqual(['UNGUARDED_OPTIONAL steps.j.with'])
    expect(told({ a, b, j: use({ needs: ['b'], join: 'always', ...read }) })).toEqual([])
    expect(told({ a, b, j: { needs: ['a', 'b'], join: 'any', steps: { inner: use(read) } } })).toEqual(['UNGUARDED_OPTIONAL steps.j.steps.inner.with'])
    expect(told({ a, b, j: use({ needs: [{ step: 'a', if: 'steps.a.output.score > 1' }, 'b'], join: 'any', with: '${{ steps.a.?output.score.orValue(0) }}' }) })).toEqual([])
  })

  test('a step that may be left out, or whose failure is answered, may be missing in an output', () => {
    const a: StepModel = { uses: 'score', with: {} }
    const output = { output: '${{ steps.j.output.score }}' }
    expect(told({ a, b: use(), j: { ...a, needs: ['a', 'b'], join: 'always' } }, output)).toEqual([])
    expect(told({ a, b: use(), j: { ...a, needs: ['a', 'b'], join: 'noneFailed' } }, output)).toEqual([])
    expect(told({ a, b: use({ continueOnError: true }), j: { ...a, needs: ['a', 'b'], join: 'noneFailed' } }, output)).toEqual(['UNGUARDED_OPTIONAL output'])
    expect(told({ a, b: use(), j: { ...a, needs: ['a', 'b'], join: 'any' } }, output)).toEqual(['UNGUARDED_OPTIONAL output'])
    expect(told({ j: a, r: use({ needs: [{ step: 'j', on: 'failure' }] }) }, output)).toEqual(['UNGUARDED_OPTIONAL output'])
  })
})

test('a failure that comes to count in the moment in which a block begins keeps its steps from beginning', () => {
  const host = run({ steps: {
    a: use(), block: { steps: { reader: use({ with: '${{ steps.a.output }}' }), free: use(), turns: use({ loop: { max: 2, until: 'false', onMax: 'continue' } }) } },
    r: use({ needs: [{ step: 'a', on: 'failure' }], if: 'false' }),
  } }, {}, failing('a'))
  expect(host.steps).toEqual(['a'])
  expect(host.failure.message).toContain('step a failed')
})

describe('the error of a step', () => {
  const a: StepModel = { uses: 'score', with: {} }
  const reacting = (read: string, more: StepModel = {}): Omit<WorkflowModel, 'name'> => ({ steps: { a: use(), r: use({ needs: [{ step: 'a', on: 'failure' }], with: read, ...more }) } })

  test('is read by a step that reacts to it: code, message, path, details', () => {
    const host = run(reacting('${{ [steps.a.error.code, steps.a.error.message, steps.a.error.path] }}'), {}, failing('a'))
    expect(host.input('r')).toEqual(['UNKNOWN', 'no luck with a', 'a'])
    expect(host.reads('r')).toEqual(['a'])
    expect(run(reacting('${{ steps.a.error }}'), {}, failing('a')).input('r')).toEqual({ code: 'UNKNOWN', message: 'no luck with a', path: 'a', details: null })
    expect(host.end).toHaveProperty('completed')
  })

  test('tells the step inside of a block that failed, and decides edges', () => {
    const steps: Record<string, StepModel> = {
      b: { steps: { inner: use() } },
      known: use({ needs: [{ step: 'b', on: 'failure', if: "steps.b.error.path == 'b.inner'" }], with: '${{ steps.b.error.path }}' }),
      other: use({ needs: [{ step: 'b', on: 'failure', if: "steps.b.error.code == 'X'" }] }),
    }
    const host = run({ steps }, {}, failing('b.inner'))
    expect(host.steps).toEqual(['b.inner', 'known'])
    expect(host.input('known')).toBe('b.inner')
    expect(told(steps)).toEqual([])
  })

  test('is absent where the step has not failed', () => {
    const steps = { a: use(), j: use({ needs: ['a'], join: 'always', with: "${{ has(steps.a.error) ? steps.a.error.code : 'none' }}" }) }
    expect(run({ steps }).input('j')).toBe('none')
    expect(run({ steps }, {}, failing('a')).input('j')).toBe('UNKNOWN')
    expect(run({ steps: { ...steps, j: use({ needs: ['a'], join: 'always', with: '${{ steps.a.error.code }}' }) } }).failure.message).toContain('the step a has not failed, so it has no error')
    expect(run({ steps: { ...steps, j: use({ needs: ['a'], join: 'always', with: '${{ steps.a.error.code + "!" }}' }) } }).failure.message).toContain('the step a has not failed, so it has no error')
  })

  test('is seen in the output, and at the end of a run', () => {
    const host = run({ steps: { a: use({ continueOnError: true }) }, output: '${{ steps.a.?error.code.orValue("none") }}' }, {}, failing('a'))
    expect(host.output).toBe('UNKNOWN')
    const end = run({ steps: { a: use() }, finally: { steps: { tell: use({ with: '${{ steps.a.?error.message.orValue("well") }}' }) } } }, {}, failing('a'))
    expect(end.input('$finally.tell')).toBe('no luck with a')
  })

  test('is refused where the step has completed, and must be guarded where it may not have failed', () => {
    expect(told({ a, b: use({ needs: 'a', with: '${{ steps.a.error.code }}' }) })).toEqual(['UNREACHABLE steps.b.with'])
    expect(problemsOf({ a, b: use({ with: '${{ steps.a.error.code }}' }) })).toMatchObject([{ remedy: 'Let the step begin after a failure: needs: [{ step: a, on: failure }].' }])
    expect(told({ a, b: use({ needs: ['a'], join: 'always', with: '${{ steps.a.error.code }}' }) })).toEqual(['UNGUARDED_OPTIONAL steps.b.with'])
    expect(told({ a, b: use({ needs: [{ step: 'a', on: 'failure' }], with: '${{ steps.a.error.code }}' }) })).toEqual([])
    expect(told({ a, b: { needs: [{ step: 'a', on: 'failure' }], steps: { c: use({ with: '${{ steps.a.error.code }}' }) } } })).toEqual([])
    expect(told({ a, b: use({ needs: [{ step: 'a', on: 'failure' }], with: '${{ steps.a.error.kode }}' }) })).toEqual(['UNKNOWN_FIELD steps.b.with'])
    expect(told({ a }, { output: '${{ steps.a.error.code }}' })).toEqual(['UNGUARDED_OPTIONAL output'])
    expect(told({ a, b: use({ needs: [{ step: 'a', on: 'failure', if: 'steps.a.error.code == 1' }] }) })).toEqual(['TYPE_MISMATCH steps.b.needs[0].if'])
  })

  test('is the same in the builder', () => {
    const built = workflow('told', {}).step('a', { uses: score }).step('r', { uses: score, needs: [{ step: 'a', on: 'failure', if: ({ steps }) => eq(errorOf(steps.a).code, 'X') }], if: ({ steps }) => has(errorOf(steps.a)) })
    expect(built.model().steps['r']).toMatchObject({ needs: [{ step: 'a', on: 'failure', if: 'steps.a.error.code == "X"' }], if: 'has(steps.a.error)' })
    expect(built.build().version).toBe(fromModel(built.model(), [score]).version)
    expect(renameStep(built.model(), 'steps.a', 'first').steps['r']).toMatchObject({ if: 'has(steps.first.error)' })
    expect(() => workflow('wrong', {}).step('a', { uses: score }).step('r', { uses: score, if: ({ steps }) => has(errorOf(steps.a.score)) }).build()).toThrow('expected a step')
  })
})

describe('the other forms', () => {
  const built = workflow('joined', { input: z.object({ n: z.number() }) })
    .step('a', { uses: score })
    .step('b', { uses: score, needs: [{ step: 'a', if: ({ steps }) => gt(steps.a.score, 1) }] })
    .step('c', { uses: score, needs: [{ step: 'a', else: true }] })
    .step('d', { uses: score, needs: ['b', 'c'], join: 'noneFailed' })
    .step('e', { uses: score, needs: { step: 'd', on: 'failure' } })
    .output(({ steps }) => ({ d: fallback(steps.d.score, 0), more: cel('steps.e.?output.orValue(null)') }))

  test('the builder makes the same model, and YAML says it', () => {
    expect(built.model().steps).toMatchObject({ b: { needs: [{ step: 'a', if: 'steps.a.output.score > 1' }] }, c: { needs: [{ step: 'a', else: true }] }, d: { needs: ['b', 'c'], join: 'noneFailed' }, e: { needs: [{ step: 'd', on: 'failure' }] } })
    expect(writeYaml(built.model(), { schema: null })).toContain('    needs:\n      - step: a\n        if: steps.a.output.score > 1\n')
  })

  test('an edge that says nothing is its id; the spelling of a condition makes no other version', () => {
    const version = (needs: StepModel['needs']): string => fromModel({ name: 'v', steps: { a: use(), b: use({ needs: needs as never }) } }, [echo]).version
    expect(version([{ step: 'a' }])).toBe(version('a'))
    expect(version([{ step: 'a', if: '${{ steps.a.output.n > 1 }}' }])).toBe(version({ step: 'a', if: 'steps.a.output.n > 1' }))
  })

  test('a renamed step is renamed in its edges and their conditions', () => {
    expect(renameStep(built.model(), 'steps.a', 'first').steps).toMatchObject({ b: { needs: [{ step: 'first', if: 'steps.first.output.score > 1' }] }, c: { needs: [{ step: 'first', else: true }] } })
  })

  test('a description of the graph tells the edges', () => {
    const { edges, nodes } = describeGraph(built.build())
    expect(edges).toContainEqual({ from: 'a', to: 'b', kind: 'data', if: 'steps.a.output.score > 1' })
    expect(edges).toContainEqual({ from: 'a', to: 'c', kind: 'order', else: true })
    expect(edges).toContainEqual({ from: 'd', to: 'e', kind: 'order', on: 'failure' })
    expect(nodes.find(({ path }) => path === 'd')?.join).toBe('noneFailed')
  })
})

test('recorded answers in their order bring a run back to the same choices', () => {
  const model: WorkflowModel = { name: 'again', steps: { a: use(), b: use(), c: use(), j: use({ needs: ['a', 'b', { step: 'c', on: 'failure' }], join: 'any' }), k: use({ needs: ['j'] }) } }
  for (const order of [['c', 'b', 'a', 'j'], ['b', 'j', 'c', 'a'], ['a', 'c', 'j', 'b']]) {
    const live = new GraphHost(fromStored(model, [echo]).source())
    for (const path of order) live.answer(path, failing('c'))
    live.drain()
    const again = new GraphHost(fromStored(model, [echo]).source())
    for (const { path, outcome } of live.answers) again.deliver(path, outcome)
    expect(again.opened).toEqual(live.opened)
    expect(JSON.stringify(again.end)).toBe(JSON.stringify(live.end))
  }
})
