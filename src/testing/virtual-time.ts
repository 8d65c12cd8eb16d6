// Virtual time: a clock that moves only when it is told to, and a queue of things to do whose order a seed decides. With it
// three days pass in a millisecond, and the same seed gives the same order of events.
import type { Cancel, Clock } from '../shared/clock.ts'
import type { Random } from '../shared/random.ts'

interface Timer {
  readonly due: number
  readonly order: number
  readonly fire: () => void
}

/** What a virtual world needs to be told. */
export interface VirtualTimeOptions {
  /** Milliseconds since 1970 at the beginning. Default 2026-01-01T00:00:00Z. */
  readonly start?: number
  /** Decides the order among things that could happen next. Default: the order in which they were asked for. */
  readonly random?: Random
}

/** A clock under the control of a test or of the simulation. */
export class VirtualTime implements Clock {
  #now: number
  #order = 0
  #deferred: (() => void)[] = []
  #events: (() => void)[] = []
  #timers: Timer[] = []
  readonly #random: Random | undefined

  constructor(options: VirtualTimeOptions = {}) {
    this.#now = options.start ?? 1_767_225_600_000
    this.#random = options.random
  }

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#now
  }

  timer(ms: number, fire: () => void): Cancel {
    const timer: Timer = { due: this.#now + Math.max(0, Math.ceil(ms)), order: this.#order++, fire }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  defer(run: () => void): void {
    this.#deferred.push(run)
  }

  /** Queues an event of the outside world, such as a flush that completes: any of them may come next. */
  event(run: () => void): void {
    this.#events.push(run)
  }

  /** Nothing is left to do before time moves. */
  get quiet(): boolean {
    return this.#deferred.length === 0 && this.#events.length === 0
  }

  /** When the next timer is due; null when there is none. */
  get nextTimer(): number | null {
    return this.#timers.length === 0 ? null : Math.min(...this.#timers.map(({ due }) => due))
  }

  /**
   * Does one thing: a deferred call if there is one, else an event of the world, else the next timer, to whose time the clock
   * moves. False when nothing is left. Promise reactions must be let run between two steps: see `settle`.
   */
  step(until = Number.POSITIVE_INFINITY): boolean {
    const next = this.#deferred.shift() ?? this.#pickEvent()
    if (next !== undefined) {
      next()
      return true
    }
    const due = this.nextTimer
    if (due === null || due > until) return false
    this.#now = Math.max(this.#now, due)
    const timer = this.#timers.filter((one) => one.due === due).sort((a, b) => a.order - b.order)[0]
    if (timer === undefined) return false
    this.#timers = this.#timers.filter((other) => other !== timer)
    timer.fire()
    return true
  }

  /** Runs everything that happens until nothing is left, or until the given time has come, or `stop` says so. */
  async run(options: { readonly until?: number; readonly stop?: () => boolean; readonly maxSteps?: number } = {}): Promise<number> {
    let steps = 0
    const max = options.maxSteps ?? 1_000_000
    await settle()
    while (options.stop?.() !== true && this.step(options.until)) {
      await settle()
      if (++steps >= max) throw new Error(`the virtual world did not come to rest within ${max} steps`)
    }
    if (options.until !== undefined && Number.isFinite(options.until)) this.#now = Math.max(this.#now, options.until)
    return steps
  }

  /** Moves time forward by `ms`, doing all that falls due. */
  async advance(ms: number): Promise<void> {
    await this.run({ until: this.#now + ms })
  }

  /** Forgets everything that was to happen: the process died. */
  forget(): void {
    this.#deferred = []
    this.#events = []
    this.#timers = []
  }

  #pickEvent(): (() => void) | undefined {
    if (this.#random === undefined || this.#events.length < 2) return this.#events.shift()
    return this.#events.splice(Math.floor(this.#random.next() * this.#events.length), 1)[0]
  }
}

/** The platform's own, whatever a test puts in its place later. */
const immediate = setImmediate

/** Lets all promise reactions run that are due. */
export function settle(): Promise<void> {
  return new Promise((resolve) => immediate(resolve))
}
