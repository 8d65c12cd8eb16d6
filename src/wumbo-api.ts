// What createWumbo gives: the interfaces that users, the command line, examples and benchmarks program against. Only types;
// wumbo.ts implements them.
import type { Definitions } from './engine/definitions-api.ts'
import type { Versions } from './engine/versions-api.ts'
import type { EngineLimits } from './engine/ports.ts'
import type { EngineMetrics } from './engine/engine.ts'
import type { RunDetails, RunSummary } from './engine/inspect.ts'
import type { RunRecording } from './engine/recording.ts'
import type { DecisionToSend, SendOptions } from './engine/postbox.ts'
import type { EventList, EventListOptions, PublishOptions, Published } from './engine/publishing.ts'
import type { UpdateSendOptions } from './engine/updating.ts'
import type { VerifyProgress } from './engine/verify.ts'
import type { ExecutionStrategy } from './execution/contract.ts'
import type { RunEvent, RunObserver } from './model/event.ts'
import type { RunStatus } from './model/run.ts'
import type { Duration } from './shared/duration.ts'
import type { Finding, Store, WorkerRow } from './store/port.ts'
import type { AnyTemplate, Logger, Services } from './template/contract.ts'
import type { TemplateRegistry } from './template/registry.ts'
import type { AnyWorkflow, Workflow } from './workflow/contract.ts'

/** How a Wumbo is made. Every part has a default. */
export interface WumboOptions {
  /**
   * `sqlite:<file>`, `postgres://user@host/database` (with `?schema=name` for another schema than `wumbo`), `memory`, or a store. Without a
   * password in the address PGPASSWORD and ~/.pgpass are asked, as psql does. Default `sqlite:.wumbo/wumbo.db`.
   */
  readonly store?: string | Store
  /** Templates by name for graphs, beside the built-in ones. */
  readonly templates?: readonly AnyTemplate[]
  /** Workflows that runs may be started of, and that runs of earlier processes go on with. */
  readonly workflows?: readonly AnyWorkflow[]
  /** Services that templates ask for by token. */
  readonly services?: Services
  /** How bodies are executed. Default: `async` with at most 1,000 at a time. */
  readonly execution?: ExecutionStrategy | { readonly strategy: 'async'; readonly concurrency?: number }
  /** Where warnings and errors go. Default: JSON lines on standard error, from `warn` up. */
  readonly log?: Logger
  /** Only look: no lane is opened, nothing can be started; works beside a process that owns the store. */
  readonly readOnly?: boolean
  /**
   * The queues whose runs this process takes over; the default is all of them. With `[]` it takes over none, and works only on what it starts
   * itself, which it then keeps until it has ended. Runs that it starts in a queue of others are left to them.
   */
  readonly queues?: readonly string[]
  /** The name by which others see this process among the workers of a shared store. Default: host name and process number. */
  readonly worker?: string
  /** Ended runs are deleted when they are older; null keeps them for ever. Default 90 days. */
  readonly retention?: Duration | null
  /** Bounds of the engine; what is left out keeps its default. */
  readonly limits?: Partial<Omit<EngineLimits, 'retentionMs'>>
}

/** What a running Wumbo is to know from now on. What is left out stays as it is. */
export interface ReloadOptions {
  /** In place of all templates but the built-in ones. */
  readonly templates?: readonly AnyTemplate[]
  /** In place of all workflows, those included that were only handed to `start`. */
  readonly workflows?: readonly AnyWorkflow[]
}

/** How a run is started. */
export interface StartOptions {
  /** The caller's own name for the run: the same id gives the same run, with another input KEY_REUSED. Kept 7 days at least. */
  readonly id?: string
  /** The queue that workers take the run from: 1 to 100 letters, digits, `_`, `.`, `:` and `-`. Default `default`. */
  readonly queue?: string
}

/** What is decided of an approval, and by whom. */
export type GivenDecision = Omit<DecisionToSend, 'approved'>

