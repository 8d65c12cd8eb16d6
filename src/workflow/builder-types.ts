// The types of the builder: what its callbacks see, what a step may say, and how the outputs of steps flow into the names of those
// that follow. Types only.
import type { JoinRule, RetryModel } from '../model/workflow.ts'
import type { Duration } from '../shared/duration.ts'
import type { AnyTemplate, CallOptions, Compensate, CompletedStep } from '../template/contract.ts'
import type { Expr, Ref } from './reference.ts'

/** What a callback can read, by type: the input, the outputs of steps by id, and in a loop `item` and `index`. */
export interface Visible {
  readonly input: unknown
  readonly steps: object
}

/** The same as references. */
export type Names<V extends Visible> = {
  readonly [K in keyof V]: K extends 'steps' ? { readonly [I in keyof V[K]]: Ref<V[K][I]> } : Ref<V[K]>
}

/** Plain data, or references inside plain data, where nothing more is known. */
export type AnyBinding = Expr<unknown> | string | number | boolean | null | undefined | readonly AnyBinding[] | { readonly [key: string]: AnyBinding }

/** A `T` in which every value may be an expression that gives it. */
export type Bind<T> = unknown extends T ? AnyBinding : Expr<T> | Parts<T>

type Parts<T> = T extends string | number | boolean | bigint | null | undefined ? T : T extends object ? { readonly [K in keyof T]: Bind<T[K]> } : T

/** What data with expressions in it comes to in a run. */
export type Value<B> = B extends Expr<infer T> ? T : B extends string | number | boolean | null | undefined ? B : B extends object ? { -readonly [K in keyof B]: Value<B[K]> } : B

/** What a template takes. */
export type InputOf<X extends AnyTemplate> = X extends (input: infer I, options?: CallOptions) => unknown ? I : never

/** What a template gives. */
export type OutputOf<X extends AnyTemplate> = X extends (...args: never[]) => Promise<infer O> ? O : never

/** What stands for the names to be given later: a constant, or a function of the names. */
export type From<V extends Visible, T> = T | ((names: Names<V>) => T)

/** What every step may say. */
export interface CommonOptions<V extends Visible> {
  readonly description?: string
  /** Steps that must have completed before, without their data being used, or edges with conditions. */
  readonly needs?: StepName<V> | Need<V> | readonly (StepName<V> | Need<V>)[]
  /** Which of `needs` let the step begin: `all` edges, `any` edge, `noneFailed`: all have ended and none has failed, `always`: all have ended. Default `all`. */
  readonly join?: JoinRule
  /** On false the step is skipped, and so is what depends on it. */
  readonly if?: From<V, Expr<boolean>>
  /** The run does not fail because of this step; what depends on it is skipped all the same. With forEach every item is run. Default false. */
  readonly continueOnError?: boolean
}

/** An edge from a step: what must have become of it, and a condition. */
export interface Need<V extends Visible> {
  readonly step: StepName<V>
  /** Default `success`. */
  readonly on?: 'success' | 'failure' | 'skipped' | 'always'
  /** Looked at when the step has ended. It reads that step, the input, and what lies outside of the scope. */
  readonly if?: From<V, Expr<boolean>>
  /** In place of `if`: taken when no edge with `if` that leaves the same step is. */
  readonly else?: true
}

type StepName<V extends Visible> = keyof V['steps'] & string

/** What a loop may say besides. */
export interface EachOptions<V extends Visible> extends CommonOptions<V> {
  /** What the item is called in the model. Default `item`, or `item2` … inside another loop. In callbacks it is always `item`. */
  readonly as?: string
  /** Items at work at a time, at most. Default 10. */
  readonly concurrency?: number
}

/** How long to wait. */
export type WaitOf<V extends Visible> = From<V, Duration | Expr<number> | Expr<string> | Expr<number | string>>

/** A compensation whose input is made of the step that was done and of the run's input. */
export interface BoundCompensation<V extends Visible, I, O> {
  readonly uses: AnyTemplate
  readonly with: (names: { readonly input: Ref<V['input']>; readonly step: Ref<CompletedStep<I, O>> }) => unknown
  readonly retry?: RetryModel
  /** Per attempt. */
  readonly timeout?: Duration
  readonly onUnknown?: 'settle' | 'compensate'
}

/** How a template is used. */
export type UseOptions<V extends Visible, X extends AnyTemplate> = {
  readonly uses: X
  readonly retry?: RetryModel
  /** Per attempt. */
  readonly timeout?: Duration
  /** For all attempts and the waits between them. */
  readonly totalTimeout?: Duration
  readonly heartbeatTimeout?: Duration
  /** Overrides the template's durability level. */
  readonly level?: 'effect' | 'pure'
  /** What undoes the step when the run fails or is cancelled: a template that takes `{ input, output, outcome }`, or one with what it is given. `false` undoes nothing. */
  readonly compensate?: Compensate<InputOf<X>, OutputOf<X>> | BoundCompensation<V, InputOf<X>, OutputOf<X>> | false
} & WithOption<V, InputOf<X>>

