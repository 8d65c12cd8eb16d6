// The note in a file whose content was moved to another store, or may have been: whoever opened such a file would go on with runs that
// go on elsewhere. It is a table of its own that nothing but a move makes.
import type { DatabaseSync } from 'node:sqlite'
import { StoreMovedError } from '../../errors.ts'
import type { MoveNote } from '../transfer.ts'

/** The note of a file. */
export interface Moved {
  readonly note: MoveNote
  /** False while it is not known whether the move was kept. */
  readonly done: boolean
}

/** Reads the note; null in every file that was never moved. */
export function readMoved(database: DatabaseSync, file: string): Moved | null {
  if (database.prepare(`select 1 from sqlite_schema where type = 'table' and name = 'moved'`).get() === undefined) return null
  const row = database.prepare('select id, target, at, done from moved').get()
  if (row === undefined) return null
  return { note: { id: String(row['id']), from: `sqlite:${file}`, to: String(row['target']), at: Number(row['at']) }, done: row['done'] === 1 }
}

/** Refuses a file whose content is elsewhere, or may be. Throws StoreMovedError. */
export function refuseMoved(database: DatabaseSync, file: string): void {
  const moved = readMoved(database, file)
  if (moved === null) return
  throw movedError(file, moved)
}

/** What is said of such a file. */
export function movedError(file: string, { note, done }: Moved): StoreMovedError {
  const details = { file, to: note.to, at: note.at, move: note.id }
  if (done) {
    return new StoreMovedError(`the content of ${file} was moved to ${note.to} on ${new Date(note.at).toISOString().slice(0, 10)}, and its runs go on there`, {
      details, remedy: `Write store: ${note.to} into wumbo.yaml, or name it with --store. When all is well there, ${file} can be deleted.`,
    })
  }
  return new StoreMovedError(`the content of ${file} may have been moved to ${note.to}: the move was interrupted when it was being decided`, {
    details, remedy: `Repeat it: wumbo store move --from sqlite:${file} --to ${note.to}. That finds out, and moves what is not there yet.`,
  })
}

/** Writes the note, durable when this returns. */
export function writeMoved(database: DatabaseSync, { id, to, at }: MoveNote, done: boolean): void {
  database.exec('begin immediate')
  database.exec('create table if not exists moved (id text not null primary key, target text not null, at integer not null, done integer not null) strict')
  database.exec('delete from moved')
  database.prepare('insert into moved (id, target, at, done) values (?, ?, ?, ?)').run(id, to, at, done ? 1 : 0)
  database.exec('commit')
}

/** Takes the note away: nothing was moved. */
export function clearMoved(database: DatabaseSync): void {
  database.exec('drop table if exists moved')
}
