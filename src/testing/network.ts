// The network of a simulated cluster: every message to the store may be slow, lost on its way, lost on its way back, or arrive when its sender has
// given it up. It is the link that processes join the memory store by.
import type { Random } from '../shared/random.ts'
import { LinkLostError, type Link, type StoreWork } from '../store/memory/link.ts'
import type { ProcessClock } from './process-clock.ts'
import type { VirtualTime } from './virtual-time.ts'

/** The chances of what may happen to a message while faults are injected. */
const LOST_BEFORE = 0.01
const LOST_AFTER = 0.015
const LATE = 0.006
const SLOW = 0.05
const HINT_LOST = 0.3
const HINT_TWICE = 0.1

/** The network of one cluster. */
export class Network {
  readonly #time: VirtualTime
  readonly #random: Random
  readonly #leaseMs: number
  /** Processes that cannot reach the store. */
  readonly cut = new Set<ProcessClock>()
  storeIsDown = false
  /** False once the world is to come to rest. */
  faulty = true
  lost = 0

  constructor(time: VirtualTime, random: Random, leaseMs: number) {
    this.#time = time
    this.#random = random
    this.#leaseMs = leaseMs
  }

  /** The link of one process. */
  link(clock: ProcessClock): Link {
    return {
      call: (work) => new Promise((resolve, reject) => {
        if (clock.alive) this.#send(clock, work, { resolve: (value) => clock.enter(() => resolve(value)), reject: (thrown) => clock.enter(() => reject(thrown)) })
      }),
      hint: (hear) => {
        const times = !this.faulty ? 1 : this.#chance(HINT_LOST) ? 0 : this.#chance(HINT_TWICE) ? 2 : 1
        for (let time = 0; time < times; time++) this.#carry(() => (this.#reaches(clock) ? clock.enter(hear) : undefined))
      },
    }
  }

  #send<T>(clock: ProcessClock, work: () => StoreWork<T>, answer: { resolve: (value: T) => void; reject: (thrown: unknown) => void }): void {
    const fate = this.#fate()
    const lose = (): void => {
      this.lost++
      answer.reject(new LinkLostError('the connection was lost'))
    }
    if (fate === 'late') this.#carry(lose)
    const go = (): void => {
      if (!this.#reaches(clock) || fate === 'before') this.#carry(lose)
      else this.#carryOut(work(), { clock, done: (act) => this.#carry(() => (fate === 'after' || !this.#reaches(clock) ? lose() : fate === 'late' ? undefined : act())) }, answer)
    }
    if (fate === 'late') this.#time.timer(this.#random.next() * this.#leaseMs * 1.5, go)
    else this.#carry(go)
  }

  #carryOut<T>(work: StoreWork<T>, { clock, done }: { clock: ProcessClock; done: (act: () => void) => void }, { resolve, reject }: { resolve: (value: T) => void; reject: (thrown: unknown) => void }): void {
    const step = (): void => {
      // A backend whose client or server is gone takes its transaction back.
      if (this.storeIsDown || !this.#reaches(clock)) {
        work.return(undefined as never)
        done(() => reject(new LinkLostError('the connection was lost')))
        return
      }
      try {
        const next = work.next()
        if (next.done === true) done(() => resolve(next.value))
        else this.#carry(step)
      } catch (thrown) {
        done(() => reject(thrown))
      }
    }
    step()
  }

  #fate(): 'well' | 'before' | 'after' | 'late' {
    if (!this.faulty) return 'well'
    const at = this.#random.next()
    return at < LOST_BEFORE ? 'before' : at < LOST_BEFORE + LOST_AFTER ? 'after' : at < LOST_BEFORE + LOST_AFTER + LATE ? 'late' : 'well'
  }

  #carry(act: () => void): void {
    if (this.faulty && this.#chance(SLOW)) this.#time.timer(this.#random.next() * this.#leaseMs * 0.3, act)
    else this.#time.event(act)
  }

  #reaches(clock: ProcessClock): boolean {
    return !this.storeIsDown && !this.cut.has(clock)
  }

  #chance(of: number): boolean {
    return this.#random.next() < of
  }
}
