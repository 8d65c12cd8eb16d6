// One run in memory, owned by this process: it opens what its source asks for and delivers the answers in the order of the
// journal, one at a time. Records are run-records.ts, the way out is run-exit.ts, a single step is step-run.ts.
import { AbortedError, RunTimeoutError, WumboError, errorData, errorFromData, type ErrorData } from '../errors.ts'
import type { JournalRecord } from '../model/record.ts'
import type { Mail, RunRow } from '../model/run.ts'
import type { Cancel } from '../shared/clock.ts'
import type { AnyWorkflow, OnCancel, Operation, Outcome, Source, SourceHost } from '../workflow/contract.ts'
import { noteCleanUp, type CleanUp } from './clean-up.ts'
import type { CompensationSource } from './compensation-source.ts'
import { MailWait } from './mail-wait.ts'
import { dropOperation } from './drop-operation.ts'
import { openOperation } from './open-operation.ts'
import { OpenOperations, type Open } from './open-operations.ts'
import { type Known, NOTHING, Replay, knownOf } from './replay.ts'
import { isPast, recordPatch } from './patches.ts'
import { RunExit, endOf, lost, type End, type LeavingRun } from './run-exit.ts'
import { departureEvent, type Departure, type EventBody, type RunHost } from './run-host.ts'
import { cancel, endingOf, timedOut, type CleanedRun, type RunEnding } from './run-clean-up.ts'
import { ChildWait } from './child-wait.ts'
import { RunChildren } from './run-children.ts'
import { RunInbox, type InboxRun } from './run-inbox.ts'
import { continueRun, nextInput } from './run-continue.ts'
import { RunJournal } from './run-journal.ts'
import { restOf } from './run-rest.ts'
import { RunReplay, type ReplayedRun } from './run-replay.ts'
import { NO_PAUSE, RunPause } from './run-pause.ts'
import { recordAtOnce } from './run-records.ts'
import { RunUndo, type UndoneRun } from './run-undo.ts'
import { admitStep, beginStep, startTimer, type Trial } from './run-waits.ts'
import type { Entering } from './takeover.ts'
import type { StepHost } from './step-host.ts'
import { StepRun } from './step-run.ts'
import { StepListener, tellRecord, type ListenedRun } from './step-listener.ts'
import { isCompensable } from './compensable.ts'
import type { Undoing } from './saga.ts'
import { TimerWait } from './timer-wait.ts'
import type { TurnTaker } from './turns.ts'

/** A run that this process owns and has in memory. */
export class HotRun implements SourceHost, TurnTaker, ListenedRun, LeavingRun, InboxRun, UndoneRun, ReplayedRun, CleanedRun {
  readonly row: RunRow
  readonly journal: RunJournal
  readonly #host: RunHost
  source: Source
  readonly #workflow: AnyWorkflow
  readonly #onCancel: OnCancel | undefined
  readonly cleanUp: CleanUp | null
  readonly #steps: StepHost<StepRun>
  readonly exit: RunExit
  readonly #open = new OpenOperations()
  readonly known: Known
  /** Set while the run is in probation: until its first record, or until it leaves. */
  trial: Trial | null
  #replay: RunReplay | null
  #phase: 'live' | 'leaving' | 'gone' = 'live'
  #turnQueued = false
  #deadline: Cancel | null = null
  /** Why no body begins: the process stops, or somebody asked for another version, and the run is looked at anew once none is at work. */
  #holdsBack: 'to stop' | 'to move' | null = null
  /** Set from the first step on that can be undone. */
  #undo: RunUndo | null = null
  /** Set from the first wait or mail on. */
  #inbox: RunInbox | null = null
  /** Set from the first child on. */
  #children: RunChildren | null = null
  pause: RunPause

  constructor({ row, history, trial, workflow, paused, cleanUp }: Omit<Entering, 'input'>, source: Source, host: RunHost) {
    this.trial = trial
    this.pause = paused ? new RunPause(true) : NO_PAUSE
    this.row = row
    this.cleanUp = cleanUp
    this.#host = host
    this.source = source
    this.#workflow = workflow
    // A function's clean-up stands in the place of compensations: see cancel below.
    this.#onCancel = cleanUp === null || workflow.form === 'graph' ? workflow.onCancel : 'leave'
    // What a graph asks for before it is cut must not begin, whether or not anything is recorded.
    this.#replay = history === null || (history.records.length === 0 && history.undoing === null && (workflow.form === 'function' || cleanUp?.when !== 'now')) ? null : new RunReplay(this, new Replay(history))
    this.known = history === null ? NOTHING : knownOf(history)
    this.journal = new RunJournal(this, host, history?.lastSeq ?? 0)
    this.#steps = new StepListener(this, host)
    this.exit = new RunExit(this, host)
    if (history !== null && history.undoing !== null) this.#undo = new RunUndo(this, host, { onCancel: this.#onCancel, recorded: history.undoing })
  }

