// Loaded before Wumbo, in its process and in its threads: notes how each SQLite connection was set when it is closed.
// `pragma synchronous` belongs to a connection, so that nobody but the writer itself can tell. Nothing on the way of a
// statement is touched: only `close` is wrapped.
import { appendFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

const notes = process.env['WUMBO_BENCH_PRAGMAS']
const close = DatabaseSync.prototype.close

/** @this {DatabaseSync} */
function noteAndClose() {
  if (notes !== undefined && this.isOpen) appendFileSync(notes, `${JSON.stringify(pragmas(this))}\n`)
  return close.call(this)
}

/** @param {DatabaseSync} database */
function pragmas(database) {
  /** @param {string} name */
  const read = (name) => database.prepare(`pragma ${name}`).get()?.[name]
  const file = database.prepare('pragma database_list').all().find((row) => row['name'] === 'main')?.['file']
  return { file, synchronous: read('synchronous'), journal: read('journal_mode'), queryOnly: read('query_only') }
}

DatabaseSync.prototype.close = noteAndClose
DatabaseSync.prototype[Symbol.dispose] = noteAndClose
