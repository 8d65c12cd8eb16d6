// A new file as the target of a transfer. It is written under another name and gets its own when it is whole and on the disk: until then there is
// no store. Large values are put where they belong at once, and taken away again when nothing comes of it.
import { existsSync } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import type { StatementSync } from 'node:sqlite'
import { dirname, resolve } from 'node:path'
import { StoreNotEmptyError, StoreRowError } from '../../errors.ts'
import type { SourceFormat } from '../../model/definition.ts'
import type { JournalRecord } from '../../model/record.ts'
import { TRANSFER_TABLES } from '../transfer.ts'
import type { MoveNote, TransferBlob, TransferRow, TransferTable, TransferTarget } from '../transfer.ts'
import { sqliteBlobs } from './blobs.ts'
import { RECORD_CELLS, checksum, putRecord } from './checksum.ts'
import { openWriter } from './connection.ts'
import { isRowFailure, storeFailure } from './failures.ts'
import { FileLock } from './lock.ts'
import { migrate } from './migrations.ts'
import { readBlobs, readRows } from './transfer-read.ts'
import { BatchWriter } from './wire.ts'
import { definitionChecksum, versionChecksum } from './workflow-rows.ts'

/** Columns that are there for the checksum and stand in another table. */
const LEFT_OUT: Partial<Record<TransferTable, readonly string[]>> = { journal: ['space', 'run'] }

/** Takes the name of a file that is not there yet. Rejects with StoreLockedError while a process owns it. */
export async function sqliteTarget(path: string): Promise<TransferTarget> {
  const file = resolve(path)
  await mkdir(dirname(file), { recursive: true })
  const lock = new FileLock(file)
  lock.take()
  return new SqliteTarget(file, lock)
}

class SqliteTarget implements TransferTarget {
  readonly shown: string
  readonly #file: string
  readonly #unfinished: string
  readonly #lock: FileLock
  readonly #blobs: string[] = []
  readonly #statements = new Map<TransferTable, StatementSync>()
  #database: DatabaseSync | null = null
  #isKept = false

  constructor(file: string, lock: FileLock) {
    this.#file = file
    this.#unfinished = `${file}.moving`
    this.#lock = lock
    this.shown = `sqlite:${file}`
  }

