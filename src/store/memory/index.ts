// What `wumbo/store/memory` offers: a store in plain memory, for tests, for the simulation and for measuring what
// durability costs. Nothing survives the process.
export { memoryStore } from './store.ts'
export type { MemoryStore, MemoryStoreOptions, SharedMemoryOptions } from './store.ts'
export type { JoinOptions, SharedMemoryStore } from './shared-store.ts'
export type { FlushPhase, FlushScheduler } from './lane.ts'
