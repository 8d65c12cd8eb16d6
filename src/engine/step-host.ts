// What a step in memory asks of its run, and tells it.
import type { ErrorData } from '../errors.ts'
import type { Snapshot } from '../shared/codec.ts'
import type { Operation } from '../workflow/contract.ts'
import type { EngineDeps } from './ports.ts'
import type { RunPause } from './run-pause.ts'
import type { AttemptHost, StepContext } from './step-context.ts'

export type StepOperation = Extract<Operation, { kind: 'step' }>

/** What a step tells its run. `S` is the step: see step-run.ts. */
export interface StepHost<S> extends AttemptHost {
  readonly deps: EngineDeps
  readonly runId: string
  readonly gen: number
  /** The attempt gave this result; the run records it. */
  onResult(step: S, result: Snapshot): void
  /** The step has failed for good; the run records it. */
  onFailure(step: S, error: ErrorData): void
  /** The attempt failed and another follows at `due`; the run makes that durable, then calls `step.wait(due)`. */
  onRetry(step: S, error: ErrorData, due: number): void
  /** The step no longer computes: the run may leave memory if nothing else does. */
  onWaiting(): void
  /** A result came after its attempt was given up. */
  onLateResult(step: S): void
  onStarted(step: S): void
  /** Runs the attempt at hand as a transaction of the store, which records it too; the step is told by `seal` and `threw`. Never rejects. */
  transact(step: S, input: unknown, context: StepContext): Promise<void>
  /** While it is on, no body begins. */
  readonly pause: RunPause
  /** True while it is proven that this process owns the run. */
  holds(): boolean
  /** Calls once that is proven again; never when the run is lost. */
  whenHeld(call: () => void): void
}
