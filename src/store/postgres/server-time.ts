// The server's time as this process knows it: the last that the server told, carried on by the monotonic clock. Workers on machines whose
// clocks differ agree by it on what is due. It is never ahead: what a worker says it began is not younger than what the server dates after it.
import { carriedOn } from '../server-time.ts'

/** The monotonic clock in milliseconds: the same in all threads of a process. */
function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000
}

/** How far the server's time is from the monotonic clock, from a time that has just come. The way here makes it too small, never too large. */
export function offsetOf(serverMs: number): number {
  return serverMs - monotonicMs()
}

/** What a process knows of the server's time. */
export class ServerTime {
  #offsetMs = 0
  #learnedAt = 0

  constructor(serverMs: number) {
    this.learn(offsetOf(serverMs))
  }

  learn(offsetMs: number): void {
    this.#offsetMs = offsetMs
    this.#learnedAt = monotonicMs()
  }

  /** Milliseconds since 1970. */
  now(): number {
    return carriedOn({ told: this.#offsetMs + this.#learnedAt, since: monotonicMs() - this.#learnedAt })
  }
}
