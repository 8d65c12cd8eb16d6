// What a durable function can wait for beside time: signals that somebody sends to the run, and decisions of people. Only types and
// the words of their addresses; the engine does the waiting.
import type { WumboError } from '../errors.ts'
import { escapeKey } from '../shared/escape-key.ts'
import type { Duration } from '../shared/duration.ts'
import type { JsonSchema, MaybePromise, Schema } from '../template/contract.ts'

/** How a signal is waited for. */
export interface SignalOptions<P> {
  /** Any Standard Schema; the wait gives what it makes of the payload. A signal that it refuses is set aside with the reason, and the wait goes on. */
  readonly schema?: Schema<unknown, P>
  /** Tells apart waits of one name; whoever sends names the same key. The path becomes `name[key]`. */
  readonly key?: string | number
}

/** The same with a bound: when nothing has come in time the wait gives undefined. */
export interface BoundSignalOptions<P> extends SignalOptions<P> {
  readonly timeout: Duration
}

/** Answers a query with what its function has at hand. It may change nothing and await nothing. */
export type QueryHandler = (args: unknown) => unknown

/** What an approval asks for. */
export interface ApprovalOptions<F> {
  /** What is to be decided, for people. Default: the name. */
  readonly title?: string
  /** What is to be filled in with the decision: any Standard Schema that JSON Schema can say. Default: nothing need be. */
  readonly form?: Schema<unknown, F>
  /** Who is asked. It is shown, and whoever decides is recorded; nobody is kept from deciding by it. */
  readonly assignees?: readonly string[]
  /** Tells apart approvals of one name. The path becomes `name[key]`. */
  readonly key?: string | number
}

/** The same with a bound: when nobody has decided in time the approval gives undefined. */
export interface BoundApprovalOptions<F> extends ApprovalOptions<F> {
  readonly timeout: Duration
}

/** What was decided. */
export interface Decision<F> {
  readonly approved: boolean
  /** Who decided, as told by whoever sent the decision. */
  readonly by: string
  /** When the decision was stored, milliseconds since 1970. */
  readonly at: number
  /** What was filled in; undefined when nothing was. A rejection need not fill in the form. */
  readonly form: F | undefined
  readonly comment: string | null
}

/** What the journal keeps of an approval when it opens. */
export interface ApprovalRequest {
  readonly title: string
  readonly assignees: readonly string[]
  /** The JSON Schema of the form; null when there is none. */
  readonly form: JsonSchema | null
}

/** What the paths of a clean-up begin with: no operation of a function can have such a path. */
export const cancelPath = '$cancel.'

/** The path of the record that keeps what an approval asks for. */
export function requestPath(path: string): string {
  return `${path}.request`
}

/** The approval that a request belongs to. */
export function requestedBy(request: string): string {
  return request.slice(0, -requestPath('').length)
}

/** The path of the record that tells that an approval was given up: nobody is asked any more. */
export function withdrawnPath(path: string): string {
  return `${path}.withdrawn`
}

/** The name by which a wait for events of a topic stands in paths: what a path does not take is a `_`. */
export function eventName(topic: string): string {
  return topic.replace(/^[^A-Za-z_]|[^A-Za-z0-9_-]/g, '_').slice(0, 100)
}

/** What a signal or a wait for one is addressed by: its name, and its key if it has one. */
export function signalAddress(name: string, key: string | number | undefined): string {
  return key === undefined ? name : `${name}[${escapeKey(key)}]`
}

/** What an event, or a wait for one, is addressed by: its topic, and its key if it has one. */
export function topicAddress({ topic, key }: { readonly topic: string; readonly key: string | null }): string {
  return signalAddress(topic, key ?? undefined)
}

/** A wait for something that is sent to the run: what it takes, and until when. */
export interface MailWait {
  /** A signal's name and key, an approval's path: what is sent under the same kind and address is for this wait. */
  readonly address: string
  /** Milliseconds; null for as long as it takes. */
  readonly timeoutMs: number | null
  /** What the wait is answered with when they are over: a value, or a failure. Left out: the answer has no output. */
  readonly late?: { readonly value: unknown } | { readonly error: () => WumboError }
  /** Gives what the wait is answered with, or throws what keeps this payload from being an answer. */
  readonly check: ((payload: unknown) => MaybePromise<unknown>) | null
  /** What it does not hold of is left to other waits. A pure function of the payload. */
  readonly where?: ((payload: unknown) => boolean) | null
}

/** A wait for an event of a topic. Its address is the topic, or the topic and the key. */
export interface EventWait extends MailWait {
  readonly topic: string
  readonly key: string | null
  readonly lookbackMs: number
}

/** An event, as whoever waits for it gets it. */
export interface TopicEvent<D = unknown> {
  /** The publisher's own, or one that was made for it. */
  readonly id: string
  readonly topic: string
  readonly key: string | null
  /** When it was published, milliseconds since 1970. */
  readonly at: number
  readonly data: D
}

/** How an event is waited for. */
export interface EventOptions<D> {
  /** Only events that were published with this key. Name one where the topic is busy: the run gets every event of the topic otherwise. */
  readonly key?: string | number
  /** Any Standard Schema of the data; the wait gives what it makes of them. An event that it refuses is set aside with the reason, and the wait goes on. */
  readonly schema?: Schema<unknown, D>
  /** Only events of which this holds; others are left to other waits of the run. It may change nothing and read nothing else. Looked at before `schema`. */
  readonly where?: (event: TopicEvent) => boolean
  /** How long before the start of the run an event may have been published. Default 0: none that is older than the run. */
  readonly lookback?: Duration
}

/** The same with a bound: when nothing has come in time the wait gives undefined. */
export interface BoundEventOptions<D> extends EventOptions<D> {
  readonly timeout: Duration
}
