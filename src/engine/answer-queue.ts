// Answers that wait for delivery, oldest first: a chain, since there is nearly always one.
import type { Outcome } from '../workflow/contract.ts'

/** One answer on its way to its source. */
export interface Answer {
  readonly path: string
  readonly outcome: Outcome
  next: Answer | null
}

/** The answers of one run. */
export class AnswerQueue {
  #first: Answer | null = null
  #last: Answer | null = null

  get isEmpty(): boolean {
    return this.#first === null
  }

  add(path: string, outcome: Outcome): void {
    const answer: Answer = { path, outcome, next: null }
    if (this.#first === null) this.#first = answer
    else if (this.#last !== null) this.#last.next = answer
    this.#last = answer
  }

  take(): Answer | null {
    const answer = this.#first
    if (answer !== null) this.#first = answer.next
    return answer
  }

  clear(): void {
    this.#first = null
  }
}
