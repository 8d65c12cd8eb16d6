// Steps that wait until what came before them is durable, as a chain: the gates rise with time, so the first of the chain is the first to open.
import type { StepRun } from './step-run.ts'

/** The gate of one run. */
export class StepGate {
  #first: StepRun | null = null
  #last: StepRun | null = null

  get isEmpty(): boolean {
    return this.#first === null
  }

  add(step: StepRun): void {
    if (this.#first === null) this.#first = step
    else if (this.#last !== null) this.#last.nextGated = step
    this.#last = step
  }

  /** The next step that may begin now that all is durable up to a seq; null when there is none. */
  take(durableSeq: number): StepRun | null {
    const step = this.#first
    if (step === null || step.gate > durableSeq) return null
    this.#first = step.nextGated
    step.nextGated = null
    return step
  }

  clear(): void {
    this.#first = null
  }
}
