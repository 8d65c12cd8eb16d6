// The typed builder: a graph in TypeScript, whose steps see the outputs of those before them. It makes the same model as JSON and
// YAML; no function of yours is kept in it. A builder never changes: each call gives a new one. The work is in builder-scope.ts.
import type { PlaceModel, WorkflowModel } from '../model/workflow.ts'
import type { Duration } from '../shared/duration.ts'
import type { AnyTemplate, Schema } from '../template/contract.ts'
import type { CodesOption, InFinally, InHandler, OutputOption, OwnStep, WithHandler } from './builder-handler-types.ts'
import type { AnyGraph, InlineOption, InlineOptions, InlineOutput } from './builder-inline-types.ts'
import { beginBuilder } from './builder-scope.ts'
import type {
  CommonOptions, EachOptions, From, InLoop, Inner, InTurn, LoopOptions, LoopOutput, Names, NewId, Outermost, OutputOf, Scope, ScopeOutput, UseOptions, Value, Visible, WaitOf, WithOutput, WithStep,
} from './builder-types.ts'
import type { ApprovalOption, ApprovalWait, Decided, EventOption, EventWait, Fallback, Happened, OnTimeout, SignalOption, SignalWait, SleepOption, TurnOutput, UntilOption, WaitOutput } from './builder-wait-types.ts'
import type { ChildOption, ChildOutput, ChildrenOption, ChildrenOutput, ChildrenStep, ChildStep, Collect, Startable } from './builder-child-types.ts'
import type { AnyMerge, BranchOptions, MergeByOutput, Merged, MergeOptions } from './builder-parallel-types.ts'
import type { GraphWorkflow } from './contract.ts'
import type { Expr } from './reference.ts'

/** What a workflow says besides its steps. `I` is what is sent, `P` what the schema makes of it and steps see. */
export interface WorkflowOptions<I, P> {
  /** Any Standard Schema, or `jsonSchema({ … })`. Every input is checked by it before a run starts. Default: anything. */
  readonly input?: Schema<I, P>
  readonly description?: string
  /** After a step has failed for good: `stop` begins no further step, `continue` goes on with what does not depend on it. Default `stop`. */
  readonly onFailure?: 'stop' | 'continue'
  /** Whether a cancelled run undoes its steps that have a compensation. Default `compensate`. */
  readonly onCancel?: 'compensate' | 'leave'
  /** For a run as a whole. Default: none. */
  readonly timeout?: Duration
  /** How long `finally`, and `onError` of the workflow, may take after a cancel or after the timeout of the run. Default 30 s. */
  readonly cleanUpTimeout?: Duration
  /** Where steps are drawn on a canvas, by path. Never part of the logic: moving a step changes no version. */
  readonly layout?: Readonly<Record<string, PlaceModel>>
}

/** Begins a workflow. Throws DefinitionError for a bad name or option; what is wrong with steps is told by `build`. */
export function workflow<I = unknown, P = I>(name: string, options: WorkflowOptions<I, P> = {}): Builder<Outermost<I, P>> {
  return beginBuilder(name, options) as Builder<Outermost<I, P>> // what a builder knows by type, it knows by nothing else
}

/** A scope that contains a list of items by type. */
type Items<S extends Scope, E> = From<S['visible'], Expr<readonly E[]>>

/** Adds steps to a workflow, a block or a case. */
export interface Builder<S extends Scope> {
  /** A step that uses a template. Later steps read its output as `steps.<id>`. */
  step<const K extends string, X extends AnyTemplate>(id: K & NewId<K, S['visible']>, options: CommonOptions<S['visible']> & UseOptions<S['visible'], X>): Builder<WithStep<S, K, OutputOf<X>>>

  /** Waits durably: milliseconds, text such as `3d`, an expression that gives either, or `{ until: moment }`. A long sleep leaves memory; its output is null. */
  sleep<const K extends string>(id: K & NewId<K, S['visible']>, duration: WaitOf<S['visible']> | UntilOption<S['visible']>, options?: CommonOptions<S['visible']>): Builder<WithStep<S, K, null>>

  /** Waits for a signal that somebody sends to the run, also one that came before. The output is its payload. */
  signal<const K extends string, P = unknown, const T extends OnTimeout = 'fail', const G extends Fallback = null>(
    id: K & NewId<K, S['visible']>, options: CommonOptions<S['visible']> & SignalWait<S['visible'], P, T, G>,
  ): Builder<WithStep<S, K, WaitOutput<P, T, G>>>

