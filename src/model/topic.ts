// Events that somebody publishes under a topic, for every run that waits for them. Each is stored first and matched after: a run that
// begins to wait later finds it, as long as it is kept.
import type { Payload } from './payload.ts'
import type { NewMail, RunKey, Space } from './run.ts'

/** Names of topics: words of letters, digits, `_` and `-`, parted by `.`, `:` or `/`. At most 200 characters. */
export const TOPIC = /^(?=.{1,200}$)[A-Za-z0-9_-]+(?:[.:/][A-Za-z0-9_-]+)*$/

/** How large an event may be, in UTF-16 units of its encoded text. It is copied to each run that waits for it. */
export const EVENT_LIMIT = 262_144

/** An event as it is published. */
export interface NewEvent {
  readonly space: Space
  readonly topic: string
  /** The publisher's own, once per topic: what is published under it again changes nothing. */
  readonly id: string
  /** What it is about: runs that wait for a key get no other. Null for none. */
  readonly key: string | null
  /** As its mail carries it. Never a blob: every run that gets it has its own copy. */
  readonly body: Payload
  /** Milliseconds since 1970. */
  readonly at: number
}

/** An event as it is stored. Within a topic the numbers rise in the order in which the events became durable. */
export interface StoredEvent extends NewEvent {
  readonly number: number
}

/** The mail by which a run gets an event: once, however often it begins to listen. */
export function eventMail({ topic, id, body, at }: NewEvent, { space, run }: RunKey): NewMail {
  return { space, run, id: `event:${topic} ${id}`, kind: 'event', body, sentAt: at }
}
