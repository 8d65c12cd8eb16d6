// One step of one run, from its first attempt to its recorded result: input check, attempts, timeouts, heartbeats,
// retries. It tells its run what happened and leaves order, journal and delivery to it.
import { HeartbeatTimeoutError, StepTimeoutError, WumboError, errorData } from '../errors.ts'
import type { ErrorData, FailureClass } from '../errors.ts'
import type { Level, Mark } from '../model/record.ts'
import type { Payload } from '../model/payload.ts'
import { NEVER } from '../model/run.ts'
import { defaultCodec } from '../shared/codec.ts'
import type { Snapshot } from '../shared/codec.ts'
import { hashText } from '../shared/hash.ts'
import type { Cancel } from '../shared/clock.ts'
import { BODY, type Body } from './step-body.ts'
import { doubtAfter, withDoubt } from './doubt.ts'
import { Losses } from './losses.ts'
import { checkPure } from './pure-check.ts'
import { StepContext } from './step-context.ts'
import { isTerminal, mayRetry, retryDelay, retryPlan } from '../template/retry-policy.ts'
import type { RetryPlan } from '../template/retry-policy.ts'
import type { RunPause } from './run-pause.ts'
import type { StepHost, StepOperation } from './step-host.ts'
import { limitOf, checkStepOptions } from './step-options.ts'

/** A step that was asked for and is not answered. */
export class StepRun {
  readonly operation: StepOperation
  readonly level: Level
  /** The seq that must be durable before an effect begins, and the step that waits behind this one. */
  gate = 0
  nextGated: StepRun | null = null
  attempt = 0
  /** It is noted that it begins, for a run in probation. */
  isTried = false
  startedAt = 0
  /** Whether it is noted of a failure that the step may have been done all the same: steps that can be undone, and what undoes them. */
  tellsDoubt = false
  /** It can be undone, and that it begins is not noted yet. */
  needsNote = false
  /** Its first attempt was let in, here or in an earlier process. */
  isBegun = false
  /** An attempt was cut off, and none since has given an answer for good. */
  inDoubt = false
  /** The generation whose idempotency key the attempts use; null for the run's. */
  keyGen: number | null = null
  /** When the next attempt is due, while the step waits. */
  due: number | null = null
  inputPayload: Payload = ''
  inputHash = ''
  readonly #host: StepHost<StepRun>
  #plan: RetryPlan | undefined
  #input: unknown
  /** The input holds bytes, which cannot be frozen: each attempt gets its own. */
  #mutable = false
  /** The attempt at hand; undefined when none computes. What any other attempt gives is late. */
  #current: StepContext | undefined
  /** Bodies that have not ended, given up ones included. */
  #running = 0
  #cancels: Cancel[] | null = null
  /** When the step must have ended, all attempts and waits included; null for never. */
  #deadline: number | null = null
  #cancelDeadline: Cancel | null = null
  #lastBeat = 0
  /** Nothing of it may happen any more. */
  isClosed = false
  /** Its run is paused, and a body would have begun. */
  #isHeld = false
  /** The attempt commits: whether it succeeds is up to the store, and nothing gives it up any more. */
  #sealed = false
  #losses: Losses | null = null
  /** What the step's total time limit would have ended it with, had it not been committing. */
  #overdue: WumboError | null = null

  constructor(operation: StepOperation, host: StepHost<StepRun>) {
    this.operation = host.deps.standIn?.(operation) ?? operation
    if (operation.key !== undefined) {
      this.keyGen = operation.key.gen
      this.inDoubt = true
    }
    this.#host = host
    const { template, options } = this.operation
    this.level = template.level === 'transaction' ? 'transaction' : (options.level ?? template.level)
  }

  get path(): string {
    return this.operation.path
  }

  /** The path whose idempotency key the attempts use. */
  get keyPath(): string {
    return this.operation.key?.path ?? this.operation.path
  }

  /** True from the first attempt on, but while the step waits for another, and when it is answered. */
  get isAtWork(): boolean {
    return this.isBegun && !this.isClosed && this.due === null
  }

  /** True while a body runs whose result is still wanted. */
  get computing(): boolean {
    return this.#current !== undefined
  }

  /** When something happens to the step by itself, while it waits; null while it computes. */
  wakeAt(): number | null {
    if (this.#isHeld) return this.#deadline ?? NEVER
    return this.due === null ? null : Math.min(this.due, this.#deadline ?? Number.POSITIVE_INFINITY)
  }

  /** Milliseconds that the step may take in all; null without a bound. */
  get totalTimeout(): number | null {
    return limitOf(this.operation, 'totalTimeout')
  }

  /** Bounds the step as a whole: at `deadline` (milliseconds since 1970) it fails, whatever its retry policy says. */
  limit(deadline: number): void {
    const { clock } = this.#host
    this.#deadline = deadline
    this.#cancelDeadline = clock.timer(Math.max(0, deadline - clock.now()), () => {
      if (this.isClosed) return
      const error = new StepTimeoutError(`${this.path} did not end within its total timeout of ${this.totalTimeout ?? 0} ms`, { path: this.path, retryable: false })
      if (this.#sealed) {
        this.#overdue = error
        return
      }
      this.inDoubt ||= this.#current !== undefined && this.level !== 'transaction'
      this.#current?.abort(error)
      this.#host.onFailure(this, this.#told(errorData(error)))
    })
  }

