// What the body of a transaction step may do with the writer's connection: prepare and run statements on its own tables. SQLite itself
// refuses the rest where Node lets us tell it (24.10 and newer); before that the words of a statement are looked at, which refuses more
// than it must.
import { constants } from 'node:sqlite'
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { TransactionRefusedError } from '../../errors.ts'

/** The savepoint of the step at hand. */
export const SAVEPOINT = 'wumbo_transaction'

/** Tables and views of ours, as migrations/ makes them; a test compares. */
export const OWN_TABLES: ReadonlySet<string> = new Set([
  'spaces', 'lanes', 'runs', 'journal', 'marks', 'inbox', 'generations', 'keys', 'definitions', 'workflows', 'workflow_versions', 'records', 'events', 'listeners',
])

/** A view of the connection, until it is closed. */
export interface Facade {
  readonly handle: object
  close(): void
}

type Values = readonly SQLInputValue[]

/** Opens the view for one body. */
export function openFacade(database: DatabaseSync): Facade {
  let open = true
  // Node before 24.10 has no authorizer; its types do not know that.
  const authorizes = typeof (database as Partial<DatabaseSync>).setAuthorizer === 'function'
  if (authorizes) database.setAuthorizer(judge)
  const use = <T>(work: () => T): T => {
    if (!open) throw new TransactionRefusedError('the transaction has ended: its database cannot be used any more', { remedy: 'Use `db` inside execute only, and keep nothing of it.' })
    return work()
  }
  /** An iteration that is left in the middle would keep the savepoint from being released. */
  const iterations: Iterator<unknown>[] = []
  const check = (sql: string): string => {
    if (!authorizes) checkWords(sql)
    return sql
  }
  const handle = {
    exec: (sql: string) => use(() => database.exec(check(sql))),
    prepare: (sql: string) => use(() => {
      const statement = database.prepare(check(sql))
      return {
        run: (...values: Values) => use(() => statement.run(...values)),
        get: (...values: Values) => use(() => statement.get(...values)),
        all: (...values: Values) => use(() => statement.all(...values)),
        iterate: (...values: Values) => use(() => {
          const iteration = statement.iterate(...values)
          iterations.push(iteration)
          return iteration
        }),
      }
    }),
  }
  return {
    handle: Object.freeze(handle),
    close() {
      open = false
      for (const iteration of iterations.splice(0)) iteration.return?.()
      if (authorizes) database.setAuthorizer(null)
    },
  }
}

/** https://www.sqlite.org/c3ref/c_alter_table.html: what the names before an action mean. */
function judge(action: number, first: string | null, second: string | null): number {
  switch (action) {
    case constants.SQLITE_TRANSACTION:
    case constants.SQLITE_ATTACH:
    case constants.SQLITE_DETACH:
    case constants.SQLITE_PRAGMA:
      return constants.SQLITE_DENY
    case constants.SQLITE_SAVEPOINT:
      return second?.toLowerCase() === SAVEPOINT ? constants.SQLITE_DENY : constants.SQLITE_OK
    case constants.SQLITE_READ:
    case constants.SQLITE_UPDATE:
    case constants.SQLITE_FUNCTION:
      return isOwn(first) ? constants.SQLITE_DENY : constants.SQLITE_OK
    default:
      return isOwn(first) || isOwn(second) ? constants.SQLITE_DENY : constants.SQLITE_OK
  }
}

function isOwn(name: string | null): boolean {
  return name !== null && OWN_TABLES.has(name.toLowerCase())
}

const WORDS: ReadonlySet<string> = new Set([...OWN_TABLES, 'begin', 'commit', 'rollback', 'savepoint', 'release', 'attach', 'detach', 'pragma', 'vacuum'])

/** Refuses a statement that has a forbidden word outside of its texts. Names in quotes count as words. */
export function checkWords(sql: string): void {
  const found = sql.replaceAll(/'(?:[^']|'')*'/g, ' ').toLowerCase().match(/[a-z_][a-z0-9_]*/g)?.find((word) => WORDS.has(word))
  if (found !== undefined) throw new TransactionRefusedError(`a statement of a transaction step may not say "${found}": ${sql.slice(0, 80)}`)
}
