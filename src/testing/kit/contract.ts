// What the test kit offers, for those who write tests. Only types; the files beside it implement them.
import type { RunDetails, StepSummary } from '../../engine/inspect.ts'
import type { EngineLimits } from '../../engine/ports.ts'
import type { ErrorData } from '../../errors.ts'
import type { RunStatus } from '../../model/run.ts'
import type { Duration } from '../../shared/duration.ts'
import type { AnyTemplate, Logger, MaybePromise, Services, Template, TemplateContext } from '../../template/contract.ts'
import type { AnyWorkflow, Workflow } from '../../workflow/contract.ts'
import type { StartOptions, Wumbo } from '../../wumbo-api.ts'
import type { HttpMock } from './http-mock.ts'

/** How a test's Wumbo is made. Every part has a default. */
export interface TestOptions {
  readonly workflows?: readonly AnyWorkflow[]
  /** Templates by name for graphs, beside the built-in ones. */
  readonly templates?: readonly AnyTemplate[]
  readonly services?: Services
  /** The time at which the test begins: milliseconds since 1970, a date, or text that Date reads. Default 2026-01-01T00:00:00Z. */
  readonly now?: number | string | Date
  /** Decides ids, random numbers and the jitter of retries. Default 1. */
  readonly seed?: number
  /** Where warnings and errors go. Default: errors as JSON lines on standard error. */
  readonly log?: Logger
  /**
   * How long, in real time, a body may do real work before it is taken for one that hangs: until then virtual time stands still. Default 1 s.
   */
  readonly patience?: Duration
  /** What `close` does about runs that have not ended, faults that never came and requests that nobody answered. Default `refuse`: it throws. */
  readonly leftovers?: 'refuse' | 'allow'
  /** Bounds of the engine. `checkPure` is on unless it is turned off here. */
  readonly limits?: Partial<Omit<EngineLimits, 'retentionMs'>>
}

/** What a stub does in place of a template. It gets the input as the workflow sent it, after the template's schema has accepted it. */
export type StubAnswer<I, O> = (input: I, context: TemplateContext) => MaybePromise<O>

/** One call of a stub. */
export interface StubCall<I, O> {
  readonly input: I
  readonly run: string
  readonly path: string
  /** From 1; after a crash an attempt that was not recorded has the same number again. */
  readonly attempt: number
  readonly idempotencyKey: string
  /** Virtual time, milliseconds since 1970. */
  readonly at: number
  /** Undefined while it runs, and when it threw. */
  readonly output: O | undefined
  /** What it threw; undefined when it did not. */
  readonly error: unknown
}

/** A stub that is in force. */
export interface Stub<I = unknown, O = unknown> {
  /** In the order in which they were made. */
  readonly calls: readonly StubCall<I, O>[]
  /** The template, or the stub before this one, is used again. */
  restore(): void
}

/** What goes wrong. */
export type FaultKind =
  /** The attempt fails with this. A text is the message of an Error. */
  | { readonly error: Error | string; readonly timeout?: never; readonly crash?: never }
  /** The body gives no answer until its time limit aborts it. */
  | { readonly timeout: true; readonly error?: never; readonly crash?: never }
  /**
   * The process dies, and another goes on from the store: at the `start` of the body; after the body and `before` its result is recorded, so
   * that it runs again; or `after` the attempt's result or failure is durable.
   */
  | { readonly crash: 'start' | 'before' | 'after'; readonly error?: never; readonly timeout?: never }

/** When it goes wrong, and how often. */
export type FaultOptions = FaultKind & {
  /** The attempt that it happens to. Default 1; `any` for each. */
  readonly attempt?: number | 'any'
  /** How often it happens in all. Default once. */
  readonly times?: number
}

/** A fault that is waiting for its moment. */
export interface Fault {
  /** How often it has happened. */
  readonly fired: number
  restore(): void
}

/**
 * A template, or a text: the path of a step (`charge`, `orders[17].charge`; `*` stands for anything, `orders[*].charge`), or the name of a
 * template, with or without a version (`http.request`, `http.request@1.0.0`).
 */
export type Target = AnyTemplate | string

/** What a stub gives that is no function. */
export type StubOutput = string | number | boolean | null | readonly unknown[] | { readonly [key: string]: unknown }

/** A workflow, or the name of one. */
export type StubbedWorkflow = AnyWorkflow | string

/** The journal of a run: what it has done so far, in the order in which it was recorded. */
export interface Journal {
  readonly run: RunDetails
  readonly rows: readonly StepSummary[]
  /** The rows as a table, as the messages of failed assertions show it. */
  toString(): string
}

/** A run that has ended, or is parked. */
export interface TestRun<O> {
  readonly id: string
  readonly status: RunStatus
  /** What the run gave. Reading it of a run that has not completed throws an AssertionError with the reason and the journal. */
  readonly output: O
  /** What ended or parked it; null when it completed. */
  readonly error: ErrorData | null
  readonly journal: Journal
  /** Virtual milliseconds from its start to its end. */
  readonly durationMs: number
}