  /** Waits for an event that is published under a topic, also one that came since the run began. The output is the event. */
  event<const K extends string, P = unknown, const T extends OnTimeout = 'fail', const G extends Fallback = null>(
    id: K & NewId<K, S['visible']>, options: CommonOptions<S['visible']> & EventWait<S['visible'], P, T, G>,
  ): Builder<WithStep<S, K, WaitOutput<Happened<P>, T, G>>>

  /** Waits until a person has decided. The output tells who decided, when and what. */
  approval<const K extends string, F = unknown, const T extends OnTimeout = 'fail', const G extends Fallback = null>(
    id: K & NewId<K, S['visible']>, options?: CommonOptions<S['visible']> & ApprovalWait<S['visible'], F, T, G>,
  ): Builder<WithStep<S, K, WaitOutput<Decided<F>, T, G>>>

  /** Runs another graph as a part of this one: in the same run, its steps below the path of this step. The output is that of the graph. */
  inline<const K extends string, W extends AnyGraph>(id: K & NewId<K, S['visible']>, options: InlineOptions<S['visible'], W>): Builder<WithStep<S, K, InlineOutput<W>>>
  /** Starts a run of another workflow as a child, and waits for its end unless `wait` is false. The output is that of the child, else its id. */
  child<const K extends string, W extends Startable, const T extends boolean = true>(
    id: K & NewId<K, S['visible']>, options: CommonOptions<S['visible']> & ChildStep<S['visible'], W, T>,
  ): Builder<WithStep<S, K, ChildOutput<W, T>>>

  /** Starts a child run for each input, and waits until all have ended: however many, they cost this run one record. The output tells how many have completed and failed. */
  children<const K extends string, W extends Startable, const C extends Collect = undefined>(
    id: K & NewId<K, S['visible']>, options: CommonOptions<S['visible']> & ChildrenStep<S['visible'], W, C>,
  ): Builder<WithStep<S, K, ChildrenOutput<W, C>>>

  /** Steps in a scope of their own. They see the steps around them; from outside only the output of the block is seen. */
  block<const K extends string, B extends Scope>(
    id: K & NewId<K, S['visible']>, build: (block: Builder<Inner<S['visible']>>) => Builder<B>, options?: CommonOptions<S['visible']>,
  ): Builder<WithStep<S, K, ScopeOutput<B>>>

