// Steps that are repeated until a condition ends them: what is checked when the graph is made, and how a run of it goes.
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { begin, echo, GraphHost, run } from '../../test/fixtures/graph-host.ts'
import type { LoopModel, StepModel } from '../model/workflow.ts'
import { type DefinitionError } from '../errors.ts'
import { defineTemplate } from '../template/define.ts'
import { workflow } from './builder.ts'
import { and, eq, gt, typed } from './conditions.ts'
import { fromModel } from './graph.ts'
import type { Problem } from './problems.ts'
import { renameStep } from './rename-step.ts'

const page = defineTemplate({ name: 'page', version: '1.0.0', description: 'Gives a page.', input: z.object({ from: z.number() }), output: z.object({ next: z.number().nullable(), items: z.array(z.string()) }), execute: () => ({ next: null, items: [] }) })

function problemsOf(step: object, more: object = {}): readonly Problem[] {
  try {
    fromModel({ name: 'test', steps: { ...more, p: step } }, [echo, page])
    return []
  } catch (thrown) {
    return (thrown as DefinitionError).details?.['problems'] as readonly Problem[]
  }
}
const told = (step: object, more?: object): string[] => problemsOf(step, more).map(({ code, path }) => `${code} ${path}`)
const looped = (loop: Partial<LoopModel>, body: StepModel = { uses: 'echo', with: '${{ iteration }}' }): Record<string, StepModel> => ({ p: { loop: { max: 5, ...loop }, ...body } })
const failing = (...paths: string[]) => (input: unknown, path: string): unknown => {
  if (paths.includes(path)) throw new Error('no luck')
  return input
}

