// The durable runtime of one lane: it accepts starts, holds the runs in memory, takes over what is due and hands everything
// to one group commit. Taking over is takeover.ts, housekeeping is housekeeping.ts, one run is hot-run.ts.
import { AbortedError, LaneFencedError, StoreClosedError, StoreFailedError, WumboError, errorData } from '../errors.ts'
import type { RunEvent } from '../model/event.ts'
import type { Payload } from '../model/payload.ts'
import { DEFAULT_SPACE, type MailKind, type RunKey, type RunRow } from '../model/run.ts'
import { deferred } from '../shared/deferred.ts'
import { parseDuration } from '../shared/duration.ts'
import { uuidv4, uuidv7Generator } from '../shared/id.ts'
import type { Lane, OpAnswer, StoreOp } from '../store/port.ts'
import type { AnyWorkflow } from '../workflow/contract.ts'
import { cancelPath } from '../workflow/waiting.ts'
import { forkRun, retryRun, type AfterFailureHost, type ForkOptions, type RetryOptions } from './after-failure.ts'
import { cutOf } from './clean-up.ts'
import { Flusher, type FlushMetrics } from './flush.ts'
import { FunctionSource } from './function-source.ts'
import { Housekeeping } from './housekeeping.ts'
import { HotRun } from './hot-run.ts'
import { MailReader } from './mail-reader.ts'
import { publish, type Published, type PublishOptions } from './publishing.ts'
import { Postbox } from './postbox.ts'
import { Membership } from './membership.ts'
import { readValue, type PayloadHost } from './payloads.ts'
import type { EngineDeps } from './ports.ts'
import { Results } from './results.ts'
import type { Departure, RunHost } from './run-host.ts'
import type { ChildToStart } from './child-start.ts'
import { RunStarts, type Accepted } from './run-start.ts'
import { checkKey, keyHash, keyReused } from './start-options.ts'
import { Takeover, type Entering } from './takeover.ts'
import { Turns } from './turns.ts'
import { UpdateWaiters } from './update-waiters.ts'

/** Figures of an engine since its start. */
export interface EngineMetrics extends FlushMetrics {
  readonly hotRuns: number
  /** Results that came after their attempt had been given up, and were dropped. */
  readonly lateResults: number
}

/** The engine of one process. */
export class Engine implements RunHost {
  readonly deps: EngineDeps
  readonly flusher: Flusher
  readonly turns: Turns
  readonly payloads: PayloadHost
  /** What is sent to runs: requests to cancel, pause and resume, signals and decisions. */
  readonly postbox: Postbox
  readonly updates = new UpdateWaiters()
  readonly #members: Membership
  readonly #results: Results
  readonly #mail: MailReader
  readonly #hot = new Map<string, HotRun>()
  readonly #newId: () => string
  readonly #takeover: Takeover
  readonly #housekeeping: Housekeeping
  readonly #starts: RunStarts
  readonly #knownDefinitions = new Set<string>()
  readonly #onFatal: (error: Error) => void
  /** `apart`: the lane is lost and another is about to be opened. */
  #state: 'open' | 'apart' | 'closing' | 'broken' = 'open'
  #lastBegun: { readonly run: string; readonly path: string } | null = null
  readonly #drain = deferred<undefined>()
  #lateResults = 0

