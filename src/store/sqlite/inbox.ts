// The operations that come from outside a run, in the writer thread: mail, its reading, what mail asked for, and the reopening of a run.
import { StoreRowError } from '../../errors.ts'
import type { OpAnswer } from '../port.ts'
import type { FlushState } from './flush-state.ts'
import type { BatchReader } from './wire.ts'

/** Appends to the inbox of a run. Mail that came before under the same id is not stored again. */
export function send(state: FlushState, from: BatchReader): OpAnswer {
  return deliver(state, readMail(from))
}

/** Mail as a batch holds it. */
interface WireMail {
  readonly space: number
  readonly run: string
  readonly mail: string
  readonly kind: string
  readonly body: string | null
  readonly sentAt: number
}

/** Reads mail out of a batch. */
export function readMail(from: BatchReader): WireMail {
  return { space: from.whole(), run: from.text(), mail: from.text(), kind: from.text(), body: from.textOrNull(), sentAt: from.whole() }
}

/** Stores mail. */
export function deliver(state: FlushState, { space, run, mail, kind, body, sentAt }: WireMail): OpAnswer {
  const row = state.sql.findRun.get(run, space)
  if (row === undefined) return { answer: 'missing' }
  const status = row['status']
  if (status === 'completed' || status === 'failed' || status === 'cancelled') return { answer: 'finished' }
  const no = Number(row['no'])
  const owned = row['lane'] !== null
  if (state.sql.findMail.get(no, mail) !== undefined) return { answer: 'sent', owned }
  const number = Number(row['inbox_count']) + 1
  state.sql.insertMail.run(no, number, mail, kind, body, sentAt)
  if (owned) {
    state.sql.countMail.run(number, no)
    state.owned.setInboxCount(no, number)
  } else {
    state.sql.countMailAndWake.run(number, sentAt, no)
  }
  return { answer: 'sent', owned }
}

/** Marks mail as read. Numbers without unread mail are passed over. */
export function consume(state: FlushState, from: BatchReader): OpAnswer | undefined {
  const no = state.ownedRun(from)
  const at = from.whole()
  let consumed = 0
  for (let left = from.whole(); left > 0; left--) consumed += Number(state.sql.consumeMail.run(at, no, from.whole()).changes)
  if (consumed > 0) state.sql.countConsumed.run(consumed, no)
  return undefined
}

/** Goes on with another version of its workflow, as mail asked for. */
export function migrate(state: FlushState, from: BatchReader): OpAnswer | undefined {
  const no = state.ownedRun(from)
  state.sql.migrateRun.run(from.text(), no)
  const mail = from.whole()
  const consumed = Number(state.sql.consumeMail.run(from.whole(), no, mail).changes)
  if (consumed > 0) state.sql.countConsumed.run(consumed, no)
  return undefined
}

/** Leaves an end or `parked`, under the next generation. */
export function reopen(state: FlushState, from: BatchReader): OpAnswer | undefined {
  const space = from.whole()
  const run = from.text()
  const gen = from.whole()
  const baseSeq = from.whole()
  const at = from.whole()
  const by = from.text()
  const reason = from.text()
  const row = state.sql.findRun.get(run, space)
  if (row === undefined) return { answer: 'refused', because: 'there is no such run' }
  const status = row['status']
  if (status !== 'failed' && status !== 'cancelled' && status !== 'parked') return { answer: 'refused', because: `the run is ${String(status)}` }
  if (row['gen'] !== gen - 1) return { answer: 'refused', because: `the run is in generation ${String(row['gen'])}, not ${gen - 1}` }
  const no = Number(row['no'])
  state.sql.insertGeneration.run(no, gen, baseSeq, at, by, reason)
  state.sql.reopenRun.run(state.epoch, gen, no)
  state.owned.add(space, run, no, Number(row['inbox_count']))
  return undefined
}

/** Begins an owned run anew under the next generation, with another input. */
export function continueAsNew(state: FlushState, from: BatchReader): OpAnswer | undefined {
  const { sql } = state
  const no = state.ownedRun(from)
  const gen = from.whole()
  const generation = [no, gen, from.whole(), from.whole(), from.text(), from.text()] as const
  const input = from.text()
  for (const statement of [sql.deleteJournal, sql.deleteMarks, sql.deleteGenerations]) statement.run(no)
  for (let left = from.whole(); left > 0; left--) sql.deleteMail.run(no, from.whole())
  for (let left = from.whole(); left > 0; left--) sql.blankMail.run(no, from.whole())
  sql.insertGeneration.run(...generation)
  if (Number(sql.continueRun.run(gen, input, no, gen - 1).changes) !== 1) throw new StoreRowError(`the run is not in generation ${gen - 1}`)
  return undefined
}
