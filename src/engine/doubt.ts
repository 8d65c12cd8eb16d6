// Whether it is known what became of a step that can be undone. A body that reports a failure says that it had no effect; one that was cut
// off, or whose result could not be kept, says nothing: its step is in doubt until a later attempt, under the same idempotency key, gives
// an answer for good.
import type { ErrorData } from '../errors.ts'
import { isEffective } from '../model/record.ts'
import type { JournalRecord, Mark } from '../model/record.ts'
import type { LoadedRun } from '../store/port.ts'
import { settledAt, undoneBy } from './undo-paths.ts'

/** Failures of an attempt that may have had its effect. */
const CUT_OFF = new Set(['STEP_TIMEOUT', 'HEARTBEAT_TIMEOUT', 'ABORTED', 'OUTPUT_INVALID', 'VALUE_NOT_STORABLE', 'PAYLOAD_TOO_LARGE'])
/** Terminal failures that come before the body: they say nothing of an earlier attempt. */
const BEFORE = new Set(['INPUT_INVALID', 'CONFIG_INVALID', 'DEFINITION_INVALID', 'SERVICE_NOT_FOUND'])

/** Whether a step is in doubt after an attempt that failed with `error`; `before`: whether it was. */
export function doubtAfter(error: ErrorData, { before, terminal }: { readonly before: boolean; readonly terminal: boolean }): boolean {
  if (CUT_OFF.has(error.code)) return true
  return before && (!terminal || BEFORE.has(error.code))
}

/** The failure with the note that its step is in doubt. */
export function withDoubt(error: ErrorData): ErrorData {
  return { ...error, details: { ...error.details, inDoubt: true } }
}

/** True when a recorded failure leaves its step in doubt. */
export function isInDoubt(error: ErrorData | null | undefined): boolean {
  return error?.details?.['inDoubt'] === true
}

/** A step without a record of which it is known that it began. */
export interface Begun {
  /** The generation whose idempotency key its attempts use: the first one since the last definite outcome. */
  readonly gen: number
  readonly inDoubt: boolean
}

/** Every step that can be undone, that began and has no record that tells what became of it, by path. */
export function begunSteps({ run, journal, marks, generations }: LoadedRun, now: number): ReadonlyMap<string, Begun> {
  const answered = new Set<string>()
  const settled = new Map<string, number>()
  const evidence = new Map<string, number[]>()
  const note = (path: string, gen: number): void => void evidence.set(path, [...(evidence.get(path) ?? []), gen])
  for (const record of journal) {
    if (record.status === 'failed' && isInDoubt(record.error)) note(record.path, record.gen)
    else if (isEffective(record, generations, run.gen)) answered.add(record.path)
    else for (const path of settledBy(record)) settled.set(path, Math.max(settled.get(path) ?? 0, record.gen))
  }
  for (const mark of marks) if (mark.kind === 'compensable') note(mark.path, mark.gen)
  const begun = new Map<string, Begun>()
  for (const [path, gens] of evidence) {
    const since = gens.filter((gen) => gen > (settled.get(path) ?? 0))
    if (answered.has(path) || since.length === 0) continue
    begun.set(path, { gen: Math.min(...since), inDoubt: isOpen(newestRetry(marks, path, run.gen), now) })
  }
  // Its own transaction tells: without a record it has not happened.
  for (const { kind, gen, path } of marks) if (kind === 'compensable exactly' && gen === run.gen && !answered.has(path)) begun.set(path, { gen, inDoubt: false })
  return begun
}

/** The steps whose outcome is not known, in the order in which they began: those without a record, and those whose recorded failure tells nothing. */
export function doubts(loaded: LoadedRun, effective: readonly JournalRecord[], now: number): string[] {
  const isMine = (path: string): boolean => !path.startsWith('$')
  const failed = effective.filter(({ path, error, status }) => status === 'failed' && isInDoubt(error) && isMine(path)).map(({ path }) => path)
  const open = [...begunSteps(loaded, now)].filter(([path, { inDoubt }]) => inDoubt && isMine(path)).map(([path]) => path)
  return [...new Set([...failed, ...open])]
}

/** True when any step of the run began that can be undone. */
export function hasCompensable({ marks }: Pick<LoadedRun, 'marks'>): boolean {
  return marks.some(({ kind }) => kind === 'compensable' || kind === 'compensable exactly')
}

/** Which steps a record that no longer counts has told the outcome of: its own, and one that it undid or settled as not done. */
function settledBy({ path, status }: JournalRecord): string[] {
  const [undone, settling] = [undoneBy(path), settledAt(path)]
  return [path, ...(undone !== null && status === 'completed' ? [undone] : []), ...(settling !== null && status === 'failed' ? [settling] : [])]
}

function newestRetry(marks: readonly Mark[], path: string, gen: number): Mark | undefined {
  return marks.filter((mark) => mark.kind === 'retry' && mark.path === path && mark.gen === gen).sort((a, b) => b.attempt - a.attempt)[0]
}

/** An attempt may have been at work: unless a failure was noted that tells, and the next was not due yet. */
function isOpen(retry: Mark | undefined, now: number): boolean {
  return retry?.due == null || retry.due <= now || isInDoubt(retry.error)
}
