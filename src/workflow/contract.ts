// What a workflow is, for those who write one and for the engine that runs one. A workflow is a durable function or a
// graph; to the engine both are a source of next operations. Only types: define.ts and builder.ts make workflows.
import type { AnyCompensation, AnyTemplate, Compensate, JsonSchema, Schema, MaybePromise, RetryPolicy, Template, Logger } from '../template/contract.ts'
import type { WumboError } from '../errors.ts'
import type { ParentClose } from '../model/child.ts'
import type { ChildBatch, ChildHandle, ChildOptions, ChildrenOptions, InlineOptions } from './children.ts'
import type { Duration } from '../shared/duration.ts'
import type { ApprovalOptions, ApprovalRequest, BoundApprovalOptions, BoundEventOptions, BoundSignalOptions, Decision, EventOptions, EventWait, MailWait, QueryHandler, SignalOptions, TopicEvent } from './waiting.ts'
import type { SourceUpdates, UpdateHandler, UpdateOptions } from './updates.ts'

/** How one step is to be run; what is left out comes from the template's own defaults. */
export interface StepOptions {
  /** Tells apart steps of one name that run at the same time: the path becomes `name[key]`. */
  readonly key?: string | number
  readonly retry?: RetryPolicy
  /** Per attempt. On expiry the attempt's signal aborts, its late result is dropped and the retry policy decides. Default: none. */
  readonly timeout?: Duration
  /** For the step as a whole: all attempts and the waits between them, also over restarts. Default: none. */
  readonly totalTimeout?: Duration
  /** An attempt that does not call heartbeat() for so long counts as timed out. Default: none. */
  readonly heartbeatTimeout?: Duration
  /** Overrides the template's durability level. */
  readonly level?: 'effect' | 'pure'
  /** What undoes the step when its run fails or is cancelled; `false` undoes nothing, whatever the template says. */
  readonly compensate?: AnyCompensation | false
}

/** The options of a step whose types are known. */
export interface TypedStepOptions<I, O> extends StepOptions {
  /** What undoes the step when its run fails or is cancelled: a template that takes `{ input, output, outcome }`. `false` undoes nothing, whatever the template says. */
  readonly compensate?: Compensate<I, O> | false
}

/** What becomes of the steps that have a compensation when a run is cancelled: they are undone, or left as they are. */
export type OnCancel = 'compensate' | 'leave'

/** When `ctx.loop` ends. */
export interface LoopTurns<R> {
  /** Turns at most, from 1 to 10000. */
  readonly max: number
  /** Asked after each turn with what it gave; a pure function. */
  readonly until: (output: R, iteration: number) => boolean
  /** What `last` is in the first turn. Default: undefined. */
  readonly initial?: R
  /** A durable wait between two turns. Default: none. */
  readonly delay?: Duration
  /** When all turns are made: `fail` throws, `continue` gives what the last turn gave. Default `fail`. */
  readonly onMax?: 'fail' | 'continue'
}

/** Functions that run side by side, by name. */
export type Branches = Readonly<Record<string, (ctx: WorkflowContext) => MaybePromise<unknown>>>

/** What one of several branches gives. */
export type BranchOutput<T extends Branches> = Awaited<ReturnType<T[keyof T]>>

/**
 * What a durable function sees. Everything that is not a pure computation goes through it: its answers are recorded, and
 * after a crash the function is entered again and gets the recorded answers in the order in which they were recorded.
 */
