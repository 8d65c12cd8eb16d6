// What `wumbo/store/sqlite` offers: the durable store of one process, in one file.
export { sqliteStore } from './store.ts'
export type { SqliteStore, SqliteStoreOptions } from './store.ts'
export { readOwner } from './owner.ts'
export type { Announcement, Owner } from './owner.ts'
