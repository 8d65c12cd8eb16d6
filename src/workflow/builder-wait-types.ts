// The types of waits in the builder. Types only.
import type { Schema } from '../template/contract.ts'
import type { From, Names, Value, Visible, WaitOf } from './builder-types.ts'
import type { Expr } from './reference.ts'

/** A moment to sleep until: an ISO text with its offset, milliseconds since 1970, or an expression that gives either. */
export interface UntilOption<V extends Visible> {
  readonly until: From<V, string | number | Expr<string> | Expr<number> | Expr<number | string>>
}

/** A wait, as the body of a loop or of a case: milliseconds, text such as `3d`, or an expression that gives either. */
export interface SleepOption<V extends Visible> {
  readonly sleep: WaitOf<V> | UntilOption<V>
}

/** What a wait may fall back to: plain data with expressions in it. Said no deeper than it has to be, for the sake of the compiler. */
export type Fallback = Expr<unknown> | string | number | boolean | null | readonly unknown[] | { readonly [key: string]: unknown }

/** What becomes of a wait when nothing has come in time. */
export type OnTimeout = 'fail' | 'continue'

/** How long a wait may take, and what becomes of it then. */
export interface BoundOptions<V extends Visible, T extends OnTimeout, B extends Fallback> {
  /** Counted from the first moment of the wait, over restarts. Default: as long as it takes. */
  readonly timeout?: WaitOf<V>
  /** When nothing has come in time: `fail` fails the step with WAIT_TIMEOUT, `continue` goes on with `fallback`. Default `fail`. */
  readonly onTimeout?: T
  /** The output when nothing has come in time. Only with `onTimeout: 'continue'`. Default null. */
  readonly fallback?: B | ((names: Names<V>) => B)
}

/** A wait for a signal. `P` is its payload, `B` what it falls back to. */
export interface SignalWait<V extends Visible, P, T extends OnTimeout, B extends Fallback> extends BoundOptions<V, T, B> {
  /** What the sender calls it. */
  readonly name: string
  /** Tells apart signals of one name: whoever sends names the same key. */
  readonly key?: From<V, string | number | Expr<string> | Expr<number> | Expr<number | string>>
  /** Of the payload: any Standard Schema that JSON Schema can say. What it refuses is set aside, and the wait goes on. Default: anything. */
  readonly schema?: Schema<unknown, P>
}

/** An event, as expressions see it. */
export interface Happened<D> {
  readonly id: string
  readonly topic: string
  readonly key: string | null
  /** When it was published, milliseconds since 1970. */
  readonly at: number
  readonly data: D
}

/** What the condition of a wait for an event can read. */
export type WithEvent<V extends Visible, D> = Omit<V, 'input' | 'steps' | 'event'> & { readonly input: V['input']; readonly steps: V['steps']; readonly event: Happened<D> }

/** A wait for an event. `P` are its data, `B` what it falls back to. */
export interface EventWait<V extends Visible, P, T extends OnTimeout, B extends Fallback> extends BoundOptions<V, T, B> {
  /** What it is published under. */
  readonly topic: string
  /** Only events that were published with this key. */
  readonly key?: From<V, string | number | Expr<string> | Expr<number> | Expr<number | string>>
  /** Of the data: any Standard Schema that JSON Schema can say. What it refuses is set aside, and the wait goes on. Default: anything. */
  readonly schema?: Schema<unknown, P>
  /** Only events of which this holds; it is looked at before the schema. */
  readonly where?: From<WithEvent<V, P>, Expr<boolean>>
  /** How long before the start of the run an event may have been published. Default 0. */
  readonly lookback?: string | number
}

/** An event, as the body of a loop or of a case. */
export interface EventOption<V extends Visible, P, T extends OnTimeout, B extends Fallback> {
  readonly event: EventWait<V, P, T, B>
}

/** A wait for a person's decision. `F` is what is filled in. */
export interface ApprovalWait<V extends Visible, F, T extends OnTimeout, B extends Fallback> extends BoundOptions<V, T, B> {
  /** What is to be decided, for people. Default: the id of the step. */
  readonly title?: From<V, string | Expr<string>>
  /** Who is asked. It is shown, and keeps nobody from deciding. */
  readonly assignees?: From<V, readonly (string | Expr<string>)[] | Expr<readonly string[]>>
  /** What is to be filled in: any Standard Schema that JSON Schema can say. */
  readonly form?: Schema<unknown, F>
}

/** A signal, as the body of a loop or of a case. */
export interface SignalOption<V extends Visible, P, T extends OnTimeout, B extends Fallback> {
  readonly signal: SignalWait<V, P, T, B>
}

/** An approval, as the body of a loop or of a case. */
export interface ApprovalOption<V extends Visible, F, T extends OnTimeout, B extends Fallback> {
  readonly approval: ApprovalWait<V, F, T, B>
}

/** What an approval gives. */
export interface Decided<F> {
  readonly approved: boolean
  readonly by: string
  /** When the decision was stored, milliseconds since 1970. */
  readonly at: number
  /** Null when nothing was filled in: a rejection need not. */
  readonly form: F | null
  readonly comment: string | null
}

/** What a wait gives: with `onTimeout: 'continue'` also what it goes on with. */
export type WaitOutput<P, T, B> = T extends 'continue' ? P | Value<B> : P

/** What the condition of a loop sees of a turn that waits: with `onTimeout: 'continue'` it is not typed. */
export type TurnOutput<P, T> = T extends 'continue' ? unknown : P
