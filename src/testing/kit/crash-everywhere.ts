// The sweep of crashes for users' workflows: the process dies before, and after, each call to the store, until a run needs no further call.
// Each run must end as the one in which nobody died.
import { AssertionError } from 'node:assert'
import { deepStrictEqual } from 'node:assert/strict'
import type { AnyWorkflow } from '../../workflow/contract.ts'
import type { SweepOptions, SweepReport, TestRun } from './contract.ts'
import { FreeTime } from './free-time.ts'
import { journalProblems } from './journal-check.ts'
import { DIED, Machine } from './machine.ts'
import type { MachineParts } from './machine.ts'
import { runOf, startOf } from './test-run.ts'

/** One sweep. */
export interface Sweep {
  readonly parts: Omit<MachineParts, 'time'> & { readonly start: number }
  readonly workflow: AnyWorkflow
  readonly input: unknown
  readonly options: SweepOptions<never>
}

interface Point {
  readonly call: number
  readonly when: 'before' | 'after'
}

interface Outcome {
  readonly run: TestRun<never>
  /** The call at which it died; null when the run needed fewer calls. */
  readonly died: string | null
  readonly begun: ReadonlyMap<string, number>
  readonly problems: readonly string[]
}

/** Sweeps. Throws an AssertionError at the first point at which a run ends otherwise. */
export async function sweepRuns(sweep: Sweep): Promise<SweepReport> {
  const expected = await once(sweep, null)
  refuse(expected.problems, 'no death', expected.run)
  const repeated = new Set<string>()
  for (let call = 1; ; call++) {
    let hasDied = false
    for (const when of ['before', 'after'] as const) {
      const outcome = await once(sweep, { call, when })
      if (outcome.died === null) continue
      hasDied = true
      const place = `a death ${when} store call ${call} (${outcome.died})`
      compare(sweep, place, { expected: expected.run, outcome })
      for (const [path, times] of outcome.begun) if (times > (expected.begun.get(path) ?? 0)) repeated.add(path)
    }
    if (!hasDied) return { points: 2 * (call - 1), repeated: [...repeated].sort() }
  }
}

async function once({ parts, workflow, input, options }: Sweep, point: Point | null): Promise<Outcome> {
  await options.before?.()
  parts.doubles.rearm()
  let died: string | null = null
  const begun = new Map<string, number>()
  const reached = (call: number, what: string): void => {
    if (call !== point?.call || died !== null) return
    died = what
    machine.kill()
  }
  const machine: Machine = new Machine({
    ...parts, time: new FreeTime({ start: parts.start }), ...(point === null ? {} : { death: { [point.when]: reached } }),
    options: { ...parts.options, workflows: [...new Set([...(parts.options.workflows ?? []), workflow])] },
    began: (_run, path) => begun.set(path, (begun.get(path) ?? 0) + 1),
  })
  try {
    const id = await accepted(machine, workflow, input)
    await machine.until(() => machine.hasEnded(id), () => machine.mustGoOn(id))
    const details = await machine.details(id)
    const problems = [...journalProblems(details), ...(await machine.findings())]
    const run = runOf<never>(details)
    await options.check?.(run)
    return { run, died, begun, problems }
  } catch (thrown) {
    if (point === null || died === null) throw thrown
    throw new AssertionError({ message: `after a death ${point.when} store call ${point.call} (${String(died)}): ${thrown instanceof Error ? thrown.message : String(thrown)}`, operator: 'crashEverywhere' })
  } finally {
    machine.abandon()
  }
}

/** Starts the run under one id, in one process after another, until one of them has said that it is accepted. */
async function accepted(machine: Machine, workflow: AnyWorkflow, input: unknown): Promise<string> {
  for (;;) {
    const handle = await machine.ask((wumbo) => startOf(wumbo, workflow, input, { id: 'crash-everywhere' }))
    if (handle !== DIED) return handle.id
  }
}

function compare({ options }: Sweep, place: string, { expected, outcome }: { readonly expected: TestRun<never>; readonly outcome: Outcome }): void {
  const { run, problems } = outcome
  refuse(problems, place, run)
  if (run.status !== expected.status || run.error?.code !== expected.error?.code) {
    const shown = (one: TestRun<never>): string => `${one.status}${one.error === null ? '' : ` (${one.error.code}: ${one.error.message})`}`
    refuse([`the run is ${shown(run)}; without a death it is ${shown(expected)}`], place, run)
  }
  const pathsOf = (one: TestRun<never>): string[] => one.journal.rows.map(({ path }) => path).sort()
  same('what is recorded', { actual: pathsOf(run), expected: pathsOf(expected) }, { place, run })
  if (run.status !== 'completed') return
  const part = options.compare ?? ((output: never): unknown => output)
  same('the output', { actual: part(run.output), expected: part(expected.output) }, { place, run })
}

function same(what: string, { actual, expected }: { readonly actual: unknown; readonly expected: unknown }, { place, run }: { readonly place: string; readonly run: TestRun<never> }): void {
  try {
    deepStrictEqual(actual, expected)
  } catch (thrown) {
    throw new AssertionError({ message: `after ${place} ${what} differs: ${(thrown as Error).message}\n\n${run.journal.toString()}`, actual, expected, operator: 'crashEverywhere' })
  }
}

function refuse(problems: readonly string[], place: string, run: TestRun<never>): void {
  if (problems.length > 0) throw new AssertionError({ message: `after ${place}: ${problems.join('; ')}\n\n${run.journal.toString()}`, operator: 'crashEverywhere' })
}
