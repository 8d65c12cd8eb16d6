// How one run is undone: it has failed or was cancelled, and steps of it have a compensation. First the steps that are at work come to their
// end, then the decision is recorded, then compensation-source.ts takes the workflow's place. The run makes one of these with its first
// step that can be undone; all others never have one.
import { errorData } from '../errors.ts'
import type { ErrorData, WumboError } from '../errors.ts'
import type { JournalRecord } from '../model/record.ts'
import type { EndStatus, RunRow } from '../model/run.ts'
import { defaultCodec } from '../shared/codec.ts'
import type { OnCancel, Operation, Outcome } from '../workflow/contract.ts'
import { CompensationSource, compensationFailed, withUndone } from './compensation-source.ts'
import type { History, Known } from './replay.ts'
import type { End } from './run-exit.ts'
import type { RunHost } from './run-host.ts'
import type { RunJournal } from './run-journal.ts'
import { compensationFor, isCompensable } from './compensable.ts'
import { Saga } from './saga.ts'
import type { Decision, Undoing } from './saga.ts'
import type { StepRun } from './step-run.ts'
import { DECISION } from './undo-paths.ts'

/** How the workflow came to its end. */
export interface Ending {
  readonly status: 'failed' | 'cancelled'
  readonly error: ErrorData | null
  /** The mail that made it end. */
  readonly consumed: number | undefined
}

/** The run, as its undoing needs it. */
export interface UndoneRun {
  readonly row: RunRow
  readonly journal: RunJournal
  readonly known: Pick<Known, 'begun'>
  readonly live: boolean
  /** Stops the workflow; steps that can be undone and are at work go on. Gives their number. */
  halt(reason: ErrorData | null): number
  /** Puts another source in the workflow's place, with what is recorded of it. */
  drive(source: CompensationSource, records: Undoing['records']): void
  openOwn(operation: Operation): void
  finish(end: End): void
  park(error: WumboError): void
}

/** The undoing of one run. */
export class RunUndo {
  readonly saga = new Saga()
  readonly #run: UndoneRun
  readonly #host: RunHost
  readonly #onCancel: OnCancel
  /** What an earlier process decided, until it goes on here. */
  #recorded: Undoing | null
  #ending: Ending | null = null
  #phase: 'none' | 'closing' | 'undoing' = 'none'

  constructor(run: UndoneRun, host: RunHost, { onCancel = 'compensate', recorded = null }: { readonly onCancel?: OnCancel | undefined; readonly recorded?: Undoing | null }) {
    this.#run = run
    this.#host = host
    this.#onCancel = onCancel
    this.#recorded = recorded
  }

  /** True once the workflow has come to its end here: nothing of it counts any more. */
  get isActive(): boolean {
    return this.#phase !== 'none'
  }

  /** Steps that were at work come to their end. */
  get isClosing(): boolean {
    return this.#phase === 'closing'
  }

  /** An earlier process decided to undo the run, and what came before that is still replayed. */
  get isAwaited(): boolean {
    return this.#recorded !== null
  }

  /** The run cannot be written or read any more, and there is, or may be, something to undo. */
  get mustNotFail(): boolean {
    return this.isActive || this.isAwaited || this.saga.hasWork
  }

  /** A step was asked for, by the workflow or by the undoing. */
  asked(step: StepRun): void {
    const earlier = this.#run.known.begun.get(step.path)
    step.tellsDoubt = true
    if (earlier !== undefined) {
      step.keyGen ??= earlier.gen
      step.inDoubt = step.level !== 'transaction' && earlier.inDoubt
    }
    if (!isCompensable(step.operation)) return
    step.needsNote = earlier === undefined
    try {
      const compensation = compensationFor(step.operation)
      if (compensation !== null) this.saga.add(step, compensation)
    } catch {
      // Its own options check fails the step with this before it begins.
    }
  }

