// The first turns of a run that was entered again: recorded answers go back to its source before anything new begins. What comes after
// the last of them is decided here too: the undoing goes on, an end that was put off is made, or what has no answer yet is begun.
import type { WumboError } from '../errors.ts'
import type { Operation, Outcome, Source } from '../workflow/contract.ts'
import { redo } from './function-updates.ts'
import type { AskedStep } from './mismatch.ts'
import type { History, Known, Replay } from './replay.ts'
import type { EventBody } from './run-host.ts'
import type { RunUndo } from './run-undo.ts'

/** The run, as its replay needs it. */
export interface ReplayedRun {
  readonly live: boolean
  readonly known: Pick<Known, 'inherited'>
  readonly undo: RunUndo | null
  readonly source: Source
  /** The replay that goes on at this moment; an end or the undoing may put another in its place. */
  readonly replay: RunReplay | null
  /** Its source takes all answers in one turn. */
  readonly isSynchronous: boolean
  deliver(path: string, outcome: Outcome): void
  /** Begins what has no recorded answer. */
  startAsked(operation: Operation): void
  park(error: WumboError): void
  emit(event: EventBody): void
  queueTurn(): void
  /** What was recorded cannot be read. */
  broken(thrown: unknown): void
  /** What is recorded has been delivered, or will not be. */
  forgetReplay(): void
}

/** The replay of one run. */
export class RunReplay {
  readonly #run: ReplayedRun
  readonly #replay: Replay
  #putOff: (() => void) | null = null

  constructor(run: ReplayedRun, replay: Replay) {
    this.#run = run
    this.#replay = replay
  }

  get records(): History['records'] {
    return this.#replay.records
  }

  hasRecorded(path: string): boolean {
    return this.#replay.hasRecorded(path)
  }

  /** The source asks for something; it is compared with its record. */
  asked(operation: Operation, step: AskedStep | null): void {
    this.#replay.asked(operation, step)
  }

  /** Nobody waits for an operation any more. */
  drop(path: string): void {
    this.#replay.drop(path)
  }

  /** What was asked for is not wanted any more. */
  giveUp(paths: readonly string[]): void {
    this.#replay.giveUp(paths)
  }

  /** Makes an end once all recorded answers are delivered, since steps may have to be undone; the first one counts. */
  putOff(end: () => void): void {
    this.#putOff ??= end
  }

  /** Delivers recorded answers: all of them to a synchronous source, one to a function. True when the run goes on. */
  turn(): boolean {
    const run = this.#run
    for (;;) {
      const step = this.#replay.next()
      if (step.kind === 'done') return this.#goOn()
      if (step.kind === 'later') {
        step.ready.then(() => { if (run.replay === this) run.queueTurn() }, (thrown: unknown) => run.broken(thrown))
        return false
      }
      const error = step.kind === 'mismatch' ? step.error : step.kind === 'update' ? redo(run.source.updates, step.record, step.given) : null
      if (error !== null) {
        run.park(error)
        return false
      }
      if (step.kind === 'answer') run.deliver(step.path, step.outcome)
      if (!run.live) return false
      if (run.replay !== this || !run.isSynchronous) return true
    }
  }

  #goOn(): boolean {
    const run = this.#run
    this.leave()
    const { undo } = run
    if (undo?.isActive !== true) run.emit({ type: 'run.resumed', recorded: this.#replay.length })
    if (undo?.isAwaited === true) undo.goOn()
    else if (this.#putOff !== null) this.#putOff()
    else for (const operation of this.#replay.unanswered) if (run.live) run.startAsked(operation)
    return run.live
  }

  /** Ends the replay, delivered to its end or not. */
  leave(): void {
    this.#run.undo?.saga.learn(this.records.filter(({ record }) => record.gen > 1 || record.seq > this.#run.known.inherited))
    this.#run.forgetReplay()
  }

  /** Parks the run when something is recorded that was never asked for. */
  parkUnasked(): boolean {
    const unasked = this.#replay.unasked()
    if (unasked !== null) this.#run.park(unasked)
    return unasked !== null
  }
}
