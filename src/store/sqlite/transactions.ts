// The transactions of an SQLite store, seen from the main thread: each body is loaded once into the writer thread, and then goes with
// the flushes.
import type { SqliteMeans } from '../../model/transaction.ts'
import type { FlushedTransactions } from '../transactions-port.ts'

/** `load` asks the writer thread to load a body. What failed is tried again when it is needed again. */
export function flushedTransactions(load: (means: SqliteMeans) => Promise<undefined>): FlushedTransactions {
  const loaded = new Map<string, Promise<undefined>>()
  return {
    way: 'flushed',
    async prepare({ store, module, export: name }) {
      const key = `${module} ${name}`
      let loading = loaded.get(key)
      if (loading === undefined) {
        loading = load({ store, module, export: name })
        loaded.set(key, loading)
        loading.catch(() => loaded.delete(key))
      }
      await loading
    },
  }
}