/** A run as its starter holds it. */
export interface RunHandle<O> {
  readonly id: string
  /** True when the id was taken and this is the run that it stands for. */
  readonly existing: boolean
  /** The output, once the run has ended well. Rejects with RUN_FAILED, RUN_CANCELLED, RUN_TIMEOUT, RUN_PARKED. */
  result(): Promise<O>
  status(): Promise<RunStatus>
  /** Asks the run to cancel. Resolves when that is stored; `result()` tells when it is done. */
  cancel(): Promise<void>
  /** Asks the run to begin no further step body until it is resumed; those at work end. Resolves when that is stored. */
  pause(): Promise<void>
  /** Ends a pause; a parked run tries again. Resolves when that is stored. */
  resume(): Promise<void>
  /**
   * Sends a signal to the run: stored once when this resolves, and taken by the next `ctx.signal` of this name, now or later.
   * RUN_NOT_FOUND, RUN_FINISHED, SIGNAL_INVALID for a wrong name or id.
   */
  signal(name: string, payload?: unknown, options?: SendOptions): Promise<void>
  /**
   * Asks the run's code for what it says of its state, as of its last record: also while it is outside of memory, and after its end. Writes nothing.
   * QUERY_NOT_FOUND, QUERY_FAILED; WORKFLOW_NOT_FOUND where its code is not known; NON_DETERMINISM.
   */
  query(name: string, args?: unknown): Promise<unknown>
  /**
   * Changes the state of the run through the handler that its function has set, and gives what that gives, once it is durable. Schema and validator are asked before
   * anything is stored, and again when the run takes it, in the order in which updates were stored: also while it is paused or outside of memory. UPDATE_NOT_FOUND,
   * UPDATE_REFUSED, UPDATE_FAILED, PAYLOAD_TOO_LARGE, RUN_NOT_FOUND, RUN_FINISHED, RUN_PARKED, WAIT_TIMEOUT; WORKFLOW_NOT_FOUND where its code is not known.
   * @example
   * const { lines } = await run.update('add', { item: 'tea' }, { id: 'click-17' })
   */
  update(name: string, args?: unknown, options?: UpdateSendOptions): Promise<unknown>
  /** Approves what the run waits for, by the path of the approval: its name outside of scopes. APPROVAL_NOT_OPEN, SIGNAL_INVALID for a wrong form. */
  approve(approval: string, decision: GivenDecision): Promise<void>
  reject(approval: string, decision: GivenDecision): Promise<void>
  /** What happens in the run from now on; ends with the run. Breaking out of the loop stops listening. */
  events(): AsyncIterableIterator<RunEvent>
}

/** Which runs to list. */
export interface ListOptions {
  readonly workflow?: string
  readonly status?: readonly RunStatus[]
  /** Milliseconds since 1970. */
  readonly since?: number
  readonly until?: number
  /** The `next` of the page before. */
  readonly after?: string
  /** 1 to 1,000. Default 50. */
  readonly limit?: number
}

/** How a run is retried. */
export interface RetryOptions {
  /** Who asks. Default `api`. */
  readonly by?: string
  readonly reason?: string
  /** The step to begin anew with, whatever its result was: its path, or that of a block or loop. Default: the step that failed. */
  readonly from?: string
}

/** How a run is forked. */
export interface ForkOptions {
  /** The step to begin anew with: its path, or that of a block or loop. What was recorded before it is taken over. */
  readonly at: string
  /** In place of the run's own input. The steps before keep their results. */
  readonly input?: unknown
  /** In place of the run's own workflow, by value or by name: an edited definition, or a newer version. */
  readonly workflow?: AnyWorkflow | string
}

/** The runs of a store. */
export interface Runs {
  /** Newest first. */
  list(options?: ListOptions): Promise<{ readonly runs: readonly RunSummary[]; readonly next: string | null }>
  /** Everything known of one run; RUN_NOT_FOUND when there is none. `id` is a run's id, or the id it was started with. */
  get(id: string): Promise<RunDetails>
  /**
   * The run with its journal as plain JSON, to be kept or replayed (`replayRun` of `wumbo/testing`): every value of it in full, secrets
   * included. RUN_NOT_FOUND when there is none.
   */
  export(id: string): Promise<RunRecording>
  /** A handle for a run that was started elsewhere or before. */
  handle<O = unknown>(id: string): Promise<RunHandle<O>>
  cancel(id: string): Promise<void>
  pause(id: string): Promise<void>
  resume(id: string): Promise<void>
  /** As the method of a handle. */
  signal(id: string, name: string, payload?: unknown, options?: SendOptions): Promise<void>
  /** As the method of a handle; also of a Wumbo that only looks. */
  query(id: string, name: string, args?: unknown): Promise<unknown>
  /** As the method of a handle. */
  update(id: string, name: string, args?: unknown, options?: UpdateSendOptions): Promise<unknown>
  /** Approves or rejects, as the methods of a handle. */
  decide(id: string, approval: string, decision: DecisionToSend): Promise<void>
  /** Reopens a failed, cancelled or parked run under a new generation; resolves to that generation. */
  retry(id: string, options?: RetryOptions): Promise<number>
}

