// An operation on children that is open in a run in memory: one that is started, or waited for, or many, or a page of their results. How it goes on is
// run-children.ts and child-fan.ts.
import { NEVER } from '../model/run.ts'
import type { Cancel, Clock } from '../shared/clock.ts'
import type { Operation } from '../workflow/contract.ts'

export type ChildOperation = Extract<Operation, { kind: 'child' | 'spawn' | 'children' | 'page' }>

/** An operation on children that has no answer yet. */
export class ChildWait {
  readonly operation: ChildOperation
  /** When it was asked for, milliseconds since 1970. */
  since = 0
  /** Something of it is under way: the run stays in memory. */
  isBusy = true
  /** Nothing of it is on its way: in a pause the run need not stay in memory for it. */
  isHeld = false
  #isGivenUp = false
  #stays = true
  readonly #clock: Clock
  #idle: Cancel | null = null

  constructor(operation: ChildOperation, clock: Clock) {
    this.operation = operation
    this.#clock = clock
  }

  get path(): string {
    return this.operation.path
  }

  get isGivenUp(): boolean {
    return this.#isGivenUp
  }

  /** When it goes on by itself; null while something is under way, and, outside of a pause, while an end may come soon. */
  wakeAt(isPaused: boolean): number | null {
    if (isPaused && this.isHeld) return NEVER
    return this.isBusy || (!isPaused && this.#stays) ? null : NEVER
  }

  /** Keeps the run in memory for `ms` from now on, then calls. */
  stay(ms: number, call: () => void): void {
    this.#idle?.()
    this.#stays = true
    if (!Number.isFinite(ms)) return
    this.#idle = this.#clock.timer(ms, () => {
      this.#stays = false
      call()
    })
  }

  /** Gives the operation up, or ends it. */
  abort(): void {
    this.#isGivenUp = true
    this.#idle?.()
  }
}
