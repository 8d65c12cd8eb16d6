// A file as the source of a transfer: taken as its owner takes it, read from end to end, each row proven by its checksum. Nothing in it
// is changed but the note that it has moved. It works in the thread of its caller, which has nothing else to do.
import { existsSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { resolve } from 'node:path'
import { BlobMissingError, PayloadCorruptError, StoreMissingError } from '../../errors.ts'
import { batched, TABLE_NAMES, TRANSFER_TABLES } from '../transfer.ts'
import type { MoveNote, TransferBlob, TransferCounts, TransferRow, TransferSource, TransferTable } from '../transfer.ts'
import { sqliteBlobs } from './blobs.ts'
import { openWriter } from './connection.ts'
import { storeFailure } from './failures.ts'
import { FileLock } from './lock.ts'
import { migrate } from './migrations.ts'
import { clearMoved, movedError, readMoved, writeMoved } from './moved.ts'
import { removeNote, writeNote } from './owner.ts'
import { recordFrom } from './rows.ts'
import type { Row } from './rows.ts'
import { definitionFrom, versionFrom } from './workflow-rows.ts'

/** A run that had an owner is given as its next owner would find it. */
const OWNED = 'r.finished_at is null and r.lane is not null'

/** How each table is read: all its canonical columns in the canonical order, and what a checksum needs besides. */
const READ_SQL: Readonly<Record<TransferTable, string>> = {
  spaces: 'select id, pruned_before from spaces order by id',
  definitions: 'select hash, workflow, body, at, checksum from definitions order by hash',
  workflows: 'select space, name, status, version, created_at, updated_at, by_whom from workflows order by space, name',
  workflow_versions: 'select space, name, hash, format, body, source, created_at, by_whom, checksum from workflow_versions order by id',
  runs: `select r.no, r.space, r.run, r.workflow, r.version, r.queue, r.input, r.created_at, r.deadline, r.key, r.gen, r.status, r.output, r.error, r.finished_at,
    case when ${OWNED} then null else r.wake_at end as wake_at, r.inbox_count, r.unread, r.crashes + (${OWNED}) as crashes from runs r order by r.no`,
  journal: 'select r.space, r.run, j.* from journal j left join runs r on r.no = j.run_no order by j.run_no, j.gen, j.path',
  marks: 'select run_no, gen, path, kind, attempt, at, due, error from marks order by id',
  inbox: 'select run_no, number, mail, kind, body, sent_at, consumed_at from inbox order by run_no, number',
  generations: 'select run_no, gen, base_seq, at, by_whom, reason from generations order by run_no, gen',
  keys: 'select space, key, run, hash, created_at, expires_at from keys order by space, key',
}

/** What proves a row, where something does. */
const PROOFS: Partial<Record<TransferTable, (row: Row) => unknown>> = {
  definitions: definitionFrom,
  workflow_versions: versionFrom,
  journal(row) {
    const { space, run, path } = row
    if (typeof run !== 'string') throw new PayloadCorruptError(`the journal holds a record of ${String(path)} that belongs to no run`, { details: { table: 'journal', path } })
    return recordFrom(row, { space: Number(space), run })
  },
}

/**
 * Takes the file as a source. Rejects with StoreMissingError when there is none, StoreLockedError while a process owns it, StoreMovedError when
 * its content was moved before.
 */
export async function sqliteSource(path: string): Promise<TransferSource> {
  const file = resolve(path)
  if (!existsSync(file)) throw new StoreMissingError(`there is no store ${file}`, { path: file, remedy: 'Correct --from.' })
  const lock = new FileLock(file)
  try {
    lock.take()
    return await Promise.resolve(new SqliteSource(file, lock))
  } catch (thrown) {
    lock.release()
    throw storeFailure(thrown, `${file} could not be opened`)
  }
}

class SqliteSource implements TransferSource {
  readonly shown: string
  readonly doubt: MoveNote | null
  readonly #file: string
  readonly #lock: FileLock
  readonly #database: DatabaseSync
  readonly #since = Date.now()

  constructor(file: string, lock: FileLock) {
    this.#file = file
    this.#lock = lock
    this.shown = `sqlite:${file}`
    this.#database = openWriter(file).database
    try {
      const moved = readMoved(this.#database, file)
      if (moved?.done === true) throw movedError(file, moved)
      this.doubt = moved?.note ?? null
      migrate(this.#database, file)
      writeNote(file, this.#since)
    } catch (thrown) {
      this.#database.close()
      throw thrown
    }
  }

  async counts(): Promise<TransferCounts> {
    const counts = Object.fromEntries(TABLE_NAMES.map((table) => [table, Number(this.#database.prepare(`select count(*) as count from ${table}`).get()?.['count'])]))
    return { ...(counts as Record<TransferTable, number>), blobs: (await this.#blobKeys()).length }
  }

  async *rows(table: TransferTable): AsyncGenerator<readonly TransferRow[]> {
    const columns = Object.keys(TRANSFER_TABLES[table])
    const prove = PROOFS[table]
    try {
      yield* batched(canonical(this.#database.prepare(READ_SQL[table]).iterate(), columns, prove))
    } catch (thrown) {
      throw storeFailure(thrown, `${table} of ${this.#file} could not be read`)
    }
  }

  async *blobs(): AsyncGenerator<TransferBlob> {
    const blobs = sqliteBlobs(this.#file, true)
    for (const { key, ageMs } of await this.#blobKeys()) {
      const data = await blobs.get(key)
      if (data === undefined) throw new BlobMissingError(`the large value ${key} went away while it was being moved`, { details: { blob: key } })
      yield { key, data, ageMs }
    }
  }

  async #blobKeys(): Promise<readonly { readonly key: string; readonly ageMs: number }[]> {
    const keys: { readonly key: string; readonly ageMs: number }[] = []
    // One that was never finished, with its ~, is none.
    for await (const { key, ageMs } of sqliteBlobs(this.#file, true).list()) if (!key.endsWith('~')) keys.push({ key, ageMs })
    return keys.sort((a, b) => (a.key < b.key ? -1 : 1))
  }

  async intend(note: MoveNote): Promise<void> {
    await this.#write(() => writeMoved(this.#database, note, false))
  }

  async decide(note: MoveNote, moved: boolean): Promise<void> {
    await this.#write(() => (moved ? writeMoved(this.#database, note, true) : clearMoved(this.#database)))
  }

  #write(work: () => void): Promise<void> {
    return new Promise((done, failed) => {
      try {
        work()
        done()
      } catch (thrown) {
        if (this.#database.isTransaction) this.#database.exec('rollback')
        failed(storeFailure(thrown, `${this.#file} could not be marked as moved`))
      }
    })
  }

  async close(): Promise<void> {
    this.#database.close()
    removeNote(this.#file, this.#since)
    this.#lock.release()
    await Promise.resolve()
  }
}

function* canonical(rows: Iterable<Row>, columns: readonly string[], prove: ((row: Row) => unknown) | undefined): Generator<TransferRow> {
  for (const row of rows) {
    prove?.(row)
    yield columns.map((column) => row[column] as string | number | null)
  }
}
