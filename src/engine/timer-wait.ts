// A durable timer that is open in a run in memory. It fires when the clock says so, never before its due time.
import type { Cancel, Clock } from '../shared/clock.ts'
import type { Operation } from '../workflow/contract.ts'

/** A timer that was asked for and has not fired. */
export class TimerWait {
  readonly path: string
  readonly ms: number
  readonly until: number | undefined
  readonly reads: readonly string[] | null
  /** Milliseconds since 1970; null until the due time is durable. */
  due: number | null = null
  readonly #clock: Clock
  #cancel: Cancel | null = null
  #isGivenUp = false

  constructor(operation: Extract<Operation, { kind: 'timer' }>, clock: Clock) {
    this.path = operation.path
    this.ms = operation.ms
    this.until = operation.until
    this.reads = operation.reads ?? null
    this.#clock = clock
  }

  /** When it fires, milliseconds since 1970; null until that is durable. */
  wakeAt(): number | null {
    return this.due
  }

  /** Calls `fire` once the wall clock has reached `due`. */
  arm(due: number, fire: () => void): void {
    if (this.#isGivenUp) return
    this.due = due
    const left = due - this.#clock.now()
    if (left > 0) {
      this.#cancel = this.#clock.timer(left, () => this.arm(due, fire))
    } else {
      this.due = null
      fire()
    }
  }

  /** Gives the timer up. */
  abort(): void {
    this.#isGivenUp = true
    this.#cancel?.()
  }
}
