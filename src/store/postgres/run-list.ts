// Lists of runs, newest first: by creation, then by insertion. Chooses the table to begin with by what the filter asks for: lists of live
// runs go through those, which are few; lists of failed ones have an index; all others go through the starts.
import type pg from 'pg'
import type { RunStatus } from '../../model/run.ts'
import { timeOfUuid } from '../../shared/id.ts'
import type { RunFilter, RunPage } from '../port.ts'
import { runFrom } from './rows.ts'
import type { Row } from './rows.ts'
import { sought } from './text.ts'

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
  readonly text: string
  readonly values: readonly unknown[]
}

/** One page. */
export async function listRuns(pool: pg.Pool, filter: RunFilter): Promise<RunPage> {
  const limit = Math.max(1, Math.min(filter.limit ?? DEFAULT_LIMIT, MAX_LIMIT))
  const cursor = filter.after === undefined ? undefined : await findCursor(pool, filter.after)
  const { text, values } = listQuery(filter, cursor, limit + 1)
  const { rows } = await pool.query<Row>(text, [...values])
  const runs = rows.slice(0, limit).map(runFrom)
  return { runs, next: rows.length > limit ? (runs.at(-1)?.run ?? null) : null }
}

/** The statement: which runs, by number, and then their rows. Every index begins with the space, so all spaces are gone through one by one. */
export function listQuery(filter: RunFilter, cursor: Cursor | undefined, limit: number): ListQuery {
  const values: unknown[] = [limit]
  const bind = (value: unknown): string => `$${values.push(value)}`
  const { status, space, workflow, since, until } = filter
  const isLive = status?.every((each) => LIVE.has(each)) === true
  const isFailed = !isLive && status?.every((each) => FAILED.has(each)) === true
  const from = isLive || isFailed ? `${isLive ? 'runs' : 'run_ends'} t${workflow === undefined ? '' : ' join run_starts s on s.no = t.no'}` : 'run_starts s'
  const by = isLive || isFailed ? 't' : 's'
  const terms = [`${by}.space = spaces.id`, ...(isFailed ? [`t.status in ('failed', 'cancelled')`] : [])]
  if (since !== undefined) terms.push(`${by}.created_at >= ${bind(since)}`)
  if (until !== undefined) terms.push(`${by}.created_at < ${bind(until)}`)
  if (cursor !== undefined) terms.push(`(${by}.created_at, ${by}.no) < (${bind(cursor.createdAt)}, ${bind(cursor.no)})`)
  if (workflow !== undefined) terms.push(`s.workflow = ${bind(sought(workflow))}`)
  if (status !== undefined) {
    const wanted = `(${bind(status)}::text[])`
    terms.push(
      isLive || isFailed
        ? `t.status = any${wanted}`
        : `(exists (select 1 from runs l where l.no = s.no and l.status = any${wanted}) or exists (select 1 from run_ends e where e.no = s.no and e.status = any${wanted}))`,
    )
  }
  const order = `order by ${by}.created_at desc, ${by}.no desc limit $1`
  return {
    text: `
      select r.* from (
        select found.no, found.created_at from spaces, lateral (select ${by}.no, ${by}.created_at from ${from} where ${terms.join(' and ')} ${order}) found
        ${space === undefined ? '' : `where spaces.id = ${bind(space)}`} order by found.created_at desc, found.no desc limit $1
      ) page join run_rows r on r.no = page.no order by page.created_at desc, page.no desc`,
    values,
  }
}

/** Where a run stands. One that was deleted between two pages is replaced by the time that its id carries. */
async function findCursor(pool: pg.Pool, after: string): Promise<Cursor> {
  const { rows: [row] } = await pool.query<{ created_at: number; no: number }>('select created_at, no from run_starts where run = $1 order by space limit 1', [sought(after)])
  if (row !== undefined) return { createdAt: row.created_at, no: row.no }
  const time = timeOfUuid(after)
  return { createdAt: Number.isNaN(time) ? Number.MIN_SAFE_INTEGER : time, no: Number.MAX_SAFE_INTEGER }
}
