// What `wumbo/store/sqlite` offers: the durable store of one process, in one file.
export { sqliteStore } from './store.ts'
export type { SqliteStore, SqliteStoreOptions } from './store.ts'
export { sqliteSource } from './transfer-source.ts'
export { sqliteTarget } from './transfer-target.ts'
export { readOwner } from './owner.ts'
export type { Announcement, Owner } from './owner.ts'
