// A durable function as a source of operations: promises outside, paths inside. It gives operations their paths, keeps
// the promise of each until its answer is delivered, and remembers where recorded objects came from.
import type { AnyTemplate, Logger, MaybePromise, Template } from '../template/contract.ts'
import type { AnyWorkflow, BranchOutput, Branches, FunctionWorkflow, LoopTurns, Operation, Outcome, Source, SourceHost, StepOptions, WorkflowContext } from '../workflow/contract.ts'
import { AbortedError, DefinitionError } from '../errors.ts'
import type { WumboError } from '../errors.ts'
import { parseDuration } from '../shared/duration.ts'
import { momentOf } from '../shared/moment.ts'
import { eventName, requestPath } from '../workflow/waiting.ts'
import type { BoundApprovalOptions, BoundEventOptions, BoundSignalOptions, Decision, QueryHandler, TopicEvent } from '../workflow/waiting.ts'
import type { UpdateHandler, UpdateOptions } from '../workflow/updates.ts'
import type { ChildBatch, ChildHandle, ChildOptions, ChildrenEnd, ChildrenOptions, InlineOptions, PagedResult } from '../workflow/children.ts'
import { SmallMap } from '../shared/small-map.ts'
import type { Duration } from '../shared/duration.ts'
import { firstEnd, firstSuccess, giveUpAll, heldContest, results, type Contest } from './contest.ts'
import { Batch, childStart, childrenStart, type ReadPage } from './function-children.ts'
import { Names, runInline, type Unit } from './function-inline.ts'
import { runLoop } from './function-loop.ts'
import { runMap, type MapOptions } from './function-map.ts'
import { FunctionPatches } from './function-patches.ts'
import { UpdateBook } from './function-updates.ts'
import { Origins } from './origins.ts'
import { approvalWait, signalWait } from './mail-waits.ts'
import { eventWait } from './publishing.ts'
import { Scope, checkOperationName } from './scope.ts'

/** What a function needs of the run that enters it. */
export interface FunctionRun extends SourceHost {
  readonly row: { readonly run: string; readonly gen: number; readonly workflow: string; readonly version: string }
  /** True while recorded answers are delivered. */
  readonly replaying: boolean
  /** The history that is replayed; null when it is over. */
  readonly replay: { hasRecorded(path: string): boolean } | null
  /** Asks for a turn: something may be taken now that was not before. */
  queueTurn?(): void
  /** Resets the heartbeats of all open steps. */
  beat(): void
}

interface Waiting {
  readonly path: string
  readonly kind: Operation['kind']
  readonly scope: Scope | null
  readonly answered: (outcome: Outcome) => void
}

/** The source of one run of a function. */
export class FunctionSource implements Source {
  readonly synchronous = false
  readonly origins = new Origins()
  #queries: Map<string, QueryHandler> | null = null
  #updates: UpdateBook | null = null
  readonly workflow: FunctionWorkflow
  readonly names = new Names()
  readonly #log: Logger
  readonly prefix: string
  readonly #waiting = new SmallMap<Waiting>()
  /** Prefixes of branches that have lost. */
  readonly #lost: string[] = []
  #patches: FunctionPatches | null = null
  #abort: AbortController | undefined
  #aborted: (() => WumboError) | undefined
  #run: FunctionRun | undefined

  /** `prefix` stands before all paths: of the clean-up of a run. */
  constructor(workflow: FunctionWorkflow, log: Logger, prefix = '') {
    this.prefix = prefix
    this.workflow = workflow
    this.#log = log
  }