describe('a loop', () => {
  test('runs one turn after the other, each under its own path, until the condition holds', () => {
    const host = begin({ steps: { ...looped({ until: 'last == 2' }), then: { uses: 'echo', with: '${{ steps.p.output }}' } } })
    expect([...host.waiting.keys()]).toEqual(['p[0]'])
    host.answer('p[0]')
    expect([...host.waiting.keys()]).toEqual(['p[1]'])
    host.drain()
    expect(host.steps).toEqual(['p[0]', 'p[1]', 'p[2]', 'then'])
    expect(host.operation('p')).toMatchObject({ kind: 'decision', status: 'completed', output: { iterations: 3 } })
    expect(host.output).toEqual({ then: 2 })
  })

  test('hands what a turn gave to the next one', () => {
    const host = run({ steps: looped({ initial: { sum: '${{ input.from }}' }, until: 'last.sum > 20' }, { uses: 'echo', with: { sum: '${{ last.sum * 2 }}', at: '${{ iteration }}' } }) }, { from: 3 })
    expect(host.output).toEqual({ p: { sum: 24, at: 2 } })
    expect(host.reads('p[0]')).toEqual(['$input'])
    expect(host.reads('p[1]')).toEqual(['p[0]'])
    expect(host.reads('p')).toEqual(['$input'])
  })

  test('last is null before the first turn, and may be called otherwise', () => {
    expect(run({ steps: looped({ until: 'turn.n == 1', as: 'turn' }, { uses: 'echo', with: { n: '${{ turn == null ? 0 : 1 }}' } }) }).output).toEqual({ p: { n: 1 } })
  })

  test('while is looked at before the first turn as well: with none, the step gives what it began with', () => {
    const host = run({ steps: looped({ while: 'last.left > 0', initial: { left: '${{ input.n }}' } }, { uses: 'echo', with: { left: '${{ last.left - 1 }}' } }) }, { n: 2 })
    expect(host.steps).toEqual(['p[0]', 'p[1]'])
    const none = run({ steps: looped({ while: 'last.left > 0', initial: { left: '${{ input.n }}' } }) }, { n: 0 })
    expect(none.opened.map(({ path }) => path)).toEqual(['p'])
    expect(none.output).toEqual({ p: { left: 0 } })
  })

  test('fails at its bound, or goes on with what it has', () => {
    const failed = run({ steps: looped({ max: 2, until: 'last == 9' }) })
    expect(failed.steps).toEqual(['p[0]', 'p[1]'])
    expect(failed.failure).toMatchObject({ code: 'STEP_FAILED', path: 'p', cause: { code: 'LOOP_LIMIT', details: { iterations: 2 } } })
    const host = run({ steps: looped({ max: 2, until: 'last == 9', onMax: 'continue' }) })
    expect(host.operation('p')).toMatchObject({ output: { iterations: 2, limit: true } })
    expect(host.output).toEqual({ p: 1 })
  })

  test('the bound is no failure when the last turn ends the loop', () => {
    expect(run({ steps: looped({ max: 2, until: 'last == 1' }) }).output).toEqual({ p: 1 })
    expect(run({ steps: looped({ max: 2, while: 'last == null || last < 1' }) }).output).toEqual({ p: 1 })
  })

  test('waits between turns, not before the first and not after the last', () => {
    const host = begin({ steps: looped({ until: 'last == 2', delay: '${{ iteration * 10 }}s' }) })
    host.drain()
    expect(host.opened.map((one) => [one.path, one.kind === 'timer' ? one.ms : null])).toEqual([['p[0]', null], ['p[1].$delay', 10_000], ['p[1]', null], ['p[2].$delay', 20_000], ['p[2]', null], ['p', null]])
  })

  test('opens a scope per turn for a block, and goes over a switch: a turn that no case takes gives null', () => {
    const block: StepModel = { steps: { a: { uses: 'echo', with: '${{ iteration }}' }, b: { uses: 'echo', with: '${{ steps.a.output + 10 }}' } }, output: '${{ steps.b.output }}' }
    expect(run({ steps: looped({ until: 'last == 11' }, block) }).steps).toEqual(['p[0].a', 'p[0].b', 'p[1].a', 'p[1].b'])
    const routed = run({ steps: looped({ max: 3, until: 'last == null && iteration > 1' }, { switch: [{ if: 'iteration == 0', name: 'one', uses: 'echo', with: 1 }] }) })
    expect(routed.opened.map(({ path }) => path)).toEqual(['p[0]', 'p[0].one', 'p[1]', 'p[2]', 'p'])
    expect(routed.output).toEqual({ p: null })
  })

  test('a turn that fails ends it with an error that names the turn', () => {
    const { failure, steps } = run({ steps: looped({ until: 'last == 9' }) }, {}, failing('p[1]'))
    expect(steps).toEqual(['p[0]', 'p[1]'])
    expect(failure).toMatchObject({ code: 'STEP_FAILED', path: 'p[1]', details: { iteration: 1 } })
    expect(failure.message).toBe('step p failed: turn 1: step p[1] failed: no luck')
  })

  test('a turn that tolerates its failures goes on', () => {
    const block: StepModel = { steps: { a: { uses: 'echo', continueOnError: true } } }
    expect(run({ steps: looped({ until: 'iteration == 2' }, block) }, {}, failing('p[1].a')).steps).toEqual(['p[0].a', 'p[1].a', 'p[2].a'])
  })

  test('a condition or a delay that fails, fails the step, recorded under its path', () => {
    expect(run({ steps: looped({ until: 'last.x' }) }).decisions).toEqual(['p failed'])
    expect(run({ steps: looped({ while: 'iteration' }) }).failure.message).toMatch(/steps\.p\.loop\.while: `iteration`: expected true or false, got the number 0/)
    expect(run({ steps: looped({ until: 'false', delay: '${{ input.wait }}' }) }, { wait: 'soon' }).failure.message).toMatch(/steps\.p\.loop\.delay: expected a duration/)
    expect(run({ steps: looped({ until: 'true', initial: '${{ input.x }}' }) }).decisions).toEqual(['p failed'])
  })

  test('begins no further turn after a failure elsewhere, and gives a long delay up', () => {
    const steps = { ...looped({ until: 'false', delay: '30d' }), bad: { uses: 'echo' } as StepModel }
    const host = begin({ steps })
    host.answer('p[0]')
    host.answer('bad', failing('bad'))
    expect(host.failure.path).toBe('bad')
    const busy = begin({ steps: { ...looped({ until: 'false' }), bad: { uses: 'echo' } } })
    busy.answer('bad', failing('bad'))
    busy.answer('p[0]')
    expect(busy.steps).toEqual(['p[0]', 'bad'])
  })

  test('loops stand in loops and in items: the inner names stand before the outer ones', () => {
    const inner: StepModel = { loop: { max: 3, until: 'last == iteration && iteration == 1' }, uses: 'echo', with: '${{ iteration }}' }
    const host = run({ steps: { all: { forEach: 'input', steps: { outer: { loop: { max: 2, until: 'iteration == 1' }, steps: { inner } } } } } }, ['x'])
    expect(host.steps).toEqual([0, 1].flatMap((turn) => [0, 1].map((at) => `all[0].outer[${turn}].inner[${at}]`)))
  })

  test('10,000 turns that end at once need no stack', () => {
    expect(run({ steps: looped({ max: 10_000, until: 'iteration == 9999' }, { switch: [{ if: 'false', uses: 'echo' }] }) }).end).toEqual({ completed: { p: null } })
  })

  test('comes back from its records', () => {
    const graph = fromModel({ name: 'test', steps: looped({ initial: 1, until: 'last > 30', delay: '1h' }, { steps: { a: { uses: 'echo', with: '${{ last * 2 }}' } }, output: '${{ steps.a.output }}' }) }, [echo])
    const live = new GraphHost(graph.source()).drain()
    for (let cut = 0; cut <= live.answers.length; cut++) {
      const again = new GraphHost(graph.source())
      for (const { path, outcome } of live.answers.slice(0, cut)) again.deliver(path, outcome)
      again.drain()
      expect(again.opened).toEqual(live.opened)
      expect(again.output).toEqual(live.output)
    }
  })
})

