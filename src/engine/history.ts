// What a run knows of itself when it is entered again: the records that count for its generation with their values, the
// marks of what had begun, and the results of a history that was given up.
import { effectiveJournal, isEffective } from '../model/record.ts'
import type { JournalRecord, Mark } from '../model/record.ts'
import type { ErrorData } from '../errors.ts'
import type { LoadedRun } from '../store/port.ts'
import type { Payload } from '../model/payload.ts'
import type { RunRow } from '../model/run.ts'
import { startedChildren } from './child-marks.ts'
import { begunSteps, hasCompensable, isInDoubt } from './doubt.ts'
import type { Begun } from './doubt.ts'
import { lineageOf } from './lineage.ts'
import { LateOutput } from './replay.ts'
import type { History, RecordedAnswer, Tries } from './replay.ts'
import { readReason } from './retry-reason.ts'
import { isClosing, isReaction } from '../workflow/closing-paths.ts'
import { dividedAt } from './run-undo.ts'
import { DECISION, STUCK, undoneBy } from './undo-paths.ts'

/** Gives the value of a payload. */
type Reading = (payload: Payload | null) => Promise<unknown>

const NONE: ReadonlyMap<string, Begun> = new Map()

/** Builds the history of a loaded run; `read` gives the value of a payload, `readLater` that of one which is not needed yet. */
export async function buildHistory(loaded: LoadedRun, read: Reading, now: number, readLater: Reading = read): Promise<History> {
  const { run, journal, generations } = loaded
  const effective = effectiveJournal(journal, generations, run.gen)
  const records: RecordedAnswer[] = []
  for (const record of effective) records.push({ record, output: record.kind === 'page' ? new LateOutput(async () => readLater(record.output)) : await read(record.output) })
  const base = generations.find(({ gen }) => gen === run.gen)?.baseSeq ?? 1
  const lastSeq = Math.max(base - 1, effective.at(-1)?.seq ?? 0)
  const { before, undoing } = dividedAt(records)
  const isCompensable = hasCompensable(loaded)
  const begun = isCompensable || undoing !== null ? begunSteps(loaded, now) : NONE
  const inherited = (lineageOf(run)?.baseSeq ?? 1) - 1
  return { records: before, undoing, inherited, isCompensable, begun, children: startedChildren(loaded), lastSeq, marks: openMarks(loaded, effective), tried: openTries(loaded, effective), deadlines: deadlines(loaded), loose: givenUp(loaded) }
}

/** The newest mark of each path without a record: retries of this generation, timers and waits of any. */
function openMarks(loaded: LoadedRun, effective: readonly JournalRecord[]): ReadonlyMap<string, Mark> {
  const answered = new Set(effective.map(({ path }) => path))
  const ended = new Set(loaded.journal.flatMap(({ kind, gen, path }) => (kind === 'signal' || kind === 'approval' || kind === 'event' ? [`${gen} ${path}`] : [])))
  const marks = new Map<string, Mark>()
  const byAge = [...loaded.marks].sort((a, b) => a.gen - b.gen || a.attempt - b.attempt)
  for (const mark of byAge) {
    if (answered.has(mark.path) || (mark.kind !== 'timer' && mark.kind !== 'wait' && mark.kind !== 'retry')) continue
    // A wait that had an answer, or ended without one, begins anew when it is asked for again; one that was open goes on.
    if (mark.kind === 'wait' && ended.has(`${mark.gen} ${mark.path}`)) continue
    if (mark.kind !== 'retry' || mark.gen === loaded.run.gen) marks.set(mark.path, mark)
  }
  return marks
}

/** How often each step without a record was begun in probation and not seen to survive: the process died each time. */
function openTries({ marks, run }: LoadedRun, effective: readonly JournalRecord[]): ReadonlyMap<string, Tries> {
  const answered = new Set(effective.map(({ path }) => path))
  const mine = marks.filter(({ gen, path }) => gen === run.gen && !answered.has(path))
  const survived = new Set(mine.flatMap(({ kind, path, attempt }) => (kind === 'survived' ? [`${attempt} ${path}`] : [])))
  const tries = new Map<string, Tries>()
  for (const { kind, path, attempt } of mine) {
    if (kind !== 'tried' && kind !== 'tried alone') continue
    const { made, blame, alone } = tries.get(path) ?? { made: 0, blame: 0, alone: 0 }
    const isOpen = survived.has(`${attempt} ${path}`) ? 0 : 1
    tries.set(path, { made: made + 1, blame: blame + isOpen, alone: alone + (kind === 'tried alone' ? isOpen : 0) })
  }
  return tries
}