  has(id: string): Promise<boolean> {
    if (!existsSync(this.#file)) return Promise.resolve(false)
    const database = new DatabaseSync(this.#file, { readOnly: true })
    try {
      const isThere = database.prepare(`select 1 from sqlite_schema where type = 'table' and name = 'moves'`).get() !== undefined
      return Promise.resolve(isThere && database.prepare('select 1 from moves where id = ?').get(id) !== undefined)
    } finally {
      database.close()
    }
  }

  async begin(): Promise<void> {
    if (existsSync(this.#file)) throw new StoreNotEmptyError(`there is a file ${this.#file} already; nothing was changed`, { path: this.#file, remedy: 'Name a file that is not there yet.' })
    await this.#removeUnfinished()
    const { database } = openWriter(this.#unfinished)
    this.#database = database
    // What is under another name need not survive: all of it is brought to the disk at the end.
    database.exec('pragma journal_mode = delete; pragma synchronous = off')
    migrate(database, this.#unfinished)
  }

  write(table: TransferTable, rows: readonly TransferRow[]): Promise<void> {
    const database = this.#opened()
    return new Promise((done, failed) => {
      try {
        const statement = this.#statement(table)
        const kept = Object.keys(TRANSFER_TABLES[table]).map((name) => LEFT_OUT[table]?.includes(name) !== true)
        database.exec('begin')
        for (const row of rows) {
          const sum = checksumOf(table, row)
          statement.run(...row.filter((_, index) => kept[index]), ...(sum === null ? [] : [sum]))
        }
        database.exec('commit')
        done()
      } catch (thrown) {
        if (database.isTransaction) database.exec('rollback')
        failed(isRowFailure(thrown) ? new StoreRowError(`${table}: ${this.shown} cannot hold one of the rows: ${String(thrown)}; nothing was moved`, { cause: thrown, path: table }) : storeFailure(thrown, `${table} could not be written to ${this.shown}`))
      }
    })
  }

  async writeBlob({ key, data }: TransferBlob): Promise<void> {
    const blobs = sqliteBlobs(this.#file, false)
    // Without a file there is no store that it could belong to: a move that was killed left it.
    await blobs.delete(key)
    this.#blobs.push(key)
    await blobs.put(key, data)
  }

  async *rows(table: TransferTable): AsyncGenerator<readonly TransferRow[]> {
    yield* readRows(this.#opened(), table, this.#unfinished)
  }

  blobs(): AsyncIterable<TransferBlob> {
    return readBlobs(this.#file)
  }

  async commit({ id, from, at }: MoveNote): Promise<'kept'> {
    const database = this.#opened()
    try {
      // A number is never given again, also of an event that is pruned: a listener that was closed asks for what is above its own.
      database.exec(`delete from sqlite_sequence where name = 'events';
        insert into sqlite_sequence (name, seq) select 'events', max(no) from (select no from events union all select after from listeners) having max(no) > 0`)
      database.exec('create table if not exists moves (id text not null primary key, source text not null, at integer not null) strict')
      database.prepare('insert into moves (id, source, at) values (?, ?, ?)').run(id, from, at)
      database.close()
      this.#database = null
      await synced(this.#unfinished)
      await rename(this.#unfinished, this.#file)
      this.#isKept = true
      if (process.platform !== 'win32') await synced(dirname(this.#file))
    } catch (thrown) {
      throw storeFailure(thrown, `${this.shown} could not keep what was moved`)
    }
    return 'kept'
  }

  async close(): Promise<void> {
    this.#database?.close()
    this.#database = null
    if (!this.#isKept) {
      await this.#removeUnfinished()
      const blobs = sqliteBlobs(this.#file, false)
      if (!existsSync(this.#file)) for (const key of this.#blobs) await blobs.delete(key)
    }
    this.#lock.release()
  }

  #opened(): DatabaseSync {
    if (this.#database === null) throw new StoreRowError('the target of the move is not open')
    return this.#database
  }

  #statement(table: TransferTable): StatementSync {
    const known = this.#statements.get(table)
    if (known !== undefined) return known
    const names = Object.keys(TRANSFER_TABLES[table]).filter((name) => LEFT_OUT[table]?.includes(name) !== true)
    if (table === 'definitions' || table === 'workflow_versions' || table === 'journal') names.push('checksum')
    const made = this.#opened().prepare(`insert into ${table} (${names.join(', ')}) values (${names.map(() => '?').join(', ')})`)
    this.#statements.set(table, made)
    return made
  }

  async #removeUnfinished(): Promise<void> {
    for (const suffix of ['', '-wal', '-shm', '-journal']) await rm(`${this.#unfinished}${suffix}`, { force: true })
  }
}

const scratch = new BatchWriter(RECORD_CELLS)

/** The checksum that a file keeps with a row; null for rows without one. */
function checksumOf(table: TransferTable, cells: TransferRow): string | number | null {
  if (table !== 'definitions' && table !== 'workflow_versions' && table !== 'journal') return null
  const names = Object.keys(TRANSFER_TABLES[table])
  const cell = (name: string): unknown => cells[names.indexOf(name)]
  // Cells have the types that the table declares.
  const text = (name: string): string => cell(name) as string
  const textOrNull = (name: string): string | null => cell(name) as string | null
  const whole = (name: string): number => cell(name) as number
  if (table === 'definitions') return definitionChecksum(text('hash'), text('workflow'), text('body'))
  if (table === 'workflow_versions') {
    return versionChecksum({ space: whole('space'), name: text('name') }, { hash: text('hash'), format: text('format') as SourceFormat, body: text('body'), source: text('source'), createdAt: whole('created_at'), by: text('by_whom') })
  }
  const record: JournalRecord = {
    space: whole('space'), run: text('run'), gen: whole('gen'), path: text('path'), seq: whole('seq'), kind: text('kind') as JournalRecord['kind'],
    status: text('status') as JournalRecord['status'], level: text('level') as JournalRecord['level'], template: textOrNull('template'), templateVersion: textOrNull('template_version'),
    inputHash: textOrNull('input_hash'), input: textOrNull('input'), output: textOrNull('output'), error: null, attempt: whole('attempt'), startedAt: whole('started_at'),
    finishedAt: whole('finished_at'), reads: null,
  }
  scratch.reset()
  putRecord(scratch, record, textOrNull('error'), textOrNull('reads'))
  const { text: texts, cells: numbers } = scratch.finish()
  return checksum(texts, numbers, 0)
}

/** Brings a file, or the names in a folder, to the disk. */
async function synced(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
