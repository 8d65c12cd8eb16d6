// The steps of one run that can be undone, and the decision to undo them. The decision is a record of the journal, which divides it: what
// comes before is the workflow's, what comes after is the undoing's, which compensation-source.ts drives. A run without such steps has none
// of this.
import type { ErrorData, WumboError } from '../errors.ts'
import type { JournalRecord } from '../model/record.ts'
import type { EndStatus } from '../model/run.ts'
import type { Compensation } from '../template/compensation.ts'
import type { Outcome } from '../workflow/contract.ts'
import { isInDoubt } from './doubt.ts'
import type { StepRun } from './step-run.ts'

/** The decision to undo a run, as its record has it. */
export interface Decision {
  /** What the run ends as. */
  readonly status: EndStatus
  readonly error: ErrorData | null
  /** Steps that are to be settled first. */
  readonly doubts: readonly string[]
}

/** The part of a journal that comes after the decision. */
export interface Undoing {
  readonly decision: Decision
  readonly records: readonly { readonly record: JournalRecord; readonly output: unknown }[]
}

/** A step that can be undone. */
export interface Undoable {
  readonly step: StepRun
  readonly compensation: Compensation
  /** Its number in the journal; null while it has not completed. */
  seq: number | null
  output: unknown
  /** Its recorded failure does not tell whether it was done. */
  inDoubt: boolean
}

/** The steps of one run that can be undone, by path. */
export class Saga {
  readonly #steps = new Map<string, Undoable>()

  /** A step was asked for. */
  add(step: StepRun, compensation: Compensation): void {
    this.#steps.set(step.path, { step, compensation, seq: null, output: null, inDoubt: false })
  }

  get(path: string): Undoable | undefined {
    return this.#steps.get(path)
  }

  /** An operation has its record under this number. */
  answered(path: string, seq: number, outcome: Outcome): void {
    const step = this.#steps.get(path)
    if (step === undefined) return
    if (outcome.status === 'completed') {
      step.seq = seq
      step.output = outcome.output
    } else if (outcome.status === 'failed') {
      step.inDoubt = isInDoubt(causeOf(outcome.error))
    }
  }

  /** Recorded answers of an earlier process. */
  learn(records: Undoing['records']): void {
    for (const { record, output } of records) {
      const step = this.#steps.get(record.path)
      if (step === undefined) continue
      if (record.status === 'completed') Object.assign(step, { seq: record.seq, output })
      step.inDoubt = record.status === 'failed' && isInDoubt(record.error)
    }
  }

  /** The steps that have completed, in the order in which they did. */
  get completed(): readonly Undoable[] {
    return [...this.#steps.values()].filter(({ seq }) => seq !== null).sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0))
  }

  /** The steps of which it is not known whether they were done. Call it when nothing is at work any more. */
  get doubts(): readonly string[] {
    return [...this.#steps].filter(([, one]) => one.seq === null && (one.inDoubt || one.step.inDoubt)).map(([path]) => path)
  }

  /** True when a step has been done, may have been, or is at work. */
  get hasWork(): boolean {
    for (const { seq, inDoubt, step } of this.#steps.values()) if (seq !== null || inDoubt || step.isAtWork || step.inDoubt) return true
    return false
  }
}

function causeOf(error: WumboError): ErrorData | null {
  const { cause } = error
  return cause instanceof Error ? ({ details: (cause as Partial<WumboError>).details } as ErrorData) : null
}
