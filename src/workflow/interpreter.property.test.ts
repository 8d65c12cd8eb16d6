// Random graphs and random orders of answers: what must hold for every run, and that the recorded answers bring a run back.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { echo, GraphHost, outcomeOf } from '../../test/fixtures/graph-host.ts'
import type { CaseModel, StepModel, WorkflowModel } from '../model/workflow.ts'
import { StepFailedError } from '../errors.ts'
import type { Operation, Outcome } from './contract.ts'
import { fromStored } from './graph.ts'

/** One step of a random scope: which earlier steps it uses, and what kind it is. */
interface Sketch {
  readonly data: readonly number[]
  readonly order: readonly number[]
  readonly kind: 'step' | 'each' | 'block' | 'switch' | 'blocks' | 'loop' | 'turns'
  readonly when: 'always' | 'never' | 'broken'
  readonly tolerant: boolean
  readonly size: number
  /** What stands in its place when it has failed. */
  readonly handler: 'none' | 'output' | 'steps' | 'never' | 'broken'
}

const sketch: fc.Arbitrary<Sketch> = fc.record({
  data: fc.array(fc.nat(20), { maxLength: 3 }),
  order: fc.array(fc.nat(20), { maxLength: 2 }),
  kind: fc.constantFrom('step', 'step', 'step', 'each', 'block', 'switch', 'blocks', 'loop', 'turns'),
  when: fc.constantFrom('always', 'always', 'always', 'always', 'never', 'broken'),
  tolerant: fc.boolean(),
  size: fc.integer({ min: 0, max: 5 }),
  handler: fc.constantFrom('none', 'none', 'none', 'output', 'steps', 'never', 'broken'),
})

const scenario = fc.record({
  sketches: fc.array(sketch, { minLength: 1, maxLength: 12 }),
  onFailure: fc.constantFrom('stop' as const, 'continue' as const),
  picks: fc.array(fc.nat(1000), { minLength: 1, maxLength: 60 }),
  /** Which of the answered steps fail. */
  fails: fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 20 }),
})

function modelOf(sketches: readonly Sketch[], onFailure: 'stop' | 'continue'): WorkflowModel {
  const steps: Record<string, StepModel> = {}
  for (const [index, one] of sketches.entries()) steps[`s${index}`] = stepOf(one, index)
  return { name: 'random', onFailure, steps }
}

function handlerOf(handler: Exclude<Sketch['handler'], 'none'>): NonNullable<StepModel['onError']> {
  switch (handler) {
    case 'output':
      return { output: '${{ error.message }}' }
    case 'steps':
      return { steps: { told: { uses: 'echo', with: '${{ error.path }}' }, after: { uses: 'echo', needs: 'told' } } }
    case 'never':
      return { codes: ['NEVER'], output: null }
    case 'broken':
      return { output: '${{ error.details.nothing }}' }
  }
}

function stepOf({ data, order, kind, when, tolerant, size, handler }: Sketch, index: number): StepModel {
  const before = (list: readonly number[]): string[] => (index === 0 ? [] : [...new Set(list.map((at) => `s${at % index}`))])
  const value = Object.fromEntries(before(data).map((id) => [id, `\${{ steps.${id}.output }}`]))
  const leaf = (extra = {}): StepModel => ({ uses: 'echo', with: { ...value, ...extra } })
  const common: StepModel = {
    needs: before(order),
    ...(when === 'always' ? {} : { if: when === 'never' ? 'false' : 'input.nothing' }),
    ...(tolerant ? { continueOnError: true } : {}),
    ...(handler === 'none' ? {} : { onError: handlerOf(handler) }),
  }
  const list = JSON.stringify(Array.from({ length: size }, (_, at) => at))
  const cases: CaseModel[] = [{ if: `${size} > 3`, ...leaf() }, { else: true, steps: { front: leaf(), behind: { uses: 'echo', with: '${{ steps.front.output }}' } } }]
  switch (kind) {
    case 'step':
      return { ...common, ...leaf() }
    case 'each':
      return { ...common, forEach: list, concurrency: 2, ...leaf({ at: '${{ item }}' }) }
    case 'block':
      return { ...common, steps: { one: leaf(), two: { uses: 'echo', needs: 'one' } } }
    case 'switch':
      return { ...common, switch: cases }
    case 'loop':
      return { ...common, loop: { max: size + 1, until: `iteration >= ${size - 1}`, ...(size > 2 ? { delay: '5s' } : {}) }, ...leaf({ last: '${{ last }}' }) }
    case 'turns':
      return { ...common, loop: { max: 3, while: `iteration < ${size}`, onMax: 'continue' }, steps: { one: leaf({ at: '${{ iteration }}' }), two: { uses: 'echo', with: '${{ steps.one.output }}' } } }
    case 'blocks':
      return { ...common, forEach: list, concurrency: 3, steps: { one: leaf({ at: '${{ index }}' }), two: { uses: 'echo', with: '${{ steps.one.output }}' } } }
  }
}

