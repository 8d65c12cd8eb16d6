// What the steps of one run report, turned into records, marks and events of that run.
import type { ErrorData } from '../errors.ts'
import type { Clock } from '../shared/clock.ts'
import type { Logger, Services } from '../template/contract.ts'
import type { Snapshot } from '../shared/codec.ts'
import type { EngineDeps } from './ports.ts'
import type { EventBody, RunHost } from './run-host.ts'
import type { RunJournal } from './run-journal.ts'
import { stepFacts } from './run-records.ts'
import type { RunRecords } from './run-records.ts'
import type { StepHost, StepRun } from './step-run.ts'

/** The run, as its steps' reports need it. */
export interface ListenedRun {
  readonly row: { readonly run: string; readonly gen: number }
  readonly live: boolean
  readonly journal: RunJournal
  readonly records: RunRecords
  emit(event: EventBody): void
  broken(thrown: unknown): void
  considerLeavingSoon(): void
  beat(path: string, attempt: number): void
}

/** The step host of one run. */
export class StepListener implements StepHost {
  readonly deps: EngineDeps
  readonly clock: Clock
  readonly services: Services
  readonly log: Logger
  readonly runId: string
  readonly gen: number
  readonly #run: ListenedRun
  readonly #host: RunHost

  constructor(run: ListenedRun, host: RunHost) {
    this.#run = run
    this.#host = host
    this.deps = host.deps
    this.clock = host.deps.clock
    this.services = host.deps.services
    this.log = host.deps.log
    this.runId = run.row.run
    this.gen = run.row.gen
  }

  onStarted(step: StepRun): void {
    if (this.deps.observers.size > 0) this.#run.emit({ type: 'step.started', path: step.path, template: step.operation.template.meta.name, attempt: step.attempt })
  }

  onResult(step: StepRun, result: Snapshot): void {
    if (this.#run.live) this.#run.records.completed(step.path, stepFacts(step, this.#host), result, step)
  }

  onFailure(step: StepRun, error: ErrorData): void {
    if (!this.#run.live) return
    step.close()
    this.#run.records.without(step.path, { ...stepFacts(step, this.#host), level: 'effect' }, 'failed', error)
  }

  /** Makes a failed attempt and the next one's due time durable before the step waits for it. */
  onRetry(step: StepRun, error: ErrorData, due: number): void {
    if (!this.#run.live) return
    const { attempt } = step
    this.#run.journal.mark({ path: step.path, kind: 'retry', attempt, at: this.clock.now(), due, error }, (_answer, failed) => {
      if (failed !== undefined) this.#run.broken(failed)
      else if (this.#run.live) {
        this.#run.emit({ type: 'step.retrying', path: step.path, attempt, due, error })
        step.wait(due)
      }
    })
  }

  onWaiting(): void {
    this.#run.considerLeavingSoon()
  }

  onLateResult(step: StepRun): void {
    this.#host.late(this.runId, step.path)
  }

  onProgress(path: string, fraction: number, message: string | null): void {
    this.#run.emit({ type: 'step.progress', path, fraction, message })
  }

  onHeartbeat(path: string, attempt: number): void {
    this.#run.beat(path, attempt)
  }
}