/** Events by topic. */
export interface Events {
  /**
   * Publishes an event: stored when this resolves, for every run that waits for its topic (`ctx.event`, or a step with `event`), now or later, as long as events are
   * kept. EVENT_INVALID, PAYLOAD_TOO_LARGE.
   * @example
   * await wumbo.events.publish('order.paid', { amount: 12 }, { key: 'order-17', id: 'evt_1' })
   */
  publish(topic: string, data?: unknown, options?: PublishOptions): Promise<Published>
  /** Those that are kept, newest first. */
  list(filter?: EventListOptions): Promise<EventList>
}

/** A running Wumbo. Close it, or use `await using`. */
export interface Wumbo extends AsyncDisposable {
  readonly templates: TemplateRegistry
  readonly workflows: readonly AnyWorkflow[]
  readonly runs: Runs
  /** What is published under topics, for all runs that wait for it. */
  readonly events: Events
  /** The definitions in the store: graphs that start by name without being registered, and the status of any workflow. */
  readonly definitions: Definitions
  /** The versions of workflows: which live runs have which, moving runs from one to another, and going back. */
  readonly versions: Versions
  /** Facts about the store for people: kind, file, journal mode, synchronous. */
  readonly store: { readonly kind: string; readonly facts: Readonly<Record<string, string | number>> }
  /**
   * Starts a run: durable when this resolves. By value the types are checked, by name the input is checked only at run time. A name is
   * that of a registered workflow, else of a stored one. WORKFLOW_DISABLED when it is disabled or archived.
   */
  start<I, O>(workflow: Workflow<I, O>, input: NoInfer<I>, options?: StartOptions): Promise<RunHandle<O>>
  start(workflow: string, input: unknown, options?: StartOptions): Promise<RunHandle<unknown>>
  /**
   * Starts a new run that takes over what another had recorded before a step, and begins anew from there: of a run in any state, also of a
   * fork. STEP_NOT_FOUND when the run never reached the step, FORK_REFUSED when a step before it was undone. Where the recorded steps do not fit
   * the workflow, the new run is parked with NON_DETERMINISM.
   */
  fork(id: string, options: ForkOptions): Promise<RunHandle<unknown>>
  /**
   * Knows other templates and workflows from now on, without closing. It all happens before this returns: every start takes what was known
   * before or what is known now. `templates` and `workflows` of this object tell the new ones.
   *
   * No run is lost. A run in memory goes on with the code it has. A run that is entered again, after a long sleep or a restart, keeps its
   * version: a function takes the code that is registered under its name and version now, which its recorded steps must fit (else it is
   * parked with NON_DETERMINISM), and the code from before the reload when there is none; a graph is made again with the templates of now,
   * or taken as it was when they do not fit it. Runs that were parked for want of their workflow go on when it is here.
   *
   * Throws DefinitionError or TemplateExistsError as createWumbo does, and then nothing has changed.
   */
  reload(definitions: ReloadOptions): void
  /** Told of every event of every run of this process; gives the function that stops it. */
  observe(observer: RunObserver): () => void
  /**
   * Tells the other processes of this machine where this one takes commands: the command line goes there while this process owns the
   * store. `serve` does it. A store that other processes cannot reach, such as `memory`, keeps it to itself.
   */
  announce(address: { readonly address: string; readonly token: string }): Promise<void>
  /** Checks the whole store; gives each finding. */
  verify(options?: { readonly onProgress?: (progress: VerifyProgress) => void }): AsyncGenerator<Finding>
  metrics(): EngineMetrics
  /** Whether runs can be started and are worked on at this moment, and if not, why: what a readiness probe asks. */
  health(): { readonly ready: boolean; readonly reason: string | null }
  /** The workers of a shared store; CONFIG_INVALID for a store that has one process. */
  readonly workers: {
    /** Those that are there and those that have gone lately, the youngest first. */
    list(): Promise<readonly WorkerRow[]>
    /** Asks the live worker with this id or name to stop in order; false when there is none. */
    drain(worker: string): Promise<boolean>
  }
  /** Resolves when somebody asked this worker to stop in order: close it then. */
  readonly drained: Promise<void>
  /** Rejects never; resolves when the store was lost and nothing can be written any more. */
  readonly lost: Promise<Error>
  /** Stops in order: bodies that run get their time, every run is given back, the store is closed. */
  close(): Promise<void>
}
