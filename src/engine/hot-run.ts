// One run in memory, owned by this process: it opens what its source asks for and delivers the answers in the order of the
// journal, one at a time. Records are run-records.ts, the way out is run-exit.ts, a single step is step-run.ts.
import { AbortedError, RunTimeoutError, WumboError, errorData } from '../errors.ts'
import type { JournalRecord, Mark } from '../model/record.ts'
import { NEVER } from '../model/run.ts'
import type { EndStatus, Mail, RunRow } from '../model/run.ts'
import { defaultCodec } from '../shared/codec.ts'
import type { Snapshot } from '../shared/codec.ts'
import type { Cancel } from '../shared/clock.ts'
import { SmallMap } from '../shared/small-map.ts'
import type { Operation, Outcome, Source, SourceHost } from '../workflow/contract.ts'
import { MailWait } from './mail-wait.ts'
import { AnswerQueue } from './answer-queue.ts'
import { cancelled } from './clean-up.ts'
import type { CleanUp } from './clean-up.ts'
import { Replay } from './replay.ts'
import { RunExit, departureEvent, lost } from './run-exit.ts'
import type { LeavingRun } from './run-exit.ts'
import type { Departure, EventBody, RunHost } from './run-host.ts'
import { RunJournal } from './run-journal.ts'
import { openOperation } from './open-operation.ts'
import type { Open } from './open-operation.ts'
import { nextDue } from './run-idle.ts'
import { NO_PAUSE, RunPause } from './run-pause.ts'
import { RunInbox } from './run-inbox.ts'
import { recordDecision, recordRequest, recordReused, recordValue } from './run-records.ts'
import { beginStep, startTimer } from './run-waits.ts'
import type { Entering } from './takeover.ts'
import type { Trial, WaitingRun } from './run-waits.ts'
import { cancelPath } from '../workflow/waiting.ts'
import { StepGate } from './step-gate.ts'
import { StepRun } from './step-run.ts'
import type { StepHost } from './step-run.ts'
import { StepListener, tellRecord } from './step-listener.ts'
import type { ListenedRun } from './step-listener.ts'
import { TimerWait } from './timer-wait.ts'
import type { TurnTaker } from './turns.ts'

/** A run that this process owns and has in memory. */
export class HotRun implements SourceHost, TurnTaker, ListenedRun, LeavingRun, WaitingRun {
  readonly row: RunRow
  readonly journal: RunJournal
  readonly #host: RunHost
  readonly #source: Source
  readonly #steps: StepHost
  readonly #exit: RunExit
  readonly #open = new SmallMap<Open>()
  readonly marks: ReadonlyMap<string, Mark>
  readonly deadlines: ReadonlyMap<string, number>
  readonly #loose: ReadonlyMap<string, JournalRecord>
  /** Set while the run is in probation: until its first record, or until it leaves. */
  trial: Trial | null
  readonly #answers = new AnswerQueue()
  readonly #gate = new StepGate()
  #replay: Replay | null
  #phase: 'live' | 'leaving' | 'gone' = 'live'
  #turnQueued = false
  #deadline: Cancel | null = null
  #draining = false
  #inbox: RunInbox | null = null
  pause: RunPause

  readonly #cleanUp: CleanUp | null

  constructor({ row, history, trial, paused, cleanUp }: Omit<Entering, 'workflow' | 'input'>, source: Source, host: RunHost) {
    this.trial = trial
    this.pause = paused ? new RunPause(true) : NO_PAUSE
    this.row = row
    this.#cleanUp = cleanUp
    this.#host = host
    this.#source = source
    this.#replay = history === null || history.records.length === 0 ? null : new Replay(history)
    this.marks = history?.marks ?? NONE
    this.deadlines = history?.deadlines ?? NONE
    this.#loose = history?.loose ?? NONE
    this.journal = new RunJournal(this, host, history?.lastSeq ?? 0)
    this.#steps = new StepListener(this, host)
    this.#exit = new RunExit(this, host)
  }

  get live(): boolean {
    return this.#phase === 'live'
  }

  /** The number of the last mail that this process knows of. */
  get inboxSeen(): number {
    return this.#exit.inboxSeen
  }

  get replaying(): boolean {
    return this.#replay !== null
  }

