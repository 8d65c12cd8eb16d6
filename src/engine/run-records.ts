// Turns what came of an operation into its record and its answer: payload first (a large one into a blob), then the
// journal, then the answer, so that answers stand in the order of the journal.
import { errorData } from '../errors.ts'
import type { ErrorData, WumboError } from '../errors.ts'
import { mailRead } from '../model/record.ts'
import type { JournalRecord } from '../model/record.ts'
import type { MailWait } from './mail-wait.ts'
import type { Payload } from '../model/payload.ts'
import { defaultCodec } from '../shared/codec.ts'
import type { Snapshot } from '../shared/codec.ts'
import { signedVersion } from '../template/signature.ts'
import type { Operation, Outcome } from '../workflow/contract.ts'
import { settlePayload } from './payloads.ts'
import type { RunHost } from './run-host.ts'
import type { JournalHost, RunJournal } from './run-journal.ts'
import { recordedFailure } from './recorded-failure.ts'
import type { StepRun } from './step-run.ts'

/** The run, as its records need it. */
export interface RecordsHost extends JournalHost {
  readonly live: boolean
  readonly journal: RunJournal
  answer(path: string, outcome: Outcome): void
  broken(thrown: unknown): void
}

const NOTHING_CAME = { value: undefined }

type Decision = Extract<Operation, { kind: 'decision' }>

/** Records what is answered as soon as it is asked for: a value, a decision of the source's own, a request that waits for nothing. */
export function recordAtOnce(run: RecordsHost, host: RunHost, operation: Operation): void {
  if (operation.kind === 'request') recordRequest(run, host, operation)
  else if (operation.kind === 'value') recordValue(run, host, { path: operation.path, kind: 'value', value: valueOf(operation.of, host) })
  else if (operation.kind === 'decision') recordDecision(run, host, operation)
}

/** Whoever asks for a patch where nothing is recorded comes to it first with the change. */
function valueOf(of: Extract<Operation, { kind: 'value' }>['of'], host: RunHost): unknown {
  return of === 'patch' || of === 'deprecated patch' ? true : host.value(of)
}

/** Records the result of a step and answers with it. */
export function recordResult(run: RecordsHost, host: RunHost, step: StepRun, result: Snapshot): void {
  stored(run, host, result.payload, (output) => {
    if (step.isClosed) return // given up while its result was kept
    step.close()
    const { attempt, startedAt } = step
    run.journal.append(stepRecord(run, host, step, { status: 'completed', output, error: null, attempt, startedAt, finishedAt: host.deps.clock.now() }))
    run.answer(step.path, { status: 'completed', output: result.value })
  })
}

/** Answers with a result whose record was committed together with what the step wrote. */
export function recordCommitted(run: RecordsHost, step: StepRun, record: JournalRecord, value: unknown): void {
  step.close()
  run.journal.free(record, () => {
    if (run.live) run.answer(step.path, { status: 'completed', output: value })
  })
}

/** Records that a step has failed for good and answers with that. It is always an effect: what follows sees it durable. */
export function recordFailure(run: RecordsHost, host: RunHost, step: StepRun, error: ErrorData): void {
  step.close()
  const { attempt, startedAt } = step
  const finishedAt = host.deps.clock.now()
  whenFree(run, () => {
    run.journal.append({ ...stepRecord(run, host, step, { status: 'failed', output: null, error, attempt, startedAt: startedAt === 0 ? finishedAt : startedAt, finishedAt }), level: 'effect' })
    run.answer(step.path, { status: 'failed', error: recordedFailure(step.path, error) })
  })
}

/** Records a result that an earlier generation had, and answers with it. */
export function recordReused(run: RecordsHost, host: RunHost, step: StepRun, earlier: JournalRecord): void {
  host.readPayload(earlier.output).then(
    (value) => {
      const { output, attempt, startedAt, finishedAt } = earlier
      whenFree(run, () => {
        run.journal.append(stepRecord(run, host, step, { status: 'completed', output, error: null, attempt, startedAt, finishedAt }))
        run.answer(step.path, { status: 'completed', output: value })
      })
    },
    (thrown: unknown) => run.broken(thrown),
  )
}

/** Records what a timer or a recorded value gave and answers with it. */
export function recordValue(run: RecordsHost, host: RunHost, given: { readonly path: string; readonly kind: 'timer' | 'value'; readonly value: unknown; readonly startedAt?: number; readonly reads?: readonly string[] | null }): void {
  if (!run.live) return
  const { path, kind, startedAt, reads = null } = given
  const { payload, value: frozen } = defaultCodec.snapshot(given.value)
  whenFree(run, () => {
    const record = plainRecord(run, host, { path, kind, level: 'effect', status: 'completed', output: payload, error: null, reads })
    run.journal.append(startedAt === undefined ? record : { ...record, startedAt })
    run.answer(path, { status: 'completed', output: frozen })
  })
}

