// A wait for mail that is open in a run in memory. It is over when mail is matched to it (run-inbox.ts) or its time has come.
import { NEVER } from '../model/run.ts'
import type { Operation } from '../workflow/contract.ts'
import type { Cancel, Clock } from '../shared/clock.ts'

export type MailOperation = Extract<Operation, { kind: 'signal' | 'approval' | 'event' }>

/** A wait for a signal, a decision or an event that has not come. */
export class MailWait {
  readonly operation: MailOperation
  /** Milliseconds since 1970, NEVER for no bound; null until a bound is durable, and while mail is looked at for it. */
  due: number | null = null
  /** When it was asked for, milliseconds since 1970; the first time, also over restarts, when it has a bound. */
  since = 0
  /** Its run stays in memory for now: what it waits for may come soon. */
  #stays = true
  /** Mail is being looked at for it. */
  isBusy = false
  /** Its run goes on without it: it takes no mail. */
  isGivenUp = false
  readonly #clock: Clock
  /** The numbers of mail that it does not want. */
  readonly #passed = new Set<number>()
  #over: Cancel | null = null
  #idle: Cancel | null = null

  constructor(operation: MailOperation, clock: Clock) {
    this.operation = operation
    this.#clock = clock
  }

  get path(): string {
    return this.operation.path
  }

  /** Whether it wants this mail; `failed` is told once of one at which its condition fails, which it does not want either. */
  takes({ number, payload }: { readonly number: number; readonly payload: unknown }, failed: (thrown: unknown) => void): boolean {
    const { where } = this.operation
    if (where === undefined || where === null) return true
    if (this.#passed.has(number)) return false
    try {
      if (where(payload)) return true
    } catch (thrown) {
      failed(thrown)
    }
    this.#passed.add(number)
    return false
  }

  /** When it is over by itself; null while mail is looked at for it, and, outside of a pause, while something may come soon. */
  wakeAt(isPaused: boolean): number | null {
    return this.isBusy || (!isPaused && this.#stays) ? null : this.due
  }

  /** Calls `over` once the wall clock has reached `due`. */
  arm(due: number, over: () => void): void {
    this.due = due
    if (due >= NEVER) return
    const left = due - this.#clock.now()
    if (left > 0) this.#over = this.#clock.timer(left, () => this.arm(due, over))
    else over()
  }

  /** Keeps the run in memory for `ms`, then calls. */
  stay(ms: number, call: () => void): void {
    if (!Number.isFinite(ms)) return
    // Not by the wall clock, which may stand for a moment behind the timer.
    this.#idle = this.#clock.timer(ms, () => {
      this.#stays = false
      call()
    })
  }

  /** Gives the wait up, or ends it. */
  abort(): void {
    this.#over?.()
    this.#idle?.()
  }
}
