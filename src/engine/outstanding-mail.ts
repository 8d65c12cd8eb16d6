// Which of a run's mail counts when the run is entered again, and whether it is paused. Told by the mail and the journal alone.
import { mailOf } from '../model/record.ts'
import type { JournalRecord, Mark } from '../model/record.ts'
import type { Mail, MailKind } from '../model/run.ts'
import type { LoadedRun } from '../store/port.ts'
import type { History } from './replay.ts'
import { UPDATE } from './run-updates.ts'

/** The kinds that wait for whoever asks for them. */
const OFFERED: ReadonlySet<MailKind> = new Set(['signal', 'approval', 'update', 'event'])

/** True when the last who paused or resumed the run has paused it. */
export function isPaused(mail: readonly Mail[]): boolean {
  return mail.findLast(({ kind }) => kind === 'pause' || kind === 'resume')?.kind === 'pause'
}

/** What is handed to a run that is entered: what nobody has read, and the signals that no record of its history has taken. */
export function outstanding({ mail, marks, run }: LoadedRun, history: History | null): readonly Mail[] {
  if (mail.length === 0) return mail
  const open = new Set(openMail(mail, { marks, gen: run.gen, records: history?.records.map(({ record }) => record) ?? [] }, true))
  // The ends of all children, also of those that are recorded: what waits for many knows by them how far it had come.
  return mail.filter((one) => one.kind === 'child' || open.has(one))
}

/** What of the mail of a run stands open: unread, or taken in and taken by none of the records. Without those that a wait has set aside, if so wished. */
export function openMail(mail: readonly Mail[], { marks, gen, records }: { readonly marks: readonly Mark[]; readonly gen: number; readonly records: readonly Pick<JournalRecord, 'reads'>[] }, withoutRefused: boolean): readonly Mail[] {
  const taken = new Set(records.flatMap((record) => mailOf(record) ?? []))
  const refused = new Set(withoutRefused ? marks.flatMap((mark) => (mark.kind === 'refused' && (mark.gen === gen || mark.path.startsWith(UPDATE)) ? [mark.attempt] : [])) : [])
  return mail.filter(({ kind, number, consumedAt }) => (OFFERED.has(kind) ? !taken.has(number) && !refused.has(number) : consumedAt === null))
}