/** Records what came for a wait, or (null) that nothing came in time, and answers with it. The record names the mail: that is its taking. */
export function recordMail(run: RecordsHost, host: RunHost, wait: MailWait, taken: { readonly value: unknown; readonly number: number } | null): void {
  if (!run.live) return
  const { path, kind, reads = [], late = NOTHING_CAME } = wait.operation
  if (taken === null && 'error' in late) {
    recordLate(run, host, wait, late.error())
    return
  }
  const given = taken ?? (late as { readonly value: unknown }) // it gives a value when it is no failure
  const { payload, value } = defaultCodec.snapshot(given.value)
  stored(run, host, payload, (output) => {
    const named = taken === null ? reads : [...reads, mailRead(taken.number)]
    run.journal.append({ ...plainRecord(run, host, { path, kind, level: 'effect', status: 'completed', output, error: null, reads: named }), startedAt: wait.since })
    run.answer(path, { status: 'completed', output: value })
  })
}

/** Records that nothing came in time for a wait that fails then, and answers with that. */
function recordLate(run: RecordsHost, host: RunHost, { operation: { path, kind, reads = [] }, since }: MailWait, late: WumboError): void {
  const error = errorData(late)
  whenFree(run, () => {
    run.journal.append({ ...plainRecord(run, host, { path, kind, level: 'effect', status: 'failed', output: null, error, reads }), startedAt: since })
    run.answer(path, { status: 'failed', error: recordedFailure(path, error) })
  })
}

/** Records what an approval asks for. */
export function recordRequest(run: RecordsHost, host: RunHost, { path, request }: Extract<Operation, { kind: 'request' }>): void {
  const { payload } = defaultCodec.snapshot(request)
  stored(run, host, payload, (output) => {
    run.journal.append(plainRecord(run, host, { path, kind: 'request', level: 'effect', status: 'completed', output, error: null, reads: null }))
    run.answer(path, { status: 'completed', output: undefined })
  })
}

/** Records what the source decided by itself and answers with it. */
export function recordDecision(run: RecordsHost, host: RunHost, decision: Decision): void {
  const { path, reads, of } = decision
  if (decision.status === 'completed') {
    const { payload, value } = defaultCodec.snapshot(decision.output)
    stored(run, host, payload, (output) => {
      run.journal.append(plainRecord(run, host, { path, kind: 'choice', level: 'pure', status: 'completed', output, error: null, reads, ...(of === undefined ? {} : { template: of.name, templateVersion: of.version }) }))
      run.answer(path, { status: 'completed', output: value })
    })
    return
  }
  const error = decision.error === null ? null : errorData(decision.error)
  whenFree(run, () => {
    run.journal.append(plainRecord(run, host, { path, kind: 'choice', level: 'pure', status: decision.status, output: null, error, reads }))
    run.answer(path, decision.status === 'skipped' ? { status: 'skipped' } : { status: 'failed', error: failureOf(path, decision.error, error) })
  })
}

/** Does what gives out a seq, unless the run has ended by then. */
function whenFree(run: RecordsHost, work: () => void): void {
  run.journal.whenFree(() => {
    if (run.live) work()
  })
}

function failureOf(path: string, thrown: WumboError | null, error: ErrorData | null): WumboError {
  return recordedFailure(path, error ?? errorData(thrown))
}

function stored(run: RecordsHost, host: RunHost, payload: Payload, then: (output: Payload) => void): void {
  const settled = settlePayload(payload, host.payloads)
  if (typeof settled === 'string') {
    whenFree(run, () => then(settled))
  } else {
    settled.then((output) => whenFree(run, () => then(output)), (thrown: unknown) => run.broken(thrown))
  }
}

type StepResult = Pick<JournalRecord, 'status' | 'output' | 'error' | 'attempt' | 'startedAt' | 'finishedAt'>

/** The record of a step that has ended, under the next seq. */
export function stepRecord(run: RecordsHost, host: RunHost, step: StepRun, result: StepResult): JournalRecord {
  const { row, journal } = run
  const { template, reads, path } = step.operation
  const { inputPayload, inputHash } = step
  return {
    space: row.space, run: row.run, gen: row.gen, path, seq: journal.seq + 1, kind: 'step', status: result.status, level: step.level,
    template: template.meta.name, templateVersion: signedVersion(template),
    inputHash: inputHash === '' ? null : inputHash,
    input: inputPayload === '' || inputPayload.length > host.deps.limits.keptInput ? null : inputPayload,
    output: result.output, error: result.error, attempt: result.attempt, startedAt: result.startedAt, finishedAt: result.finishedAt, reads,
  }
}

/** The record of what is no step, under the next seq. */
export function plainRecord(run: RecordsHost, host: RunHost, facts: Pick<JournalRecord, 'path' | 'kind' | 'level' | 'status' | 'output' | 'error' | 'reads'> & Partial<Pick<JournalRecord, 'template' | 'templateVersion'>>): JournalRecord {
  const { row, journal } = run
  const now = host.deps.clock.now()
  return {
    space: row.space, run: row.run, gen: row.gen, seq: journal.seq + 1, template: null, templateVersion: null, inputHash: null, input: null,
    attempt: 0, startedAt: now, finishedAt: now, ...facts,
  }
}
