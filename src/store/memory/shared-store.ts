// A memory store that many processes share: each joins it by a link and a clock of its own, and opens its own lane. The same meaning as the
// PostgreSQL store, so that the simulation of many workers says something about it.
import { StoreClosedError } from '../../errors.ts'
import { systemClock } from '../../shared/clock.ts'
import type { Clock } from '../../shared/clock.ts'
import type { Blobs, SharedStore } from '../port.ts'
import { memoryBlobs } from './blobs.ts'
import { atOnce, directLink } from './link.ts'
import type { Link } from './link.ts'
import { carriedOn } from '../server-time.ts'
import { storeReads } from './store-reads.ts'
import type { MemoryServer } from './server.ts'
import { SharedLane } from './shared-lane.ts'
import { blobReferences, check } from './reads.ts'

/** One process that joins a shared memory store. */
export interface JoinOptions {
  /** The name of the process's lane; whoever opens it again takes it over at once. Default: a name that nobody else has. */
  readonly lane?: string
  /** Drives the heartbeat: a process whose clock stands still loses its lease. Default: the system's. */
  readonly clock?: Clock
  /** Default: one on which nothing is lost. */
  readonly link?: Link
}

/** A shared memory store, as one process sees it. */
export interface SharedMemoryStore extends SharedStore {
  readonly kind: 'memory'
  /** The same data for another process. */
  join(options?: JoinOptions): SharedMemoryStore
}

/** Joins a server. */
export function joinServer(server: MemoryServer, options: JoinOptions = {}, blobs: Blobs = memoryBlobs(server.now)): SharedMemoryStore {
  const { lane: id = server.newName('lane'), clock = systemClock({ keepAlive: false }), link = directLink } = options
  let known = { told: server.now(), at: clock.monotonic() }
  let before: number | null = null
  let closed = false
  const lanes = new Set<SharedLane>()
  const call = <T>(work: () => T): Promise<T> => (closed ? Promise.reject(new StoreClosedError('the store is closed')) : link.call(() => atOnce(work)))
  const { tables } = server
  return {
    ...storeReads((read) => call(() => read(tables))),
    kind: 'memory',
    isShared: true,
    facts: Object.freeze({ store: 'memory', durable: 'no', lane: id }),
    blobs,
    kinds: () => call(() => server.kinds()),
    now: () => carriedOn({ told: known.told, since: clock.monotonic() - known.at }),
    workers: () => call(() => server.workers()),
    drain: (worker) => call(() => server.drain(worker)),
    join: (other) => joinServer(server, other, blobs),
    async openLane(laneOptions = {}) {
      if (closed) throw new StoreClosedError('the store is closed')
      const lane = await SharedLane.open({
        server, link, clock, id, before, options: laneOptions,
        learn: (now) => { known = { told: now, at: clock.monotonic() } },
        ended: (ended) => {
          lanes.delete(ended)
          before = ended.epoch
        },
      })
      lanes.add(lane)
      return lane
    },
    async *blobReferences() {
      yield* await call(() => blobReferences(tables))
    },
    async *check() {
      yield* await call(() => [...check(tables)])
    },
    async close() {
      closed = true
      await Promise.all([...lanes].map((lane) => lane.close()))
    },
  }
}