describe('the definition of a loop', () => {
  test.each<[object, string[]]>([
    [{ loop: { until: 'true' }, uses: 'echo' }, ['MISSING_KEY steps.p.loop.max']],
    [{ loop: { max: 3 }, uses: 'echo' }, ['MISSING_KEY steps.p.loop']],
    [{ loop: { max: 0, until: 'true' }, uses: 'echo' }, ['INVALID_VALUE steps.p.loop.max']],
    [{ loop: { max: 3, untl: 'true' }, uses: 'echo' }, ['MISSING_KEY steps.p.loop', 'UNKNOWN_KEY steps.p.loop.untl']],
    [{ loop: { max: 3, until: 'true', delay: 'soon' }, uses: 'echo' }, ['INVALID_DURATION steps.p.loop.delay']],
    [{ loop: { max: 3, until: 'true', onMax: 'stop' }, uses: 'echo' }, ['INVALID_VALUE steps.p.loop.onMax']],
    [{ loop: { max: 3, until: 'true', as: 'iteration' }, uses: 'echo' }, ['INVALID_NAME steps.p.loop.as']],
    [{ loop: { max: 3, until: 'true' }, forEach: 'input', uses: 'echo' }, ['MISPLACED_KEY steps.p.loop']],
    [{ loop: { max: 3, until: 'true' }, as: 'x', uses: 'echo' }, ['MISPLACED_KEY steps.p.as']],
    [{ loop: { max: 3, until: 'item > 1' }, uses: 'echo' }, ['UNKNOWN_NAME steps.p.loop.until']],
    [{ loop: { max: 3, until: 'true', initial: '${{ last }}' }, uses: 'echo' }, ['UNKNOWN_NAME steps.p.loop.initial']],
    [{ if: 'last == 1', loop: { max: 3, until: 'true' }, uses: 'echo' }, ['UNKNOWN_NAME steps.p.if']],
    [{ loop: { max: 3, until: 'steps.gone.output' }, uses: 'echo' }, ['UNKNOWN_STEP steps.p.loop.until']],
    [{ loop: { max: 3, until: 'steps.p.output == 1' }, uses: 'echo' }, ['CYCLE steps.p']],
    [{ loop: { max: 3, until: '1 + 1' }, uses: 'echo' }, ['TYPE_MISMATCH steps.p.loop.until']],
    [{ loop: 3, uses: 'echo' }, ['INVALID_VALUE steps.p.loop']],
  ])('%j', (step, expected) => {
    expect(told(step)).toEqual(expected)
  })

  test('every problem says what to do', () => {
    for (const step of [{ loop: { max: 3 }, uses: 'echo' }, { loop: { max: 'x', until: 'true' }, uses: 'echo' }, { loop: 3, uses: 'echo' }, { loop: { max: 3, until: 'true', x: 1 }, uses: 'echo' }]) for (const { remedy } of problemsOf(step)) expect(remedy).toBeTruthy()
  })

  test('until and the next turn see the type of what a turn gives', () => {
    const turn = { uses: 'page', with: { from: '${{ last == null ? 0 : last.next == null ? 0 : last.next }}' } }
    expect(told({ loop: { max: 3, until: 'last.next == null' }, ...turn })).toEqual([])
    expect(told({ loop: { max: 3, until: 'last.nxt == null' }, ...turn })).toEqual(['UNKNOWN_FIELD steps.p.loop.until'])
    expect(new Set(told({ loop: { max: 3, until: 'last.next == null' }, uses: 'page', with: { from: '${{ last.next }}' } }))).toEqual(new Set(['UNGUARDED_OPTIONAL steps.p.with.from']))
    expect(told({ loop: { max: 3, while: 'last.gone' }, ...turn })).not.toEqual([])
  })

  test('with while the output may be what the loop began with', () => {
    const q = { loop: { max: 3, while: 'last == null' }, uses: 'page', with: { from: 1 } }
    expect(told({ uses: 'page', with: { from: '${{ steps.q.output.next == null ? 0 : 1 }}' } }, { q })).toEqual(['UNGUARDED_OPTIONAL steps.p.with.from'])
    expect(told({ uses: 'page', with: { from: '${{ steps.q.output.next == null ? 0 : 1 }}' } }, { q: { ...q, loop: { max: 3, until: 'last.next == null' } } })).toEqual([])
  })

  test('fifteen loops in each other are checked in no time', () => {
    let step: StepModel = { loop: { max: 2, until: 'true' }, uses: 'echo' }
    for (let depth = 0; depth < 14; depth++) step = { loop: { max: 2, until: 'iteration == 1' }, steps: { [`d${depth}`]: step } }
    const before = performance.now()
    expect(told(step)).toEqual([])
    expect(performance.now() - before).toBeLessThan(1000)
  })

  test('how it is spelled changes no version, what it says does', () => {
    const version = (loop: object): string => fromModel({ name: 'test', steps: { p: { loop, uses: 'echo' } } }, [echo]).version
    const plain = version({ max: 3, until: 'last == 1', delay: '60s' })
    expect(version({ delay: '1m', until: '${{ last == 1 }}', max: 3, as: 'last' })).toBe(plain)
    expect(version({ max: 4, until: 'last == 1', delay: '60s' })).not.toBe(plain)
    expect(version({ max: 3, until: 'last == 1', delay: '60s', onMax: 'continue' })).not.toBe(plain)
  })

  test('renaming a step reaches into it', () => {
    const model = { name: 'test', steps: { a: { uses: 'echo' }, ...looped({ until: 'last == steps.a.output', delay: '${{ steps.a.output }}', initial: ['${{ steps.a.output }}'] }) } }
    expect(renameStep(model, 'steps.a', 'b').steps['p']?.loop).toMatchObject({ until: 'last == steps.b.output', delay: '${{ steps.b.output }}', initial: ['${{ steps.b.output }}'] })
  })

  test('the builder makes the same graph', () => {
    const pages = workflow('pages', {})
      .loop('all', (block, { last }) => block.step('one', { uses: page, with: { from: 0 } }).output(({ steps }) => ({ next: steps.one.next, before: typed<number>(last) })), { max: 3, until: ({ last, iteration }) => and(eq(last.next, null), gt(iteration, 1)), delay: '1s' })
      .output(({ steps }) => steps.all.next)
    expect(pages.model()).toMatchObject({
      steps: { all: { loop: { max: 3, until: 'last.next == null && iteration > 1', delay: '1s' }, steps: { one: { uses: 'page@1.0.0' } }, output: { next: '${{ steps.one.output.next }}', before: '${{ last }}' } } }, output: '${{ steps.all.output.next }}',
    })
    expect(pages.build().version).toBe(fromModel(pages.model(), [page]).version)
  })
})
