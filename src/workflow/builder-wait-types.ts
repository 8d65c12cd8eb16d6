// The types of waits in the builder. Types only.
import type { Schema } from '../template/contract.ts'
import type { AnyBinding, From, Value, Visible, WaitOf } from './builder-types.ts'
import type { Expr } from './reference.ts'

/** A moment to sleep until: an ISO text with its offset, milliseconds since 1970, or an expression that gives either. */
export interface UntilOption<V extends Visible> {
  readonly until: From<V, string | number | Expr<string> | Expr<number> | Expr<number | string>>
}

/** A wait, as the body of a loop or of a case: milliseconds, text such as `3d`, or an expression that gives either. */
export interface SleepOption<V extends Visible> {
  readonly sleep: WaitOf<V> | UntilOption<V>
}

/** How long a wait may take, and what becomes of it then. */
export interface BoundOptions<V extends Visible> {
  /** Counted from the first moment of the wait, over restarts. Default: as long as it takes. */
  readonly timeout?: WaitOf<V>
  /** When nothing has come in time: `fail` fails the step with WAIT_TIMEOUT, `continue` goes on with `fallback`. Default `fail`. */
  readonly onTimeout?: 'fail' | 'continue'
  /** The output when nothing has come in time. Only with `onTimeout: 'continue'`. Default null. */
  readonly fallback?: From<V, AnyBinding>
}

/** A wait for a signal. `P` is its payload. */
export interface SignalWait<V extends Visible, P> extends BoundOptions<V> {
  /** What the sender calls it. */
  readonly name: string
  /** Tells apart signals of one name: whoever sends names the same key. */
  readonly key?: From<V, string | number | Expr<string> | Expr<number> | Expr<number | string>>
  /** Of the payload: any Standard Schema that JSON Schema can say. What it refuses is set aside, and the wait goes on. Default: anything. */
  readonly schema?: Schema<unknown, P>
}

/** A wait for a person's decision. `F` is what is filled in. */
export interface ApprovalWait<V extends Visible, F> extends BoundOptions<V> {
  /** What is to be decided, for people. Default: the id of the step. */
  readonly title?: From<V, string | Expr<string>>
  /** Who is asked. It is shown, and keeps nobody from deciding. */
  readonly assignees?: From<V, readonly (string | Expr<string>)[] | Expr<readonly string[]>>
  /** What is to be filled in: any Standard Schema that JSON Schema can say. */
  readonly form?: Schema<unknown, F>
}

/** A signal, as the body of a loop or of a case. */
export interface SignalOption<V extends Visible, P> {
  readonly signal: SignalWait<V, P>
}

/** An approval, as the body of a loop or of a case. */
export interface ApprovalOption<V extends Visible, F> {
  readonly approval: ApprovalWait<V, F>
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
export type WaitOutput<P, H> = H extends { readonly onTimeout: 'continue' } ? P | (H extends { readonly fallback: infer F } ? Value<F extends (...names: never[]) => infer R ? R : F> : null) : P
