// Probation: runs whose process died are entered again a few at a time, more as they prove harmless, and each step of theirs is noted before
// its body begins. Whoever had such a note open at a death goes after the others; with two of them a run is a suspect: suspects go last,
// one at a time, and after three deaths when it was alone the run is set aside. So one run that kills its process takes no thousand others along, and
// none is set aside for what another did.
import type { Cancel, Clock } from '../shared/clock.ts'

/** Runs in probation at a time, to begin with and at most. */
const FIRST = 8
const MOST = 1024
/** A run that has lived so long keeps nobody waiting, in milliseconds. */
const PATIENCE_MS = 500
/** Deaths that make a run a suspect. */
const SUSPECT_DEATHS = 2
/** Deaths during one step, with no other run in probation, after which a run is set aside. */
export const BLAMED_DEATHS = 3

/** One run in probation. */
export interface Probationer {
  /** Deaths that it may be to blame for. */
  readonly blame: number
  /** `isAlone`: no other is in probation beside it. */
  enter(isAlone: boolean): void
}

/** Lets runs in. */
export class Probation {
  readonly #clock: Clock
  readonly #waiting: Probationer[] = []
  readonly #suspects: Probationer[] = []
  readonly #inside = new Map<Probationer, Cancel>()
  #most = FIRST

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Enters a run when it is its turn. */
  admit(run: Probationer): void {
    const queue = run.blame < SUSPECT_DEATHS ? this.#waiting : this.#suspects
    // The least suspicious first.
    const at = (queue.at(-1)?.blame ?? 0) <= run.blame ? -1 : queue.findIndex(({ blame }) => blame > run.blame)
    queue.splice(at < 0 ? queue.length : at, 0, run)
    this.#next()
  }

  /** A run has proven harmless, or is gone. */
  discharge(run: Probationer): void {
    const cancel = this.#inside.get(run)
    if (cancel === undefined) return
    cancel()
    this.#inside.delete(run)
    this.#most = Math.min(MOST, this.#most * 2)
    this.#next()
  }

  /** Nobody is let in any more: the process has lost its lane. */
  clear(): void {
    for (const cancel of this.#inside.values()) cancel()
    this.#inside.clear()
    this.#waiting.length = 0
    this.#suspects.length = 0
    this.#most = FIRST
  }

  #next(): void {
    while (this.#waiting.length > 0 && this.#inside.size < this.#most) this.#enter(this.#waiting.shift(), false)
    if (this.#waiting.length === 0 && this.#inside.size === 0) this.#enter(this.#suspects.shift(), true)
  }

  #enter(run: Probationer | undefined, isAlone: boolean): void {
    if (run === undefined) return
    this.#inside.set(run, this.#clock.timer(PATIENCE_MS, () => this.discharge(run)))
    run.enter(isAlone)
  }
}