  /** A template for each item of a list. The output is the list of outputs, in the order of the items. */
  forEach<const K extends string, E, X extends AnyTemplate>(
    id: K & NewId<K, S['visible']>, items: Items<S, E>, body: UseOptions<InLoop<S['visible'], E>, X> & EachOptions<S['visible']>,
  ): Builder<WithStep<S, K, OutputOf<X>[]>>
  /** A wait for each item of a list. */
  forEach<const K extends string, E>(
    id: K & NewId<K, S['visible']>, items: Items<S, E>, body: SleepOption<InLoop<S['visible'], E>> & EachOptions<S['visible']>,
  ): Builder<WithStep<S, K, null[]>>
  /** A signal, or an event, for each item of a list. */
  forEach<const K extends string, E, P = unknown, const T extends OnTimeout = 'fail', const G extends Fallback = null>(
    id: K & NewId<K, S['visible']>, items: Items<S, E>, body: SignalOption<InLoop<S['visible'], E>, P, T, G> & EachOptions<S['visible']>,
  ): Builder<WithStep<S, K, WaitOutput<P, T, G>[]>>
  forEach<const K extends string, E, P = unknown, const T extends OnTimeout = 'fail', const G extends Fallback = null>(
    id: K & NewId<K, S['visible']>, items: Items<S, E>, body: EventOption<InLoop<S['visible'], E>, P, T, G> & EachOptions<S['visible']>,
  ): Builder<WithStep<S, K, WaitOutput<Happened<P>, T, G>[]>>
  /** An approval for each item of a list. */
  forEach<const K extends string, E, F = unknown, const T extends OnTimeout = 'fail', const G extends Fallback = null>(
    id: K & NewId<K, S['visible']>, items: Items<S, E>, body: ApprovalOption<InLoop<S['visible'], E>, F, T, G> & EachOptions<S['visible']>,
  ): Builder<WithStep<S, K, WaitOutput<Decided<F>, T, G>[]>>
  /** A child for each item of a list. For thousands see `children`. */
  forEach<const K extends string, E, W extends Startable, const T extends boolean = true>(
    id: K & NewId<K, S['visible']>, items: Items<S, E>, body: ChildOption<InLoop<S['visible'], E>, W, T> & EachOptions<S['visible']>,
  ): Builder<WithStep<S, K, ChildOutput<W, T>[]>>
  /** Children for each item of a list. */
  forEach<const K extends string, E, W extends Startable, const C extends Collect = undefined>(
    id: K & NewId<K, S['visible']>, items: Items<S, E>, body: ChildrenOption<InLoop<S['visible'], E>, W, C> & EachOptions<S['visible']>,
  ): Builder<WithStep<S, K, ChildrenOutput<W, C>[]>>
  /** A switch for each item of a list: null for an item that no case takes. */
  forEach<const K extends string, E, O>(
    id: K & NewId<K, S['visible']>, items: Items<S, E>, body: SwitchOption<InLoop<S['visible'], E>, O> & EachOptions<S['visible']>,
  ): Builder<WithStep<S, K, (O | null)[]>>
  /** A graph, run inline for each item of a list. */
  forEach<const K extends string, E, W extends AnyGraph>(
    id: K & NewId<K, S['visible']>, items: Items<S, E>, body: InlineOption<InLoop<S['visible'], E>, W> & EachOptions<S['visible']>,
  ): Builder<WithStep<S, K, InlineOutput<W>[]>>
  /** Branches for each item of a list. */
  forEach<const K extends string, E, O, const M extends AnyMerge<InLoop<S['visible'], E>> = 'all'>(
    id: K & NewId<K, S['visible']>, items: Items<S, E>, body: ParallelOption<InLoop<S['visible'], E>, O, M> & EachOptions<S['visible']>,
  ): Builder<WithStep<S, K, (Merged<O, M> | null)[]>>
  /** A block for each item of a list. */
  forEach<const K extends string, E, B extends Scope>(
    id: K & NewId<K, S['visible']>, items: Items<S, E>, build: (block: Builder<Inner<InLoop<S['visible'], E>>>, names: Names<InLoop<S['visible'], E>>) => Builder<B>, options?: EachOptions<S['visible']>,
  ): Builder<WithStep<S, K, ScopeOutput<B>[]>>

