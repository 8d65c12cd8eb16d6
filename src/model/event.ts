// What the engine tells observers about a run. Events that state a fact (`step.completed`, `run.failed` …) are told after
// the fact is durable; `step.started`, `step.progress` tell what goes on and may be told again after a crash.
import type { ErrorData } from '../errors.ts'
import type { EndStatus } from './run.ts'

/** One thing that happened in a run. Times are milliseconds since 1970. */
export type RunEvent = { readonly run: string; readonly workflow: string; readonly at: number } & (
  | { readonly type: 'run.started' }
  | { readonly type: 'run.resumed'; readonly recorded: number }
  | { readonly type: 'run.waiting'; readonly wakeAt: number | null }
  | { readonly type: 'run.compensating' }
  | { readonly type: 'run.migrated'; readonly from: string; readonly to: string }
  | { readonly type: 'run.paused' }
  | { readonly type: 'run.unpaused' }
  | { readonly type: 'run.parked'; readonly error: ErrorData }
  | { readonly type: 'run.ended'; readonly status: EndStatus; readonly error: ErrorData | null }
  | { readonly type: 'step.started'; readonly path: string; readonly template: string; readonly attempt: number }
  | { readonly type: 'step.progress'; readonly path: string; readonly fraction: number; readonly message: string | null }
  | { readonly type: 'step.retrying'; readonly path: string; readonly attempt: number; readonly due: number; readonly error: ErrorData }
  | { readonly type: 'step.completed'; readonly path: string; readonly attempt: number; readonly durationMs: number }
  | { readonly type: 'step.failed'; readonly path: string; readonly attempt: number; readonly error: ErrorData }
  | { readonly type: 'step.skipped'; readonly path: string }
)

/** Gets every event of every run of an engine. Its throws are logged and change nothing. */
export type RunObserver = (event: RunEvent) => void
