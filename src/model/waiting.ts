// What a step waits for beside a duration: a moment, a signal, an event, a decision. waiting-schema.ts checks the shapes.

/** Sleeps until a moment. */
export interface UntilModel {
  /** Milliseconds since 1970, an ISO text with its offset, or a text whose `${{ expressions }}` make one. One that is past is over at once. */
  readonly until: string | number
}

/** How long a wait may take, and what becomes of it then. */
export interface BoundedModel {
  /** A duration, or a text whose `${{ expressions }}` make one. Counted from the first moment of the wait, over restarts. Default: as long as it takes. */
  readonly timeout?: number | string
  /** When nothing has come in time: `fail` fails the step with WAIT_TIMEOUT, `continue` goes on with `fallback`. Default `fail`. Only with `timeout`. */
  readonly onTimeout?: 'fail' | 'continue'
  /** The output when nothing has come in time: any JSON; its texts may hold `${{ expression }}`. Default null. Only with `onTimeout: continue`. */
  readonly fallback?: unknown
}

/** A wait for a signal. */
export interface SignalModel extends BoundedModel {
  /** What the sender calls it: a letter or `_`, then letters, digits, `_` or `-`. */
  readonly name: string
  /** Tells apart signals of one name: a text that may hold `${{ expression }}`, or a number. Whoever sends names the same key. */
  readonly key?: string | number
  /** JSON Schema (2020-12) of the payload. What it refuses is set aside, and the wait goes on. Default: anything. */
  readonly schema?: Readonly<Record<string, unknown>>
}

/** A wait for an event that is published under a topic, for every run that waits for it. */
export interface EventModel extends BoundedModel {
  /** Words of letters, digits, `_` and `-`, parted by `.`, `:` or `/`. */
  readonly topic: string
  /** Only events that were published with this key: a text that may hold `${{ expression }}`, or a number. */
  readonly key?: string | number
  /** A condition on the `event`: `event.data.amount > 10`. Others are left to other waits of the run. */
  readonly where?: string
  /** JSON Schema (2020-12) of the event's data. What it refuses is set aside, and the wait goes on. Default: anything. */
  readonly schema?: Readonly<Record<string, unknown>>
  /** How long before the start of the run an event may have been published: a duration. Default 0. */
  readonly lookback?: number | string
}

/** A wait for a person's decision. */
export interface ApprovalModel extends BoundedModel {
  /** What is to be decided, for people; may hold `${{ expression }}`. Default: the id of the step. */
  readonly title?: string
  /** Who is asked; a name may hold `${{ expression }}`, and so may the whole, which then gives a list. Default: nobody in particular. */
  readonly assignees?: string | readonly string[]
  /** JSON Schema (2020-12) of what is to be filled in. Default: nothing need be. */
  readonly form?: Readonly<Record<string, unknown>>
}

/** Names of signals. */
export const SIGNAL_NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,99}$/