export interface WorkflowContext {
  /** The run's id and generation, and the version of the workflow it keeps. */
  readonly run: { readonly id: string; readonly gen: number; readonly workflow: string; readonly version: string }
  /** Aborts when the run is cancelled or times out. */
  readonly abortSignal: AbortSignal
  /** Logs once: silent while recorded answers are replayed. */
  readonly log: Logger
  /** Runs a template as a step: at least once, recorded once. Throws StepFailedError when its attempts are used up. */
  step<I, O>(name: string, template: Template<I, O>, input: NoInfer<I>, options?: TypedStepOptions<NoInfer<I>, NoInfer<O>>): Promise<O>
  /** Runs branches side by side, each in a scope of its own (`name.step`); gives their results by name. The first failure rejects after all have settled. */
  all<T extends Record<string, (ctx: WorkflowContext) => MaybePromise<unknown>>>(branches: T): Promise<{ [K in keyof T]: Awaited<ReturnType<T[K]>> }>
  /**
   * Runs branches side by side like `all` and gives what the first one gives that succeeds; the others are aborted. Throws BranchesFailedError when all
   * have failed. Which one is first is decided by the journal, so it is the same one after a crash.
   */
  any<T extends Branches>(branches: T): Promise<BranchOutput<T>>
  /** Runs branches side by side like `all`: gives what the first one gives that ends, or throws what it throws; the others are aborted. */
  race<T extends Branches>(branches: T): Promise<BranchOutput<T>>
  /** Runs `body` for each item in a scope of its own (`name[key].step`), at most `concurrency` at a time (default 10); results in the order of the items. */
  map<T, R>(name: string, items: readonly T[], body: (ctx: WorkflowContext, item: T, index: number) => MaybePromise<R>, options?: { readonly concurrency?: number; readonly key?: (item: T, index: number) => string | number }): Promise<R[]>
  /**
   * Repeats `body`, one turn after the other, each in a scope of its own (`name[0].step`, `name[1].step` …), until `until` gives true for what
   * a turn has given; gives that. `iteration` counts the turns from 0, `last` is what the turn before gave. Throws LoopLimitError when `max` turns are made and none has ended it, unless `onMax` is `continue`.
   */
  loop<R>(name: string, body: (ctx: WorkflowContext, iteration: number, last: R) => MaybePromise<R>, options: LoopTurns<R> & { readonly initial: R }): Promise<R>
  /** The same without a value to begin with: in the first turn `last` is undefined. */
  loop<R>(name: string, body: (ctx: WorkflowContext, iteration: number, last: R | undefined) => MaybePromise<R>, options: LoopTurns<R>): Promise<R>
  /** Waits durably. A long sleep leaves the process's memory. */
  sleep(name: string, duration: Duration): Promise<void>
  /** Waits durably until a moment: a Date, milliseconds since 1970, or an ISO text with its offset. One that is past is over at once. */
  sleepUntil(name: string, time: Date | number | string): Promise<void>
  /**
   * Waits for a signal with this name and gives its payload; with a `timeout`, undefined when none has come in time. A signal that came before is
   * taken at once. Each signal is taken by one wait, each wait takes the oldest.
   */
  signal<P = unknown>(name: string, options: BoundSignalOptions<P>): Promise<P | undefined>
  signal<P = unknown>(name: string, options?: SignalOptions<P>): Promise<P>
  /**
   * Waits for an event that somebody publishes under a topic, `wumbo.publish(topic, data)`, and gives it; with a `timeout`, undefined when none has come in
   * time. Every run that waits gets it. What was published since the start of the run is found, also from before the wait, and `lookback` goes further back. Within
   * the run each event is taken by one wait, each wait takes the oldest. Several waits for one topic that are open at once need a `key` each, or scopes.
   * @example
   * const paid = await ctx.event('order.paid', { key: order.id, timeout: '3d' })
   */
  event<D = unknown>(topic: string, options: BoundEventOptions<D>): Promise<TopicEvent<D> | undefined>
  event<D = unknown>(topic: string, options?: EventOptions<D>): Promise<TopicEvent<D>>
  /** Waits until somebody has approved or rejected; with a `timeout`, undefined when nobody has in time. */
  approval<F = undefined>(name: string, options: BoundApprovalOptions<F>): Promise<Decision<F> | undefined>
  approval<F = undefined>(name: string, options?: ApprovalOptions<F>): Promise<Decision<F>>
  /**
   * Starts a run of another workflow as a child of this one, waits for its end and gives its output. Started again after a crash it is the same run.
   * Throws ChildFailedError when it has failed or was cancelled, with its id in `details.run`.
   * @example
   * const receipt = await ctx.child('ship', shipOrder, { order: input.order })
   */
  child<I, O>(name: string, workflow: Workflow<I, O>, input: NoInfer<I>, options?: ChildOptions): Promise<O>
  /** The same by the name of a workflow, registered or stored. */
  child(name: string, workflow: string, input: unknown, options?: ChildOptions): Promise<unknown>
  /** Starts a child run without waiting for its end. Resolves once the start is durable. */
  startChild<I, O>(name: string, workflow: Workflow<I, O>, input: NoInfer<I>, options?: ChildOptions): Promise<ChildHandle<O>>
  startChild(name: string, workflow: string, input: unknown, options?: ChildOptions): Promise<ChildHandle<unknown>>
  /**
   * Starts a child run for each input, `concurrency` at a time (default 100), and waits until all have ended. Whatever their number, they cost this run one
   * record and no more memory than their ids; their results stay with them and are read in pages. A failed child rejects nothing: see the batch.
   */
  children<I, O>(name: string, workflow: Workflow<I, O>, inputs: readonly NoInfer<I>[], options?: ChildrenOptions): Promise<ChildBatch<O>>
  children(name: string, workflow: string, inputs: readonly unknown[], options?: ChildrenOptions): Promise<ChildBatch<unknown>>
  /**
   * Runs another workflow as a part of this run, and gives its output: what it does is recorded below `name` (`name.step`), and is undone, cancelled and retried with the run. Its input
   * is checked by its schema. Its version is recorded: a run that is taken up with another one is parked. Throws what it throws, and
   * DefinitionError for one that has a `timeout`, a `cleanUp` or a `finally`, which belong to a run of its own.
   * @example
   * const { ok } = await ctx.inline('check', checkOrder, { amount: input.amount })
   */
  inline<I, O>(name: string, workflow: Workflow<I, O>, input: NoInfer<I>, options?: InlineOptions): Promise<O>
  /**
   * Ends this generation of the run and begins the next with another input and an empty journal: for runs that go on for ever. Id, key, parent and mail that nothing has
   * taken stay; children end as when the run ends. Never resolves: return it.
   * @example
   * return ctx.continueAsNew({ page: page + 1 })
   */
  continueAsNew(input: unknown): Promise<never>
  /** Sets what answers `handle.query(name)`: from what the function knows at that point of its journal. Set again it replaces the one before. */
  setQuery(name: string, handler: QueryHandler): void
  /**
   * Sets what `handle.update(name, args)` calls: the handler changes the function's state at its place in the journal, and does so again on each replay. It awaits
   * nothing and asks for nothing that is recorded. Set again it replaces the one before. Not in a clean-up. DEFINITION_INVALID for what is no handler.
   * @example
   * ctx.setUpdate('add', { schema: z.string(), validate: () => { if (isClosed) throw new Error('the order is closed') } }, (item) => items.push(item))
   */
  setUpdate<A = unknown>(name: string, options: UpdateOptions<A>, handler: UpdateHandler<NoInfer<A>>): void
  /** Tells that the run goes on, where a heartbeat timeout watches a step that runs inside it. */
  heartbeat(): void
  /** Recorded wall-clock time, milliseconds since 1970. A `key` tells apart calls that are made side by side. */
  now(key?: string | number): Promise<number>
  /** Recorded random number from 0 to 1. */
  random(key?: string | number): Promise<number>
  /** Recorded UUID, version 4. */
  uuid(key?: string | number): Promise<string>
  /**
   * Whether a change of this function counts for the run: true for runs that come to it first with the change, false for those that had gone past
   * this place without it. The answer stays: it is the same at every replay, and wherever the same id is asked for.
   * @example
   * if (await ctx.patched('check-address')) await ctx.step('check', check, order.address)
   */
  patched(id: string): Promise<boolean>
  /**
   * Stands where `patched` stood, once what was before the change is gone from the code. Runs that recorded that the change counts go on, and new ones
   * record nothing; a run of which it is recorded that it does not count, or whose journal has something else behind this place, is parked with NON_DETERMINISM.
   */
  deprecatePatch(id: string): Promise<void>
}

