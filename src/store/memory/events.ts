// The operations on events and who listens to them, on the memory store's tables, and their list.
import { isEnd } from '../../model/run.ts'
import type { NewMail } from '../../model/run.ts'
import { eventMail } from '../../model/topic.ts'
import type { StoredEvent } from '../../model/topic.ts'
import { eventLimit } from '../events-port.ts'
import type { EventFilter, EventOp, EventPage } from '../events-port.ts'
import type { OpAnswer } from '../port.ts'
import { text, whole } from './rows.ts'
import { idOf } from './tables.ts'
import type { StoredRun, StoredTopic, Tables } from './tables.ts'

type OpOf<Name extends EventOp['op']> = Extract<EventOp, { op: Name }>
type Send = (mail: NewMail) => OpAnswer

export function publish(tables: Tables, { event }: OpOf<'publish'>, send: Send): OpAnswer {
  const { space, topic, id, key, body, at } = event
  const { events, listeners } = tables.topic(whole(space), text(topic))
  if (events.has(id)) return { answer: 'published', isNew: false, runs: 0, owned: [] }
  const stored: StoredEvent = Object.freeze({ space, topic, id: text(id), key: key === null ? null : text(key), body: text(body), at: Math.max(whole(at), tables.now()), number: tables.nextEvent() })
  tables.set(events, id, stored)
  const got = new Set<StoredRun>()
  for (const [name, listener] of [...listeners]) {
    if (!listener.isOpen || (listener.key !== null && listener.key !== key)) continue
    if (send(eventMail(stored, listener.run.row)).answer === 'sent') got.add(listener.run)
    // What has ended, or is gone, listens no more.
    else tables.delete(listeners, name)
  }
  return { answer: 'published', isNew: true, runs: got.size, owned: [...got].flatMap(({ row }) => (row.lane === null ? [] : [{ space: row.space, run: row.run }])) }
}

export function listen(tables: Tables, run: StoredRun, { topic, key, since, limit }: OpOf<'listen'>, send: Send): OpAnswer {
  const { events, listeners } = tables.topic(run.row.space, text(topic))
  const name = listenerName(run, key)
  const before = listeners.get(name)
  if (before?.isOpen === true) return { answer: 'listening', mails: 0, isWhole: true }
  whole(since)
  const missed = [...events.values()].filter((event) => (before === undefined ? event.at >= since : event.number > before.after) && (key === null || event.key === key))
  const page = missed.slice(0, Math.max(1, limit))
  const isWhole = page.length === missed.length
  const had = run.row.inboxCount
  for (const event of page) send(eventMail(event, run.row))
  tables.set(listeners, name, { key, run, after: isWhole ? lastNumber({ events }) : (page.at(-1)?.number ?? 0), isOpen: isWhole })
  return { answer: 'listening', mails: run.row.inboxCount - had, isWhole }
}

export function unlisten(tables: Tables, run: StoredRun, { topic, key }: OpOf<'unlisten'>): undefined {
  const { events, listeners } = tables.topic(run.row.space, text(topic))
  const name = listenerName(run, key)
  const before = listeners.get(name)
  if (before?.isOpen === true) tables.set(listeners, name, { ...before, after: Math.max(before.after, lastNumber({ events })), isOpen: false })
}

export function pruneEvents(tables: Tables, { space, before, limit }: OpOf<'pruneEvents'>): OpAnswer {
  const topics = [...tables.topics].filter(([id]) => id.startsWith(idOf(space, '')))
  const old = topics.flatMap(([, { events }]) => [...events.values()].filter(({ at }) => at < before)).sort((a, b) => a.at - b.at || a.number - b.number).slice(0, Math.max(0, limit))
  for (const { topic, id } of old) tables.delete(tables.topic(space, topic).events, id)
  for (const [, { listeners }] of topics) {
    for (const [name, { run }] of [...listeners]) if (isEnd(run.row.status)) tables.delete(listeners, name)
  }
  return { answer: 'prunedEvents', events: old.length }
}

/** One page of events, newest first. */
export function listEvents(tables: Tables, filter: EventFilter): EventPage {
  const { space, topic, key, before } = filter
  const all = topic === undefined ? [...tables.topics.values()].flatMap(({ events }) => [...events.values()]) : [...(tables.topics.get(idOf(space, topic))?.events.values() ?? [])]
  const found = all.filter((event) => event.space === space && (key === undefined || event.key === key) && (before === undefined || event.number < before)).sort((a, b) => b.number - a.number)
  const events = found.slice(0, eventLimit(filter))
  return { events, next: found.length > events.length ? (events.at(-1)?.number ?? null) : null }
}

function listenerName({ row }: StoredRun, key: string | null): string {
  return key === null ? row.run : `${row.run} ${text(key)}`
}

/** The number of the last event of a topic. */
function lastNumber({ events }: Pick<StoredTopic, 'events'>): number {
  let last = 0
  for (const { number } of events.values()) last = Math.max(last, number)
  return last
}
