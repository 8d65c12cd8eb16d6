// Housekeeping: ended runs beyond the retention time are deleted in small pieces between the commits of work, and blobs
// that no row names are swept.
import type { Cancel } from '../shared/clock.ts'
import { DEFAULT_SPACE } from '../model/run.ts'
import type { OpAnswer, StoreOp } from '../store/port.ts'
import type { Flusher } from './flush.ts'
import type { EngineDeps } from './ports.ts'

const HOUR = 3_600_000
/** Runs deleted per flush. */
const PIECE = 500

/** What the engine does for the store's hygiene, once an hour. */
export class Housekeeping {
  readonly #deps: EngineDeps
  readonly #flusher: Flusher
  #timer: Cancel | null = null
  #stopped = false

  constructor(deps: EngineDeps, flusher: Flusher) {
    this.#deps = deps
    this.#flusher = flusher
  }

  begin(): void {
    if (this.#stopped) return
    this.#timer = this.#deps.clock.timer(HOUR, () => {
      void this.sweep()
        .catch((thrown: unknown) => this.#deps.log.warn('housekeeping failed; it is tried again in an hour', { error: String(thrown) }))
        .finally(() => this.begin())
    })
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.()
  }

  /** Deletes what is too old; resolves to how much it was. */
  async sweep(): Promise<{ readonly runs: number; readonly blobs: number }> {
    await this.#pruneEvents()
    const runs = await this.#prune()
    return { runs: runs.runs, blobs: runs.blobs + (await this.#sweepBlobs()) }
  }

  async #prune(): Promise<{ runs: number; blobs: number }> {
    const { limits, clock, store } = this.#deps
    const total = { runs: 0, blobs: 0 }
    const unnamed = new Set<string>()
    if (limits.retentionMs === null) return total
    const before = clock.now() - limits.retentionMs
    for (;;) {
      const answer = await this.#submit({ op: 'prune', space: DEFAULT_SPACE, before, limit: PIECE })
      if (answer?.answer !== 'pruned') return total
      for (const blob of answer.blobs) unnamed.add(blob)
      total.runs += answer.runs
      if (answer.runs < PIECE || this.#stopped) break
    }
    if (unnamed.size === 0) return total
    // A fork names the blobs of the run that it was made of.
    for await (const key of store.blobReferences()) unnamed.delete(key)
    for (const blob of unnamed) await store.blobs.delete(blob)
    return { ...total, blobs: unnamed.size }
  }

  async #pruneEvents(): Promise<void> {
    const { store, clock, limits } = this.#deps
    // A process at rest writes nothing.
    if ((await store.listEvents({ space: DEFAULT_SPACE, limit: 1 })).events.length === 0) return
    const before = clock.now() - limits.eventRetentionMs
    while (!this.#stopped) {
      const answer = await this.#submit({ op: 'pruneEvents', space: DEFAULT_SPACE, before, limit: PIECE })
      if (answer?.answer !== 'prunedEvents' || answer.events < PIECE) return
    }
  }

  #submit(op: StoreOp): Promise<OpAnswer | undefined> {
    return new Promise((resolve, reject) => {
      this.#flusher.add(op, null, 0, (given, error) => (error === undefined ? resolve(given) : reject(error)))
    })
  }

  async #sweepBlobs(): Promise<number> {
    const { store, limits } = this.#deps
    // Blobs first, rows after: a blob that gets its row in between is younger than the limit.
    const old: string[] = []
    for await (const blob of store.blobs.list()) if (blob.ageMs > limits.orphanBlobMs) old.push(blob.key)
    if (old.length === 0) return 0
    const named = new Set<string>()
    for await (const key of store.blobReferences()) named.add(key)
    let swept = 0
    for (const key of old) {
      if (named.has(key)) continue
      await store.blobs.delete(key)
      swept++
    }
    return swept
  }
}
