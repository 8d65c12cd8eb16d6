// Moves what the write-ahead log has gathered into the file, off the way of the commits: when the writer has nothing to
// do, and after a flush only once the log has grown beyond a bound. Gives freed pages back to the disk in the same pauses.
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { BUSY_TIMEOUT_MS } from './connection.ts'

/** Bytes in the log at which a flush is followed by a checkpoint. The larger, the more often a page is written before it is moved once. */
export const LOG_BYTES = 64 * 2 ** 20

/** Milliseconds without a flush after which the writer counts as idle. */
const IDLE_MS = 200

/** While a reader keeps the log from being emptied, the pauses between attempts double up to this. */
const LONGEST_PAUSE_MS = 10_000

/** Free pages given back at a time. */
const VACUUM_PAGES = 256

/** The checkpoints of one connection. */
export class Checkpoints {
  readonly #database: DatabaseSync
  readonly #look: StatementSync
  readonly #logPages: number
  #timer: NodeJS.Timeout | null = null
  #lastFlush = 0
  #pause = IDLE_MS
  #clean = true

  constructor(database: DatabaseSync) {
    this.#database = database
    this.#look = database.prepare('pragma wal_checkpoint(noop)')
    this.#logPages = LOG_BYTES / Number(database.prepare('pragma page_size').get()?.['page_size'])
    // The log's file is cut to this when it starts over, so that one long reader does not cost the disk for ever.
    database.exec(`pragma journal_size_limit = ${LOG_BYTES}`)
  }

  /** After the answer to a flush has been sent. */
  afterFlush(): void {
    this.#clean = false
    this.#pause = IDLE_MS
    this.#lastFlush = performance.now()
    if (this.#pagesWaiting() >= this.#logPages) this.#run('passive')
    this.#timer ??= setTimeout(() => this.#idle(), IDLE_MS).unref()
  }

  /** Before the connection is closed in order: everything into the file, the log emptied. */
  last(): void {
    this.stop()
    // A reader that stays must not keep the process from ending: then the log stays too, and the next owner moves it.
    this.#database.exec('pragma busy_timeout = 100')
    this.#run('truncate')
    this.#database.exec(`pragma busy_timeout = ${BUSY_TIMEOUT_MS}`)
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }

  #idle(): void {
    this.#timer = null
    const rest = this.#lastFlush + IDLE_MS - performance.now()
    if (rest > 1) {
      this.#timer = setTimeout(() => this.#idle(), rest).unref()
      return
    }
    if (this.#clean) return
    const freed = this.#vacuum()
    this.#clean = this.#run('passive') && !freed
    if (this.#clean) return
    this.#pause = freed ? IDLE_MS : Math.min(this.#pause * 2, LONGEST_PAUSE_MS)
    this.#timer = setTimeout(() => this.#idle(), this.#pause).unref()
  }

  #pagesWaiting(): number {
    const row = this.#look.get()
    return Number(row?.['log']) - Number(row?.['checkpointed'])
  }

  /** True when nothing is left in the log that a checkpoint would move. A failure is left to the next flush to meet. */
  #run(mode: 'passive' | 'truncate'): boolean {
    try {
      const row = this.#database.prepare(`pragma wal_checkpoint(${mode})`).get()
      return Number(row?.['log']) <= Number(row?.['checkpointed'])
    } catch {
      return true
    }
  }

  /** True when pages were given back, and more may be left. */
  #vacuum(): boolean {
    try {
      if (Number(this.#database.prepare('pragma freelist_count').get()?.['freelist_count']) < VACUUM_PAGES) return false
      this.#database.exec(`pragma incremental_vacuum(${VACUUM_PAGES})`)
      return true
    } catch {
      return false
    }
  }
}