  private constructor(deps: EngineDeps, onFatal: (error: Error) => void) {
    this.deps = deps
    this.#onFatal = onFatal
    this.#newId = uuidv7Generator(deps.clock, deps.random)
    this.turns = new Turns(deps.clock)
    this.flusher = new Flusher(deps.clock, (error) => this.#fatal(error), deps.limits.flush)
    this.#members = new Membership({
      deps,
      laneLost: (error) => this.#laneLost(error),
      laneOpened: (lane) => this.#laneOpened(lane),
      due: () => this.#takeover.soon(),
      mail: (run, last) => this.#mail.arrived(run, last),
      kinds: () => this.#quietly(this.#takeover.kindsChanged()),
      back: () => this.#quietly(this.#takeover.kindsChanged()),
      unserved: (kinds) => this.#quietly(this.#takeover.parkUnserved(kinds)),
      drain: () => this.#drain.resolve(undefined),
      lastBegun: () => this.#lastBegun,
    })
    this.#mail = new MailReader({ store: deps.store, hot: (run) => this.#hot.get(run), quietly: (work) => this.#quietly(work) })
    this.#results = new Results({ deps, isHot: (run) => this.#hot.has(run), read: (payload) => this.readPayload(payload), quietly: (work) => this.#quietly(work) })
    this.payloads = { blobs: deps.store.blobs, sha256: deps.sha256, limit: deps.limits.inlinePayload, key: () => this.#newId() }
    this.postbox = new Postbox({
      deps, payloads: this.payloads, newId: () => this.#newId(), submit: (op, bytes) => this.submit(op, bytes),
      sent: (key, isOwned, kind) => this.#sent(key, isOwned, kind),
    })
    this.#takeover = new Takeover({
      deps, flusher: this.flusher,
      room: () => (this.#state === 'open' ? deps.limits.hotRuns - this.#hot.size : 0),
      read: (payload) => this.readPayload(payload),
      emit: (event) => this.emit(event),
      gone: (run, departure) => this.departed(run, departure),
      enter: (entering) => this.#enter(entering),
      readMail: (key, after) => this.#mail.look(key, after),
      lane: () => this.#members.lane,
      isHot: (run) => this.#hot.has(run),
      sent: (key, isOwned, kind) => this.sent(key, isOwned, kind),
    })
    this.#housekeeping = new Housekeeping(deps, this.flusher)
    this.#starts = new RunStarts({
      deps, flusher: this.flusher, payloads: this.payloads,
      newRow: (workflow, given) => this.#newRow(workflow, given),
      saveDefinition: (workflow, at) => this.#saveDefinition(workflow, at),
      hot: () => this.#hot.size,
      emit: (event) => this.emit(event),
      enter: (entering) => this.#enter(entering),
      soon: () => this.#takeover.soon(),
      completion: (run) => this.#results.started(run),
    })
  }

  /** Opens the lane, takes over what an earlier process left, and begins to watch for what is due. */
  static async open(deps: EngineDeps, onFatal: (error: Error) => void = () => undefined): Promise<Engine> {
    const engine = new Engine(deps, onFatal)
    engine.flusher.restart(await engine.#members.open())
    await engine.#takeover.begin()
    engine.#housekeeping.begin()
    return engine
  }

  /** Accepts a run. Resolves once it is durable; refused input, a full buffer and a reused key reject. */
  async start(workflow: AnyWorkflow, input: unknown, options: { readonly key?: string; readonly queue?: string } = {}): Promise<Accepted> {
    this.#mustBeOpen()
    return this.#starts.start(workflow, input, options)
  }

  /** The run that a key stands for, without starting one: undefined when the key is free. KEY_REUSED as for a start. */
  async existing(workflow: string, input: unknown, key: string): Promise<Accepted | undefined> {
    const found = await this.deps.store.findKey(DEFAULT_SPACE, checkKey(key))
    if (found === undefined) return undefined
    if (found.hash !== keyHash(workflow, input)) throw keyReused(key, found.run)
    return { run: found.run, existing: true, completion: null }
  }

  /** Makes an operation that belongs to no run durable; gives its answer. */
  submit(op: StoreOp, bytes: number): Promise<OpAnswer | undefined> {
    this.#mustBeOpen()
    return this.#op(op, bytes)
  }

  /** Stores an event for every run that waits for its topic, now or later. */
  publish(topic: string, data: unknown, options?: PublishOptions): Promise<Published> {
    return publish({ deps: this.deps, newId: () => this.#newId(), submit: (op, bytes) => this.submit(op, bytes), sent: (key, isOwned, kind) => this.#sent(key, isOwned, kind), soon: () => this.#takeover.soon() }, topic, data, options)
  }

  /** Other workflows are known now: runs that were parked for want of theirs go on. */
  workflowsChanged(): void {
    this.#mustBeOpen()
    this.#quietly(this.#takeover.workflowsChanged())
  }

  /** The output of a run, once it has ended well; rejects with what ended or parked it. */
  result(run: string): Promise<unknown> {
    return this.#results.of(run)
  }

  /** Reopens a failed, cancelled or parked run under a new generation, keeping what was recorded before the failure. */
  async retry(run: string, options: RetryOptions): Promise<number> {
    this.#mustBeOpen()
    return retryRun(run, options, this.#afterFailure())
  }

  /** Starts a new run that has the records of another before a step, and begins anew from there; gives its id once that is durable. */
  async fork(run: string, options: ForkOptions): Promise<string> {
    this.#mustBeOpen()
    return forkRun(run, options, this.#afterFailure())
  }

  #afterFailure(): AfterFailureHost {
    return {
      deps: this.deps, payloads: this.payloads, read: (payload) => this.readPayload(payload), newRow: (workflow, given) => this.#newRow(workflow, given),
      op: (op, owner, bytes) => this.#op(op, bytes, owner),
      saveDefinition: (workflow) => this.#saveDefinition(workflow, this.deps.clock.now()),
      reopened: (reopened) => this.#results.reopened(reopened),
      started: (row) => this.emit({ type: 'run.started', run: row.run, workflow: row.workflow, at: row.createdAt }),
      enter: (key) => this.#takeover.resume(key),
    }
  }

  metrics(): EngineMetrics {
    return { ...this.flusher.metrics(), hotRuns: this.#hot.size, lateResults: this.#lateResults }
  }

  /** Stops in order: no new bodies, those that run get `drainMs`, then every run is given back and the lane ends. */
  async close(): Promise<void> {
    if (this.#state === 'closing') return
    const broken = this.#state === 'broken' || this.#state === 'apart'
    this.#state = 'closing'
    this.#results.stop()
    const { lane } = this.#members
    this.#takeover.stop()
    this.#housekeeping.stop()
    if (!broken) {
      for (const run of this.#hot.values()) run.drain()
      await this.#bodiesEnd()
      await this.flusher.drained()
      for (const run of [...this.#hot.values()]) run.handBack()
      await this.flusher.drained()
    }
    for (const run of [...this.#hot.values()]) run.lose(new AbortedError('the process stops'))
    this.flusher.stop()
    this.#results.interrupt(new StoreClosedError('the store was closed before the run ended; the run goes on when it is opened again'))
    this.#members.end()
    await lane?.close()
  }

  // What the runs use

  emit(event: RunEvent): void {
    for (const observer of this.deps.observers) {
      try {
        observer(event)
      } catch (thrown) {
        this.deps.log.error('an observer failed', { event: event.type, error: String(thrown) })
      }
    }
  }

  value(of: 'now' | 'random' | 'uuid'): number | string {
    return of === 'now' ? this.deps.clock.now() : of === 'random' ? this.deps.random.next() : uuidv4(this.deps.random.bytes(16))
  }

  readPayload(payload: Payload | null): Promise<unknown> {
    return readValue(payload, this.payloads)
  }

  usable(): boolean {
    return this.#state !== 'broken' && this.#state !== 'apart'
  }

  holds(): boolean {
    return this.#members.holds()
  }

  whenHeld(call: () => void): void {
    this.#members.whenHeld(call)
  }

  began(run: string, path: string): void {
    this.#lastBegun = { run, path }
  }

  /** Why nothing can be started at this moment; null when all is well. */
  get trouble(): string | null {
    if (this.#state === 'open') return this.#members.isConnected ? null : 'the store cannot be reached'
    return this.#state === 'closing' ? 'it is stopping' : this.#state === 'apart' ? 'the store is lost for the moment' : 'the store is lost'
  }

  /** Resolves when somebody asked this worker to stop in order. */
  get drained(): Promise<undefined> {
    return this.#drain.promise
  }

  startChild(child: ChildToStart): Promise<'new' | 'known'> {
    return this.#starts.child(child)
  }

  sent(run: RunKey, isOwned: boolean, kind: MailKind): void {
    this.#quietly(this.#sent(run, isOwned, kind))
  }

  late(run: string, path: string): void {
    this.#lateResults++
    this.deps.log.warn('a result came after its attempt was given up; it is dropped', { run, step: path })
  }

  departed(run: string, departure: Departure): void {
    this.#hot.delete(run)
    this.#results.departed(run, departure)
    this.updates.tell(run)
    if (departure.how === 'waiting') this.#takeover.due(departure.wakeAt ?? 0)
    else if (departure.how === 'cleaning' || departure.how === 'continued' || departure.how === 'moving') this.#quietly(this.#takeover.resume({ space: DEFAULT_SPACE, run }))
    this.#takeover.roomFreed()
  }

  // Inside

  #mustBeOpen(): void {
    if (this.#state === 'apart') throw new StoreFailedError('the store is lost for the moment; nothing is accepted until it is back', { remedy: 'Send again a little later; this process goes on by itself.', retryAfter: 1000 })
    if (this.#state !== 'open') throw new StoreClosedError(this.#state === 'closing' ? 'the engine is closing' : 'the engine has lost its store')
  }

  #newRow(workflow: AnyWorkflow, { input, key, queue, now }: { input: Payload; key: string | null; queue: string; now: number }): RunRow {
    const timeout = workflow.timeout === undefined ? null : parseDuration(workflow.timeout, `${workflow.name}.timeout`)
    return {
      space: DEFAULT_SPACE, run: this.#newId(), workflow: workflow.name, version: workflow.version, queue, input, createdAt: now,
      deadline: timeout === null ? null : now + timeout, key, gen: 1, status: 'running', output: null, error: null, finishedAt: null,
      wakeAt: null, lane: this.#members.lane?.id ?? null, epoch: this.#members.lane?.epoch ?? null, inboxCount: 0, crashes: 0,
    }
  }

  #enter(entering: Entering): HotRun {
    const { row, workflow, input, cleanUp, history } = entering
    this.#results.entered(row.run)
    const source = workflow.form === 'graph' ? null : new FunctionSource(workflow, this.deps.log, cleanUp?.when === 'now' ? cancelPath : '')
    const run = new HotRun(entering, source ?? (workflow as Extract<AnyWorkflow, { form: 'graph' }>).source(cutOf(cleanUp, history?.records ?? [])), this)
    source?.attach(run)
    this.#hot.set(row.run, run)
    run.begin(input)
    this.#mail.entered(row)
    return run
  }

  #saveDefinition(workflow: AnyWorkflow, at: number): void {
    if (workflow.form !== 'graph' || this.#knownDefinitions.has(workflow.version)) return
    this.#knownDefinitions.add(workflow.version)
    this.flusher.add({ op: 'definition', hash: workflow.version, workflow: workflow.name, body: workflow.definition, at }, null, workflow.definition.length, (_answer, error) => {
      if (error !== undefined) this.#knownDefinitions.delete(workflow.version)
    })
  }

  #op(op: StoreOp, bytes = 100, owner: string | null = null): Promise<OpAnswer | undefined> {
    return new Promise((resolve, reject) => {
      this.flusher.add(op, owner, bytes, (answer, error) => (error === undefined ? resolve(answer) : reject(error)))
    })
  }

  async #bodiesEnd(): Promise<void> {
    const { clock, limits } = this.deps
    const until = clock.monotonic() + limits.drainMs
    const computing = (): boolean => [...this.#hot.values()].some((run) => run.computing > 0)
    while (computing() && clock.monotonic() < until) await new Promise<void>((resolve) => clock.timer(5, resolve))
  }

  /** Mail was stored for a run: whoever has it is to read it. */
  async #sent(key: RunKey, isOwned: boolean, kind: MailKind): Promise<void> {
    if (this.#hot.has(key.run)) this.#mail.arrived(key, Number.POSITIVE_INFINITY)
    else if (isOwned && !this.deps.store.isShared) this.#mail.expect(key.run)
    // A process that takes no run over can end one without its code, or give it another version, and leaves all else to those that have it.
    if (!this.#hot.has(key.run) && (kind === 'cancel' || kind === 'migrate' || this.deps.limits.hotRuns > 0)) await this.#wake(key.run)
  }

  /** Mail was sent to a run that is not in memory. */
  async #wake(run: string): Promise<void> {
    if (this.deps.limits.hotRuns === 0) await this.#takeover.only({ space: DEFAULT_SPACE, run })
    else this.#takeover.soon()
  }

  #laneLost(error: LaneFencedError): void {
    if (this.#state !== 'open') return
    this.#state = 'apart'
    this.#takeover.laneLost()
    for (const run of [...this.#hot.values()]) run.lose(error)
    this.flusher.stop(error)
  }

  #laneOpened(lane: Lane): void {
    if (this.#state !== 'apart') return
    this.#state = 'open'
    this.#knownDefinitions.clear()
    this.flusher.restart(lane)
    this.#quietly(this.#takeover.begin())
  }

  /** What nobody waits for: a failure is told, unless the store is known to be away. */
  #quietly(work: Promise<void>): void {
    work.catch((thrown: unknown) => {
      if (this.trouble === null) this.deps.log.error('a part of the work failed', { error: errorData(thrown).message })
    })
  }

  #fatal(error: Error): void {
    if (error instanceof LaneFencedError && this.deps.store.isShared) {
      this.#members.lost(error)
      return
    }
    if (this.#state === 'broken') return
    if (this.#state === 'open') this.#state = 'broken'
    this.deps.log.error('the store cannot be written; this process stops working on its runs', { error: error.message })
    this.#takeover.stop()
    this.#housekeeping.stop()
    const reason = error instanceof WumboError ? error : new AbortedError(error.message, { cause: error })
    for (const run of [...this.#hot.values()]) run.lose(reason)
    this.#onFatal(error)
  }
}
