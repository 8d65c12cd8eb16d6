// What a workflow does when its run is cancelled: a function's clean-up, entered in its place with a scope of its own, or the `finally` of a graph,
// entered where the graph was; of a graph also what it does when its run has reached its timeout. It is bounded. That there is one is noted before the
// run begins, so that a process without the code does not end the run without it; that it has begun, and until when, is noted before it does.
import { RunCancelledError, errorData, errorFromData } from '../errors.ts'
import type { ErrorData, WumboError } from '../errors.ts'
import type { JournalRecord } from '../model/record.ts'
import type { LoadedRun } from '../store/port.ts'
import { parseDuration } from '../shared/duration.ts'
import { isClosing } from '../workflow/closing-paths.ts'
import type { AnyWorkflow, Cut, FunctionWorkflow } from '../workflow/contract.ts'
import { cancelPath } from '../workflow/waiting.ts'
import type { History } from './replay.ts'
import type { RecordsHost } from './run-records.ts'

/** A clean-up that takes longer is given up, unless the workflow says otherwise, in milliseconds. */
const DEFAULT_MS = 30_000

/** A run's clean-up: still ahead of it, should it be cancelled or reach its timeout, or what it is entered for. */
export type CleanUp =
  | { readonly when: 'ahead'; readonly timeoutMs: number; readonly isNoted: boolean; readonly onCancel: boolean; readonly onTimeout: boolean }
  | ({ readonly when: 'now' } & Cleaning)

/** A clean-up that has begun. */
export interface Cleaning {
  /** When it must have ended. */
  readonly due: number
  /** Why the run fails; null when it was cancelled. */
  readonly reason: ErrorData | null
}

/** The clean-up of a workflow, for a run that is not cancelled; null for none. */
export function cleanUpAhead(workflow: AnyWorkflow, loaded: Pick<LoadedRun, 'marks'> | null): CleanUp | null {
  const isGraph = workflow.form === 'graph'
  if (isGraph ? workflow.closing === undefined : workflow.cleanUp === undefined) return null
  const onCancel = !isGraph || workflow.closing?.final === true
  return { when: 'ahead', timeoutMs: timeoutOf(workflow), isNoted: !onCancel || (loaded !== null && hasCleanUp(loaded)), onCancel, onTimeout: isGraph }
}

/** Notes that a run has a clean-up before anything of it begins, unless it is noted or there is none; then calls. */
export function noteCleanUp(run: Pick<RecordsHost, 'journal' | 'broken'>, cleanUp: CleanUp | null, at: number, then: () => void): void {
  if (cleanUp?.when !== 'ahead' || cleanUp.isNoted) then()
  else run.journal.mark({ path: cancelPath, kind: 'clean-up', attempt: 1, at, due: null, error: null }, (_answer, error) => (error === undefined ? then() : run.broken(error)))
}

/** How long the clean-up of a workflow may take, in milliseconds; the default where its code is not known. */
export function timeoutOf(workflow: AnyWorkflow | undefined): number {
  const given = workflow?.form === 'graph' ? workflow.closing?.timeout : workflow?.cleanUpTimeout
  return given === undefined ? DEFAULT_MS : parseDuration(given, 'cleanUpTimeout')
}

/** True when it is noted that the run is not to end as cancelled without its clean-up. */
export function hasCleanUp({ marks }: Pick<LoadedRun, 'marks'>): boolean {
  return marks.some(({ kind }) => kind === 'clean-up')
}

/** The clean-up of the run at hand, once it has begun; undefined before. */
export function cleaningOf({ marks, run }: LoadedRun): Cleaning | undefined {
  const mark = marks.find(({ kind, gen }) => kind === 'cancelled' && gen === run.gen)
  return mark?.due == null ? undefined : { due: mark.due, reason: mark.error }
}

/** Where the steps of a graph are given up for what it does at its end; undefined when they are not. */
export function cutOf(cleanUp: CleanUp | null, records: History['records']): Cut | undefined {
  if (cleanUp?.when !== 'now') return undefined
  const first = records.findIndex(({ record }) => isClosing(record.path))
  const { reason } = cleanUp
  return { after: first === -1 ? records.length : first, outcome: reason === null ? 'cancelled' : 'failed', error: reason === null ? null : errorFromData(reason) }
}

/** The function that cleans up, as a workflow: it sees what the steps of the run gave, by path. */
export function cleanUpOf(workflow: FunctionWorkflow, history: History): FunctionWorkflow {
  const results = new Map(history.records.flatMap(({ record, output }) => (record.kind === 'step' && record.status === 'completed' && !isCleanUp(record) ? [[record.path, output] as const] : [])))
  const clean = workflow.cleanUp as NonNullable<FunctionWorkflow['cleanUp']>
  return { ...workflow, run: async (ctx, input) => { await clean(ctx, input, results) } }
}

/** What counts when a function is entered, or (of this generation alone) when its clean-up is. */
export function historyFor(history: History, gen: number, isCleaning: boolean): History {
  const records = history.records.filter(({ record }) => (isCleaning ? isCleanUp(record) && record.gen === gen : !isCleanUp(record)))
  return records.length === history.records.length ? history : { ...history, records }
}

/** How a run ends that was cancelled: `failure` is what its clean-up ended with. */
export function cancelled(failure?: unknown): RunCancelledError {
  if (failure === undefined) return new RunCancelledError('the run was cancelled')
  return new RunCancelledError(`the run was cancelled, and its clean-up did not end well: ${errorData(failure).message}`, { cause: failure })
}

/** How a run ends that was cancelled while it did what it does after a failure. */
export function cancelledLate(failure: WumboError): RunCancelledError {
  return new RunCancelledError(`the run was cancelled after it had failed: ${failure.message}`, { cause: failure })
}

function isCleanUp({ path }: Pick<JournalRecord, 'path'>): boolean {
  return path.startsWith(cancelPath)
}
