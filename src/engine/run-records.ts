// Turns what came of an operation into its record and its answer: payload first (a large one into a blob), then the
// journal, then the answer, so that answers stand in the order of the journal.
import type { ErrorData } from '../errors.ts'
import type { JournalRecord } from '../model/record.ts'
import type { Payload } from '../model/payload.ts'
import type { Snapshot } from '../shared/codec.ts'
import type { Outcome } from '../workflow/contract.ts'
import { settlePayload } from './payloads.ts'
import type { RunHost } from './run-host.ts'
import type { RecordDraft, RunJournal } from './run-journal.ts'
import { recordedFailure } from './step-run.ts'
import type { StepRun } from './step-run.ts'

/** What a record says beside its path, its status and its payloads. */
export type Facts = Pick<RecordDraft, 'kind' | 'level'> & Partial<Omit<RecordDraft, 'kind' | 'level' | 'path' | 'status' | 'output' | 'error'>>

const NO_FACTS = {
  template: null, templateVersion: null, inputHash: null, input: null, output: null, error: null, attempt: 0, reads: null,
} as const

/** The run, as its records need it. */
export interface RecordsHost {
  live(): boolean
  answer(path: string, outcome: Outcome): void
  broken(thrown: unknown): void
}

/** Writes the records of one run. */
export class RunRecords {
  readonly #host: RunHost
  readonly #journal: RunJournal
  readonly #run: RecordsHost

  constructor(host: RunHost, journal: RunJournal, run: RecordsHost) {
    this.#host = host
    this.#journal = journal
    this.#run = run
  }

  /** Records a result and answers with it. */
  completed(path: string, facts: Facts, result: Snapshot, step?: StepRun): void {
    const stored = settlePayload(result.payload, this.#host.payloads)
    if (typeof stored === 'string') this.#write(path, facts, { payload: stored, value: result.value }, step)
    else stored.then((payload) => this.#write(path, facts, { payload, value: result.value }, step), (thrown: unknown) => this.#run.broken(thrown))
  }

  /** Records a failure or a skip and answers with it. */
  without(path: string, facts: Facts, status: 'failed' | 'skipped', error: ErrorData | null): void {
    if (!this.#run.live()) return
    const now = this.#host.deps.clock.now()
    this.#journal.record({ ...NO_FACTS, startedAt: now, ...facts, path, status, error, finishedAt: now })
    this.#run.answer(path, status === 'skipped' || error === null ? { status: 'skipped' } : { status: 'failed', error: recordedFailure(path, error) })
  }

  /** Records a result that an earlier generation had, and answers with it. */
  reused(step: StepRun, earlier: JournalRecord): void {
    this.#host.readPayload(earlier.output).then(
      (value) => {
        if (!this.#run.live()) return
        const { output, attempt, startedAt, finishedAt } = earlier
        this.#journal.record({ ...stepFacts(step, this.#host), path: step.path, status: 'completed', output, error: null, attempt, startedAt, finishedAt })
        this.#run.answer(step.path, { status: 'completed', output: value })
      },
      (thrown: unknown) => this.#run.broken(thrown),
    )
  }

  #write(path: string, facts: Facts, output: { payload: Payload; value: unknown }, step: StepRun | undefined): void {
    if (!this.#run.live()) return
    step?.close()
    const now = this.#host.deps.clock.now()
    const record: RecordDraft = facts.kind === 'step'
      ? ({ ...facts, path, status: 'completed', output: output.payload, error: null, finishedAt: now } as RecordDraft)
      : { ...NO_FACTS, startedAt: now, ...facts, path, status: 'completed', output: output.payload, finishedAt: now }
    this.#journal.record(record)
    this.#run.answer(path, { status: 'completed', output: output.value })
  }
}

/** What the record of a step says about the step. */
export function stepFacts(step: StepRun, host: RunHost): Facts & Omit<RecordDraft, 'path' | 'status' | 'output' | 'error' | 'finishedAt'> {
  const { template, reads } = step.operation
  return {
    kind: 'step', level: step.level, template: template.meta.name, templateVersion: template.meta.version,
    inputHash: step.inputHash === '' ? null : step.inputHash,
    input: step.inputPayload.length <= host.deps.limits.keptInput && step.inputPayload !== '' ? step.inputPayload : null,
    attempt: step.attempt, startedAt: step.startedAt, reads,
  }
}
