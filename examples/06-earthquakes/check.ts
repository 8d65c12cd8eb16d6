// An independent check of runs of this example: it compares what the service logged, what the journal says and what the
// report holds, and knows nothing of how the engine works. evidence.ts gathers what it compares; check-folder.ts is its
// command.
import type { RunDetails, StepSummary } from 'wumbo'
import type { CallEntry } from './call-log.ts'
import type { Report } from './report.ts'
import { zoneOf } from './zones.ts'

/** What is compared. */
export interface Evidence {
  /** The service's log. */
  readonly calls: readonly CallEntry[]
  /** Ended runs, with the report that each wrote. */
  readonly runs: readonly { readonly run: RunDetails; readonly report: Report; readonly markdown: string }[]
  /** The events of the feed, as they are in its file. */
  readonly events: readonly FeedEvent[]
  /** What `verify` finds wrong in the store. */
  readonly findings: readonly string[]
  /** Processes that were killed, by process id. */
  readonly killed: readonly number[]
}

/** The part of a feed's event that the check reads by itself. */
export interface FeedEvent {
  readonly id: string
  readonly properties: { readonly type: string; readonly mag: number; readonly rms: number | null }
  readonly geometry: { readonly coordinates: readonly [number, number, number] }
}

/** What was found: `problems` is empty when nothing was lost and nothing doubled. */
export interface Verdict {
  readonly problems: readonly string[]
  readonly runs: number
  readonly steps: number
  readonly calls: number
  /** Calls that repeated an attempt because the process was killed before its result was recorded. */
  readonly repeated: number
}

/** A call with its answer, as the log tells it. */
interface Call {
  readonly at: number
  readonly path: string
  readonly key: string
  readonly run: string
  readonly step: string
  readonly attempt: number
  readonly process: number
  readonly result: string | null
}

/** Templates whose steps call the service. */
const CALLING = ['quakes.locate', 'quakes.alert']
/** From this magnitude on an alert is due. */
const MAJOR = 5

/** Compares everything with everything. */
export function check(evidence: Evidence): Verdict {
  const problems = [...evidence.findings]
  const calls = joinCalls(evidence.calls, problems)
  checkKeys(calls, problems)
  let repeated = 0
  for (const { run, report, markdown } of evidence.runs) {
    const own = calls.filter((call) => call.run === run.id)
    checkJournal(run, problems)
    repeated += checkCalls(run, own, evidence.killed, problems)
    checkReport(run, report, evidence.events, problems)
    if (!markdown.includes(`${report.totals.quakes} earthquakes in ${report.totals.zones} zones`)) problems.push(`${run.id}: the Markdown and the JSON report differ`)
  }
  const known = new Set(evidence.runs.map(({ run }) => run.id))
  for (const call of calls) if (!known.has(call.run)) problems.push(`${call.step}: a call of run ${call.run}, which is none of the runs`)
  return { problems, runs: evidence.runs.length, steps: evidence.runs.reduce((sum, { run }) => sum + run.steps.length, 0), calls: calls.length, repeated }
}

/** Puts each call and its answer together. A call without an answer was cut off with the service. */
function joinCalls(entries: readonly CallEntry[], problems: string[]): Call[] {
  const answers = new Map<number, string>()
  for (const entry of entries) if (entry.event === 'answered') answers.set(entry.call, entry.result)
  const received = entries.filter((entry) => entry.event === 'received')
  if (new Set(received.map(({ call }) => call)).size !== received.length) problems.push('the log counts two calls by one number')
  return received.map(({ call, at, path, key, run, step, attempt, process }) => ({ at, path, key, run, step, attempt, process, result: answers.get(call) ?? null }))
}

/** One key per step, one step per key. */
function checkKeys(calls: readonly Call[], problems: string[]): void {
  for (const [key, all] of Map.groupBy(calls, (call) => call.key)) {
    if (key === '') problems.push(`${all.length} calls without an idempotency key`)
    const steps = new Set(all.map(({ run, step }) => `${run} ${step}`))
    if (steps.size > 1) problems.push(`key ${key} was sent by ${steps.size} steps: ${[...steps].join(', ')}`)
  }
  for (const [step, all] of Map.groupBy(calls, ({ run, step }) => `${run} ${step}`)) {
    const keys = new Set(all.map(({ key }) => key))
    if (keys.size > 1) problems.push(`${step} sent ${keys.size} different keys: ${[...keys].join(', ')}`)
  }
}