  get live(): boolean {
    return this.#phase === 'live'
  }

  /** The number of the last mail that this process knows of. */
  get inboxSeen(): number {
    return this.exit.inboxSeen
  }

  get isClosing(): boolean {
    return this.#undo?.isClosing === true
  }

  get undo(): RunUndo | null {
    return this.#undo
  }

  get replay(): RunReplay | null {
    return this.#replay
  }

  get isSynchronous(): boolean {
    return this.source.synchronous
  }

  get replaying(): boolean {
    return this.#replay !== null
  }

  get computing(): number {
    return this.#open.computing
  }

  /** Enters the source. Call once. */
  begin(input: unknown): void {
    const { clock } = this.#host.deps
    const { deadline } = this.row
    if (deadline !== null && this.#undo === null) {
      this.#deadline = clock.timer(Math.max(0, deadline - clock.now()), () => timedOut(this))
    }
    noteCleanUp(this, this.cleanUp, clock.now(), () => this.#enter(input))
  }

  #enter(input: unknown): void {
    if (!this.live) return
    this.source.begin(input, this)
    if (this.#replay !== null) this.queueTurn()
  }

  open(operation: Operation): void {
    if (this.live && this.#undo?.isActive !== true) this.openOwn(operation)
  }

  /** Opens what the workflow, or the undoing in its place, asks for. */
  openOwn(operation: Operation): void {
    if (!this.live) return
    const open = openOperation(operation, this.#steps, this.#host.deps.clock)
    this.#open.set(operation.path, open)
    if (open instanceof StepRun && (this.#undo?.isActive === true || isCompensable(open.operation))) (this.#undo ??= new RunUndo(this, this.#host, { onCancel: this.#onCancel })).asked(open)
    if (this.#replay !== null) this.#replay.asked(operation, open instanceof StepRun ? open : null)
    else this.#start(operation, open)
  }

  drop(path: string): void {
    if (this.live && this.#undo?.isActive !== true) dropOperation(path, { open: this.#open, replay: this.#replay, inbox: this.#inbox, children: () => this.#openChildren() })
  }

  complete(output: unknown): void {
    this.end(endingOf(this.cleanUp, { status: 'completed', output, error: null }))
  }

  continueAsNew(input: unknown): void {
    if (!this.live || this.#undo?.isActive === true || this.#replay?.parkUnasked() === true) return
    nextInput(this.#workflow, input, this.#host).then((payload) => {
      if (!this.live) return
      this.stopAll(() => new AbortedError('the run has continued as new'))
      continueRun(this, this.#host, { input: payload, open: this.#inbox?.openNumbers ?? new Set() })
    }, (thrown: unknown) => this.fail(thrown))
  }

  fail(error: unknown): void {
    this.end(endingOf(this.cleanUp, { status: 'failed', output: undefined, error }, this.#workflow.form))
  }

  giveUp(paths: readonly string[]): void {
    for (const path of paths) this.#open.delete(path)
    this.#replay?.giveUp(paths)
  }

  /** Mail that the store has accepted for this run. */
  onMail(mail: Mail): void {
    this.exit.inboxSeen = Math.max(this.exit.inboxSeen, mail.number)
    if (!this.live) return
    if (mail.kind === 'cancel') cancel(this, mail.number)
    else if (mail.kind === 'migrate') this.#moveOn()
    else if (mail.kind === 'child') this.#openChildren().take(mail)
    else this.#openInbox().take(mail)
  }

  #openChildren(): RunChildren {
    return (this.#children ??= new RunChildren(this, this.#host))
  }

  closeChildren(then: () => void): void {
    if (this.#children === null && this.known.children.size === 0) then()
    else this.#openChildren().close(then)
  }

  #moveOn(): void {
    this.#holdsBack = 'to move'
    if (!this.live || this.#open.isAtWork) return
    this.stopAll(() => new AbortedError('the run may go on with another version'))
    this.exit.moveOn()
  }

  #openInbox(): RunInbox {
    return (this.#inbox ??= new RunInbox(this, this.#host))
  }

  /** Begins no new bodies from now on; the engine watches `computing`. */
  drain(): void {
    this.#holdsBack = 'to stop'
  }

  /** Gives the run back: the next claim goes on with it at once. */
  handBack(): void {
    if (this.live) this.#giveUp('waiting', null, null)
  }

  /** Parks the run for a reason that a person must mend. */
  park(error: WumboError): void {
    if (this.live) this.#giveUp('parked', null, error)
  }

  /** The lane is gone: nothing may be written any more. */
  lose(error: WumboError): void {
    this.leave({ how: 'lost', error })
  }

  /** Resets the heartbeat of one attempt, or of all steps that are open. */
  beat(path?: string, attempt?: number): void {
    this.#open.beat(path, attempt)
  }

  emit(event: EventBody): void {
    const { observers, clock } = this.#host.deps
    if (observers.size > 0) this.#host.emit({ run: this.row.run, workflow: this.row.workflow, at: clock.now(), ...event })
  }

  turn(): boolean {
    this.#turnQueued = false
    if (!this.live || this.#replay?.turn() === false) return false
    if (this.#replay === null) {
      const isAtRest = this.#open.isDelivered
      do {
        const answer = this.#open.nextAnswer()
        if (answer !== null) this.deliver(answer.path, answer.outcome)
      } while (this.source.synchronous && this.live && !this.#open.isDelivered)
      if (this.#open.isDelivered && this.#inbox?.updates.turn(isAtRest) !== true) {
        if (this.#open.size > 0 && this.#open.nextDue(this.#latest, this.pause.isOn) !== null) this.considerLeavingSoon()
        return false
      }
    }
    if (!this.live || this.#turnQueued) return false
    this.#turnQueued = true
    return true
  }

  forgetReplay(): void {
    this.#replay = null
  }

  queueTurn(): void {
    if (this.#turnQueued) return
    this.#turnQueued = true
    this.#host.turns.add(this)
  }

  /** Queues an answer; answers stand in the order of the journal. */
  answer(path: string, outcome: Outcome): void {
    if (this.#holdsBack === 'to move') this.considerLeavingSoon()
    if (this.#undo !== null) {
      this.#undo.answered(path, outcome)
      if (this.#undo.isClosing) {
        this.#open.delete(path)
        if (this.#open.size === 0) this.#undo.closed()
        return
      }
    }
    this.#open.queue(path, outcome)
    this.queueTurn()
  }

  deliver(path: string, outcome: Outcome): void {
    this.#open.delete(path)
    this.source.deliver(path, outcome)
  }

  startAsked(operation: Operation): void {
    if (operation.kind === 'value' && operation.of === 'patch') recordPatch(this, this.#host, { path: operation.path, isPast: isPast(this, (path) => this.#open.get(path) !== undefined) })
    else this.#start(operation, this.#open.get(operation.path) ?? null)
  }

  #start(operation: Operation, open: Open): void {
    if (this.#inbox?.updates.goesFirst(operation, () => { if (this.#open.get(operation.path) === open) this.#start(operation, open) }) === true) return
    if (open instanceof MailWait) this.#openInbox().open(open)
    else if (open instanceof ChildWait) this.#openChildren().open(open)
    else if (operation.kind === 'step') {
      if (open instanceof StepRun) this.#startStep(open)
    } else if (operation.kind === 'timer') {
      if (open instanceof TimerWait) startTimer(this, this.#host, open)
    } else {
      recordAtOnce(this, this.#host, operation)
    }
  }

  #startStep(step: StepRun): void {
    if (!admitStep(this, this.#host, step, this.#steps)) return
    if (step.level === 'pure' || this.journal.durableSeq >= step.gate) this.#beginStep(step)
    else this.#open.gate(step)
  }

  #beginStep(step: StepRun): void {
    if (this.#holdsBack !== null || !this.live) return
    if (this.pause.isOn) {
      step.hold(() => this.#beginStep(step), this.pause)
      this.considerLeavingSoon()
      return
    }
    beginStep(this, this.#host, step)
  }

  /** A record is durable, or why it is not. */
  recorded(record: JournalRecord, error: Error | undefined): void {
    if (error !== undefined) {
      this.broken(error)
      return
    }
    if (this.#host.deps.observers.size > 0) tellRecord(this, record)
    if (record.kind === 'update') this.#host.updates.tell(record.run)
    this.#discharge()
    while (this.live) {
      const step = this.#open.nextUngated(this.journal.durableSeq)
      if (step === null) return
      this.#beginStep(step)
    }
  }

  #discharge(): void {
    this.trial?.discharge()
    this.trial = null
  }

  end(ending: RunEnding): void {
    const { status, output, error, consumed } = ending
    if (!this.live || this.#undo?.isActive === true) return
    const isOutside = status === 'cancelled' || error instanceof RunTimeoutError || this.cleanUp?.when === 'now'
    if (isOutside && this.known.isCompensable && this.#replay !== null) {
      this.#replay.putOff(() => this.end(ending))
      return
    }
    if (!isOutside && this.#replay?.parkUnasked() === true) return
    if (this.#undo !== null && this.#replay !== null) {
      this.#replay.leave()
      if (this.#undo.isAwaited) {
        this.#undo.goOn()
        return
      }
    }
    const end = endOf(status, output, error)
    if (this.#undo?.takes(end.status) === true) {
      this.#undo.close({ status: end.status, error: end.error, consumed })
      return
    }
    this.stopAll(() => (error instanceof WumboError ? error : new AbortedError('the run has ended')))
    this.exit.end(end)
  }

  /** Stops the workflow, so that its steps can be undone; those that can be and are at work go on. */
  halt(reason: ErrorData | null): number {
    this.#deadline?.()
    const heard = reason === null ? new AbortedError('the workflow has ended') : errorFromData(reason)
    this.source.abandon?.(() => heard)
    this.closeChildren(() => undefined)
    return this.#open.abortOthers(heard, ({ path }) => this.#undo?.saga.get(path) !== undefined)
  }

  /** Puts the undoing in the workflow's place. */
  drive(source: CompensationSource, records: Undoing['records']): void {
    this.source = source
    this.#replay = records.length === 0 ? null : new RunReplay(this, new Replay({ records, loose: this.known.loose }))
    this.emit({ type: 'run.compensating' })
    source.begin()
    if (this.#replay !== null) this.queueTurn()
  }

  /** Ends the run once all is undone. */
  finish(end: End): void {
    if (!this.live || this.#replay?.parkUnasked() === true) return
    this.stopAll(() => new AbortedError('the run has ended'))
    this.exit.finish(end)
  }

  /** Why the run is parked when its end cannot be written; null when it may fail. */
  refusal(thrown: unknown): WumboError | null {
    return this.#undo?.mustNotFail === true ? this.#undo.refusal(thrown) : null
  }

  #giveUp(status: 'waiting' | 'paused' | 'parked', wakeAt: number | null, reason: WumboError | null): void {
    this.stopAll(() => reason ?? new AbortedError('the run leaves memory'))
    this.exit.giveUp(status, wakeAt, reason === null ? null : errorData(reason))
  }

  /** Looks again, once the source has come to rest, whether the run may leave memory. */
  considerLeavingSoon(): void {
    this.#host.deps.clock.defer(() => this.considerLeaving())
  }

  /** Leaves memory when nothing computes, nothing waits for delivery, and the next thing to happen is far. */
  considerLeaving(): void {
    if (this.#holdsBack === 'to move') this.#moveOn()
    if (!this.live || this.#replay !== null) return
    const { clock, limits } = this.#host.deps
    const rest = restOf({ open: this.#open, inbox: this.#inbox, pause: this.pause, deadline: this.#latest }, clock, limits)
    if (rest === null) return
    this.#inbox?.leave()
    this.#giveUp(rest.status, rest.wakeAt, null)
  }

  /** When it must have ended. */
  get #latest(): number {
    return (this.#undo?.isActive === true ? null : this.row.deadline) ?? Number.POSITIVE_INFINITY
  }

  /** The store refused a row of this run, or is gone. The run fails if it can still be written, else it is lost to this process. */
  broken(thrown: unknown): void {
    if (!this.live) return
    this.journal.abandon()
    if (this.#host.usable() && this.#undo?.mustNotFail === true) this.park(this.#undo.refusal(thrown))
    else if (this.#host.usable()) this.end({ status: 'failed', output: undefined, error: thrown })
    else this.leave(lost(thrown))
  }

  /** Gives up all that is open. The reason is made only if somebody hears it: an error with its stack is dear. */
  stopAll(reason: () => WumboError): void {
    this.#phase = 'leaving'
    this.#deadline?.()
    if (this.#open.size > 0) this.#open.abort(reason())
    this.source.abandon?.(reason)
  }

  /** The way out has been gone. */
  leave(departure: Departure): void {
    if (this.#phase === 'gone') return
    if (this.live) this.stopAll(() => (departure.how === 'lost' ? departure.error : new AbortedError('the run leaves memory')))
    this.#phase = 'gone'
    this.journal.close()
    this.#discharge()
    this.#host.departed(this.row.run, departure)
    const event = departureEvent(departure)
    if (event !== null) this.emit(event)
  }
}