/** When steps of this generation that began with a total timeout must have ended. */
function deadlines({ marks, run }: LoadedRun): ReadonlyMap<string, number> {
  return new Map(marks.flatMap((mark) => (mark.kind === 'started' && mark.gen === run.gen && mark.due !== null ? [[mark.path, mark.due] as const] : [])))
}

/**
 * Completed steps that no longer count, newest first: work that need not be done again if it is asked for unchanged, unless it was undone or
 * was done about a failure that may come again.
 */
function givenUp(loaded: LoadedRun): ReadonlyMap<string, JournalRecord> {
  const loose = new Map<string, JournalRecord>()
  for (const record of [...loaded.journal].sort((a, b) => a.gen - b.gen || a.seq - b.seq)) {
    if (record.kind === 'step' && record.status === 'completed' && !isReaction(record.path) && !isEffective(record, loaded.generations, loaded.run.gen) && !isChosen(record, loaded)) loose.set(record.path, record)
    const undone = undoneBy(record.path)
    if (undone !== null) loose.delete(undone)
  }
  return loose
}

/** True when somebody wanted the step done anew, whatever its result was. */
function isChosen({ gen, seq }: JournalRecord, { generations, run }: LoadedRun): boolean {
  return generations.some((later) => later.gen > gen && later.gen <= run.gen && seq >= later.baseSeq && readReason(later.reason).from !== null)
}

/**
 * The seq from which a retry begins anew: that of the failed step that ended the run, or of the record at which replay
 * differed; where neither is known everything recorded is kept. An undoing that failed goes on from its failure, and a run that was
 * undone begins anew before the first step that was.
 */
export function retryBase(run: RunRow, effective: readonly JournalRecord[]): number {
  const decided = effective.find(({ path }) => path === DECISION)
  if (decided === undefined) return Math.min(failureBase(run.error, effective), closingsAt(effective))
  const failed = effective.filter(({ path, status, error, seq }) => seq > decided.seq && (path === STUCK || (status === 'failed' && (undoneBy(path) !== null || isInDoubt(error)))))
  // An undoing that waits for a person goes on from what failed.
  const base = run.status === 'parked' ? Math.min(failureBase(run.error, effective), ...failed.map(({ seq }) => seq)) : failureBase(decided.error ?? run.error, effective)
  if (run.status === 'parked' && base > decided.seq) return base
  // Else the run begins anew before the first step that was undone: its result is no longer true.
  const undone = undoneSteps(effective)
  return Math.min(base, decided.seq, closingsAt(effective), ...effective.filter(({ path }) => undone.has(path)).map(({ seq }) => seq))
}

/** The number of the first record of what a graph has done at its end, which each generation does anew. */
export function closingsAt(effective: readonly JournalRecord[]): number {
  return effective.find(({ path }) => isClosing(path))?.seq ?? Number.POSITIVE_INFINITY
}

/** The steps whose results are undone. */
export function undoneSteps(effective: readonly JournalRecord[]): ReadonlySet<string> {
  return new Set(effective.flatMap(({ path, status }) => (status === 'completed' ? (undoneBy(path) ?? []) : [])))
}

function failureBase(reason: ErrorData | null, effective: readonly JournalRecord[]): number {
  const end = (effective.at(-1)?.seq ?? 0) + 1
  if (reason?.code === 'COMPENSATION_FAILED') return end
  for (let error: ErrorData | undefined = reason ?? undefined; error !== undefined; error = error.cause) {
    const seq = error.details?.['seq']
    if (error.code === 'NON_DETERMINISM' && typeof seq === 'number') return seq
    if ((error.code === 'STEP_FAILED' || error.code === 'CHILD_FAILED') && error.path !== undefined) {
      const { path } = error
      const failed = effective.filter((record) => record.path === path && record.status === 'failed')
      if (failed.length > 0) return Math.min(...failed.map((record) => record.seq))
    }
  }
  return end
}