/** One record per path, no gap and no repetition in the order of completion. */
function checkJournal(run: RunDetails, problems: string[]): void {
  if (run.status !== 'completed') problems.push(`${run.id} is ${run.status}, not completed`)
  const paths = new Set<string>()
  for (const { path } of run.steps) {
    if (paths.has(path)) problems.push(`${run.id} has two records of ${path}`)
    paths.add(path)
  }
  run.steps.forEach(({ seq }, index) => {
    if (seq !== index + 1) problems.push(`${run.id}: record ${index + 1} has the number ${seq}`)
  })
}

/** Compares the calls of one run with its records; gives the number of repeated calls. */
function checkCalls(run: RunDetails, calls: readonly Call[], killed: readonly number[], problems: string[]): number {
  const byStep = Map.groupBy(calls, ({ step }) => step)
  const calling = run.steps.filter((step) => CALLING.some((name) => step.template?.startsWith(`${name}@`)))
  let repeated = 0
  for (const step of calling) {
    const own = byStep.get(step.path) ?? []
    for (const problem of [...servedOnce(step, own), ...repeatedForAReason(own, killed)]) problems.push(`${run.id} ${step.path}: ${problem}`)
    repeated += own.length - new Set(own.map(({ attempt }) => attempt)).size
    byStep.delete(step.path)
  }
  for (const [path, all] of byStep) problems.push(`${run.id}: ${all.length} calls of ${path}, of which there is no record`)
  return repeated
}

/** What was recorded was served, the recorded attempt was the last one, and nothing was called after the record. */
function* servedOnce(step: StepSummary, calls: readonly Call[]): Generator<string> {
  const served = calls.filter(({ result }) => result === 'done' || result === 'known')
  if (served.length === 0) yield 'recorded, but the service never served it'
  if (served.filter(({ path, result }) => path === '/alerts' && result === 'done').length > 1) yield 'the alert was raised twice'
  const late = calls.filter(({ at }) => at > step.finishedAt)
  if (late.length > 0) yield `${late.length} calls after its result was recorded`
  const forgotten = calls.filter(({ attempt, at }) => step.failures.some((failure) => failure.attempt === attempt && at > failure.at))
  if (forgotten.length > 0) yield `${forgotten.length} calls repeat an attempt whose failure was recorded`
  const last = calls.at(-1)
  if (last !== undefined && last.attempt !== step.attempt) yield `attempt ${step.attempt} was recorded, but the last call was of attempt ${last.attempt}`
}

/** Each repetition of an attempt has a reason of its own: a process that was killed with the step in flight. */
function* repeatedForAReason(calls: readonly Call[], killed: readonly number[]): Generator<string> {
  for (const [attempt, all] of Map.groupBy(calls, (call) => call.attempt)) {
    const processes = [...new Set(all.map(({ process }) => process))]
    if (processes.length !== all.length) yield `one process called twice in attempt ${attempt}`
    if (processes.filter((process) => !killed.includes(process)).length > 1) yield `attempt ${attempt} was repeated although no process was killed between the calls`
  }
}

/** Every usable earthquake is in the report once, in its zone; every other one is rejected once; alerts are where they are due. */
function checkReport(run: RunDetails, report: Report, events: readonly FeedEvent[], problems: string[]): void {
  const say = (problem: string): void => void problems.push(`${run.id} report: ${problem}`)
  const usable = events.filter(({ properties }) => properties.type === 'earthquake' && properties.rms !== null)
  const same = (what: string, got: readonly string[], expected: readonly string[]): void => {
    if (got.toSorted().join('\n') !== expected.toSorted().join('\n')) say(`${what}: ${got.length} where ${expected.length} are due, or other ones`)
  }
  const zones = new Map(usable.map((event) => [event, zoneOf({ longitude: event.geometry.coordinates[0], latitude: event.geometry.coordinates[1] })]))
  const zone = (event: FeedEvent): string => zones.get(event) ?? ''
  same('earthquakes with their zones', report.quakes.map((quake) => `${quake.id} ${quake.zone}`), usable.map((event) => `${event.id} ${zone(event)}`))
  same('rejected events', report.rejected.map(({ id }) => id), events.filter((event) => !usable.includes(event)).map(({ id }) => id))
  same('zones', report.zones.map(({ summary }) => `${summary.zone} ${summary.quakes}`), [...Map.groupBy(usable, zone)].map(([name, all]) => `${name} ${all.length}`))
  const major = new Set(usable.filter(({ properties }) => properties.mag >= MAJOR).map(zone))
  same('alerts', report.zones.filter(({ alert }) => alert !== null).map(({ summary }) => summary.zone), [...major])
}