  /** A template, again and again until a condition ends it. The output is that of the last turn. */
  loop<const K extends string, X extends AnyTemplate, const H extends LoopOptions<S['visible'], OutputOf<X>>>(
    id: K & NewId<K, S['visible']>, body: UseOptions<InTurn<S['visible'], unknown>, X>, options: H,
  ): Builder<WithStep<S, K, LoopOutput<OutputOf<X>, H>>>
  /** A wait, again and again. */
  loop<const K extends string, const H extends LoopOptions<S['visible'], null>>(
    id: K & NewId<K, S['visible']>, body: SleepOption<InTurn<S['visible'], unknown>>, options: H,
  ): Builder<WithStep<S, K, LoopOutput<null, H>>>
  /** A signal, or an event, again and again. */
  loop<const K extends string, P, const T extends OnTimeout, const G extends Fallback, const H extends LoopOptions<S['visible'], TurnOutput<P, T>>>(
    id: K & NewId<K, S['visible']>, body: SignalOption<InTurn<S['visible'], unknown>, P, T, G>, options: H,
  ): Builder<WithStep<S, K, LoopOutput<WaitOutput<P, T, G>, H>>>
  loop<const K extends string, P, const T extends OnTimeout, const G extends Fallback, const H extends LoopOptions<S['visible'], TurnOutput<Happened<P>, T>>>(
    id: K & NewId<K, S['visible']>, body: EventOption<InTurn<S['visible'], unknown>, P, T, G>, options: H,
  ): Builder<WithStep<S, K, LoopOutput<WaitOutput<Happened<P>, T, G>, H>>>
  /** An approval, again and again. */
  loop<const K extends string, F, const T extends OnTimeout, const G extends Fallback, const H extends LoopOptions<S['visible'], TurnOutput<Decided<F>, T>>>(
    id: K & NewId<K, S['visible']>, body: ApprovalOption<InTurn<S['visible'], unknown>, F, T, G>, options: H,
  ): Builder<WithStep<S, K, LoopOutput<WaitOutput<Decided<F>, T, G>, H>>>
  /** A child, again and again. */
  loop<const K extends string, W extends Startable, const H extends LoopOptions<S['visible'], unknown>, const T extends boolean = true>(
    id: K & NewId<K, S['visible']>, body: ChildOption<InTurn<S['visible'], unknown>, W, T>, options: H,
  ): Builder<WithStep<S, K, LoopOutput<ChildOutput<W, T>, H>>>
  /** Children, again and again. */
  loop<const K extends string, W extends Startable, const H extends LoopOptions<S['visible'], unknown>, const C extends Collect = undefined>(
    id: K & NewId<K, S['visible']>, body: ChildrenOption<InTurn<S['visible'], unknown>, W, C>, options: H,
  ): Builder<WithStep<S, K, LoopOutput<ChildrenOutput<W, C>, H>>>
  /** A switch, again and again: null for a turn that no case takes. */
  loop<const K extends string, O, const H extends LoopOptions<S['visible'], O | null>>(
    id: K & NewId<K, S['visible']>, body: SwitchOption<InTurn<S['visible'], unknown>, O>, options: H,
  ): Builder<WithStep<S, K, LoopOutput<O | null, H>>>
  /** A graph, run inline again and again. */
  loop<const K extends string, W extends AnyGraph, const H extends LoopOptions<S['visible'], InlineOutput<W>>>(
    id: K & NewId<K, S['visible']>, body: InlineOption<InTurn<S['visible'], unknown>, W>, options: H,
  ): Builder<WithStep<S, K, LoopOutput<InlineOutput<W>, H>>>
  /** Branches, again and again. */
  loop<const K extends string, O, const H extends LoopOptions<S['visible'], unknown>, const M extends AnyMerge<InTurn<S['visible'], unknown>> = 'all'>(
    id: K & NewId<K, S['visible']>, body: ParallelOption<InTurn<S['visible'], unknown>, O, M>, options: H,
  ): Builder<WithStep<S, K, LoopOutput<Merged<O, M> | null, H>>>
  /** A block, again and again. */
  loop<const K extends string, B extends Scope, const H extends LoopOptions<S['visible'], ScopeOutput<B>>>(
    id: K & NewId<K, S['visible']>, build: (block: Builder<Inner<InTurn<S['visible'], unknown>>>, names: Names<InTurn<S['visible'], unknown>>) => Builder<B>, options: H,
  ): Builder<WithStep<S, K, LoopOutput<ScopeOutput<B>, H>>>

  /** One of several cases: the first whose condition holds. When none does, the step is skipped. */
  switch<const K extends string, O>(
    id: K & NewId<K, S['visible']>, build: SwitchOf<S['visible'], O>, options?: CommonOptions<S['visible']>,
  ): Builder<WithStep<S, K, O>>

  /** Branches side by side. The output is what `merge` makes of theirs: by default an object of them by name. */
  parallel<const K extends string, O, const B>(
    id: K & NewId<K, S['visible']>, build: ParallelOf<S['visible'], O>, options: CommonOptions<S['visible']> & MergeByOutput<S['visible'], O, B>,
  ): Builder<WithStep<S, K, Value<B>>>
  parallel<const K extends string, O, const M = 'all'>(
    id: K & NewId<K, S['visible']>, build: ParallelOf<S['visible'], O>, options?: CommonOptions<S['visible']> & MergeOptions<O, M>,
  ): Builder<WithStep<S, K, Merged<O, M>>>

