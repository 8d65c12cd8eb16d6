// The memory store: the same meaning as the stores on disk, without the disk. The object stands for the disk: hand it to
// a second engine after the first was abandoned, and that one finds what was committed, as after the death of a process.
import { StoreClosedError } from '../../errors.ts'
import type { Store } from '../port.ts'
import { memoryBlobs } from './blobs.ts'
import { MemoryLane } from './lane.ts'
import type { FlushScheduler } from './lane.ts'
import { blobReferences, check, liveKinds, listRuns, loadRun, nextWake } from './reads.ts'
import { Tables, idOf } from './tables.ts'
import { getWorkflow, listWorkflows, workflowVersion, workflowVersions } from './workflow-reads.ts'

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

/** Makes an empty store in memory. */
export function memoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  const tables = new Tables()
  const schedule = options.scheduler ?? nextTurn
  let closed = false
  const open = (): Tables => {
    if (closed) throw new StoreClosedError('the store is closed')
    return tables
  }
  return {
    kind: 'memory',
    isShared: false,
    facts: Object.freeze({ store: 'memory', durable: 'no' }),
    blobs: memoryBlobs(options.now ?? Date.now),
    openLane: async () => new MemoryLane(open(), schedule),
    load: async (key) => loadRun(open(), key),
    getRun: async (key) => open().find(key)?.row,
    getRuns: async (keys) => keys.flatMap((key) => open().find(key)?.row ?? []),
    kinds: async () => liveKinds(open()),
    listRuns: async (filter) => listRuns(open(), filter),
    findKey: async (space, key) => {
      const found = open().keys.get(idOf(space, key))
      return found === undefined ? undefined : { run: found.run, hash: found.hash }
    },
    definition: async (hash) => open().definitions.get(hash)?.body,
    listWorkflows: async (filter) => listWorkflows(open(), filter),
    getWorkflow: async (key) => getWorkflow(open(), key),
    workflowVersions: async (key) => workflowVersions(open(), key),
    workflowVersion: async (key, hash) => workflowVersion(open(), key, hash),
    nextWake: async () => nextWake(open()),
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
