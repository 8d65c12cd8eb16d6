// Copies of what callers hand in: whole, frozen, and checked for what every store refuses (broken text, fractions where
// whole numbers belong). Callers can neither change what is stored nor see it change.
import { StoreRowError } from '../../errors.ts'
import type { ErrorData } from '../../errors.ts'
import type { JournalRecord, Mark } from '../../model/record.ts'
import type { Generation, Mail, NewMail, NewRun, RunRow } from '../../model/run.ts'
import { parseJson } from '../../shared/parse-json.ts'

/** The row of a run that starts. */
export function runRow(run: NewRun, lane: string, epoch: number): RunRow {
  return Object.freeze({
    space: whole(run.space), run: text(run.run), workflow: text(run.workflow), version: text(run.version), queue: text(run.queue), input: text(run.input),
    createdAt: whole(run.createdAt), deadline: wholeOrNull(run.deadline), key: textOrNull(run.key), gen: 1, status: 'running', output: null,
    error: null, finishedAt: null, wakeAt: null, lane, epoch, inboxCount: 0, crashes: 0,
  })
}

/** A copy of a journal record. */
export function recordRow(record: JournalRecord): JournalRecord {
  return Object.freeze({
    space: whole(record.space), run: text(record.run), gen: whole(record.gen), path: text(record.path), seq: whole(record.seq),
    kind: record.kind, status: record.status, level: record.level, template: textOrNull(record.template),
    templateVersion: textOrNull(record.templateVersion), inputHash: textOrNull(record.inputHash), input: textOrNull(record.input),
    output: textOrNull(record.output), error: errorRow(record.error), attempt: whole(record.attempt), startedAt: whole(record.startedAt),
    finishedAt: whole(record.finishedAt), reads: record.reads === null ? null : Object.freeze([...record.reads]),
  })
}

/** A copy of a mark. */
export function markRow(mark: Mark): Mark {
  return Object.freeze({
    space: whole(mark.space), run: text(mark.run), gen: whole(mark.gen), path: text(mark.path), kind: mark.kind, attempt: whole(mark.attempt),
    at: whole(mark.at), due: wholeOrNull(mark.due), error: errorRow(mark.error),
  })
}

/** A row of an inbox, unread. */
export function mailRow(mail: NewMail, number: number): Mail {
  return Object.freeze({
    space: whole(mail.space), run: text(mail.run), id: text(mail.id), kind: mail.kind, body: textOrNull(mail.body), sentAt: whole(mail.sentAt),
    number, consumedAt: null,
  })
}

/** A copy of a generation. */
export function generationRow(generation: Generation): Generation {
  const { space, run, gen, baseSeq, at, by, reason } = generation
  return Object.freeze({ space: whole(space), run: text(run), gen: whole(gen), baseSeq: whole(baseSeq), at: whole(at), by: text(by), reason: text(reason) })
}

/** A copy of an error's data, as it comes back from JSON. */
export function errorRow(error: ErrorData | null): ErrorData | null {
  if (error === null) return null
  try {
    return frozen(parseJson(JSON.stringify(error))) as ErrorData
  } catch (cause) {
    throw new StoreRowError('an error holds what JSON cannot say', { cause })
  }
}

function frozen(value: unknown): unknown {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(frozen)
  return Object.freeze(value)
}

/** Refuses text with lone surrogates: UTF-8 cannot carry them, so a store on disk would change them silently. */
export function text(value: string): string {
  if (typeof value !== 'string' || !value.isWellFormed()) throw new StoreRowError(`expected well-formed text, got ${JSON.stringify(value)?.slice(0, 80)}`)
  return value
}

/** Refuses what is no whole number. */
export function whole(value: number): number {
  if (!Number.isSafeInteger(value)) throw new StoreRowError(`expected a whole number, got ${String(value)}`)
  return value
}

export function wholeOrNull(value: number | null): number | null {
  return value === null ? null : whole(value)
}

function textOrNull(value: string | null): string | null {
  return value === null ? null : text(value)
}