  /** True when the run is not over with this end: it is undone first. */
  takes(status: EndStatus): status is 'failed' | 'cancelled' {
    return (status === 'failed' || (status === 'cancelled' && this.#onCancel === 'compensate')) && this.saga.hasWork
  }

  /** The workflow has ended so. */
  close(ending: Ending): void {
    this.#phase = 'closing'
    this.#ending = ending
    if (this.#run.halt(ending.error) === 0) this.#decide()
  }

  /** An operation has its record; `left`: how many steps are still at work. */
  answered(path: string, outcome: Outcome): void {
    this.saga.answered(path, this.#run.journal.seq, outcome)
  }

  /** No step is at work any more. */
  closed(): void {
    if (this.isClosing) this.#decide()
  }

  #decide(): void {
    const ending = this.#ending
    if (ending === null) return
    this.#run.journal.whenFree(() => {
      if (!this.#run.live || !this.isClosing) return
      const { status, error, consumed } = ending
      if (!this.saga.hasWork) {
        // What was at work has failed, and nothing else was done.
        this.#run.finish({ status, payload: null, value: undefined, error })
        return
      }
      const { row, journal } = this.#run
      const at = this.#host.deps.clock.now()
      const decision: Decision = { status, error, doubts: this.saga.doubts }
      journal.append(decisionRecord({ row, seq: journal.seq + 1, at }, decision))
      if (consumed !== undefined) this.#host.flusher.add({ op: 'consume', run: { space: row.space, run: row.run }, numbers: [consumed], at }, row.run, 0, null)
      this.#undo({ decision, records: [] })
    })
  }

  /** Goes on with what an earlier process decided; the workflow's part of the journal has been replayed. */
  goOn(): void {
    const recorded = this.#recorded
    if (recorded === null) return
    this.#recorded = null
    this.#run.halt(recorded.decision.error)
    const { status, error } = recorded.decision
    if (status === 'cancelled' && this.#onCancel === 'leave' && recorded.records.length === 0) {
      this.#phase = 'undoing'
      this.#run.finish({ status, payload: null, value: undefined, error })
    } else {
      this.#undo(recorded)
    }
  }

  #undo({ decision, records }: Undoing): void {
    this.#phase = 'undoing'
    const { status, error, doubts } = decision
    const source = new CompensationSource({ saga: this.saga, doubts, gen: this.#run.row.gen }, {
      open: (operation) => this.#run.openOwn(operation),
      undone: (paths) => this.#run.finish({ status, payload: null, value: undefined, error: error === null ? null : withUndone(error, paths) }),
      stuck: (failure) => this.#run.park(failure),
    })
    this.#run.drive(source, records)
  }

  /** Mail that asks to cancel a run that is being undone: it changes nothing, and is read. */
  read(number: number): void {
    const { space, run } = this.#run.row
    this.#host.flusher.add({ op: 'consume', run: { space, run }, numbers: [number], at: this.#host.deps.clock.now() }, run, 0, null)
  }

  /** Why a run whose end the store refuses is set aside: what it has done is not undone yet. */
  refusal(cause: unknown): WumboError {
    return compensationFailed(`the run cannot go on, and its steps are not undone: ${errorData(cause).message}`, { cause, left: this.saga.completed.map(({ step }) => step.path).reverse(), undone: [] })
  }
}

/** The record of a decision, under the next number of the journal. */
export function decisionRecord({ row, seq, at }: { readonly row: RunRow; readonly seq: number; readonly at: number }, { status, error, doubts }: Decision): JournalRecord {
  return {
    space: row.space, run: row.run, gen: row.gen, path: DECISION, seq, kind: 'choice', status: 'completed', level: 'effect', template: null, templateVersion: null,
    inputHash: null, input: null, output: defaultCodec.snapshot({ status, doubts }).payload, error, attempt: 0, startedAt: at, finishedAt: at, reads: null,
  }
}

/** Divides the records of a run at the decision to undo it. */
export function dividedAt(records: History['records']): { readonly before: History['records']; readonly undoing: Undoing | null } {
  const at = records.findIndex(({ record }) => record.path === DECISION)
  const found = records[at]
  if (found === undefined) return { before: records, undoing: null }
  const { status, doubts } = found.output as Pick<Decision, 'status' | 'doubts'>
  return { before: records.slice(0, at), undoing: { decision: { status, error: found.record.error, doubts }, records: records.slice(at + 1) } }
}
