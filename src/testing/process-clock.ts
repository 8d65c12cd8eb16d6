// The clock of one simulated process: dead once the process is, so that nothing which an abandoned engine still wants to
// do reaches the world.
import type { Cancel, Clock } from '../shared/clock.ts'
import type { VirtualTime } from './virtual-time.ts'

/** A view of virtual time that ends with its process. */
export class ProcessClock implements Clock {
  readonly #time: VirtualTime
  #alive = true

  constructor(time: VirtualTime) {
    this.#time = time
  }

  /** Ends the process: nothing is called back any more. */
  die(): void {
    this.#alive = false
  }

  now(): number {
    return this.#time.now()
  }

  monotonic(): number {
    return this.#time.monotonic()
  }

  timer(ms: number, fire: () => void): Cancel {
    return this.#alive ? this.#time.timer(ms, () => this.#call(fire)) : () => undefined
  }

  defer(run: () => void): void {
    if (this.#alive) this.#time.defer(() => this.#call(run))
  }

  #call(what: () => void): void {
    if (this.#alive) what()
  }
}
