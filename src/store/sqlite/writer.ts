// The writer: one connection, one lane, one flush at a time, each a transaction. When the disk fails in a flush and it is
// not certain what was kept, it opens the file again and looks at the lane's count of flushes.
import type { DatabaseSync } from 'node:sqlite'
import { LaneFencedError, StoreClosedError, StoreFailedError, StoreRowError } from '../../errors.ts'
import type { OpAnswer } from '../port.ts'
import { Bodies } from './bodies.ts'
import { Checkpoints } from './checkpoint.ts'
import { openWriter } from './connection.ts'
import { isDoubtful, isRowFailure, storeFailure } from './failures.ts'
import type { WriterFaults } from './faults.ts'
import { FlushState } from './flush-state.ts'
import { FileLock } from './lock.ts'
import { SCHEMA_VERSION, migrate, schemaVersion } from './migrations.ts'
import { refuseMoved } from './moved.ts'
import { apply } from './operations.ts'
import { removeNote, writeNote } from './owner.ts'
import type { Announcement } from './owner.ts'
import { prepareWriter } from './statements.ts'
import { BatchReader } from './wire.ts'
import type { Batch } from './wire.ts'

/** Pauses before each attempt to open a file again after a failure, in milliseconds. */
const REOPEN_PAUSES_MS = [0, 50, 200, 1000]

type Answers = readonly (readonly [number, OpAnswer])[]

/** The writing end of a file, in its thread. */
export class Writer {
  /** What transaction steps run. */
  readonly bodies = new Bodies()
  readonly #file: string
  readonly #faults: WriterFaults
  readonly #lock: FileLock
  #database: DatabaseSync | null = null
  #checkpoints: Checkpoints | null = null
  #state: FlushState | null = null
  #flushes = 0
  #since = 0
  #opened = 0
  #commits = 0

  constructor(file: string, faults: WriterFaults) {
    this.#file = file
    this.#faults = faults
    this.#lock = new FileLock(file)
  }