/** A run that has begun. */
export interface StartedRun<O> {
  readonly id: string
  status(): Promise<RunStatus>
  /** Lets time pass until the run has ended or is parked. */
  end(): Promise<TestRun<O>>
  /** Asks the run to cancel; `end` tells when it has. */
  cancel(): Promise<void>
}

/** How a sweep of crashes goes. */
export interface SweepOptions<O> {
  /** Called, and awaited, before each run of the sweep: puts the user's own world, such as a fake database, back to its beginning. */
  readonly before?: () => unknown
  /** Called, and awaited, after each run; throws when the user's own world is not as it must be. */
  readonly check?: (run: TestRun<O>) => unknown
  /** What must be the same in every run. Default: the whole output. Leave out what differs by nature, such as times and ids. */
  readonly compare?: (output: O) => unknown
}

/** What a sweep of crashes has shown. */
export interface SweepReport {
  /** Deaths tried: before and after each call to the store. */
  readonly points: number
  /** Paths of steps whose body ran more than once in some run: what they do to the outside must be safe to repeat. */
  readonly repeated: readonly string[]
}

/** What stands in for parts of the world. */
export interface TestDoubles {
  /** Answers in place of HTTP servers. While it is there no request of `http.request` or of the service `httpClient` reaches the network. */
  readonly http: HttpMock
  /**
   * Puts a function in the place of a template's body, in every step that uses it. The newest stub that fits wins. What it gives must be what
   * the template's output schema says; what it throws fails the attempt as it would in the template.
   */
  stub<I, O>(template: Template<I, O>, answer: StubAnswer<I, NoInfer<O>>): Stub<I, O>
  stub(target: string, answer: StubAnswer<unknown, unknown>): Stub
  /**
   * Stands in for the children that runs start of a workflow, which so need not be there: gives the output, or a function that makes one of the input. The child is a run of
   * its own with one step; what the function throws fails it. An input that the workflow would refuse is refused where it is registered. Runs that the test itself starts are not stubbed.
   */
  stubWorkflow<I, O>(workflow: Workflow<I, O>, answer: NoInfer<O> | StubAnswer<I, NoInfer<O>>): Stub<I, O>
  stubWorkflow(workflow: string, answer: StubAnswer<unknown, unknown> | StubOutput): Stub
  /** Lets a step go wrong. Throws ConfigInvalidError for what is no fault. */
  fault(target: Target, options: FaultOptions): Fault
  /** Waits in virtual time: for the bodies of stubs and templates, which so take a time that costs nothing. */
  sleep(duration: Duration): Promise<void>
  /** Virtual time, milliseconds since 1970. */
  now(): number
}

/** A Wumbo in memory, whose time moves only when a test lets it. Close it, or use `await using`. */
export interface TestWumbo extends TestDoubles, AsyncDisposable {
  /**
   * The Wumbo itself, of the process that lives now; after a crash it is another object. Everything that it does needs no time, but sleeps,
   * retries and timeouts do: its own handles do not move it.
   */
  readonly wumbo: Wumbo
  /** Processes that have died so far. */
  readonly deaths: number
  /** Starts a run and lets time pass until it has ended or is parked; sleeps, waits for retries and timeouts take no real time. */
  run<I, O>(workflow: Workflow<I, O>, input: NoInfer<I>, options?: StartOptions): Promise<TestRun<O>>
  run(workflow: string, input: unknown, options?: StartOptions): Promise<TestRun<unknown>>
  /** Starts a run; time stands still. What can be done without waiting is done at the next `advance` or `end`, or by itself meanwhile. */
  start<I, O>(workflow: Workflow<I, O>, input: NoInfer<I>, options?: StartOptions): Promise<StartedRun<O>>
  start(workflow: string, input: unknown, options?: StartOptions): Promise<StartedRun<unknown>>
  /** Does what can be done now, then moves time forward, doing all that falls due. `advance(0)` only does what can be done now. */
  advance(duration: Duration): Promise<void>
  /** The journal of a run, ended or not. */
  journal(run: string | { readonly id: string }): Promise<Journal>
  /** The process dies at once; another goes on with its runs from the store. */
  crash(): Promise<void>
  /**
   * Runs a workflow again and again: each time the process dies before or after another call to the store, and another goes on. Every run must
   * end as the one without a death. Throws an AssertionError that names the point. Stubs, faults and routes of this test hold in each run.
   */
  crashEverywhere<I, O>(workflow: Workflow<I, O>, input: NoInfer<I>, options?: SweepOptions<O>): Promise<SweepReport>
  /** Stops in order. Throws an AssertionError for leftovers, unless a call of this test has failed before or they are allowed. */
  close(): Promise<void>
}
