// The note in a schema whose content was moved to another store, or may have been. The version of such a schema is higher than any program
// knows, so that older ones refuse it as well, and no lane can be opened in it by a process that had looked at the version before.
import type pg from 'pg'
import { StoreMovedError } from '../../errors.ts'
import type { MoveNote } from '../transfer.ts'
import { restored, stored } from './text.ts'

/** Added to the version of a schema that was moved away. */
const MOVED_AWAY = 1_000_000

/** The note of a schema. */
export interface Moved {
  readonly note: MoveNote
  /** False while it is not known whether the move was kept. */
  readonly done: boolean
}

/** True for the version of a schema that was moved away, or may have been. */
export function isMovedVersion(version: number): boolean {
  return version >= MOVED_AWAY
}

/** Reads the note of a schema whose version says that there is one. */
export async function readMoved(client: pg.ClientBase, schema: string): Promise<Moved> {
  const { rows: [row] } = await client.query<{ id: string; target: string; at: number; done: boolean }>(`select id, target, at, done from ${schema}.moved`)
  return { note: { id: row?.id ?? '', from: `schema ${schema}`, to: restored(row?.target ?? 'another store'), at: row?.at ?? 0 }, done: row?.done ?? true }
}

/** What is said of such a schema; `where` names it. */
export function movedError(where: string, { note, done }: Moved): StoreMovedError {
  const details = { to: note.to, at: note.at, move: note.id }
  if (done) {
    return new StoreMovedError(`the content of ${where} was moved to ${note.to} on ${new Date(note.at).toISOString().slice(0, 10)}, and its runs go on there`, {
      details, remedy: `Write store: ${note.to} into wumbo.yaml, or name it with --store.`,
    })
  }
  return new StoreMovedError(`the content of ${where} may have been moved to ${note.to}: the move was interrupted when it was being decided`, {
    details, remedy: `Repeat it with the same --from and --to ${note.to}. That finds out, and moves what is not there yet.`,
  })
}

/** Keeps everybody out from the commit of this transaction on. */
export async function closeForMove(client: pg.ClientBase, { id, to, at }: MoveNote): Promise<void> {
  await client.query('create table if not exists moved (id text primary key, target text not null, at bigint not null, done boolean not null)')
  await client.query('delete from moved')
  await client.query('insert into moved (id, target, at, done) values ($1, $2, $3, false)', [id, stored(to), at])
  await client.query('alter table lanes add constraint moved_away check (not is_open) not valid')
  await client.query('update schema_version set version = version + $1', [MOVED_AWAY])
}

/** The move was kept: nobody opens the schema any more. Or it was not: all is as before. */
export async function settleMove(client: pg.ClientBase, moved: boolean): Promise<void> {
  if (moved) {
    await client.query('update moved set done = true')
    return
  }
  await client.query('drop table if exists moved')
  await client.query('alter table lanes drop constraint if exists moved_away')
  await client.query('update schema_version set version = version - $1 where version >= $1', [MOVED_AWAY])
}
