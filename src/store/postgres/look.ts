// A store that is opened to look only: nothing is created, and what would write is refused, here and by the server.
import type pg from 'pg'
import { StoreFailedError, StoreMissingError } from '../../errors.ts'
import type { Blobs } from '../port.ts'
import type { Address } from './connection.ts'
import { SCHEMA_VERSION, schemaVersion } from './migrations.ts'

/** Checks that there are tables of this version, and makes every connection of the pool refuse to write. Throws StoreMissingError. */
export async function lookOnly(pool: pg.Pool, client: pg.ClientBase, { schema, pooled }: Pick<Address, 'schema' | 'pooled'>): Promise<void> {
  const version = await schemaVersion(client, schema)
  if (version === 0) throw new StoreMissingError(`there is no store in schema ${schema} of this database`, { remedy: 'Start a run first, which creates the store; or name another database, or another schema with ?schema=name.', details: { schema } })
  if (version < SCHEMA_VERSION) {
    throw new StoreFailedError(`the schema ${schema} has version ${version}, and this program reads version ${SCHEMA_VERSION}`, {
      retryable: false, remedy: 'Open the store once for writing: that brings it up to date.',
    })
  }
  // Behind a pooler it would stay with a connection of the server that others get.
  if (pooled) return
  const refuseWrites = 'set default_transaction_read_only = on'
  // A connection that does not take this fails with the statement that comes next.
  pool.on('connect', (next) => void next.query(refuseWrites).catch(() => undefined))
  await client.query(refuseWrites)
}

/** What a store that only looks says to whoever would write. */
export function mustNotWrite(): StoreFailedError {
  return new StoreFailedError('the store is open for reading only', { retryable: false, remedy: 'Open the store without `readOnly`.' })
}

/** Blobs that refuse to be changed. */
export function readableBlobs(blobs: Blobs): Blobs {
  return { get: (key) => blobs.get(key), list: () => blobs.list(), put: () => Promise.reject(mustNotWrite()), delete: () => Promise.reject(mustNotWrite()) }
}
