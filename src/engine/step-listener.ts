// What the steps of one run report, turned into records, marks and events of that run.
import { isClosing } from '../workflow/closing-paths.ts'
import { errorData } from '../errors.ts'
import type { ErrorData } from '../errors.ts'
import type { JournalRecord } from '../model/record.ts'
import type { Clock } from '../shared/clock.ts'
import type { Logger, Services } from '../template/contract.ts'
import type { Snapshot } from '../shared/codec.ts'
import type { EngineDeps } from './ports.ts'
import type { EventBody, RunHost } from './run-host.ts'
import { recordFailure, recordResult } from './run-records.ts'
import type { TransactingRun } from './transaction-step.ts'
import type { StepContext } from './step-context.ts'
import type { RunPause } from './run-pause.ts'
import type { StepHost } from './step-host.ts'
import type { StepRun } from './step-run.ts'
import { transact } from './transaction-step.ts'

/** The run, as its steps' reports need it. */
export interface ListenedRun extends TransactingRun {
  /** The workflow has ended, and what is at work only comes to its end: nothing is tried again. */
  readonly isClosing: boolean
  emit(event: EventBody): void
  considerLeavingSoon(): void
  readonly pause: RunPause
  beat(path: string, attempt: number): void
}

/** The step host of one run. */
export class StepListener implements StepHost<StepRun> {
  readonly #run: ListenedRun
  readonly #host: RunHost

  constructor(run: ListenedRun, host: RunHost) {
    this.#run = run
    this.#host = host
  }

  get deps(): EngineDeps {
    return this.#host.deps
  }

  get clock(): Clock {
    return this.#host.deps.clock
  }

  get services(): Services {
    return this.#host.deps.services
  }

  get log(): Logger {
    return this.#host.deps.log
  }

  get runId(): string {
    return this.#run.row.run
  }

  get gen(): number {
    return this.#run.row.gen
  }

  get pause(): RunPause {
    return this.#run.pause
  }

  holds(): boolean {
    return this.#host.holds()
  }

  whenHeld(call: () => void): void {
    this.#host.whenHeld(call)
  }

  onStarted(step: StepRun): void {
    this.#host.began(this.runId, step.path)
    if (this.deps.observers.size > 0) this.#run.emit({ type: 'step.started', path: step.path, template: step.operation.template.meta.name, attempt: step.attempt })
  }

  onResult(step: StepRun, result: Snapshot): void {
    if (this.#run.live) recordResult(this.#run, this.#host, step, result)
  }

  onFailure(step: StepRun, error: ErrorData): void {
    if (this.#run.live) recordFailure(this.#run, this.#host, step, error)
  }

  /** Makes a failed attempt and the next one's due time durable before the step waits for it. */
  onRetry(step: StepRun, error: ErrorData, due: number): void {
    if (!this.#run.live) return
    if (this.#run.isClosing) {
      this.onFailure(step, error)
      return
    }
    const { attempt } = step
    this.#run.journal.mark({ path: step.path, kind: 'retry', attempt, at: this.clock.now(), due, error }, (_answer, failed) => {
      if (failed !== undefined) this.#run.broken(failed)
      else if (this.#run.isClosing) this.onFailure(step, error)
      else if (this.#run.live) {
        this.#run.emit({ type: 'step.retrying', path: step.path, attempt, due, error })
        step.wait(due)
      }
    })
  }

  transact(step: StepRun, input: unknown, context: StepContext): Promise<void> {
    return transact({ run: this.#run, host: this.#host, step, context }, input)
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

/** Tells observers of a record that is durable. */
export function tellRecord(run: Pick<ListenedRun, 'emit'>, record: JournalRecord): void {
  const { path, attempt } = record
  // The engine's own notes; what they mean is told by the events of the run.
  if (record.kind === 'choice' && path.startsWith('$') && !isClosing(path)) return
  if (record.status === 'skipped') run.emit({ type: 'step.skipped', path })
  else if (record.status === 'failed') run.emit({ type: 'step.failed', path, attempt, error: record.error ?? errorData(undefined) })
  else if (record.kind === 'step') run.emit({ type: 'step.completed', path, attempt, durationMs: record.finishedAt - record.startedAt })
}
