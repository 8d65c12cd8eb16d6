// What `wumbo/store/postgres` offers: the durable store of many processes, in a PostgreSQL database.
export { postgresStore } from './store.ts'
export type { PostgresStore, PostgresStoreOptions } from './store.ts'