/** What every workflow has, whichever way it is written. `I` is what start() takes, `O` what result() gives. */
export interface WorkflowBase<I, O> {
  readonly name: string
  readonly version: string
  readonly description?: string
  /** For a run as a whole. */
  readonly timeout?: Duration
  /** Default `compensate`. */
  readonly onCancel?: OnCancel
  readonly schemas: { readonly input: JsonSchema }
  /** Checks an input and gives what the run will see, or throws InputInvalidError. */
  check(input: unknown): MaybePromise<unknown>
  /** Carries the types only; never set. A function, so that a workflow of any input is one of `AnyWorkflow`. */
  readonly types?: (input: I) => O
}

/** A durable function. */
export interface FunctionWorkflow<I = never, O = unknown> extends WorkflowBase<I, O> {
  readonly form: 'function'
  readonly run: (ctx: WorkflowContext, input: never) => Promise<O> | O
  /** Entered in place of `run` when the run is cancelled; `results` are the outputs of the completed steps, by path. */
  readonly cleanUp?: (ctx: WorkflowContext, input: never, results: ReadonlyMap<string, unknown>) => MaybePromise<void>
  readonly cleanUpTimeout?: Duration
}

/** A graph of steps; its version is the hash of its logic with template ranges pinned. */
export interface GraphWorkflow<I = never, O = unknown> extends WorkflowBase<I, O> {
  readonly form: 'graph'
  /** The model as JSON text in canonical order: what is hashed, stored and shown. */
  readonly definition: string
  /** Templates by the exact `name@version` that the graph pinned. */
  readonly templates: ReadonlyMap<string, AnyTemplate>
  /** What the graph does when its steps have come to an end, and for how long after a cancel or a timeout; left out when it does nothing. */
  readonly closing?: { readonly onError: boolean; readonly final: boolean; readonly timeout?: Duration }
  /** Makes the interpreter of one run; with a cut, of one whose steps are given up. */
  source(cut?: Cut): Source
}

