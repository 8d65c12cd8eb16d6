// The clock of one simulated process: dead once the process is, so that nothing which an abandoned engine still wants to
// do reaches the world. It may go faster or slower than the world's, and stand still while the world goes on.
import type { Cancel, Clock } from '../shared/clock.ts'
import type { VirtualTime } from './virtual-time.ts'

/** How a process's clock differs from the world's. */
export interface ProcessClockOptions {
  /** Its milliseconds per millisecond of the world. Default 1. */
  readonly rate?: number
  /** True: what is deferred is an event of the world, which may come before or after what other processes do. Default false. */
  readonly interleaved?: boolean
}

/** A view of virtual time that ends with its process. */
export class ProcessClock implements Clock {
  readonly #time: VirtualTime
  readonly #rate: number
  readonly #interleaved: boolean
  readonly #start: number
  readonly #deferred: (() => void)[] = []
  #alive = true
  /** What is to be done when the process goes on; null while it does. */
  #missed: (() => void)[] | null = null
  #wallOffset = 0

  constructor(time: VirtualTime, options: ProcessClockOptions = {}) {
    this.#time = time
    this.#rate = options.rate ?? 1
    this.#interleaved = options.interleaved ?? false
    this.#start = time.monotonic()
  }

  get alive(): boolean {
    return this.#alive
  }

  get paused(): boolean {
    return this.#missed !== null
  }

  /** Ends the process: nothing is called back any more. */
  die(): void {
    this.#alive = false
  }

  /** The process stands still, as after SIGSTOP: time goes on, nothing of it runs. */
  pause(): void {
    this.#missed ??= []
  }

  /** The process goes on, and does in their order all the things that it missed. */
  resume(): void {
    const missed = this.#missed ?? []
    this.#missed = null
    for (const what of missed) this.defer(what)
  }

  /** Somebody sets the wall clock. */
  step(ms: number): void {
    this.#wallOffset += ms
  }

  now(): number {
    return Math.floor(this.#start + this.#since()) + this.#wallOffset
  }

  monotonic(): number {
    return this.#start + this.#since()
  }

  timer(ms: number, fire: () => void): Cancel {
    if (!this.#alive) return () => undefined
    // One that fired while the process stood still may yet be cancelled before it goes on.
    let cancelled = false
    const cancel = this.#time.timer(Math.max(0, ms) / this.#rate, () => this.enter(() => (cancelled ? undefined : fire())))
    return () => {
      cancelled = true
      cancel()
    }
  }

  defer(run: () => void): void {
    if (!this.#alive) return
    if (!this.#interleaved) {
      this.#time.defer(() => this.enter(run))
      return
    }
    this.#deferred.push(run)
    this.#time.event(() => {
      const next = this.#deferred.shift()
      if (next !== undefined) this.enter(next)
    })
  }

  /** Something comes into the process from outside: now, when it goes on, or never. */
  enter(what: () => void): void {
    if (!this.#alive) return
    if (this.#missed === null) what()
    else this.#missed.push(what)
  }

  #since(): number {
    return (this.#time.monotonic() - this.#start) * this.#rate
  }
}