  /** Looks at the options before anything begins: a bad one must fail its own step here, not a flush or the process later. */
  checkOptions(): void {
    this.#plan = checkStepOptions(this.operation, this.level, this.#host.deps.store)
  }

  /** Encodes the input: what its hash, its kept copy and every attempt are made from. Throws when it cannot be stored. */
  encodeInput(): void {
    const taken = defaultCodec.snapshot(this.operation.input)
    this.#input = taken.value
    this.#mutable = taken.mutable
    this.inputPayload = taken.payload
    this.inputHash = hashText(taken.payload)
  }

  /** Begins the first attempt, or goes on where the mark of an earlier process says. */
  begin(mark: Mark | undefined): void {
    this.isBegun = true
    if (mark?.due != null) {
      this.attempt = mark.attempt
      this.wait(mark.due)
      return
    }
    this.#checkInput()
  }

  /** Waits for the next attempt, at the earliest at `due` (milliseconds since 1970). */
  wait(due: number): void {
    if (this.isClosed) return
    const { clock } = this.#host
    this.due = due
    const left = due - clock.now()
    if (left > 0) {
      this.#onEnd(clock.timer(left, () => this.wait(due)))
      this.#host.onWaiting()
      return
    }
    this.due = null
    this.#checkInput()
  }

  /** Resets the heartbeat of the attempt at hand. */
  beat(attempt = this.attempt): void {
    if (attempt === this.attempt) this.#lastBeat = this.#host.clock.monotonic()
  }

  /** Waits until the pause of its run is over. */
  hold(goOn: () => void, pause: Pick<RunPause, 'whenOver'>): void {
    this.#isHeld = true
    pause.whenOver(() => {
      this.#isHeld = false
      goOn()
    })
  }

  /** Gives the step up: its signal aborts, its result will be dropped. */
  abort(reason: WumboError): void {
    if (this.isClosed) return
    this.#current?.abort(reason)
    this.close()
  }

  /** Nobody waits for the step any more, and its run goes on: what its attempt may have done stays in doubt. */
  giveUp(reason: WumboError): void {
    this.inDoubt ||= this.isAtWork && this.level !== 'transaction'
    this.abort(reason)
  }

  /** The step is answered; nothing of it may happen any more. */
  close(): void {
    this.isClosed = true
    this.#clearTimers()
    this.#cancelDeadline?.()
    this.#current = undefined
  }

  #checkInput(): void {
    if (this.isClosed) return
    try {
      const checked = this.operation.template.check(this.#mutable ? defaultCodec.decode(this.inputPayload) : this.#input)
      if (checked instanceof Promise) checked.then((value: unknown) => this.#start(value), (thrown: unknown) => this.#inputRefused(thrown))
      else this.#start(checked)
    } catch (thrown) {
      this.#inputRefused(thrown)
    }
  }

  #inputRefused(thrown: unknown): void {
    if (this.isClosed) return
    this.attempt++
    this.startedAt = this.#host.clock.now()
    this.#failed(thrown)
  }

