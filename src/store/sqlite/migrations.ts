// The numbered migrations of a file and how they are applied: in order, in one transaction, which also
// raises `user_version`. A file of a newer program is refused, never guessed at. Add a migration at the end; never change one that was released.
import type { DatabaseSync } from 'node:sqlite'
import { StoreFailedError, StoreTooNewError } from '../../errors.ts'
import { initial } from './migrations/0001-initial.ts'
import { workflows } from './migrations/0002-workflows.ts'
import { queues } from './migrations/0003-queues.ts'
import { chosenVersions } from './migrations/0004-chosen-versions.ts'
import { events } from './migrations/0005-events.ts'

/** The statements of each migration; the first makes version 1. */
const MIGRATIONS: readonly string[] = [initial, workflows, queues, chosenVersions, events]

/** The version of the schema that this program writes. */
export const SCHEMA_VERSION = MIGRATIONS.length

/** Marks the file as ours: `WUMB` in ASCII. */
const APPLICATION_ID = 0x57554d42

/** The version of the file's schema; 0 for an empty file. Throws StoreTooNewError for one that is newer than this program. */
export function schemaVersion(database: DatabaseSync, file: string): number {
  const version = Number(database.prepare('pragma user_version').get()?.['user_version'])
  const application = Number(database.prepare('pragma application_id').get()?.['application_id'])
  if (application !== APPLICATION_ID && (application !== 0 || version !== 0 || hasTables(database))) {
    throw new StoreFailedError(`${file} is an SQLite file of another program (application id ${application}, version ${version})`, {
      retryable: false, remedy: 'Name another file for the store.',
    })
  }
  if (version > SCHEMA_VERSION) {
    throw new StoreTooNewError(`${file} has schema version ${version}, and this program knows versions up to ${SCHEMA_VERSION}`, {
      details: { file, found: version, known: SCHEMA_VERSION },
    })
  }
  return version
}

/** Brings the schema up to date. Only the owner of the file may call it. */
export function migrate(database: DatabaseSync, file: string): void {
  const from = schemaVersion(database, file)
  if (from === SCHEMA_VERSION) return
  database.exec('begin immediate')
  try {
    for (const statements of MIGRATIONS.slice(from)) database.exec(statements)
    database.exec(`pragma application_id = ${APPLICATION_ID}; pragma user_version = ${SCHEMA_VERSION}; commit`)
  } catch (thrown) {
    if (database.isTransaction) database.exec('rollback')
    throw thrown
  }
}

function hasTables(database: DatabaseSync): boolean {
  return database.prepare('select 1 from sqlite_schema limit 1').get() !== undefined
}
