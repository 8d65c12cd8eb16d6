// The memory store: the same meaning as the stores on disk, without the disk. The object stands for the disk: hand it to
// a second engine after the first was abandoned, and that one finds what was committed, as after the death of a process.
import { StoreClosedError } from '../../errors.ts'
import type { Store } from '../port.ts'
import { memoryBlobs } from './blobs.ts'
import { MemoryLane } from './lane.ts'
import type { FlushScheduler } from './lane.ts'
import { blobReferences, check } from './reads.ts'
import { MemoryServer } from './server.ts'
import { joinServer } from './shared-store.ts'
import type { JoinOptions, SharedMemoryStore } from './shared-store.ts'
import { storeReads } from './store-reads.ts'
import { Tables } from './tables.ts'

/** How a memory store behaves. */
export interface MemoryStoreOptions {
  /** When the phases of a flush happen. Default: `commit` in the next turn of the event loop, `acknowledge` with it. */
  readonly scheduler?: FlushScheduler
  /** The time, milliseconds since 1970, for the age of blobs. Default: the system's. */
  readonly now?: () => number
}

/**
 * A store in memory. `openLane` never waits and never refuses: it takes over, and the lane before it is fenced.
 * `close` only keeps this object's users from going on; `reopen` stands for the next process.
 */
export interface MemoryStore extends Store {
  readonly kind: 'memory'
  /** Makes a closed store usable again, with everything that it holds. */
  reopen(): void
}

const nextTurn: FlushScheduler = (run, phase) => {
  if (phase === 'commit') setImmediate(run)
  else run()
}

/** How a memory store for many processes behaves. */
export interface SharedMemoryOptions extends JoinOptions {
  readonly shared: { readonly leaseMs: number }
  /** The time of the store, milliseconds since 1970. Default: the system's. */
  readonly now?: () => number
}

/** Makes an empty store in memory: for one process, or with `shared` for many, each of which joins it. */
export function memoryStore(options: SharedMemoryOptions): SharedMemoryStore
export function memoryStore(options?: MemoryStoreOptions): MemoryStore
export function memoryStore(options: MemoryStoreOptions | SharedMemoryOptions = {}): MemoryStore | SharedMemoryStore {
  if ('shared' in options) return joinServer(new MemoryServer({ leaseMs: options.shared.leaseMs, now: options.now ?? Date.now }), options)
  return ownedStore(options)
}

function ownedStore(options: MemoryStoreOptions): MemoryStore {
  const tables = new Tables()
  const schedule = options.scheduler ?? nextTurn
  let closed = false
  const open = (): Tables => {
    if (closed) throw new StoreClosedError('the store is closed')
    return tables
  }
  return {
    ...storeReads(async (read) => read(open())),
    kind: 'memory',
    isShared: false,
    facts: Object.freeze({ store: 'memory', durable: 'no' }),
    blobs: memoryBlobs(options.now ?? Date.now),
    openLane: async () => new MemoryLane(open(), schedule),
    async *blobReferences() {
      yield* blobReferences(open())
    },
    async *check() {
      yield* check(open())
    },
    async close() {
      closed = true
    },
    reopen() {
      closed = false
    },
  }
}
