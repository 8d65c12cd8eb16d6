// Random workflows of every word of control, random answers in a random order: after each of them the interpreter has open what a plain model of the guide
// says, with the same inputs, has decided the same, and ends in the same way.
import { describe, expect, test } from 'vitest'
import { GraphHost, template } from '../../test/fixtures/graph-host.ts'
import { Oracle, type Ending } from '../../test/fixtures/oracle.ts'
import { modelOf, randomPlan, type PlanOptions } from '../../test/fixtures/random-plans.ts'
import { StepFailedError, TemplateFailedError, WumboError } from '../errors.ts'
import { seededRandom } from '../shared/random.ts'
import type { Operation, Outcome } from './contract.ts'
import { fromStored } from './graph.ts'

const act = template('act')

/** What comes of an operation that is open. */
function answerTo(operation: Operation, gives: number): Outcome {
  const { path } = operation
  if (operation.kind === 'decision') {
    if (operation.status === 'failed') return { status: 'failed', error: new StepFailedError('no luck', { path, cause: operation.error }) }
    return operation.status === 'skipped' ? { status: 'skipped' } : { status: 'completed', output: operation.output }
  }
  if (operation.kind === 'timer' || operation.kind === 'request') return { status: 'completed', output: undefined }
  return gives > 9 ? { status: 'failed', error: new StepFailedError('no luck', { path, cause: new TemplateFailedError('no luck') }) } : { status: 'completed', output: gives }
}

function endingOf(operation: Operation, outcome: Outcome): Ending {
  if (outcome.status === 'completed') return { is: 'completed', output: operation.kind === 'timer' ? null : outcome.output }
  return outcome.status === 'failed' ? { is: 'failed', at: operation.path } : { is: 'skipped' }
}

/** The path that failed first of all. */
function failedAt(error: WumboError): string {
  let at = error.path ?? ''
  for (let own: unknown = error; own instanceof WumboError && own.code === 'STEP_FAILED'; own = own.cause) at = own.path ?? at
  return at
}

/** What must be open: operations that are answered, without what is only recorded. */
function openOf(host: GraphHost): Record<string, unknown> {
  const open = [...host.waiting.values()].filter((one) => one.kind !== 'timer' && (one.kind !== 'decision' || one.status === 'failed'))
  return Object.fromEntries(open.map((one) => [one.path, one.kind === 'step' ? one.input : one.kind === 'decision' ? 'broken' : 'wait']))
}

function wantedOf(oracle: Oracle, timers: ReadonlySet<string>): Record<string, unknown> {
  return Object.fromEntries([...oracle.open].filter(([path]) => !timers.has(path)).map(([path, { kind, input }]) => [path, kind === 'step' ? input : kind === 'broken' ? 'broken' : 'wait']))
}

function endOf(host: GraphHost): Ending | null {
  if (host.end === null) return null
  return 'completed' in host.end ? { is: 'completed', output: host.end.completed } : { is: 'failed', at: failedAt(host.end.failed) }
}

/** Runs the plan of a seed beside the oracle. */
function play(seed: number, options: PlanOptions): GraphHost {
  const plan = randomPlan(seed, options)
  const random = seededRandom(seed + 1)
  const graph = fromStored(modelOf(plan), [act])
  const host = new GraphHost(graph.source(), {})
  const oracle = new Oracle(plan)
  const told: string[] = []
  const compare = (): void => {
    const timers = new Set(host.opened.flatMap(({ kind, path }) => (kind === 'timer' ? [path] : [])))
    const decided = host.opened.flatMap((one) => (one.kind === 'decision' && one.status !== 'failed' ? [[one.path, one.status]] : []))
    expect({ seed, told, open: openOf(host), decided: Object.fromEntries(decided) as object }, JSON.stringify(modelOf(plan), null, 1)).toEqual({ seed, told, open: wantedOf(oracle, timers), decided: Object.fromEntries(oracle.decided) })
    expect([...oracle.open.keys()].filter((path) => !host.waiting.has(path)), `seed ${seed}`).toEqual([])
  }
  compare()
  while (host.waiting.size > 0) {
    const paths = [...host.waiting.keys()]
    const path = paths[Math.floor(random.next() * paths.length)] ?? ''
    const operation = host.waiting.get(path) as Operation
    const outcome = answerTo(operation, Math.floor(random.next() * 13))
    told.push(`${path} ${outcome.status}`)
    host.deliver(path, outcome)
    oracle.answer(path, endingOf(operation, outcome))
    compare()
  }
  expect({ seed, told, end: endOf(host) }, JSON.stringify(modelOf(plan), null, 1)).toEqual({ seed, told, end: oracle.end })
  return host
}

/** Seeds of each size. */
const SEEDS = Number(process.env['WUMBO_ORACLE_SEEDS'] ?? 400)

describe('the interpreter and the oracle agree on what is open, what was decided and how a run ends, after each answer', () => {
  test.each([{ most: 2, depth: 1 }, { most: 3, depth: 1 }, { most: 4, depth: 2 }, { most: 7, depth: 2 }, { most: 5, depth: 3 }])('up to $most steps side by side, $depth deep', (size) => {
    let failed = 0
    for (let seed = 0; seed < SEEDS; seed++) if ('failed' in (play(seed, { ...size, waits: true }).end ?? {})) failed++
    expect(failed).toBeGreaterThan(SEEDS / 20)
    expect(failed).toBeLessThan(SEEDS)
  })
})
