// Runs whose end somebody awaits here while others work on them: their rows are looked at now and then, all in one read, until
// each has ended or is parked. Only while somebody waits.
import type { RunRow } from '../model/run.ts'
import { DEFAULT_SPACE, isEnd } from '../model/run.ts'
import type { Cancel, Clock } from '../shared/clock.ts'
import type { Store } from '../store/port.ts'

const FIRST_MS = 50
const LONGEST_MS = 1000
/** Runs per read. */
const PIECE = 1000

/** What is done with what is found. */
export interface ElsewhereHost {
  readonly store: Store
  readonly clock: Clock
  /** A run has ended or is parked. */
  settled(row: RunRow): void
  /** There is no such run any more. */
  missing(run: string): void
}

/** The runs that are awaited. */
export class Elsewhere {
  readonly #host: ElsewhereHost
  readonly #runs = new Set<string>()
  #timer: Cancel | null = null
  #wait = FIRST_MS
  #looking = false
  #stopped = false

  constructor(host: ElsewhereHost) {
    this.#host = host
  }

  await(run: string): void {
    this.#runs.add(run)
    this.#wait = FIRST_MS
    this.#arm()
  }

  /** The run is in this process's memory, or nobody waits any more. */
  forget(run: string): void {
    this.#runs.delete(run)
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.()
  }

  #arm(): void {
    if (this.#stopped || this.#looking || this.#runs.size === 0) return
    this.#timer?.()
    this.#timer = this.#host.clock.timer(this.#wait, () => {
      this.#timer = null
      void this.#look()
    })
    this.#wait = Math.min(LONGEST_MS, this.#wait * 1.5)
  }

  async #look(): Promise<void> {
    this.#looking = true
    const all = [...this.#runs]
    try {
      for (let from = 0; from < all.length && !this.#stopped; from += PIECE) {
        const asked = all.slice(from, from + PIECE)
        const rows = await this.#host.store.getRuns(asked.map((run) => ({ space: DEFAULT_SPACE, run })))
        const found = new Map(rows.map((row) => [row.run, row]))
        for (const run of asked) this.#judge(run, found.get(run))
      }
    } catch {
      // The store cannot be read at the moment: that is told elsewhere, and asked again.
    } finally {
      this.#looking = false
      this.#arm()
    }
  }

  #judge(run: string, row: RunRow | undefined): void {
    if (!this.#runs.has(run) || (row !== undefined && !isEnd(row.status) && row.status !== 'parked')) return
    this.#runs.delete(run)
    if (row === undefined) this.#host.missing(run)
    else this.#host.settled(row)
  }
}
