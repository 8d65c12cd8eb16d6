// The heartbeat of a lane of a shared memory store: it renews the lease by the process's own clock, and tells the lane's watch what others
// did. A process that stands still has none; when it goes on it finds that its lease has lapsed.
import { LaneFencedError } from '../../errors.ts'
import type { RunKind } from '../../model/run.ts'
import type { Cancel, Clock } from '../../shared/clock.ts'
import type { LaneWatch } from '../port.ts'
import { atOnce } from './link.ts'
import type { Link } from './link.ts'
import type { Hint, MemoryServer, Ticked } from './server.ts'

/** Ticks in a lease time. */
const TICKS = 3
/** Between a hint and the tick that it asks for. */
const HINTED_MS = 25
/** How soon a lost tick is sent again, as a part of the lease. */
const RETRY = 1 / 20

/** What a heartbeat is made with. */
export interface BeatParts {
  readonly server: MemoryServer
  readonly link: Link
  readonly clock: Clock
  readonly lane: string
  readonly holder: string
  readonly watch: LaneWatch
  lost(error: LaneFencedError): void
  /** The store's time, as it was told. */
  learn(now: number): void
}

/** One heartbeat, from the opening of a lane to its end. */
export class LaneBeat {
  readonly #parts: BeatParts
  #heldUntil: number
  #kinds: readonly RunKind[] = []
  #timer: Cancel | null = null
  #timerAt = Number.POSITIVE_INFINITY
  #dueTimer: Cancel | null = null
  #over = false
  #ticking = false
  #connected = true
  #lastKind = -1
  #drainIsTold = false
  readonly #deafen: () => void

  constructor(parts: BeatParts, heldUntil: number) {
    this.#parts = parts
    this.#heldUntil = heldUntil
    this.#deafen = parts.server.listen(parts.lane, (hint) => parts.link.hint(() => this.#hear(hint)))
    this.#tickIn(0)
  }

  holds(): boolean {
    return !this.#over && this.#parts.clock.monotonic() < this.#heldUntil
  }

  prolong(heldUntil: number): void {
    this.#heldUntil = Math.max(this.#heldUntil, heldUntil)
  }

  serve(kinds: readonly RunKind[]): void {
    this.#kinds = kinds
    this.#tickIn(0)
  }

  stop(): void {
    this.#over = true
    this.#deafen()
    this.#timer?.()
    this.#dueTimer?.()
  }

  #hear(hint: Hint): void {
    if (this.#over) return
    if (hint === 'due') this.#parts.watch.onDue()
    else this.#tickIn(HINTED_MS)
  }

  #tickIn(ms: number): void {
    const { clock } = this.#parts
    const at = clock.monotonic() + ms
    if (this.#over || at >= this.#timerAt) return
    this.#timer?.()
    this.#timerAt = at
    this.#timer = clock.timer(ms, () => {
      this.#timerAt = Number.POSITIVE_INFINITY
      void this.#tick()
    })
  }

  async #tick(): Promise<void> {
    if (this.#over) return
    const parts = this.#parts
    const { server, clock, link, lane, holder } = parts
    const sentAt = clock.monotonic()
    if (sentAt > this.#heldUntil) {
      parts.lost(new LaneFencedError('the lease ran out before it could be renewed'))
      return
    }
    if (this.#ticking) {
      this.#tickIn(HINTED_MS)
      return
    }
    this.#ticking = true
    // An answer that does not come must not keep the lapse from being noticed.
    this.#tickIn(this.#heldUntil - sentAt + 1)
    try {
      const ticked = await link.call(() => atOnce(() => server.tick(lane, holder, this.#kinds)))
      this.prolong(sentAt + server.leaseMs)
      if (!this.#over) this.#tell(ticked)
    } catch (thrown) {
      if (thrown instanceof LaneFencedError) parts.lost(thrown)
      else this.#failed(thrown)
    } finally {
      this.#ticking = false
    }
  }

  #failed(thrown: unknown): void {
    if (this.#over) return
    this.#setConnected(false, String(thrown))
    this.#tickIn(Math.min(this.#parts.server.leaseMs * RETRY, Math.max(0, this.#heldUntil - this.#parts.clock.monotonic()) + 1))
  }

  #setConnected(is: boolean, why: string): void {
    if (is === this.#connected) return
    this.#connected = is
    this.#parts.watch.onConnected(is, why)
  }

  #tell({ now, draining, mail, lastKind, unserved, dueIn, lapseIn }: Ticked): void {
    const { watch, clock, server } = this.#parts
    const period = server.leaseMs / TICKS
    this.#parts.learn(now)
    this.#setConnected(true, '')
    if (draining && !this.#drainIsTold) {
      this.#drainIsTold = true
      watch.onDrain()
    }
    for (const [run, last] of mail) watch.onMail(run, last)
    if (lastKind !== this.#lastKind) {
      this.#lastKind = lastKind
      watch.onKinds()
    }
    if (unserved.length > 0) watch.onUnserved(unserved)
    this.#dueTimer?.()
    this.#dueTimer = dueIn !== null && dueIn < period * 2 ? clock.timer(Math.max(0, dueIn), () => watch.onDue()) : null
    this.#tickIn(Math.min(period, lapseIn === null ? period : Math.max(1, lapseIn) + 1))
  }
}