  /** Steps whose bodies run at this moment. */
  get computing(): number {
    let count = 0
    for (const open of this.#open.values()) if (open instanceof StepRun && open.computing) count++
    return count
  }

  /** Enters the source. Call once. */
  begin(input: unknown): void {
    const { clock } = this.#host.deps
    const { deadline } = this.row
    if (deadline !== null) {
      this.#deadline = clock.timer(Math.max(0, deadline - clock.now()), () => {
        if (this.#cleanUp?.when === 'now') this.fail(new RunTimeoutError('it took longer than it may'))
        else this.#end('failed', undefined, new RunTimeoutError(`the run did not end within its timeout of ${deadline - this.row.createdAt} ms`))
      })
    }
    if (this.#cleanUp?.when === 'ahead' && !this.#cleanUp.isNoted) {
      this.journal.mark({ path: cancelPath, kind: 'clean-up', attempt: 1, at: clock.now(), due: null, error: null }, (_answer, error) => (error === undefined ? this.#enter(input) : this.broken(error)))
    } else this.#enter(input)
  }

  #enter(input: unknown): void {
    if (!this.live) return
    this.#source.begin(input, this)
    if (this.#replay !== null) this.#queueTurn()
  }

  open(operation: Operation): void {
    if (!this.live) return
    const open = openOperation(operation, this.#steps, this.#host.deps.clock)
    this.#open.set(operation.path, open)
    if (this.#replay !== null) this.#replay.asked(operation, open instanceof StepRun ? open : null)
    else this.#start(operation, open)
  }

  complete(output: unknown): void {
    if (this.#cleanUp?.when === 'now') this.#end('cancelled', undefined, cancelled())
    else this.#end('completed', output, null)
  }

  fail(error: unknown): void {
    if (this.#cleanUp?.when === 'now') this.#end('cancelled', undefined, cancelled(error))
    else this.#end('failed', undefined, error)
  }

  /** Mail that the store has accepted for this run. */
  onMail(mail: Mail): void {
    this.#exit.inboxSeen = Math.max(this.#exit.inboxSeen, mail.number)
    if (!this.live) return
    switch (mail.kind) {
      case 'cancel': this.#cancel(mail.number); return
      case 'pause': case 'resume': case 'unpark': this.#asked(mail); return
      default: this.#openInbox().take(mail)
    }
  }

  #cancel(mail: number): void {
    if (this.#cleanUp === null) this.#end('cancelled', undefined, cancelled(), mail)
    else if (this.#cleanUp.when === 'now') this.#exit.read(mail)
    else {
      this.#stopAll(() => cancelled())
      this.#exit.cleanUp(this.#cleanUp.timeoutMs, mail)
    }
  }

  #openInbox(): RunInbox {
    return (this.#inbox ??= new RunInbox(this, this.#host))
  }

  #asked({ kind, number }: Mail): void {
    this.#exit.read(number)
    const paused = kind === 'pause'
    // What came before the run was entered is known by then.
    if (kind === 'unpark' || number <= this.row.inboxCount || this.pause.isOn === paused) return
    this.emit({ type: paused ? 'run.paused' : 'run.unpaused' })
    if (this.pause === NO_PAUSE) this.pause = new RunPause(false)
    this.pause.turn(paused)
    if (paused) this.considerLeavingSoon()
  }

  /** Begins no new bodies from now on; the engine watches `computing`. */
  drain(): void {
    this.#draining = true
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
    for (const open of path === undefined ? this.#open.values() : [this.#open.get(path)]) if (open instanceof StepRun) open.beat(attempt)
  }

  emit(event: EventBody): void {
    const { observers, clock } = this.#host.deps
    if (observers.size > 0) this.#host.emit({ run: this.row.run, workflow: this.row.workflow, at: clock.now(), ...event })
  }

  turn(): boolean {
    this.#turnQueued = false
    if (!this.live) return false
    if (this.#replay !== null && !this.#replayTurn(this.#replay)) return false
    if (this.#replay === null) {
      do {
        const answer = this.#answers.take()
        if (answer !== null) this.#deliver(answer.path, answer.outcome)
      } while (this.#source.synchronous && this.live && !this.#answers.isEmpty)
      if (this.#answers.isEmpty) {
        if (this.#open.size > 0 && this.#nextDue() !== null) this.considerLeavingSoon()
        return false
      }
    }
    if (!this.live || this.#turnQueued) return false
    this.#turnQueued = true
    return true
  }

  /** Delivers recorded answers: all of them to a synchronous source, one to a function. True when the run goes on. */
  #replayTurn(replay: Replay): boolean {
    for (;;) {
      const step = replay.next()
      if (step.kind === 'mismatch') {
        this.park(step.error)
        return false
      }
      if (step.kind === 'done') break
      this.#deliver(step.path, step.outcome)
      if (!this.live) return false
      if (!this.#source.synchronous) return true
    }
    this.#replay = null
    this.emit({ type: 'run.resumed', recorded: replay.length })
    for (const operation of replay.unanswered) if (this.live) this.#start(operation, this.#open.get(operation.path) ?? null)
    return this.live
  }

  #queueTurn(): void {
    if (this.#turnQueued) return
    this.#turnQueued = true
    this.#host.turns.add(this)
  }

  /** Queues an answer; answers stand in the order of the journal. */
  answer(path: string, outcome: Outcome): void {
    this.#answers.add(path, outcome)
    this.#queueTurn()
  }

  #deliver(path: string, outcome: Outcome): void {
    this.#open.delete(path)
    this.#source.deliver(path, outcome)
  }

  #start(operation: Operation, open: Open): void {
    if (open instanceof MailWait) {
      this.#openInbox().open(open)
    } else if (operation.kind === 'step') {
      if (open instanceof StepRun) this.#startStep(open)
    } else if (operation.kind === 'timer') {
      if (open instanceof TimerWait) startTimer(this, this.#host, open)
    } else if (operation.kind === 'request') {
      recordRequest(this, this.#host, operation)
    } else if (operation.kind === 'value') {
      recordValue(this, this.#host, { path: operation.path, kind: 'value', value: this.#host.value(operation.of) })
    } else if (operation.kind === 'decision') {
      recordDecision(this, this.#host, operation)
    }
  }

  #startStep(step: StepRun): void {
    try {
      step.checkOptions()
      if (step.inputHash === '') step.encodeInput()
    } catch (thrown) {
      this.#steps.onFailure(step, errorData(thrown))
      return
    }
    const { name, version } = step.operation.template.meta
    const loose = this.#loose.get(step.path)
    if (loose !== undefined && loose.template === name && loose.templateVersion === version && loose.inputHash === step.inputHash) {
      recordReused(this, this.#host, step, loose)
      return
    }
    step.gate = this.journal.effectSeq
    if (step.level === 'pure' || this.journal.durableSeq >= step.gate) this.#beginStep(step)
    else this.#gate.add(step)
  }

  #beginStep(step: StepRun): void {
    if (this.#draining || !this.live) return
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
    this.#discharge()
    for (let step = this.#gate.take(this.journal.durableSeq); step !== null && this.live; step = this.#gate.take(this.journal.durableSeq)) this.#beginStep(step)
  }

  #discharge(): void {
    const { trial } = this
    this.trial = null
    trial?.discharge()
  }

  #end(status: EndStatus, output: unknown, error: unknown, consumed?: number): void {
    if (!this.live) return
    const unasked = status === 'cancelled' || error instanceof RunTimeoutError ? null : (this.#replay?.unasked() ?? null)
    if (unasked !== null) {
      this.park(unasked)
      return
    }
    this.#stopAll(() => (error instanceof WumboError ? error : new AbortedError('the run has ended')))
    let result: Snapshot | null = null
    let failure = status === 'completed' ? null : errorData(error)
    try {
      if (status === 'completed') result = defaultCodec.snapshot(output)
    } catch (thrown) {
      failure = errorData(thrown)
    }
    const final = failure !== null && status === 'completed' ? 'failed' : status
    this.#exit.settle({ status: final, payload: result?.payload ?? null, value: result?.value, error: failure }, consumed)
  }

  #giveUp(status: 'waiting' | 'paused' | 'parked', wakeAt: number | null, reason: WumboError | null): void {
    this.#stopAll(() => reason ?? new AbortedError('the run leaves memory'))
    this.#exit.giveUp(status, wakeAt, reason === null ? null : errorData(reason))
  }

  /** Looks again, once the source has come to rest, whether the run may leave memory. */
  considerLeavingSoon(): void {
    this.#host.deps.clock.defer(() => this.considerLeaving())
  }

  /** Leaves memory when nothing computes, nothing waits for delivery, and the next thing to happen is far. */
  considerLeaving(): void {
    if (!this.live || this.#replay !== null || this.#open.size === 0 || !this.#answers.isEmpty || !this.#gate.isEmpty || this.#inbox?.isBusy === true) return
    const { clock, limits } = this.#host.deps
    const next = this.#nextDue()
    if (next === null) return
    if (this.pause.isOn && Number.isFinite(limits.releaseAfterMs)) this.#giveUp('paused', null, null)
    else if (next - clock.now() > limits.releaseAfterMs) this.#giveUp('waiting', Math.min(next, NEVER), null)
  }

  #nextDue(): number | null {
    return nextDue(this.#open.values(), this.row.deadline, this.pause.isOn)
  }

  /** The store refused a row of this run, or is gone. The run fails if it can still be written, else it is lost to this process. */
  broken(thrown: unknown): void {
    if (!this.live) return
    this.journal.abandon()
    if (this.#host.usable()) this.#end('failed', undefined, thrown)
    else this.leave(lost(thrown))
  }

  /** Gives up all that is open. The reason is made only if somebody hears it: an error with its stack is dear. */
  #stopAll(reason: () => WumboError): void {
    this.#phase = 'leaving'
    this.#deadline?.()
    if (this.#open.size > 0) {
      const heard = reason()
      for (const open of this.#open.values()) open?.abort(heard)
      this.#open.clear()
      this.#gate.clear()
      this.#answers.clear()
    }
    this.#source.abandon?.(reason)
  }

  /** The way out has been gone. */
  leave(departure: Departure): void {
    if (this.#phase === 'gone') return
    if (this.live) this.#stopAll(() => (departure.how === 'lost' ? departure.error : new AbortedError('the run leaves memory')))
    this.#phase = 'gone'
    this.journal.abandon()
    this.#discharge()
    this.#host.departed(this.row.run, departure)
    const event = departureEvent(departure)
    if (event !== null) this.emit(event)
  }
}

const NONE: ReadonlyMap<string, never> = new Map<string, never>()
