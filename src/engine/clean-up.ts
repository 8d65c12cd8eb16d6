// What a function does when its run is cancelled: its clean-up, entered in place of the function with a scope of its own, and bounded. That there is
// one is noted before the run begins, so that a process without the code does not end the run without it; that it has begun, and until when, is
// noted before it does.
import { RunCancelledError, errorData } from '../errors.ts'
import type { JournalRecord } from '../model/record.ts'
import type { LoadedRun } from '../store/port.ts'
import { parseDuration } from '../shared/duration.ts'
import type { AnyWorkflow, FunctionWorkflow } from '../workflow/contract.ts'
import { cancelPath } from '../workflow/waiting.ts'
import type { History } from './replay.ts'
import type { RecordsHost } from './run-records.ts'

/** A clean-up that takes longer is given up, unless the workflow says otherwise, in milliseconds. */
const DEFAULT_MS = 30_000

/** A run's clean-up: still ahead of it, should it be cancelled, or what it is entered for. */
export type CleanUp =
  | { readonly when: 'ahead'; readonly timeoutMs: number; readonly isNoted: boolean }
  | { readonly when: 'now'; readonly due: number }

/** The clean-up of a workflow, for a run that is not cancelled; null for none. */
export function cleanUpAhead(workflow: AnyWorkflow, loaded: Pick<LoadedRun, 'marks'> | null): CleanUp | null {
  if (workflow.form !== 'function' || workflow.cleanUp === undefined) return null
  return { when: 'ahead', timeoutMs: timeoutOf(workflow), isNoted: loaded !== null && hasCleanUp(loaded) }
}

/** Notes that a run has a clean-up before anything of it begins, unless it is noted or there is none; then calls. */
export function noteCleanUp(run: Pick<RecordsHost, 'journal' | 'broken'>, cleanUp: CleanUp | null, at: number, then: () => void): void {
  if (cleanUp?.when !== 'ahead' || cleanUp.isNoted) then()
  else run.journal.mark({ path: cancelPath, kind: 'clean-up', attempt: 1, at, due: null, error: null }, (_answer, error) => (error === undefined ? then() : run.broken(error)))
}

/** How long the clean-up of a workflow may take, in milliseconds; the default where its code is not known. */
export function timeoutOf(workflow: AnyWorkflow | undefined): number {
  return workflow?.form === 'function' && workflow.cleanUpTimeout !== undefined ? parseDuration(workflow.cleanUpTimeout, 'cleanUpTimeout') : DEFAULT_MS
}

/** True when it is noted that the run is not to end as cancelled without its clean-up. */
export function hasCleanUp({ marks }: Pick<LoadedRun, 'marks'>): boolean {
  return marks.some(({ kind }) => kind === 'clean-up')
}

/** Until when the clean-up of the run at hand may take, once it has begun; undefined before. */
export function cleaningUntil({ marks, run }: LoadedRun): number | undefined {
  return marks.find(({ kind, gen }) => kind === 'cancelled' && gen === run.gen)?.due ?? undefined
}

/** The function that cleans up, as a workflow: it sees what the steps of the run gave, by path. */
export function cleanUpOf(workflow: FunctionWorkflow, history: History): FunctionWorkflow {
  const results = new Map(history.records.flatMap(({ record, output }) => (record.kind === 'step' && record.status === 'completed' && !isCleanUp(record) ? [[record.path, output] as const] : [])))
  const clean = workflow.cleanUp as NonNullable<FunctionWorkflow['cleanUp']>
  return { ...workflow, run: async (ctx, input) => { await clean(ctx, input, results) } }
}

/** What counts when the function is entered, or (of this generation alone) when its clean-up is. */
export function historyFor(history: History, gen: number, isCleaning: boolean): History {
  const records = history.records.filter(({ record }) => (isCleaning ? isCleanUp(record) && record.gen === gen : !isCleanUp(record)))
  return records.length === history.records.length ? history : { ...history, records }
}

/** How a run ends that was cancelled: `failure` is what its clean-up ended with. */
export function cancelled(failure?: unknown): RunCancelledError {
  if (failure === undefined) return new RunCancelledError('the run was cancelled')
  return new RunCancelledError(`the run was cancelled, and its clean-up did not end well: ${errorData(failure).message}`, { cause: failure })
}

function isCleanUp({ path }: Pick<JournalRecord, 'path'>): boolean {
  return path.startsWith(cancelPath)
}