  /**
   * What stands in the place of a step of this scope when it has failed for good: only an output, a template, a wait, a switch, or a block. Its
   * output becomes that of the step. `error` is the failure: its code, message, path and details. Call it behind the step.
   */
  onError<const K extends OwnStep<S>, const F>(id: K, handler: OutputOption<InHandler<S['visible']>, F>): Builder<WithHandler<S, K, Value<F>>>
  onError<const K extends OwnStep<S>, X extends AnyTemplate>(id: K, handler: UseOptions<InHandler<S['visible']>, X> & CodesOption): Builder<WithHandler<S, K, OutputOf<X>>>
  onError<const K extends OwnStep<S>>(id: K, handler: SleepOption<InHandler<S['visible']>> & CodesOption): Builder<WithHandler<S, K, null>>
  /** Waits for a signal, or an event, in the place of a step that has failed. */
  onError<const K extends OwnStep<S>, P = unknown, const T extends OnTimeout = 'fail', const G extends Fallback = null>(
    id: K, handler: SignalOption<InHandler<S['visible']>, P, T, G> & CodesOption,
  ): Builder<WithHandler<S, K, WaitOutput<P, T, G>>>
  onError<const K extends OwnStep<S>, P = unknown, const T extends OnTimeout = 'fail', const G extends Fallback = null>(
    id: K, handler: EventOption<InHandler<S['visible']>, P, T, G> & CodesOption,
  ): Builder<WithHandler<S, K, WaitOutput<Happened<P>, T, G>>>
  /** Asks a person about a step that has failed. */
  onError<const K extends OwnStep<S>, F = unknown, const T extends OnTimeout = 'fail', const G extends Fallback = null>(
    id: K, handler: ApprovalOption<InHandler<S['visible']>, F, T, G> & CodesOption,
  ): Builder<WithHandler<S, K, WaitOutput<Decided<F>, T, G>>>
  onError<const K extends OwnStep<S>, W extends AnyGraph>(id: K, handler: InlineOption<InHandler<S['visible']>, W> & CodesOption): Builder<WithHandler<S, K, InlineOutput<W>>>
  /** Starts a child in the place of a step that has failed. */
  onError<const K extends OwnStep<S>, W extends Startable, const T extends boolean = true>(id: K, handler: ChildOption<InHandler<S['visible']>, W, T> & CodesOption): Builder<WithHandler<S, K, ChildOutput<W, T>>>
  onError<const K extends OwnStep<S>, W extends Startable, const C extends Collect = undefined>(id: K, handler: ChildrenOption<InHandler<S['visible']>, W, C> & CodesOption): Builder<WithHandler<S, K, ChildrenOutput<W, C>>>
  onError<const K extends OwnStep<S>, O>(id: K, handler: SwitchOption<InHandler<S['visible']>, O> & CodesOption): Builder<WithHandler<S, K, O>>
  /** Runs branches in the place of a step that has failed. */
  onError<const K extends OwnStep<S>, O, const M extends AnyMerge<InHandler<S['visible']>> = 'all'>(id: K, handler: ParallelOption<InHandler<S['visible']>, O, M> & CodesOption): Builder<WithHandler<S, K, Merged<O, M>>>
  onError<const K extends OwnStep<S>, B extends Scope>(
    id: K, build: (block: Builder<Inner<InHandler<S['visible']>>>, names: Names<InHandler<S['visible']>>) => Builder<B>, options?: CodesOption,
  ): Builder<WithHandler<S, K, ScopeOutput<B>>>
  /** Steps that are run when the run has failed; only of a workflow. It stays failed, with its own failure. Call it behind the last step. */
  onError<B extends Scope>(
    build: S['kind'] extends 'workflow' ? (block: Builder<Inner<InHandler<S['visible']>>>, names: Names<InHandler<S['visible']>>) => Builder<B> : never, options?: CodesOption,
  ): Builder<S>

  /**
   * Steps that are run when those of the run have completed, failed, or were given up since the run was cancelled or has reached its timeout; only
   * of a workflow. One that reads a step that has not completed is skipped. Call it behind the last step.
   */
  finally<B extends Scope>(
    build: S['kind'] extends 'workflow' ? (block: Builder<Inner<InFinally<S['visible']>>>, names: Names<InFinally<S['visible']>>) => Builder<B> : never,
  ): Builder<S>

  /** What the scope gives. Default: the outputs, by id, of the steps on which no other depends; those that were skipped are missing. */
  output<const B>(value: (names: Names<S['visible']>) => B): Builder<WithOutput<S, Value<B>>>

  /** The model, as JSON and YAML would say it. */
  model(): WorkflowModel
  /** Makes the workflow; only the outermost builder does. Throws DefinitionError that tells all problems at once, sorted by path. */
  build(...only: S['kind'] extends 'workflow' ? [] : [never]): GraphWorkflow<S['sent'], ScopeOutput<S>>
  /** Carries the types only; never set. */
  readonly scope?: S
}

/** A switch, as the body of a loop or of a case. */
export interface SwitchOption<V extends Visible, O> {
  readonly switch: SwitchOf<V, O>
}

/** A function that adds the cases of a switch. */
export type SwitchOf<V extends Visible, O> = (cases: Cases<V, never>) => Cases<V, O>

