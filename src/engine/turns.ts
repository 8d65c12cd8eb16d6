// Whose turn it is: runs that have an answer to deliver queue here, and each gets one answer per turn, so that a durable
// function has come to rest before it hears the next one. That makes the order of answers the same live and on replay.
import type { Clock } from '../shared/clock.ts'

/** Something that takes turns. `turn` returns true when it needs another one. */
export interface TurnTaker {
  turn(): boolean
}

/** The queue of turns of one engine. */
export class Turns {
  readonly #clock: Clock
  #waiting: TurnTaker[] = []
  #scheduled = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Queues a turn. The caller sees to it that it is queued once. */
  add(taker: TurnTaker): void {
    this.#waiting.push(taker)
    if (this.#scheduled) return
    this.#scheduled = true
    this.#clock.defer(() => this.#all())
  }

  #all(): void {
    const round = this.#waiting
    this.#waiting = []
    this.#scheduled = false
    for (const taker of round) if (taker.turn()) this.add(taker)
  }
}
