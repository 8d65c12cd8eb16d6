// The engine's lane and what becomes of it: opened at start, opened again when it was lost in a store that others share, and the moments in
// between, when nothing may be begun. What others did comes in through its watch.
import { type LaneFencedError, StoreFailedError } from '../errors.ts'
import type { RunKey, RunKind } from '../model/run.ts'
import type { Cancel } from '../shared/clock.ts'
import type { Lane, LaneWatch } from '../store/port.ts'
import type { EngineDeps } from './ports.ts'

/** What the engine does when its lane changes. */
export interface MembershipHost {
  readonly deps: EngineDeps
  /** The lane is lost: everything that it owned is others' now. */
  laneLost(error: LaneFencedError): void
  /** There is a lane again. */
  laneOpened(lane: Lane): void
  due(): void
  mail(run: RunKey, last: number): void
  kinds(): void
  /** The store was away and is back, under the same lane. */
  back(): void
  unserved(kinds: readonly RunKind[]): void
  drain(): void
  /** The step that began last: when the process did not turn for long, it may be why. */
  lastBegun(): { readonly run: string; readonly path: string } | null
}

const FIRST_RETRY_MS = 250
const LONGEST_RETRY_MS = 5000
/** How often it is looked whether the lease is proven again. */
const HELD_AGAIN_MS = 20

/** The lane of one engine. */
export class Membership {
  readonly #host: MembershipHost
  #lane: Lane | null = null
  #connected = true
  #ended = false
  #waiting: (() => void)[] = []
  #timer: Cancel | null = null
  /** Counts lanes, so that what an old one says is not heard. */
  #lanes = 0

  constructor(host: MembershipHost) {
    this.#host = host
  }

  /** The lane, or null while there is none. */
  get lane(): Lane | null {
    return this.#lane
  }

  /** True while the store can be written, as far as is known. */
  get isConnected(): boolean {
    return this.#lane !== null && this.#connected
  }

  /** True while it is proven that this process owns its runs. */
  holds(): boolean {
    return this.#lane?.holds() === true
  }

  /** Calls once that is proven again; never when the lane is lost. */
  whenHeld(call: () => void): void {
    this.#waiting.push(call)
    this.#timer ??= this.#host.deps.clock.timer(HELD_AGAIN_MS, () => this.#tryAgain())
  }

  /** Opens the first lane. */
  async open(): Promise<Lane> {
    const lane = await this.#openLane()
    this.#lane = lane
    return lane
  }

  /** The lane was lost by a flush, which may know it before its watch says so. */
  lost(error: LaneFencedError): void {
    this.#onLost(this.#lanes, error)
  }

  /** No lane is opened again. */
  end(): void {
    this.#ended = true
    this.#timer?.()
    this.#waiting = []
  }

  #openLane(): Promise<Lane> {
    const { store, worker } = this.#host.deps
    return store.openLane({ watch: this.#watch(++this.#lanes), ...(worker === null ? {} : { worker }) })
  }

  #watch(number: number): LaneWatch {
    const heard = (act: () => void): void => {
      if (number === this.#lanes && this.#lane !== null && !this.#ended) act()
    }
    return {
      onDue: () => heard(() => this.#host.due()),
      onMail: (run, last) => heard(() => this.#host.mail(run, last)),
      onKinds: () => heard(() => this.#host.kinds()),
      onUnserved: (kinds) => heard(() => this.#host.unserved(kinds)),
      onConnected: (is, why) => heard(() => this.#onConnected(is, why)),
      onLost: (error) => this.#onLost(number, error),
      onDrain: () => heard(() => this.#host.drain()),
    }
  }

  #onConnected(is: boolean, why: string): void {
    if (is === this.#connected) return
    this.#connected = is
    const { log } = this.#host.deps
    if (is) {
      log.info('the store can be reached again')
      this.#host.back()
    }
    else log.error('the store cannot be reached; it is tried again for as long as it takes', { reason: why })
  }

  #onLost(number: number, error: LaneFencedError): void {
    if (number !== this.#lanes || this.#lane === null || this.#ended) return
    this.#lane = null
    this.#waiting = []
    const { log } = this.#host.deps
    const begun = this.#host.lastBegun()
    // With the connection gone this is no news.
    if (this.#connected) log.error('this worker has lost its lease; others take its runs over', { reason: error.message, ...(begun === null ? {} : { lastStep: `${begun.run} ${begun.path}` }) })
    this.#host.laneLost(error)
    void this.#openAgain()
  }

  async #openAgain(): Promise<void> {
    const { clock, random, log } = this.#host.deps
    for (let wait = FIRST_RETRY_MS; !this.#ended; wait = Math.min(LONGEST_RETRY_MS, wait * 2)) {
      try {
        const lane = await this.#openLane()
        if (this.#ended) {
          await lane.close()
          return
        }
        this.#lane = lane
        if (this.#connected) log.info('this worker has a lease again')
        this.#onConnected(true, '')
        this.#host.laneOpened(lane)
        return
      } catch (thrown) {
        if (thrown instanceof StoreFailedError && this.#connected) this.#onConnected(false, thrown.message)
        await new Promise<void>((resolve) => clock.timer(wait * (0.5 + random.next()), resolve))
      }
    }
  }

  #tryAgain(): void {
    this.#timer = null
    if (this.#waiting.length === 0 || this.#ended) return
    if (!this.holds()) {
      this.#timer = this.#host.deps.clock.timer(HELD_AGAIN_MS, () => this.#tryAgain())
      return
    }
    const waiting = this.#waiting
    this.#waiting = []
    for (const call of waiting) call()
  }
}
