// A file as the source of a transfer: taken as its owner takes it, read from end to end, each row proven by its checksum. Nothing in it
// is changed but the note that it has moved. It works in the thread of its caller, which has nothing else to do.
import { existsSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { resolve } from 'node:path'
import { StoreMissingError } from '../../errors.ts'
import { TABLE_NAMES } from '../transfer.ts'
import type { MoveNote, TransferBlob, TransferCounts, TransferRow, TransferSource, TransferTable } from '../transfer.ts'
import { openWriter } from './connection.ts'
import { storeFailure } from './failures.ts'
import { FileLock } from './lock.ts'
import { migrate } from './migrations.ts'
import { clearMoved, movedError, readMoved, writeMoved } from './moved.ts'
import { removeNote, writeNote } from './owner.ts'
import { blobKeys, readBlobs, readRows } from './transfer-read.ts'

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

  begin(): Promise<void> {
    return Promise.resolve()
  }

  async counts(): Promise<TransferCounts> {
    const counts = Object.fromEntries(TABLE_NAMES.map((table) => [table, Number(this.#database.prepare(`select count(*) as count from ${table}`).get()?.['count'])]))
    return { ...(counts as Record<TransferTable, number>), blobs: (await blobKeys(this.#file)).length }
  }

  async *rows(table: TransferTable): AsyncGenerator<readonly TransferRow[]> {
    yield* readRows(this.#database, table, this.#file)
  }

  blobs(): AsyncIterable<TransferBlob> {
    return readBlobs(this.#file)
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
