// Lists of runs, newest first: by creation, then by insertion. Chooses the index by what the filter asks for, and goes
// through the spaces one by one when it asks for all of them, since every index begins with the space.
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { RunRow, RunStatus, Space } from '../../model/run.ts'
import { timeOfUuid } from '../../shared/id.ts'
import type { RunFilter, RunPage } from '../port.ts'
import { RUN_COLUMNS, runFrom } from './rows.ts'

const DEFAULT_LIMIT = 50
const MAX_LIMIT = 1000

const LIVE: ReadonlySet<RunStatus> = new Set(['running', 'waiting', 'paused', 'parked'])
const FAILED: ReadonlySet<RunStatus> = new Set(['failed', 'cancelled'])

/** The end of the page before, in the order of the list. */
interface Cursor {
  readonly createdAt: number
  readonly no: number
}

/** A statement and its parameters. */
export interface ListQuery {
  readonly sql: string
  readonly values: readonly SQLInputValue[]
}

/** One page. */
export function listRuns(database: DatabaseSync, filter: RunFilter): RunPage {
  const limit = Math.max(1, Math.min(filter.limit ?? DEFAULT_LIMIT, MAX_LIMIT))
  const cursor = filter.after === undefined ? undefined : findCursor(database, filter.after)
  const spaces = filter.space === undefined ? database.prepare('select id from spaces').all().map(({ id }) => Number(id)) : [filter.space]
  const found = spaces.flatMap((space) => {
    const { sql, values } = listQuery(space, filter, cursor, limit + 1)
    return database.prepare(sql).all(...values)
  })
  if (spaces.length > 1) found.sort((a, b) => Number(b['created_at']) - Number(a['created_at']) || Number(b['no']) - Number(a['no']))
  const runs: RunRow[] = found.slice(0, limit).map(runFrom)
  return { runs, next: found.length > limit ? (runs.at(-1)?.run ?? null) : null }
}

/** The statement for one space. */
export function listQuery(space: Space, filter: RunFilter, cursor: Cursor | undefined, limit: number): ListQuery {
  const terms = ['space = ?']
  const values: SQLInputValue[] = [space]
  const term = (sql: string, ...more: SQLInputValue[]): void => {
    terms.push(sql)
    values.push(...more)
  }
  if (filter.since !== undefined) term('created_at >= ?', filter.since)
  if (filter.until !== undefined) term('created_at < ?', filter.until)
  if (cursor !== undefined) term('created_at <= ? and (created_at < ? or no < ?)', cursor.createdAt, cursor.createdAt, cursor.no)
  if (filter.workflow !== undefined) term('workflow = ?', filter.workflow)
  if (filter.status !== undefined) {
    // Word for word the conditions of the partial indexes: only then does SQLite use them.
    if (filter.status.every((status) => LIVE.has(status))) term('finished_at is null')
    else if (filter.status.every((status) => FAILED.has(status))) term(`status in ('failed', 'cancelled')`)
    term(`status in (${filter.status.map(() => '?').join(', ')})`, ...filter.status)
  }
  values.push(limit)
  return { sql: `select no, ${RUN_COLUMNS} from runs where ${terms.join(' and ')} order by created_at desc, no desc limit ?`, values }
}

/** Where a run stands. One that was deleted between two pages is replaced by the time that its id carries. */
function findCursor(database: DatabaseSync, after: string): Cursor {
  const row = database.prepare('select created_at, no from runs where run = ?').get(after)
  if (row !== undefined) return { createdAt: Number(row['created_at']), no: Number(row['no']) }
  const time = timeOfUuid(after)
  return { createdAt: Number.isNaN(time) ? Number.MIN_SAFE_INTEGER : time, no: Number.MAX_SAFE_INTEGER }
}