/** What a case says besides its body. */
export interface CaseOptions {
  readonly description?: string
}

/** What the last case says besides its body. */
export interface OtherwiseOptions extends CaseOptions {
  /** Part of the paths of its steps. Default `else`. */
  readonly name?: string
}

/** Adds cases to a switch. The name of a case is part of the paths of its steps. */
export interface Cases<V extends Visible, O> {
  /** A case that uses a template. */
  when<X extends AnyTemplate>(name: string, condition: From<V, Expr<boolean>>, body: UseOptions<V, X>, options?: CaseOptions): Cases<V, O | OutputOf<X>>
  /** A case that waits. */
  when(name: string, condition: From<V, Expr<boolean>>, body: SleepOption<V>, options?: CaseOptions): Cases<V, O | null>
  /** A case that waits for a signal, an event or a decision. */
  when<P = unknown, const T extends OnTimeout = 'fail', const G extends Fallback = null>(name: string, condition: From<V, Expr<boolean>>, body: SignalOption<V, P, T, G>, options?: CaseOptions): Cases<V, O | WaitOutput<P, T, G>>
  when<P = unknown, const T extends OnTimeout = 'fail', const G extends Fallback = null>(name: string, condition: From<V, Expr<boolean>>, body: EventOption<V, P, T, G>, options?: CaseOptions): Cases<V, O | WaitOutput<Happened<P>, T, G>>
  when<F = unknown, const T extends OnTimeout = 'fail', const G extends Fallback = null>(name: string, condition: From<V, Expr<boolean>>, body: ApprovalOption<V, F, T, G>, options?: CaseOptions): Cases<V, O | WaitOutput<Decided<F>, T, G>>
  /** A case that runs a graph inline. */
  when<W extends AnyGraph>(name: string, condition: From<V, Expr<boolean>>, body: InlineOption<V, W>, options?: CaseOptions): Cases<V, O | InlineOutput<W>>
  /** A case that starts a child, or many. */
  when<W extends Startable, const T extends boolean = true>(name: string, condition: From<V, Expr<boolean>>, body: ChildOption<V, W, T>, options?: CaseOptions): Cases<V, O | ChildOutput<W, T>>
  when<W extends Startable, const C extends Collect = undefined>(name: string, condition: From<V, Expr<boolean>>, body: ChildrenOption<V, W, C>, options?: CaseOptions): Cases<V, O | ChildrenOutput<W, C>>
  /** A case that is a switch again. */
  when<P>(name: string, condition: From<V, Expr<boolean>>, body: SwitchOption<V, P>, options?: CaseOptions): Cases<V, O | P>
  /** A case that is branches side by side. */
  when<P, const M extends AnyMerge<V> = 'all'>(name: string, condition: From<V, Expr<boolean>>, body: ParallelOption<V, P, M>, options?: CaseOptions): Cases<V, O | Merged<P, M>>
  /** A case that is a block. */
  when<B extends Scope>(name: string, condition: From<V, Expr<boolean>>, build: (block: Builder<Inner<V>>) => Builder<B>, options?: CaseOptions): Cases<V, O | ScopeOutput<B>>
  /** The last case, which is run when no other is. */
  otherwise<X extends AnyTemplate>(body: UseOptions<V, X>, options?: OtherwiseOptions): Cases<V, O | OutputOf<X>>
  otherwise(body: SleepOption<V>, options?: OtherwiseOptions): Cases<V, O | null>
  otherwise<P = unknown, const T extends OnTimeout = 'fail', const G extends Fallback = null>(body: SignalOption<V, P, T, G>, options?: OtherwiseOptions): Cases<V, O | WaitOutput<P, T, G>>
  otherwise<P = unknown, const T extends OnTimeout = 'fail', const G extends Fallback = null>(body: EventOption<V, P, T, G>, options?: OtherwiseOptions): Cases<V, O | WaitOutput<Happened<P>, T, G>>
  otherwise<F = unknown, const T extends OnTimeout = 'fail', const G extends Fallback = null>(body: ApprovalOption<V, F, T, G>, options?: OtherwiseOptions): Cases<V, O | WaitOutput<Decided<F>, T, G>>
  otherwise<W extends AnyGraph>(body: InlineOption<V, W>, options?: OtherwiseOptions): Cases<V, O | InlineOutput<W>>
  otherwise<W extends Startable, const T extends boolean = true>(body: ChildOption<V, W, T>, options?: OtherwiseOptions): Cases<V, O | ChildOutput<W, T>>
  otherwise<W extends Startable, const C extends Collect = undefined>(body: ChildrenOption<V, W, C>, options?: OtherwiseOptions): Cases<V, O | ChildrenOutput<W, C>>
  otherwise<P>(body: SwitchOption<V, P>, options?: OtherwiseOptions): Cases<V, O | P>
  otherwise<P, const M extends AnyMerge<V> = 'all'>(body: ParallelOption<V, P, M>, options?: OtherwiseOptions): Cases<V, O | Merged<P, M>>
  otherwise<B extends Scope>(build: (block: Builder<Inner<V>>) => Builder<B>, options?: OtherwiseOptions): Cases<V, O | ScopeOutput<B>>
}

