// What `wumbo/store/postgres` offers: the durable store of many processes, in a PostgreSQL database.
export { postgresStore } from './store.ts'
export { postgresSource } from './transfer-source.ts'
export { postgresTarget } from './transfer-target.ts'
export type { PostgresStore, PostgresStoreOptions } from './store.ts'
