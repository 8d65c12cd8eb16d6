// The stores under test, as the conformance suite wants them.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { memoryStore } from '../../../src/store/memory/index.ts'
import { postgresStore, type PostgresStore, type PostgresStoreOptions } from '../../../src/store/postgres/index.ts'
import { openStore, type OpenedStore } from '../../../src/store/sqlite/store.ts'
import type { StoreFactory } from '../../../src/testing/store-conformance.ts'
import { makeFolder } from './folder.ts'
import { makeSchema } from './postgres-server.ts'

/** The next owner of a memory store uses the same object: that is what its data lives in. */
export const memoryFactory: StoreFactory = async () => {
  const store = memoryStore()
  return { store, nextOwner: async () => store, dispose: () => store.close() }
}

/** The next owner of a shared memory store joins it with a lane of the same name. */
export const sharedMemoryFactory: StoreFactory = async () => {
  const store = memoryStore({ shared: { leaseMs: 2000 }, lane: 'main' })
  const joined = [store]
  return {
    store,
    async nextOwner() {
      const next = store.join({ lane: 'main' })
      joined.push(next)
      return next
    },
    async dispose() {
      for (const each of joined) await each.close()
    },
  }
}

/** The next owner gets past the lock because its file is deleted, which nobody should do: the epoch must hold even then. */
export const sqliteFactory: StoreFactory = async () => {
  const folder = makeFolder()
  const file = join(folder.path, 'wumbo.db')
  const opened: OpenedStore[] = []
  const open = async (): Promise<OpenedStore['store']> => {
    const next = await openStore({ file })
    opened.push(next)
    return next.store
  }
  return {
    store: await open(),
    async nextOwner() {
      rmSync(`${file}.lock`, { force: true })
      return open()
    },
    async dispose() {
      for (const { kill } of opened) await kill()
      folder.remove()
    },
  }
}

/** The next owner of a PostgreSQL store is a second store with a lane of the same name. `server` and `more` are asked for when a store is made. */
export function postgresFactoryWith({ server, more }: { readonly server?: () => string | undefined; readonly more?: () => Partial<PostgresStoreOptions> }): StoreFactory {
  return async () => {
    const { url, schema, drop } = makeSchema(server?.())
    const opened: PostgresStore[] = []
    const open = async (): Promise<PostgresStore> => {
      const next = await postgresStore({ url, schema, lane: 'main', ...more?.() })
      opened.push(next)
      return next
    }
    return {
      store: await open(),
      nextOwner: open,
      async dispose() {
        for (const store of opened) await store.close()
        await drop()
      },
    }
  }
}

export const postgresFactory: StoreFactory = postgresFactoryWith({})
