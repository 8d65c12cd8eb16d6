// The numbered migrations of a schema and how they are applied: in order, in one transaction, under a lock that keeps other processes from
// doing the same. A schema of a newer program is refused. Add a migration at the end; never change one that was released.
import type pg from 'pg'
import { StoreTooNewError } from '../../errors.ts'
import { transaction } from './connection.ts'
import { initial } from './migrations/0001-initial.ts'
import { flush } from './migrations/0002-flush.ts'
import { tick } from './migrations/0003-tick.ts'
import { children } from './migrations/0004-children.ts'
import { chosenVersions } from './migrations/0005-chosen-versions.ts'
import { lapse } from './migrations/0006-lapse.ts'
import { events } from './migrations/0007-events.ts'
import { mailed } from './migrations/0008-mailed.ts'
import { isMovedVersion, movedError, readMoved } from './moved.ts'

/** The statements of each migration; the first makes version 1. */
const MIGRATIONS: readonly string[] = [initial, flush, tick, children, chosenVersions, lapse, events, mailed]

/** The version of the schema that this program writes. */
export const SCHEMA_VERSION = MIGRATIONS.length

/** Brings the schema up to date, and creates it if there is none. Throws StoreTooNewError for one that is newer than this program. */
export async function migrate(client: pg.ClientBase, schema: string): Promise<void> {
  if ((await schemaVersion(client, schema)) === SCHEMA_VERSION) return
  await transaction(client, async () => {
    await client.query('set local statement_timeout = 0')
    await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`wumbo schema ${schema}`])
    const from = await schemaVersion(client, schema)
    if (from === SCHEMA_VERSION) return
    if (from === 0) {
      // Asked first: creating takes a right on the database that whoever made the schema for us need not have given.
      const { rows } = await client.query('select 1 from pg_namespace where nspname = $1', [schema])
      if (rows.length === 0) await client.query(`create schema ${schema}`)
      await client.query('create table schema_version (version bigint not null)')
      await client.query('insert into schema_version (version) values (0)')
    }
    for (const statements of MIGRATIONS.slice(from)) await client.query(statements)
    await client.query('update schema_version set version = $1', [SCHEMA_VERSION])
  })
}

/** The version of a schema; 0 when there is none. Throws StoreTooNewError, and StoreMovedError for one whose content is elsewhere. */
export async function schemaVersion(client: pg.ClientBase, schema: string): Promise<number> {
  const version = await readVersion(client, schema)
  if (version <= SCHEMA_VERSION) return version
  if (isMovedVersion(version)) throw movedError(`schema ${schema}`, await readMoved(client, schema))
  throw new StoreTooNewError(`the schema ${schema} has version ${version}, and this program knows versions up to ${SCHEMA_VERSION}`, {
    details: { schema, found: version, known: SCHEMA_VERSION },
  })
}

/** The version as it stands there, whatever it means. */
export async function readVersion(client: pg.ClientBase, schema: string): Promise<number> {
  // Not to_regclass, which may answer from a cache that is older than the lock.
  const found = await client.query(`select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relname = 'schema_version'`, [schema])
  if (found.rows.length === 0) return 0
  return (await client.query<{ version: number }>('select version from schema_version')).rows[0]?.version ?? 0
}
