// The operations on events and who listens to them, in the writer thread, and their list, in the reader thread.
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { eventMail } from '../../model/topic.ts'
import type { NewEvent, StoredEvent } from '../../model/topic.ts'
import type { RunKey } from '../../model/run.ts'
import { eventLimit } from '../events-port.ts'
import type { EventFilter, EventPage } from '../events-port.ts'
import type { OpAnswer } from '../port.ts'
import type { FlushState } from './flush-state.ts'
import { deliver } from './inbox.ts'
import type { Row } from './rows.ts'
import type { BatchReader } from './wire.ts'

export function publish(state: FlushState, from: BatchReader): OpAnswer {
  const { sql } = state
  const event: NewEvent = { space: from.whole(), topic: from.text(), id: from.text(), key: from.textOrNull(), body: from.text(), at: from.whole() }
  const { space, topic, id, key, body, at } = event
  if (Number(sql.insertEvent.run(space, topic, id, key, body, at).changes) === 0) return { answer: 'published', isNew: false, runs: 0, owned: [] }
  const got = new Set<number>()
  const owned: RunKey[] = []
  for (const { run_no: no, run, key: listened } of sql.findListeners.all(space, topic, key ?? '')) {
    const answer = run === null ? null : send(state, event, String(run))
    if (answer?.answer === 'sent') {
      if (answer.owned && !got.has(Number(no))) owned.push({ space, run: String(run) })
      got.add(Number(no))
    } else {
      // What has ended, or is gone, listens no more.
      sql.deleteListener.run(space, topic, listened as string, no as number)
    }
  }
  return { answer: 'published', isNew: true, runs: got.size, owned }
}

export function listen(state: FlushState, from: BatchReader): OpAnswer {
  const { sql } = state
  const at = { space: from.whole(), run: from.text() }
  const no = state.ownedNumber(at)
  const topic = from.text()
  const key = from.textOrNull()
  const since = from.whole()
  const limit = Math.max(1, from.whole())
  const { space } = at
  const before = sql.findListener.get(space, topic, key ?? '', no)
  if (before?.['open'] === 1) return { answer: 'listening', mails: 0, isWhole: true }
  const after = before === undefined ? null : Number(before['after'])
  const missed = sql.missedEvents.all(space, topic, key, after, since, limit + 1)
  const page = missed.slice(0, limit)
  const isWhole = page.length === missed.length
  const had = state.owned.inboxCount(no)
  for (const row of page) send(state, eventFrom(row), at.run)
  const reached = isWhole ? lastNumber(state, space, topic) : Number(page.at(-1)?.['no'])
  sql.putListener.run(space, topic, key ?? '', no, reached, isWhole ? 1 : 0)
  return { answer: 'listening', mails: state.owned.inboxCount(no) - had, isWhole }
}

export function unlisten(state: FlushState, from: BatchReader): undefined {
  const at = { space: from.whole(), run: from.text() }
  const no = state.ownedNumber(at)
  const topic = from.text()
  const key = from.textOrNull() ?? ''
  state.sql.closeListener.run(lastNumber(state, at.space, topic), at.space, topic, key, no)
}

export function pruneEvents(state: FlushState, from: BatchReader): OpAnswer {
  const space = from.whole()
  const before = from.whole()
  const limit = Math.max(0, from.whole())
  const { changes } = state.sql.deleteEvents.run(space, before, limit)
  state.sql.deleteEndedListeners.run(space)
  return { answer: 'prunedEvents', events: Number(changes) }
}

/** One page of events, newest first. */
export function listEvents(database: DatabaseSync, filter: EventFilter): EventPage {
  const limit = eventLimit(filter)
  const { sql, values } = eventQuery(filter, limit + 1)
  const found = database.prepare(sql).all(...values)
  const events = found.slice(0, limit).map(eventFrom)
  return { events, next: found.length > limit ? (events.at(-1)?.number ?? null) : null }
}

/** The statement of a list. Without a topic the plus keeps SQLite on the order of the numbers: by the index on the time it would sort all events. */
function eventQuery({ space, topic, key, before }: EventFilter, limit: number): { readonly sql: string; readonly values: readonly SQLInputValue[] } {
  const terms: [sql: string, value: SQLInputValue | undefined][] = [[topic === undefined ? '+space = ?' : 'space = ?', space], ['topic = ?', topic], ['key = ?', key], ['no < ?', before]]
  const given = terms.flatMap(([sql, value]) => (value === undefined ? [] : [[sql, value] as const]))
  return { sql: `select * from events where ${given.map(([sql]) => sql).join(' and ')} order by no desc limit ?`, values: [...given.map(([, value]) => value), limit] }
}

function send(state: FlushState, event: NewEvent, run: string): OpAnswer {
  const { id, kind, body, sentAt } = eventMail(event, { space: event.space, run })
  return deliver(state, { space: event.space, run, mail: id, kind, body, sentAt })
}

/** The number of the last event of a topic; 0 for none. */
function lastNumber(state: FlushState, space: number, topic: string): number {
  return Number(state.sql.lastEvent.get(space, topic)?.['no'] ?? 0)
}

function eventFrom(row: Row): StoredEvent {
  return {
    space: Number(row['space']), topic: String(row['topic']), id: String(row['id']), key: row['key'] as string | null, body: String(row['body']),
    at: Number(row['at']), number: Number(row['no']),
  }
}
