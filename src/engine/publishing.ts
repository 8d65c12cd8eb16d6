// What is published under a topic: checked, stored, and told to the runs that listen. Whoever waits later finds it in the store.
import { EventInvalidError, PayloadTooLargeError, StoreFailedError } from '../errors.ts'
import { EVENT_LIMIT, TOPIC } from '../model/topic.ts'
import { DEFAULT_SPACE } from '../model/run.ts'
import type { MailKind, RunKey } from '../model/run.ts'
import { defaultCodec } from '../shared/codec.ts'
import { parseDuration } from '../shared/duration.ts'
import type { OpAnswer, Store, StoreOp } from '../store/port.ts'
import { compileCheck } from '../template/validator.ts'
import { topicAddress, type BoundEventOptions, type EventWait, type TopicEvent } from '../workflow/waiting.ts'
import { checkOptions } from './known-options.ts'
import { checkSchema } from './mail-waits.ts'
import type { EngineDeps } from './ports.ts'
import type { MailBody } from './run-inbox.ts'

/** What publishing needs of the engine. */
export interface PublishingHost {
  readonly deps: EngineDeps
  newId(): string
  submit(op: StoreOp, bytes: number): Promise<OpAnswer | undefined>
  /** Mail is stored; `isOwned` tells that a lane had the run then. */
  sent(run: RunKey, isOwned: boolean, kind: MailKind): Promise<void>
  /** Mail may be stored for runs that nobody has. */
  soon(): void
}

/** How an event is published. */
export interface PublishOptions {
  /** What the event is about: whoever waits for a key gets no other. 1 to 200 characters, or a number. Default: none. */
  readonly key?: string | number
  /** The publisher's own id: the same id is stored once per topic, the first stands. 1 to 200 characters. Default: one is made. */
  readonly id?: string
}

/** What became of an event. */
export interface Published {
  readonly id: string
  /** False when the topic had an event of this id already: then nothing was stored or sent. */
  readonly isNew: boolean
  /** How many runs were listening. Those that begin to wait later get it too. */
  readonly runs: number
}

/** Stores an event. EVENT_INVALID, PAYLOAD_TOO_LARGE. */
export async function publish(host: PublishingHost, topic: string, data: unknown, options: PublishOptions = {}): Promise<Published> {
  checkTopic(topic)
  const key = options.key === undefined ? null : checkText('key', typeof options.key === 'number' ? String(options.key) : options.key)
  const id = options.id === undefined ? host.newId() : checkText('id', options.id)
  const at = host.deps.clock.now()
  const event: TopicEvent = { id, topic, key, at, data }
  const mail: MailBody = { address: topicAddress(event), payload: event }
  const body = defaultCodec.snapshot(mail).payload
  if (body.length > EVENT_LIMIT) {
    throw new PayloadTooLargeError(`event ${topic}: the data take ${body.length} characters, at most ${EVENT_LIMIT} are allowed; nothing was stored`, { path: 'data', remedy: 'Keep large data elsewhere and publish where they are.' })
  }
  const answer = await host.submit({ op: 'publish', event: { space: DEFAULT_SPACE, topic, id, key, body, at } }, 200 + body.length)
  if (answer?.answer !== 'published') throw new StoreFailedError(`event ${topic}: the store gave no answer`)
  const { isNew, runs, owned } = answer
  for (const run of owned) await host.sent(run, true, 'event')
  if (runs > owned.length) host.soon()
  return { id, isNew, runs }
}

/** Which events to list. */
export interface EventListOptions {
  readonly topic?: string
  readonly key?: string
  /** The `next` of the page before. */
  readonly before?: number
  /** 1 to 1,000. Default 50. */
  readonly limit?: number
}

/** One page of events, newest first. */
export interface EventList {
  readonly events: readonly TopicEvent[]
  /** Hand it in as `before`; null on the last page. */
  readonly next: number | null
}

/** Events that are kept. */
export async function listEvents(store: Store, options: EventListOptions = {}): Promise<EventList> {
  const { events, next } = await store.listEvents({ space: DEFAULT_SPACE, ...options })
  // As `publish` made them.
  return { events: events.map(({ body }) => (defaultCodec.decode(body) as { readonly payload: TopicEvent }).payload), next }
}

/** The wait for an event. Throws DefinitionError for a wrong option, EventInvalidError for a topic or key that no event can have. */
export function eventWait<D>(topic: string, options: Partial<BoundEventOptions<D>>): EventWait {
  checkTopic(topic)
  checkOptions('event', options, `event ${topic}`)
  const { key, schema, where, lookback, timeout } = options
  checkSchema(`event ${topic}: schema`, schema)
  const named = key === undefined ? null : checkText('key', typeof key === 'number' ? String(key) : key)
  const check = schema === undefined ? null : compileCheck(schema, { owner: `the wait for event ${topic}`, what: 'payload', failure: EventInvalidError })
  return {
    topic, key: named, address: topicAddress({ topic, key: named }),
    lookbackMs: lookback === undefined ? 0 : parseDuration(lookback, `${topic}.lookback`),
    timeoutMs: timeout === undefined ? null : parseDuration(timeout, `${topic}.timeout`),
    // Payloads of this kind are events, as `publish` makes them.
    where: where === undefined ? null : (payload) => where(payload as TopicEvent),
    check: check === null ? null : async (payload) => {
      const event = payload as TopicEvent
      return { ...event, data: await check(event.data) }
    },
  }
}

/** Refuses a topic that events cannot have. */
function checkTopic(topic: string): void {
  if (typeof topic === 'string' && TOPIC.test(topic)) return
  throw new EventInvalidError(`topic: expected words of letters, digits, _ and - parted by . : or /, at most 200 characters, got ${JSON.stringify(topic) ?? 'nothing'}`, {
    path: 'topic', remedy: 'Name one topic, as in order.paid; there are no wildcards here.',
  })
}

function checkText(what: 'key' | 'id', value: string): string {
  if (typeof value === 'string' && value.length > 0 && value.length <= 200 && value.isWellFormed()) return value
  throw new EventInvalidError(`${what}: expected a text of 1 to 200 characters${what === 'key' ? ' or a number' : ''}, got ${typeof value === 'string' ? `${value.length} characters` : typeof value}`, { path: what })
}
