// What becomes of a run that somebody asked to cancel while no process had it in memory. One that has nothing to undo ends at once, so that
// its code need not be known; of one that has, the decision to undo it is recorded first, so that it stands whatever hinders entering it.
import { RunCancelledError, errorData } from '../errors.ts'
import { effectiveJournal } from '../model/record.ts'
import type { Mail } from '../model/run.ts'
import type { LoadedRun, StoreOp } from '../store/port.ts'
import { compensationFailed } from './compensation-source.ts'
import { doubts, hasCompensable } from './doubt.ts'
import type { Flusher } from './flush.ts'
import type { EngineDeps } from './ports.ts'
import { decisionRecord } from './run-undo.ts'
import type { CancelledEnd } from './side-exits.ts'
import { DECISION, STUCK, undoneBy } from './undo-paths.ts'

/** What heeding needs of the engine. */
export interface HeedingHost {
  readonly deps: EngineDeps
  readonly flusher: Flusher
}

/** The run as it is to be entered, or how it ends. */
export type Heeded = { readonly ends: null; readonly loaded: LoadedRun } | { readonly ends: CancelledEnd }

/** Looks whether somebody asked to cancel a run that is about to be entered. */
export async function heedCancel(loaded: LoadedRun, host: HeedingHost): Promise<Heeded> {
  const mail = cancelMail(loaded)
  if (mail === undefined) return { ends: null, loaded }
  const { run, journal, generations } = loaded
  const cancelled = new RunCancelledError('the run was cancelled')
  const effective = effectiveJournal(journal, generations, run.gen)
  const decided = effective.find(({ path }) => path === DECISION)
  if (effective.some(({ path }) => path === STUCK)) {
    // A person gives the undoing up, which must not look as if it had been done.
    const undone = effective.flatMap(({ path, status }) => (status === 'completed' ? (undoneBy(path) ?? []) : []))
    const error = compensationFailed('the run was cancelled before its steps were undone', { cause: cancelled, left: [], undone })
    return { ends: { error: errorData(error) } }
  }
  if (decided === undefined && !hasCompensable(loaded)) return { ends: { error: errorData(cancelled) } }
  const at = host.deps.clock.now()
  const read: Mail = { ...mail, consumedAt: at }
  const key = { space: run.space, run: run.run }
  const consume: StoreOp = { op: 'consume', run: key, numbers: [mail.number], at }
  const known: LoadedRun = { ...loaded, mail: loaded.mail.map((one) => (one === mail ? read : one)) }
  if (decided !== undefined) {
    await written(host, run.run, [consume])
    return { ends: null, loaded: known }
  }
  const base = generations.find(({ gen }) => gen === run.gen)?.baseSeq ?? 1
  const seq = Math.max(base - 1, effective.at(-1)?.seq ?? 0) + 1
  const record = decisionRecord({ row: run, seq, at }, { status: 'cancelled', error: errorData(cancelled), doubts: doubts(loaded, effective, at) })
  // The mail is read after the record stands: a death between the two finds the mail again, and the decision.
  await written(host, run.run, [{ op: 'record', record }, consume])
  return { ends: null, loaded: { ...known, journal: [...journal, record] } }
}

/** The number of the mail that asks to cancel a run; undefined when none does. */
export function cancelOf(loaded: LoadedRun): number | undefined {
  return cancelMail(loaded)?.number
}

/** True when the run's steps are being undone. */
export function isUndone({ run, journal, generations }: LoadedRun): boolean {
  return effectiveJournal(journal, generations, run.gen).some(({ path }) => path === DECISION)
}

function cancelMail({ mail }: LoadedRun): Mail | undefined {
  return mail.find(({ kind, consumedAt }) => kind === 'cancel' && consumedAt === null)
}

/** Resolves when all of it is durable. */
async function written({ flusher }: HeedingHost, run: string, ops: readonly StoreOp[]): Promise<void> {
  await Promise.all(ops.map((op) => new Promise<void>((resolve, reject) => {
    flusher.add(op, run, 200, (_answer, error) => (error === undefined ? resolve() : reject(error)))
  })))
}