  #start(input: unknown): void {
    if (this.isClosed) return
    // Without proof that the run is still ours no body begins: another may have it by now.
    if (!this.#host.holds()) {
      this.#host.whenHeld(() => this.#start(input))
      return
    }
    if (this.#host.pause.isOn) {
      this.hold(() => this.#start(input), this.#host.pause)
      this.#host.onWaiting()
      return
    }
    const { deps, runId, gen, clock } = this.#host
    this.attempt++
    const context = new StepContext(this.#host, runId, gen, this)
    this.#current = context
    this.startedAt = clock.now()
    if (this.#running > 0) {
      context.log.warn(`attempt ${this.attempt} begins while ${this.#running} earlier attempt(s) of this step may still run`)
    }
    this.#watch(context)
    this.#host.onStarted(this)
    if (this.level === 'transaction') {
      this.#running++
      void this.#host.transact(this, input, context).finally(() => this.#running--)
      return
    }
    const body: Body = { template: this.operation.template, input, context }
    try {
      const result = deps.execution.execute(BODY, body, context)
      if (result instanceof Promise) this.#await(result, body)
      else this.#done(result, body)
    } catch (thrown) {
      this.#threw(thrown, body.context)
    }
  }

  /** The attempt is about to commit: from now on it cannot be given up. False when it has been. */
  seal(context: StepContext): boolean {
    if (this.isClosed || this.#current !== context) {
      this.#host.onLateResult(this)
      return false
    }
    this.#sealed = true
    this.#clearTimers()
    return true
  }

  /** The store's connection was lost, which is not the body's fault: the same attempt begins anew, unless `thrown` comes again and again. */
  again(context: StepContext, thrown: unknown): void {
    this.#losses ??= new Losses()
    const wait = this.#losses.pause(thrown)
    if (wait === null || this.isClosed || this.#current !== context || this.#overdue !== null) {
      this.threw(thrown, context)
      return
    }
    this.#sealed = false
    this.#current = undefined
    this.#clearTimers()
    this.attempt--
    this.#onEnd(this.#host.clock.timer(wait, () => this.#checkInput()))
  }

  /** The attempt has failed, sealed or not. */
  threw(thrown: unknown, context: StepContext): void {
    this.#sealed = false
    if (this.#overdue === null || this.isClosed) this.#threw(thrown, context)
    else this.#host.onFailure(this, this.#told(errorData(this.#overdue)))
  }

  #await(result: Promise<unknown>, body: Body): void {
    this.#running++
    result.then(
      (value: unknown) => {
        this.#running--
        this.#done(value, body)
      },
      (thrown: unknown) => {
        this.#running--
        this.#threw(thrown, body.context)
      },
    )
  }

  #watch(context: StepContext): void {
    const { clock } = this.#host
    const ms = limitOf(this.operation, 'timeout')
    if (ms !== null) {
      this.#onEnd(clock.timer(ms, () => this.#expire(context, StepTimeoutError, `attempt ${context.attempt} of ${this.path} did not end within ${ms} ms`)))
    }
    const silence = limitOf(this.operation, 'heartbeatTimeout')
    if (silence !== null) {
      this.#lastBeat = clock.monotonic()
      const check = (): void => {
        const silent = clock.monotonic() - this.#lastBeat
        if (silent >= silence) this.#expire(context, HeartbeatTimeoutError, `attempt ${context.attempt} of ${this.path} was silent for ${silence} ms`)
        else this.#onEnd(clock.timer(silence - silent, check))
      }
      this.#onEnd(clock.timer(silence, check))
    }
  }

  /** The attempt's time is over: its signal aborts, and a body that does not end within this turn is said to be still running. */
  #expire(context: StepContext, kind: FailureClass, message: string): void {
    if (this.isClosed || this.#current !== context) return
    this.#current = undefined
    this.#clearTimers()
    context.abort(new kind(message, { path: this.path }))
    this.#host.clock.defer(() => {
      if (this.isClosed) return
      const still = this.#running > 0
      this.#failed(new kind(still ? `${message}; it has not heeded its abort signal and may still run` : message, {
        path: this.path, ...(still ? { details: { mayStillRun: true } } : {}),
      }))
    })
  }

  #done(value: unknown, body: Body): void {
    if (this.isClosed || this.#current !== body.context) {
      this.#host.onLateResult(this)
      return
    }
    let result: Snapshot
    try {
      result = defaultCodec.snapshot(value)
      if (this.level === 'pure' && this.#host.deps.limits.checkPure) checkPure(this.path, result, body)
    } catch (thrown) {
      this.#threw(thrown, body.context)
      return
    }
    this.#current = undefined
    this.#clearTimers()
    this.#host.onResult(this, result)
  }

  #threw(thrown: unknown, context: StepContext): void {
    if (this.isClosed || this.#current !== context) {
      this.#host.onLateResult(this)
      return
    }
    this.#current = undefined
    this.#clearTimers()
    this.#failed(thrown)
  }

  #failed(thrown: unknown): void {
    const { deps, clock } = this.#host
    const error = errorData(thrown)
    this.#plan ??= retryPlan(this.operation.options.retry ?? this.operation.template.defaults.retry, this.path)
    this.inDoubt = this.level !== 'transaction' && doubtAfter(error, { before: this.inDoubt, terminal: isTerminal(this.#plan, error) })
    if (!mayRetry(this.#plan, error, this.attempt)) {
      this.#host.onFailure(this, this.#told(error))
      return
    }
    const wished = thrown instanceof WumboError ? (thrown.retryAfter ?? 0) : 0
    const due = clock.now() + Math.max(retryDelay(this.#plan, this.attempt, deps.random.next()), wished)
    this.#host.onRetry(this, this.#told(error), due)
  }

  /** The failure as it is recorded. */
  #told(error: ErrorData): ErrorData {
    return this.tellsDoubt && this.inDoubt ? withDoubt(error) : error
  }

  /** Remembers a timer of the attempt or the wait at hand. */
  #onEnd(cancel: Cancel): void {
    this.#cancels ??= []
    this.#cancels.push(cancel)
  }

  #clearTimers(): void {
    if (this.#cancels === null) return
    for (const cancel of this.#cancels) cancel()
    this.#cancels = null
  }
}