/** Where the steps of a graph are given up: what is run at its end begins. */
export interface Cut {
  /** So many answers are given before. */
  readonly after: number
  readonly outcome: 'cancelled' | 'failed'
  /** Why, when the run has failed. */
  readonly error: WumboError | null
}

/** Any workflow: what registries and the engine hold. */
export type Workflow<I = never, O = unknown> = FunctionWorkflow<I, O> | GraphWorkflow<I, O>
export type AnyWorkflow = Workflow<never, unknown>

/** The schema of a workflow's input, as given to defineWorkflow and the builder. */
export type InputSchema<I, P> = Schema<I, P>

/** What a child is started with. */
export interface ChildStart {
  readonly workflow: AnyWorkflow | string
  readonly input: unknown
  readonly close: ParentClose
  /** Null: that of the parent. */
  readonly queue: string | null
}

/** One thing that a source asks the engine to do. Each is answered once, by `deliver` with the same path. */
export type Operation =
  | {
      readonly kind: 'step'
      readonly path: string
      readonly template: AnyTemplate
      readonly input: unknown
      /** Paths whose outputs the input was made of, `$input` for the run's input; null when not known. */
      readonly reads: readonly string[] | null
      readonly options: StepOptions
      /** The step whose idempotency key this one uses, when it is not its own. */
      readonly key?: { readonly gen: number; readonly path: string }
    }
  /** Answered with no output once the time has passed. `reads`: what the time was made of; left out when that is not known. */
  | {
      readonly kind: 'timer'
      readonly path: string
      readonly ms: number
      /** The moment itself, milliseconds since 1970; then `ms` says nothing. */
      readonly until?: number
      readonly reads?: readonly string[]
    }
  /** Answered with what was sent to the run under this kind and address, or with no output once its time is over. */
  | ({ readonly kind: 'signal' | 'approval'; readonly path: string; readonly reads?: readonly string[] } & MailWait)
  /** The same for what was published under a topic, to a key of it or (null) to any, from so long before the run's start on. */
  | ({ readonly kind: 'event'; readonly path: string; readonly reads?: readonly string[] } & EventWait)
  /** What an approval asks for, recorded so that people see it. */
  | { readonly kind: 'request'; readonly path: string; readonly request: ApprovalRequest }
  /** A child run is started, unless `run` names one that was, and waited for: answered with its output. */
  | { readonly kind: 'child'; readonly path: string; readonly start: ChildStart | null; readonly run: string | null; readonly reads: readonly string[] | null }
  /** A child run is started: answered with its id once that is durable. */
  | { readonly kind: 'spawn'; readonly path: string; readonly start: ChildStart; readonly reads: readonly string[] | null }
  /** Many child runs are started, `concurrency` at a time: answered with a ChildrenEnd when all have ended; with `mustComplete` it fails when some have not completed. */
  | ({ readonly kind: 'children'; readonly path: string; readonly inputs: readonly unknown[]; readonly concurrency: number; readonly mustComplete?: boolean; readonly reads: readonly string[] | null } & Omit<ChildStart, 'input'>)
  /** Results of children that have ended: answered with a list of PagedResult. */
  | { readonly kind: 'page'; readonly path: string; readonly runs: readonly string[] }
  /** Something the source decided by itself from recorded data: recorded at level pure, so that people see it. */
  | {
      readonly kind: 'decision'
      readonly path: string
      readonly status: 'completed' | 'skipped' | 'failed'
      readonly output: unknown
      readonly error: WumboError | null
      readonly reads: readonly string[] | null
      /** The workflow that a function runs inline from here on. */
      readonly of?: { readonly name: string; readonly version: string }
    }
  /** A value that only the engine can give. `patch`: whether a change of the code counts for the run; `deprecated patch` is answered only by a record. */
  | { readonly kind: 'value'; readonly path: string; readonly of: 'now' | 'random' | 'uuid' | 'patch' | 'deprecated patch' }

