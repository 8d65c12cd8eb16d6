// What becomes of the children of a run that ends, or gives them up, before they have ended: those that are to be cancelled are asked to, and then it is noted
// that they are nobody's any more. Asking twice is asking once.
import { isEnd } from '../model/run.ts'
import type { MailKind, RunKey, RunRow } from '../model/run.ts'
import type { LoadedRun } from '../store/port.ts'
import { cancelMail, childMarks, closeMark, idsOf, senderOf } from './child-marks.ts'
import type { ChildMark } from './child-marks.ts'
import type { Flusher } from './flush.ts'
import type { EngineDeps } from './ports.ts'

/** What closing needs of the engine. */
export interface ClosingHost {
  readonly deps: EngineDeps
  readonly flusher: Flusher
  /** Mail is stored for a run. */
  sent(run: RunKey, isOwned: boolean, kind: MailKind): void
}

/** Runs that a store is asked for at a time. */
const PAGE = 1000
/** A store that cannot be read is asked again after this time, in milliseconds. */
const AGAIN_MS = 500

/** Asks those of the runs that live to cancel; resolves once the requests are on their way. */
export async function cancelChildren(ids: readonly string[], parent: Pick<RunRow, 'space' | 'run' | 'gen'>, host: ClosingHost): Promise<void> {
  const { store, clock } = host.deps
  for (let from = 0; from < ids.length; from += PAGE) {
    const rows = await store.getRuns(ids.slice(from, from + PAGE).map((run) => ({ space: parent.space, run })))
    for (const row of rows) {
      if (isEnd(row.status)) continue
      const mail = cancelMail(row, parent, clock.now())
      host.flusher.add({ op: 'send', mail }, parent.run, 150, (answer) => {
        if (answer?.answer === 'sent') host.sent({ space: row.space, run: row.run }, answer.owned, 'cancel')
      })
    }
  }
}

/** The same, for as long as the store cannot be asked and the run is still this process's. */
export async function cancelPatiently(ids: readonly string[], parent: Pick<RunRow, 'space' | 'run' | 'gen'>, host: ClosingHost & { usable(): boolean }): Promise<void> {
  for (;;) {
    try {
      await cancelChildren(ids, parent, host)
      return
    } catch (thrown) {
      if (!host.usable()) throw thrown
      await new Promise<void>((resolve) => host.deps.clock.timer(AGAIN_MS, resolve))
    }
  }
}

/** Closes the children of a run that is about to end without having been entered. */
export async function closeLoaded(loaded: LoadedRun, host: ClosingHost): Promise<void> {
  const marks = [...childMarks(loaded).values()].filter(({ close }) => close === 'cancel')
  if (marks.length === 0) return
  const { space, run, gen } = loaded.run
  await cancelChildren(unended(loaded, marks), loaded.run, host)
  for (const { path } of marks) host.flusher.add({ op: 'mark', mark: { space, run, gen, ...closeMark(path, host.deps.clock.now()) } }, run, 100, null)
}

/** The children of these operations of whose end nothing has come. */
export function unended({ run, mail }: Pick<LoadedRun, 'run' | 'mail'>, marks: Iterable<ChildMark>): readonly string[] {
  const ended = new Set(mail.flatMap((one) => senderOf(one) ?? []))
  return [...marks].flatMap((mark) => idsOf(run.run, mark)).filter((id) => !ended.has(id))
}