  /** Opens the file and brings its schema up to date, for which the lock is needed. */
  open(): Readonly<Record<string, string | number>> {
    const { database, durability } = this.#connect()
    refuseMoved(database, this.#file)
    if (schemaVersion(database, this.#file) !== SCHEMA_VERSION) {
      this.#lock.take()
      try {
        migrate(database, this.#file)
      } finally {
        this.#lock.release()
      }
    }
    return { file: this.#file, sqlite: process.versions['sqlite'] ?? '', schema: SCHEMA_VERSION, ...durability }
  }

  /** Takes the lock and the next epoch; frees the runs of owners that died, whose `crashes` rise. */
  openLane(): { readonly epoch: number } {
    this.#lock.take()
    try {
      const database = this.#database ?? this.#connect().database
      refuseMoved(database, this.#file)
      migrate(database, this.#file)
      const sql = prepareWriter(database)
      database.exec('begin immediate')
      sql.openLane.run()
      sql.freeRuns.run(1)
      const lane = sql.readLane.get()
      const state = new FlushState({ epoch: Number(lane?.['epoch']), sql, nextRun: Number(sql.lastRun.get()?.['no']) + 1, bodies: this.bodies })
      database.exec('commit')
      this.#state = state
      this.#flushes = Number(lane?.['flushes'])
      this.#since = Date.now()
      writeNote(this.#file, this.#since)
      return { epoch: state.epoch }
    } catch (thrown) {
      this.#rollback()
      this.#state = null
      this.#lock.release()
      throw storeFailure(thrown, `${this.#file} could not be taken over`)
    }
  }

  announce(announcement: Announcement): void {
    if (this.#state === null) throw new StoreClosedError('there is no open lane to announce')
    writeNote(this.#file, this.#since, announcement)
  }

  /** One transaction. On a throw nothing of it took effect. */
  flush(batch: Batch): Answers {
    const state = this.#state
    if (state === null) throw new StoreClosedError('the lane is closed')
    const database = this.#database ?? this.#reconnect(state)
    const answers: [number, OpAnswer][] = []
    let index = -1
    try {
      database.exec('begin immediate')
      if (state.sql.proveLane.run(this.#flushes + 1, state.epoch, this.#flushes).changes !== 1) throw this.#fenced(state)
      state.database = database
      const from = new BatchReader(batch)
      for (index = 0; !from.atEnd; index++) {
        const answer = apply(state, from)
        if (answer !== undefined) answers.push([index, answer])
      }
      index = -1
      this.#commits++
      this.#faults.beforeCommit?.(database, this.#commits)
      database.exec('commit')
      this.#faults.afterCommit?.(database, this.#commits)
    } catch (thrown) {
      if (!isDoubtful(thrown) || !this.#wasCommitted(state, thrown)) {
        this.#rollback()
        state.rollback()
        throw failure(thrown, index)
      }
    }
    this.#flushes++
    state.commit()
    return answers
  }

  /** After the answer to a call has been sent. */
  rest(): void {
    if (this.#state !== null) this.#checkpoints?.afterFlush()
  }

  /** Ends the lane in order: its runs are free at once, the log is emptied, the lock is given back. */
  closeLane(): void {
    const state = this.#state
    this.#state = null
    if (!this.#lock.held) return
    try {
      if (state === null) return
      const database = this.#database ?? this.#connect().database
      const sql = prepareWriter(database)
      database.exec('begin immediate')
      if (sql.closeLane.run(state.epoch).changes === 1) sql.freeRuns.run(0)
      database.exec('commit')
      this.#checkpoints?.last()
    } catch (thrown) {
      this.#rollback()
      throw storeFailure(thrown, `the lane of ${this.#file} could not be closed in order`)
    } finally {
      removeNote(this.#file, this.#since)
      this.#lock.release()
    }
  }

  close(): void {
    this.#disconnect()
  }

  #connect(): ReturnType<typeof openWriter> {
    const count = ++this.#opened
    const opened = openWriter(this.#file, (database) => this.#faults.opened?.(database, count))
    this.#database = opened.database
    this.#checkpoints = new Checkpoints(opened.database)
    return opened
  }

  #disconnect(): void {
    this.#checkpoints?.stop()
    this.#checkpoints = null
    const database = this.#database
    this.#database = null
    database?.close()
  }

  #reconnect(state: FlushState): DatabaseSync {
    try {
      const { database } = this.#connect()
      state.sql = prepareWriter(database)
      return database
    } catch (thrown) {
      throw storeFailure(thrown, `${this.#file} could not be opened again`)
    }
  }

  /**
   * Opens the file again and looks whether the flush in doubt is in it. What is found counts only once it is in the file
   * proper, as the log may not have reached the disk. When none of that succeeds, the lane is given up: only the next
   * owner, which reads everything anew, can know.
   */
  #wasCommitted(state: FlushState, cause: unknown): boolean {
    for (const pause of REOPEN_PAUSES_MS) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause)
      try {
        this.#abandon()
        const database = this.#reconnect(state)
        const lane = state.sql.readLane.get()
        if (lane?.['epoch'] !== state.epoch || lane['flushes'] !== this.#flushes + 1) return false
        if (database.prepare('pragma wal_checkpoint(full)').get()?.['busy'] === 0) return true
      } catch {
        // Tried again after the next pause.
      }
    }
    this.#state = null
    throw new StoreFailedError(`it is not known whether a flush was kept: ${this.#file} could not be read back after a failure`, { cause, retryable: false })
  }

  #abandon(): void {
    try {
      this.#disconnect()
    } catch {
      this.#database = null
    }
  }

  #rollback(): void {
    try {
      if (this.#database?.isTransaction === true) this.#database.exec('rollback')
    } catch {
      this.#abandon()
    }
  }

  #fenced(state: FlushState): LaneFencedError {
    const lane = state.sql.readLane.get()
    return new LaneFencedError(`this lane has epoch ${state.epoch} and has flushed ${this.#flushes} times, but ${this.#file} says ${String(lane?.['epoch'])} and ${String(lane?.['flushes'])}: another process has taken over`)
  }
}

function failure(thrown: unknown, index: number): Error {
  if (index < 0 || !isRowFailure(thrown)) return storeFailure(thrown, 'the flush failed')
  return new StoreRowError(`operation ${index}: ${thrown instanceof Error ? thrown.message : String(thrown)}`, { cause: thrown, details: { index } })
}