/** The answer to an operation. Outputs are frozen. */
export type Outcome =
  | { readonly status: 'completed'; readonly output: unknown }
  | { readonly status: 'failed'; readonly error: WumboError }
  | { readonly status: 'skipped' }

/** What a source may do to its run. */
export interface SourceHost {
  open(operation: Operation): void
  /** Nobody waits for an open operation any more: its attempt is aborted, and nothing of it begins. What is recorded of it all the same is still delivered. */
  drop(path: string): void
  /** Ends the run with a result. Called once; what is still open is aborted. */
  complete(output: unknown): void
  /** Ends the run with a failure. Called once; what is still open is aborted. */
  fail(error: unknown): void
  /** Answers to these are not wanted any more. Only of a source that is cut, before anything of what it gives up has begun. */
  giveUp?(paths: readonly string[]): void
  /** Ends this generation of the run and begins the next with another input. Called once; what is still open is aborted. */
  continueAsNew?(input: unknown): void
}

/**
 * A source of next operations: the graph interpreter, or a durable function behind promises. It must be a pure function of the
 * input and of the answers in their order, since after a crash it is asked again and given the recorded answers.
 */
export interface Source {
  /** True when `begin` and `deliver` have opened all that follows before they return; false when promise reactions do. */
  readonly synchronous: boolean
  begin(input: unknown, host: SourceHost): void
  deliver(path: string, outcome: Outcome): void
  /** The updates that the source takes; null or nothing for none. */
  readonly updates?: SourceUpdates | null
  /** The run leaves memory: nothing is delivered any more. The reason is made when somebody hears it. */
  abandon?(reason: () => WumboError): void
}