  /** The signal of the run; made when it is first read. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController()
    if (this.#aborted !== undefined) this.#abort.abort(this.#aborted())
    return this.#abort.signal
  }

  get run(): WorkflowContext['run'] {
    const row = this.#run?.row
    return { id: row?.run ?? '', gen: row?.gen ?? 0, workflow: row?.workflow ?? '', version: row?.version ?? '' }
  }

  /** The run's logger: silent while recorded answers are delivered. */
  get log(): Logger {
    const once = (level: keyof Logger): Logger[keyof Logger] => (message, fields) => {
      if (this.#run?.replaying !== true) this.#log[level](message, { run: this.#run?.row.run, ...fields })
    }
    return { debug: once('debug'), info: once('info'), warn: once('warn'), error: once('error') }
  }

  /** What the function answers queries with, by name. */
  get queries(): Map<string, QueryHandler> {
    return (this.#queries ??= new Map())
  }

  get updates(): UpdateBook | null {
    return this.#updates
  }

  setUpdate<A>(name: string, options: UpdateOptions<A>, handler: UpdateHandler<A>): void {
    if (this.prefix !== '') throw new DefinitionError('setUpdate: a clean-up takes no updates', { path: name })
    this.#updates ??= new UpdateBook(() => this.#run?.queueTurn?.())
    this.#updates.set(name, options, handler)
  }

  /** Names the run whose function this is. Call before `begin`. */
  attach(run: FunctionRun): void {
    this.#run = run
  }

  beat(): void {
    this.#run?.beat()
  }

  begin(input: unknown, host: SourceHost): void {
    this.origins.note(input, '$input')
    const context = new FunctionContext(this, new Scope(this.prefix), { prefix: this.prefix, depth: 1 })
    try {
      Promise.resolve(this.workflow.run(context, input as never)).then((output) => host.complete(output), (thrown: unknown) => host.fail(thrown))
    } catch (thrown) {
      // A function that is not async may throw before it has opened anything; its end comes in a later turn all the same.
      void Promise.reject(thrown).catch((reason: unknown) => host.fail(reason))
    }
  }

  deliver(path: string, outcome: Outcome): void {
    const waiting = this.#waiting.get(path)
    if (waiting === undefined) return
    this.#waiting.delete(path)
    waiting.scope?.close()
    if (outcome.status === 'completed') this.origins.note(outcome.output, path)
    waiting.answered(outcome)
  }

  /** The run leaves memory: its function is abandoned where it stands, its signal aborts. */
  abandon(reason: () => WumboError): void {
    this.#aborted = reason
    this.#abort?.abort(reason())
    this.#waiting.clear()
  }

  /** Nobody waits for what was opened under a prefix any more: it is given up, and nothing more is opened there. */
  giveUp(prefix: string): void {
    this.#lost.push(prefix)
    const lost = [...this.#waiting.values()].filter(({ path }) => path.startsWith(prefix))
    for (const { path } of lost) this.#waiting.delete(path)
    if (this.#run !== undefined) giveUpAll(lost, this.#run)
  }

  get patches(): FunctionPatches {
    return (this.#patches ??= new FunctionPatches(this))
  }

  hasRecorded(path: string): boolean {
    return this.#run?.replay?.hasRecorded(path) === true
  }

  /** True in the handler of an update, which may ask for nothing. */
  refuses(what: string): boolean {
    return this.#updates?.refuses(what) === true
  }

  /** The function ends here: nothing more is delivered to it. */
  continueAsNew(input: unknown): Promise<never> {
    const run = this.#run
    if (this.prefix !== '') return Promise.reject(new DefinitionError('continueAsNew: a clean-up cannot continue the run as new', { path: 'continueAsNew' }))
    if (this.refuses('continueAsNew')) return new Promise(() => undefined)
    // In a later turn, as the end of the function would come: what was asked for before it stands.
    void Promise.resolve().then(() => run?.continueAsNew?.(input))
    return new Promise(() => undefined)
  }

  /** Opens an operation and gives the promise of its answer, with which the scope's count of what is open goes down; null: it stays. */
  ask(scope: Scope | null, operation: Operation): Promise<unknown> {
    const { path } = operation
    const promise = new Promise<unknown>((resolve, reject) => {
      this.askFor(scope, operation, (outcome) => {
        if (outcome.status === 'completed') {
          resolve(outcome.output)
          return
        }
        // A failure that nobody awaits must not end the process: the run's own end tells of it.
        promise.catch(() => undefined)
        reject(outcome.status === 'failed' ? outcome.error : new AbortedError(`${path} was skipped`, { path }))
      })
    })
    return promise
  }

  /** The same for somebody who takes the answer as it is. */
  askFor(scope: Scope | null, operation: Operation, answered: (outcome: Outcome) => void): void {
    const { kind, path } = operation
    // What goes on where nothing is waited for waits for ever, and is forgotten.
    if (this.refuses(`${kind} ${path}`) || this.#lost.some((prefix) => path.startsWith(prefix))) return
    this.#waiting.set(path, { path, kind, scope, answered })
    this.#run?.open(operation)
  }

  /** Nobody waits for what is open under a path any more. */
  drop(path: string): void {
    this.#waiting.delete(path)
    this.#run?.drop(path)
  }
}

/** The context that a durable function sees, in one of its scopes. */
class FunctionContext implements WorkflowContext {
  readonly #source: FunctionSource
  readonly #scope: Scope
  readonly #unit: Unit

  constructor(source: FunctionSource, scope: Scope, unit: Unit) {
    this.#source = source
    this.#scope = scope
    this.#unit = unit
  }

  get log(): Logger {
    return this.#source.log
  }

  get run(): WorkflowContext['run'] {
    return this.#source.run
  }

  get abortSignal(): AbortSignal {
    return this.#source.signal
  }

  step<I, O>(name: string, template: Template<I, O>, input: NoInfer<I>, options: StepOptions = NO_OPTIONS): Promise<O> {
    try {
      return this.#ask(name, template, input, options) as Promise<O>
    } catch (thrown) {
      return Promise.reject(thrown)
    }
  }

  #ask(name: string, template: AnyTemplate, input: unknown, options: StepOptions): Promise<unknown> {
    if (typeof template !== 'function' || typeof (template as Partial<AnyTemplate>).invoke !== 'function') {
      throw new DefinitionError(`step ${name}: expected a template, got ${typeof template}`, { path: name, remedy: 'Make it with defineTemplate({ … }).' })
    }
    const path = this.#scope.open(name, options.key)
    return this.#source.ask(this.#scope, { kind: 'step', path, template, input, reads: this.#source.origins.of(input), options })
  }

  async all<T extends Record<string, (ctx: WorkflowContext) => MaybePromise<unknown>>>(branches: T): Promise<{ [K in keyof T]: Awaited<ReturnType<T[K]>> }> {
    const names = Object.keys(branches)
    const paths = this.#scope.openAll(names)
    try {
      const settled = await Promise.allSettled(names.map(async (name, index) => branches[name]?.(this.#inner(`${paths[index] ?? name}.`))))
      return Object.fromEntries(results(settled).map((value, index) => [names[index], value])) as { [K in keyof T]: Awaited<ReturnType<T[K]>> }
    } finally {
      this.#scope.close()
    }
  }

  any<T extends Branches>(branches: T): Promise<BranchOutput<T>> {
    return this.#contest(branches, firstSuccess)
  }

  race<T extends Branches>(branches: T): Promise<BranchOutput<T>> {
    return this.#contest(branches, firstEnd)
  }

  #contest<T extends Branches>(branches: T, contest: Contest): Promise<BranchOutput<T>> {
    return heldContest(branches, contest, { scope: this.#scope, inner: (prefix) => this.#inner(prefix), giveUp: (prefix) => this.#source.giveUp(prefix) })
  }

  map<T, R>(name: string, items: readonly T[], body: (ctx: WorkflowContext, item: T, index: number) => MaybePromise<R>, options: MapOptions<T> = {}): Promise<R[]> {
    return runMap(name, items, options, { open: () => this.#scope.open(name), close: () => this.#scope.close(), body: (prefix, item: T, index) => body(this.#inner(prefix), item, index) })
  }

  loop<R>(name: string, body: (ctx: WorkflowContext, iteration: number, last: R) => MaybePromise<R>, options: LoopTurns<R>): Promise<R> {
    return runLoop(name, options, {
      open: () => this.#scope.open(name),
      close: () => this.#scope.close(),
      pause: (path, ms) => this.#source.ask(new Scope(''), { kind: 'timer', path, ms }),
      turn: (prefix, iteration, last) => body(this.#inner(prefix), iteration, last),
    })
  }

  async sleep(name: string, duration: Duration): Promise<void> {
    const ms = parseDuration(duration, `${name}.duration`)
    await this.#source.ask(this.#scope, { kind: 'timer', path: this.#scope.open(name), ms })
  }

  async sleepUntil(name: string, time: Date | number | string): Promise<void> {
    const until = momentOf(time, `${name}.time`)
    await this.#source.ask(this.#scope, { kind: 'timer', path: this.#scope.open(name), ms: 0, until })
  }

  async signal<P>(name: string, options: Partial<BoundSignalOptions<P>> = {}): Promise<P> {
    const wait = signalWait(name, options)
    // The check gives what the schema makes of the payload.
    return (await this.#source.ask(this.#scope, { kind: 'signal', path: this.#scope.open(name, options.key), ...wait })) as P
  }

  async event<D>(topic: string, options: Partial<BoundEventOptions<D>> = {}): Promise<TopicEvent<D>> {
    const wait = eventWait(topic, options)
    // The check gives the event with what the schema makes of its data.
    return (await this.#source.ask(this.#scope, { kind: 'event', path: this.#scope.open(eventName(topic), options.key), ...wait })) as TopicEvent<D>
  }

  async approval<F>(name: string, options: Partial<BoundApprovalOptions<F>> = {}): Promise<Decision<F>> {
    const asked = approvalWait(name, options)
    const path = this.#scope.open(name, options.key)
    await this.#source.ask(null, { kind: 'request', path: requestPath(path), request: asked.request })
    // The check gives a decision whose form is what the schema makes of it.
    return (await this.#source.ask(this.#scope, { kind: 'approval', path, address: path, ...asked.wait })) as Decision<F>
  }

  async child(name: string, workflow: AnyWorkflow | string, input: unknown, options: ChildOptions = {}): Promise<never> {
    const start = childStart(name, { workflow, input, options })
    const path = this.#scope.open(name, options.key)
    return (await this.#source.ask(this.#scope, { kind: 'child', path, start, run: null, reads: this.#source.origins.of(input) })) as never // the output, whose type the workflow says
  }

  async startChild(name: string, workflow: AnyWorkflow | string, input: unknown, options: ChildOptions = {}): Promise<ChildHandle<never>> {
    const start = childStart(name, { workflow, input, options })
    const path = this.#scope.open(name, options.key)
    const id = (await this.#source.ask(this.#scope, { kind: 'spawn', path, start, reads: this.#source.origins.of(input) })) as string
    // It is asked for once, however often and from wherever its result is waited for.
    let result: Promise<unknown> | null = null
    return { id, result: () => (result ??= this.#source.ask(null, { kind: 'child', path: `${path}.result`, start, run: id, reads: null })) as Promise<never> }
  }

  async children(name: string, workflow: AnyWorkflow | string, inputs: readonly unknown[], options: ChildrenOptions = {}): Promise<ChildBatch<never>> {
    const start = childrenStart(name, { workflow, inputs, options })
    const path = this.#scope.open(name, options.key)
    const end = (await this.#source.ask(this.#scope, { kind: 'children', path, ...start, reads: this.#source.origins.of(inputs) })) as ChildrenEnd
    const read: ReadPage = async (key, runs) => (await this.#source.ask(null, { kind: 'page', path: `${path}.page[${key}]`, runs })) as readonly PagedResult[]
    return new Batch(path, end, read) as ChildBatch<unknown> as ChildBatch<never> // the type of the outputs is that of the workflow
  }

  async inline(name: string, workflow: AnyWorkflow, input: unknown, options: InlineOptions = {}): Promise<never> {
    const { origins, workflow: around } = this.#source
    return (await runInline({ name, workflow, input, options }, {
      around, unit: this.#unit, open: () => this.#scope.open(name, options.key), close: () => this.#scope.close(), ask: (operation) => this.#source.ask(null, operation),
      askFor: (operation, answered) => this.#source.askFor(null, operation, answered), drop: (path) => this.#source.drop(path), originsOf: (value) => origins.of(value),
      note: (value, path) => origins.note(value, path), inner: (unit) => new FunctionContext(this.#source, new Scope(unit.prefix), unit),
    })) as never // the output, whose type the workflow says
  }

  continueAsNew(input: unknown): Promise<never> {
    if (this.#unit.depth > 1) return Promise.reject(new DefinitionError('continueAsNew: a workflow that is run inline cannot continue the run of another as new', { path: 'continueAsNew', remedy: 'Return, and let the workflow around do it; or run it as a child.' }))
    return this.#source.continueAsNew(input)
  }

  setQuery(name: string, handler: QueryHandler): void {
    checkOperationName(name, `query ${JSON.stringify(name) ?? 'nothing'}`)
    if (typeof handler !== 'function') throw new DefinitionError(`query ${name}: expected a handler (args) => value, got ${typeof handler}`, { path: name })
    this.#source.names.take('query', name, this.#unit)
    this.#source.queries.set(name, handler)
  }

  setUpdate<A = unknown>(name: string, options: UpdateOptions<A>, handler: UpdateHandler<NoInfer<A>>): void {
    this.#source.names.take('update', name, this.#unit)
    this.#source.setUpdate(name, options, handler)
  }

  heartbeat(): void {
    this.#source.beat()
  }

  now(key?: string | number): Promise<number> {
    return this.#value('now', key) as Promise<number>
  }

  random(key?: string | number): Promise<number> {
    return this.#value('random', key) as Promise<number>
  }

  uuid(key?: string | number): Promise<string> {
    return this.#value('uuid', key) as Promise<string>
  }

  async patched(id: string): Promise<boolean> {
    return this.#source.patches.patched(id)
  }

  async deprecatePatch(id: string): Promise<void> {
    await this.#source.patches.deprecate(id)
  }

  async #value(of: 'now' | 'random' | 'uuid', key: string | number | undefined): Promise<unknown> {
    return this.#source.ask(this.#scope, { kind: 'value', path: this.#scope.open(`_${of}`, key), of })
  }

  #inner(prefix: string): FunctionContext {
    return new FunctionContext(this.#source, new Scope(prefix), this.#unit)
  }
}

const NO_OPTIONS: StepOptions = Object.freeze({})