/** Branches side by side, as the body of a loop, a case or a branch. `O` is what they give by name, `M` how it is merged. */
export interface ParallelOption<V extends Visible, O, M extends AnyMerge<V>> {
  readonly parallel: ParallelOf<V, O>
  readonly merge?: M
  /** Branches at work at a time, at most. Default: all. */
  readonly branchConcurrency?: number
}

/** A function that adds the branches of a parallel. */
export type ParallelOf<V extends Visible, O> = (branches: BranchList<V, object>) => BranchList<V, O>

/** Adds branches. A name is part of the paths of what the branch does. */
export interface BranchList<V extends Visible, O> {
  /** A branch that uses a template. */
  branch<const K extends string, X extends AnyTemplate>(name: K, body: UseOptions<V, X>, options?: BranchOptions): BranchList<V, O & { readonly [I in K]: OutputOf<X> }>
  /** A branch that waits. */
  branch<const K extends string>(name: K, body: SleepOption<V>, options?: BranchOptions): BranchList<V, O & { readonly [I in K]: null }>
  /** A branch that runs a graph inline. */
  branch<const K extends string, W extends AnyGraph>(name: K, body: InlineOption<V, W>, options?: BranchOptions): BranchList<V, O & { readonly [I in K]: InlineOutput<W> }>
  /** A branch that waits for a signal, an event or a decision. */
  branch<const K extends string, P = unknown, const T extends OnTimeout = 'fail', const G extends Fallback = null>(name: K, body: SignalOption<V, P, T, G>, options?: BranchOptions): BranchList<V, O & { readonly [I in K]: WaitOutput<P, T, G> }>
  branch<const K extends string, P = unknown, const T extends OnTimeout = 'fail', const G extends Fallback = null>(name: K, body: EventOption<V, P, T, G>, options?: BranchOptions): BranchList<V, O & { readonly [I in K]: WaitOutput<Happened<P>, T, G> }>
  branch<const K extends string, F = unknown, const T extends OnTimeout = 'fail', const G extends Fallback = null>(name: K, body: ApprovalOption<V, F, T, G>, options?: BranchOptions): BranchList<V, O & { readonly [I in K]: WaitOutput<Decided<F>, T, G> }>
  /** A branch that starts a child, or many. */
  branch<const K extends string, W extends Startable, const T extends boolean = true>(name: K, body: ChildOption<V, W, T>, options?: BranchOptions): BranchList<V, O & { readonly [I in K]: ChildOutput<W, T> }>
  branch<const K extends string, W extends Startable, const C extends Collect = undefined>(name: K, body: ChildrenOption<V, W, C>, options?: BranchOptions): BranchList<V, O & { readonly [I in K]: ChildrenOutput<W, C> }>
  /** A branch that is a switch. */
  branch<const K extends string, P>(name: K, body: SwitchOption<V, P>, options?: BranchOptions): BranchList<V, O & { readonly [I in K]: P }>
  /** A branch that is a parallel again. */
  branch<const K extends string, P, const M extends AnyMerge<V> = 'all'>(name: K, body: ParallelOption<V, P, M>, options?: BranchOptions): BranchList<V, O & { readonly [I in K]: Merged<P, M> }>
  /** A branch that is a block. */
  branch<const K extends string, B extends Scope>(name: K, build: (block: Builder<Inner<V>>, names: Names<V>) => Builder<B>, options?: BranchOptions): BranchList<V, O & { readonly [I in K]: ScopeOutput<B> }>
  /** Carries the types only; never set. */
  readonly outputs?: O
}
