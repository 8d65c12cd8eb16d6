// How connections to the file are opened and set. Durability belongs to a connection, so the writer's is read back and
// refused when it is not what was asked for: a promise that nobody checks is none.
import { closeSync, existsSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { StoreFailedError, StoreUnsupportedError } from '../../errors.ts'

/** Older ones can corrupt a WAL that two connections use. */
const NEEDED = [3, 51, 3] as const

/** How long a statement waits for another process's lock, in milliseconds. Our own lock keeps other writers out. */
export const BUSY_TIMEOUT_MS = 5000

/** Pages of a new file. Rows with payloads of some kilobytes fill these better than SQLite's 4 KiB: a third less file, a sixth less work. */
const PAGE_BYTES = 8192

/** Memory for pages per connection, in KiB. */
const CACHE_KIB = 65_536

/** `synchronous` as SQLite numbers it: each commit is on the disk before it returns. */
const FULL = 2

/** What a connection is set to, as read back from it. */
export interface Durability {
  readonly journalMode: string
  readonly synchronous: number
  readonly autoVacuum: number
}

/** Throws StoreUnsupportedError when the SQLite of this Node is too old; `version` is for tests. */
export function checkSqlite(version: string = process.versions['sqlite'] ?? '0'): void {
  const found = version.split('.').map(Number)
  for (const [index, needed] of NEEDED.entries()) {
    const part = found[index] ?? 0
    if (part > needed) return
    if (part < needed) throw new StoreUnsupportedError(`expected SQLite ${NEEDED.join('.')} or newer, and Node ${process.version} brings ${version}`, { details: { found: version } })
  }
}

/** Opens the writer's connection, creating the file if there is none. `plant` runs before the settings are read back: for tests. */
export function openWriter(file: string, plant?: (database: DatabaseSync) => void): { readonly database: DatabaseSync; readonly durability: Durability } {
  checkSqlite()
  createPrivate(file)
  const database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS })
  try {
    // In this order: these two are fixed by the first page that is written, and the journal mode writes one.
    database.exec(`pragma page_size = ${PAGE_BYTES}; pragma auto_vacuum = incremental`)
    database.exec('pragma journal_mode = wal')
    database.exec('pragma synchronous = full')
    if (process.platform === 'darwin') database.exec('pragma fullfsync = on; pragma checkpoint_fullfsync = on')
    database.exec(`pragma wal_autocheckpoint = 0; pragma cache_size = -${CACHE_KIB}; pragma temp_store = memory`)
    plant?.(database)
    return { database, durability: readBack(database, file) }
  } catch (thrown) {
    database.close()
    throw thrown
  }
}

/** Opens a connection that can only read. Throws StoreFailedError when there is no such file. */
export function openReader(file: string): DatabaseSync {
  checkSqlite()
  if (!existsSync(file)) throw new StoreFailedError(`there is no store ${file}`, { retryable: false, remedy: 'Correct the path, or start something: that creates the store.' })
  const database = new DatabaseSync(file, { readOnly: true, timeout: BUSY_TIMEOUT_MS })
  database.exec(`pragma synchronous = full; pragma query_only = on; pragma cache_size = -${CACHE_KIB >> 2}; pragma temp_store = memory`)
  return database
}

/**
 * Creates a file that only its user may read: a journal holds what passes through workflows. SQLite gives the files beside
 * it the same mode. An existing file must not be touched: closing a descriptor of it would free SQLite's locks.
 */
function createPrivate(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600))
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw new StoreFailedError(`${file} cannot be created: ${String(thrown)}`, { cause: thrown, retryable: false })
  }
}

function readBack(database: DatabaseSync, file: string): Durability {
  const read = (name: string): unknown => database.prepare(`pragma ${name}`).get()?.[name]
  const durability = { journalMode: String(read('journal_mode')), synchronous: Number(read('synchronous')), autoVacuum: Number(read('auto_vacuum')) }
  if (durability.synchronous !== FULL || durability.journalMode !== 'wal') {
    throw new StoreFailedError(`${file}: expected journal_mode wal and synchronous ${FULL} (FULL), and the connection says ${durability.journalMode} and ${durability.synchronous}`, {
      retryable: false, remedy: 'Put the file on a local disk; without this nothing that is acknowledged is sure to survive.', details: { ...durability },
    })
  }
  if (process.platform === 'darwin' && Number(read('fullfsync')) !== 1) throw new StoreFailedError(`${file}: fullfsync could not be switched on`, { retryable: false })
  return durability
}