/** `with` may be left out when the template takes an empty object. */
type WithOption<V extends Visible, I> = TakesNothing<I> extends true ? { readonly with?: From<V, Bind<I>> } : { readonly with: From<V, Bind<I>> }

/** Schema libraries type an empty object as `object` or as a record of nothing. */
export type TakesNothing<I> = object extends I ? true : Record<string, never> extends I ? true : false

/** An id that is not in use yet. */
export type NewId<K extends string, V extends Visible> = K extends keyof V['steps'] ? `the id ${K} is used already` : unknown

/** What a builder knows: what its callbacks can read, the steps of its own, and its output if one was given. */
export interface Scope {
  readonly kind: 'workflow' | 'block'
  /** What start() takes; only of a workflow. */
  readonly sent: unknown
  readonly visible: Visible
  readonly own: object
  readonly output: unknown
}

/** No output was given: the default applies. */
export interface DefaultOutput {
  readonly default: true
}

/** What a scope gives: what it says, else the outputs of its last steps by id, of which any may be missing. */
export type ScopeOutput<S extends Scope> = S['output'] extends DefaultOutput ? { readonly [K in keyof S['own']]?: S['own'][K] } : S['output']

/** A scope with one more step. */
export interface WithStep<S extends Scope, K extends string, O> {
  readonly kind: S['kind']
  readonly sent: S['sent']
  readonly visible: VisibleStep<S['visible'], K, O>
  readonly own: S['own'] & { readonly [I in K]: O }
  readonly output: S['output']
}

type VisibleStep<V extends Visible, K extends string, O> = Omit<V, 'input' | 'steps'> & { readonly input: V['input']; readonly steps: V['steps'] & { readonly [I in K]: O } }

/** A scope with its output. */
export interface WithOutput<S extends Scope, O> {
  readonly kind: S['kind']
  readonly sent: S['sent']
  readonly visible: S['visible']
  readonly own: S['own']
  readonly output: O
}

/** The scope of a workflow that has no steps yet. */
export interface Outermost<I, P> {
  readonly kind: 'workflow'
  readonly sent: I
  readonly visible: { readonly input: P; readonly steps: object }
  readonly own: object
  readonly output: DefaultOutput
}

/** A scope inside another: it sees what is around it and has no steps yet. */
export interface Inner<V extends Visible> {
  readonly kind: 'block'
  readonly sent: never
  readonly visible: V
  readonly own: object
  readonly output: DefaultOutput
}

/** What the body of a loop can read besides. */
export type InLoop<V extends Visible, E> = Omit<V, 'input' | 'steps' | 'item' | 'index'> & { readonly input: V['input']; readonly steps: V['steps']; readonly item: E; readonly index: number }

/** What the body of a loop can read besides: what the turn before gave, and the number of the turn from 0. Say what `last` is with `typed`. */
export type InTurn<V extends Visible, L> = Omit<V, 'input' | 'steps' | 'last' | 'iteration'> & { readonly input: V['input']; readonly steps: V['steps']; readonly last: L; readonly iteration: number }

/** How a body is repeated. `O` is what a turn gives. */
export type LoopOptions<V extends Visible, O> = CommonOptions<V> & {
  /** Turns at most. */
  readonly max: number
  /** Looked at before each turn, the first one included: on false the loop ends. */
  readonly while?: From<InTurn<V, unknown>, Expr<boolean>>
  /** Looked at after each turn: on true the loop ends. `last` is what the turn has given. One of `until` and `while` must be there. */
  readonly until?: From<InTurn<V, O>, Expr<boolean>>
  /** A durable wait between two turns. Default: none. */
  readonly delay?: WaitOf<InTurn<V, unknown>>
  /** What `last` is before the first turn. Default null. */
  readonly initial?: From<V, AnyBinding>
  /** What `last` is called in the model. Default `last`, or `last2` … inside another loop. In callbacks it is always `last`. */
  readonly as?: string
  /** When all turns are made: `fail` fails the step with LOOP_LIMIT, `continue` gives the output of the last turn. Default `fail`. */
  readonly onMax?: 'fail' | 'continue'
}

/** What a loop gives: with `while` there may have been no turn, and then it is what the loop began with. */
export type LoopOutput<O, H> = H extends { readonly while: unknown } ? O | (H extends { readonly initial: infer I } ? Value<I extends (...names: never[]) => infer R ? R : I> : null) : O