function untolerated(one: Sketch): Sketch {
  return { ...one, tolerant: false, handler: 'none' }
}

/** Runs a scenario to its end with its own order of answers. */
function play({ sketches, onFailure, picks, fails }: { sketches: readonly Sketch[]; onFailure: 'stop' | 'continue'; picks: readonly number[]; fails: readonly number[] }): GraphHost {
  const host = new GraphHost(fromStored(modelOf(sketches, onFailure), [echo]).source(), {})
  let turn = 0
  host.drain(
    () => {
      if (fails[turn % fails.length] === 0) throw new Error('no luck')
      return turn
    },
    (paths) => paths[(picks[turn++ % picks.length] ?? 0) % paths.length] ?? '',
  )
  return host
}

/** The outcome of each answered path. */
function outcomes(host: GraphHost): Map<string, Outcome['status']> {
  return new Map(host.answers.map(({ path, outcome }) => [path, outcome.status]))
}

/** The top-level steps that the one with this path uses, from the model. */
function sources(model: WorkflowModel, path: string): string[] {
  const id = path.split(/[.[]/)[0] ?? ''
  const step = model.steps[id]
  if (path.includes('$onError')) return [] // what stands in its place reads the failure alone
  return [...JSON.stringify(step).matchAll(/steps\.(s\d+)\.output/g)].map(([, source]) => source ?? '').concat((step?.needs ?? []) as string[])
}

describe('every run of every graph', () => {
  test('ends, and tells each operation once (the host checks that nothing is opened twice or after the end)', () => {
    fc.assert(fc.property(scenario, (one) => {
      const host = play(one)
      expect(host.end).not.toBeNull()
    }), { numRuns: 150 })
  })

  test('begins a step only after all that it uses has completed, never after a failed or skipped one', () => {
    fc.assert(fc.property(scenario, (one) => {
      const model = modelOf(one.sketches, one.onFailure)
      const host = new GraphHost(fromStored(model, [echo]).source(), {})
      const done = new Map<string, Outcome['status']>()
      let turn = 0
      let seen = 0
      for (;;) {
        for (const operation of host.opened.slice(seen)) {
          if (operation.kind !== 'step') continue
          for (const source of sources(model, operation.path)) {
            const parts = [...done].filter(([path]) => path === source || path.startsWith(`${source}.`) || path.startsWith(`${source}[`))
            const open = [...host.waiting].filter(([path, { kind }]) => kind === 'step' && (path === source || path.startsWith(`${source}.`) || path.startsWith(`${source}[`)))
            expect(open, `${operation.path} began while ${source} was at work`).toEqual([])
            // A source that is a step, and not a container with tolerated parts, has itself completed.
            const plain = model.steps[source]?.uses !== undefined && model.steps[source].forEach === undefined && model.steps[source].loop === undefined && model.steps[source].onError === undefined
            if (plain) expect(parts, `${operation.path} uses ${source}`).toEqual([[source, 'completed']])
          }
        }
        seen = host.opened.length
        const paths = [...host.waiting.keys()]
        if (paths.length === 0) break
        const path = paths[(one.picks[turn % one.picks.length] ?? 0) % paths.length] ?? ''
        const operation = host.waiting.get(path)
        if (operation === undefined) break
        const fails = operation.kind === 'step' && one.fails[turn % one.fails.length] === 0
        turn++
        const outcome: Outcome = fails ? { status: 'failed', error: new StepFailedError('no luck', { path }) } : outcomeOf(operation, () => turn)
        done.set(path, outcome.status)
        host.deliver(path, outcome)
      }
    }), { numRuns: 150 })
  })

  test('with onFailure stop begins no step after a failure that is not tolerated', () => {
    fc.assert(fc.property(scenario, (one) => {
      const host = play({ ...one, onFailure: 'stop', sketches: one.sketches.map(untolerated) })
      const failed = host.answers.findIndex(({ outcome }) => outcome.status === 'failed')
      if (failed < 0) {
        expect(host.end).toHaveProperty('completed')
        return
      }
      // All operations that were opened were answered; those answered after the failure were open when it came.
      const before = new Set(host.answers.slice(0, failed + 1).map(({ path }) => path))
      const steps = (all: Iterable<Operation>): string[] => [...all].filter(({ kind }) => kind === 'step').map(({ path }) => path) // that a loop has ended is still recorded
      const replay = new GraphHost(fromStored(modelOf(one.sketches.map(untolerated), 'stop'), [echo]).source(), {})
      for (const { path, outcome } of host.answers.slice(0, failed + 1)) replay.deliver(path, outcome)
      expect(steps(host.opened).filter((path) => !before.has(path)).toSorted()).toEqual(steps(replay.waiting.values()).toSorted())
      expect(host.end).toHaveProperty('failed')
    }), { numRuns: 150 })
  })

  test('completes when every failure is tolerated', () => {
    fc.assert(fc.property(scenario, (one) => {
      const host = play({ ...one, sketches: one.sketches.map((each) => ({ ...each, tolerant: true })) })
      expect(host.end).toHaveProperty('completed')
    }), { numRuns: 150 })
  })

  test('with onFailure continue settles every step', () => {
    fc.assert(fc.property(scenario, (one) => {
      const host = play({ ...one, onFailure: 'continue' })
      const known = [...outcomes(host).keys()]
      for (const index of one.sketches.keys()) {
        expect(known.some((path) => path === `s${index}` || path.startsWith(`s${index}.`) || path.startsWith(`s${index}[`)), `s${index}`).toBe(true)
      }
    }), { numRuns: 150 })
  })

  test('opens the same operations again when it is given the recorded answers in their order', () => {
    fc.assert(fc.property(scenario, fc.nat(100), (one, cut) => {
      const live = play(one)
      const graph = fromStored(modelOf(one.sketches, one.onFailure), [echo])
      // Recovery knows the graph only by its stored definition.
      const again = new GraphHost(fromStored(JSON.parse(graph.definition), graph.templates.values()).source(), {})
      const upTo = live.answers.length === 0 ? 0 : cut % (live.answers.length + 1)
      for (const { path, outcome } of live.answers.slice(0, upTo)) again.deliver(path, outcome)
      for (const { path, outcome } of live.answers.slice(upTo)) again.deliver(path, outcome)
      const comparable = (host: GraphHost): unknown[] => host.opened.map((operation) => ({ ...operation, template: null, error: null }))
      expect(comparable(again)).toEqual(comparable(live))
      expect(JSON.stringify(again.end)).toEqual(JSON.stringify(live.end))
    }), { numRuns: 150 })
  })

  test('does not depend on whether a host answers at once or later', () => {
    fc.assert(fc.property(scenario, (one) => {
      const graph = fromStored(modelOf(one.sketches, one.onFailure), [echo])
      const source = graph.source()
      const answers: { path: string; outcome: Outcome }[] = []
      const opened: string[] = []
      let turn = 0
      let ended = 0
      const end = (): void => {
        ended++
      }
      source.begin({}, {
        open(operation) {
          opened.push(operation.path)
          const outcome = outcomeOf(operation, () => {
            if (one.fails[turn % one.fails.length] === 0) throw new Error('no luck')
            return turn
          })
          turn++
          answers.push({ path: operation.path, outcome })
          source.deliver(operation.path, outcome)
        },
        drop: () => undefined,
        complete: end,
        fail: end,
      })
      expect(ended).toBe(1)
      const later = new GraphHost(graph.source(), {})
      for (const { path, outcome } of answers) later.deliver(path, outcome)
      expect(later.opened.map(({ path }) => path)).toEqual(opened)
      expect(later.end).not.toBeNull()
    }), {
      numRuns: 150,
      // A wait between two turns that is given up while its answer waits its turn.
      examples: [[{ sketches: [{ data: [], order: [], kind: 'loop', when: 'always', tolerant: false, size: 3, handler: 'none' }, { data: [], order: [], kind: 'step', when: 'always', tolerant: false, size: 0, handler: 'none' }], onFailure: 'stop', picks: [0], fails: [1, 0] }]],
    })
  })
})
