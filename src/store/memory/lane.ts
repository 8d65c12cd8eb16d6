// The writing end of the memory store. Each flush is one transaction on the tables; when it is applied and when the
// caller is told are two separate moments, both chosen by a scheduler, so that a simulation can die before and between.
import { IllegalTransitionError, LaneFencedError, StoreClosedError } from '../../errors.ts'
import type { FlushResult, Lane, StoreOp } from '../port.ts'
import { commit } from './commit.ts'
import type { Tables } from './tables.ts'

/** `commit`: the flush takes effect; `acknowledge`: the caller is told. */
export type FlushPhase = 'commit' | 'acknowledge'

/**
 * Decides when the next phase of a flush happens by calling `run`, at once or later, at most once. A phase that is never
 * run is one that a crash prevented: before `commit` nothing is stored, before `acknowledge` it is stored and nobody knows.
 */
export type FlushScheduler = (run: () => void, phase: FlushPhase) => void

const LANE = 'main'

/** One lane of a memory store. */
export class MemoryLane implements Lane {
  readonly id = LANE
  readonly epoch: number
  readonly #tables: Tables
  readonly #schedule: FlushScheduler
  #inFlight: Promise<FlushResult> | null = null
  #closed = false

  /** Takes over: raises the epoch, and frees what earlier lanes still own. */
  constructor(tables: Tables, schedule: FlushScheduler) {
    this.#tables = tables
    this.#schedule = schedule
    this.epoch = ++tables.epoch
    for (const stored of tables.runs.values()) {
      const { lane, crashes } = stored.row
      if (lane !== null) tables.transaction(() => tables.change(stored, { lane: null, epoch: null, wakeAt: null, crashes: crashes + 1 }))
    }
  }

  flush(ops: readonly StoreOp[]): Promise<FlushResult> {
    if (this.#closed) return Promise.reject(new StoreClosedError('the lane is closed'))
    if (this.#inFlight !== null) return Promise.reject(new IllegalTransitionError('a lane has one flush in flight: wait for it before the next'))
    const flight = new Promise<FlushResult>((resolve, reject) => {
      const settle = (act: () => void): void => {
        this.#schedule(() => {
          this.#inFlight = null
          act()
        }, 'acknowledge')
      }
      this.#schedule(() => {
        try {
          const result = this.#commit(ops)
          settle(() => resolve(result))
        } catch (thrown) {
          settle(() => reject(thrown))
        }
      }, 'commit')
    })
    this.#inFlight = flight
    return flight
  }

  holds(): boolean {
    return !this.#closed && this.epoch === this.#tables.epoch
  }

  serve(): void {}

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#inFlight?.catch(() => undefined)
    if (this.epoch !== this.#tables.epoch) return
    for (const stored of this.#tables.runs.values()) {
      if (stored.row.lane !== null) this.#tables.transaction(() => this.#tables.change(stored, { lane: null, epoch: null, wakeAt: null }))
    }
  }

  #commit(ops: readonly StoreOp[]): FlushResult {
    const current = this.#tables.epoch
    if (current !== this.epoch) throw new LaneFencedError(`this lane has epoch ${this.epoch}, but a lane with epoch ${current} has taken over`)
    return commit(this.#tables, this, ops)
  }
}
