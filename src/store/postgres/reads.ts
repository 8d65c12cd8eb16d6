// The reading end of a PostgreSQL store. What takes several statements reads one snapshot. No read waits for a flush.
import type pg from 'pg'
import { blobOf } from '../../model/payload.ts'
import type { RunKey, RunRow, Space } from '../../model/run.ts'
import type { LoadedRun } from '../port.ts'
import { onSnapshot } from './connection.ts'
import { generationFrom, mailFrom, markFrom, recordFrom, runFrom, text } from './rows.ts'
import type { Row } from './rows.ts'
import { restored, sought, whole } from './text.ts'
import { definitionFrom } from './workflow-rows.ts'

/** Runs looked at for blobs per read. */
const PIECE = 1000

const FIND_RUN = 'select * from run_rows where run = $1 and space = $2'

/** Payloads that name blobs, of the runs with numbers above $1 up to $2. */
const BLOBS = `
  select input as payload from run_starts where no > $1 and no <= $2 and starts_with(input, 'b:')
  union all select output from run_ends where no > $1 and no <= $2 and starts_with(output, 'b:')
  union all select input from journal where run_no > $1 and run_no <= $2 and starts_with(input, 'b:')
  union all select output from journal where run_no > $1 and run_no <= $2 and starts_with(output, 'b:')
  union all select body from inbox where run_no > $1 and run_no <= $2 and starts_with(body, 'b:')`

/** A run with all that hangs on it. */
export async function loadRun(pool: pg.Pool, key: RunKey): Promise<LoadedRun | undefined> {
  const { rows: [found] } = await pool.query<{ no: number }>('select no from run_starts where run = $1 and space = $2', [sought(key.run), key.space])
  if (found === undefined) return undefined
  const no = whole(found.no)
  // One message with all statements: without parameters, which such a message cannot have; the number is one.
  const statements = [
    'begin isolation level repeatable read read only',
    `select * from run_rows where no = ${no}`,
    `select * from journal where run_no = ${no} order by gen, seq`,
    `select * from marks where run_no = ${no} order by id`,
    `select * from inbox where run_no = ${no} order by number`,
    `select * from generations where run_no = ${no} order by gen`,
    'commit',
  ]
  // The driver gives one result per statement, which its types do not say.
  const results = (await pool.query<Row>(statements.join('; '))) as unknown as readonly pg.QueryResult<Row>[]
  const [, run, journal, marks, mail, generations] = results.map(({ rows }) => rows)
  if (run?.[0] === undefined) return undefined
  return {
    run: runFrom(run[0]),
    journal: (journal ?? []).map((row) => recordFrom(row, key)),
    marks: (marks ?? []).map((row) => markFrom(row, key)),
    mail: (mail ?? []).map((row) => mailFrom(row, key)),
    generations: (generations ?? []).map((row) => generationFrom(row, key)),
  }
}

export async function getRun(pool: pg.Pool, key: RunKey): Promise<RunRow | undefined> {
  const { rows } = await pool.query<Row>(FIND_RUN, [sought(key.run), key.space])
  return rows[0] === undefined ? undefined : runFrom(rows[0])
}

/** Those of the runs that exist. */
export async function getRuns(pool: pg.Pool, keys: readonly RunKey[]): Promise<readonly RunRow[]> {
  if (keys.length === 0) return []
  const { rows } = await pool.query<Row>(
    'select r.* from unnest($1::text[], $2::bigint[]) as k(run, space) join run_rows r on r.run = k.run and r.space = k.space', [keys.map(({ run }) => sought(run)), keys.map(({ space }) => space)],
  )
  return rows.map(runFrom)
}

export async function findKey(pool: pg.Pool, space: Space, key: string): Promise<{ readonly run: string; readonly hash: string } | undefined> {
  const { rows } = await pool.query<Row>('select run, hash from keys where space = $1 and key = $2', [space, sought(key)])
  return rows[0] === undefined ? undefined : { run: text(rows[0], 'run'), hash: text(rows[0], 'hash') }
}

export async function definition(pool: pg.Pool, hash: string): Promise<string | undefined> {
  const { rows } = await pool.query<Row>('select * from definitions where hash = $1', [sought(hash)])
  return rows[0] === undefined ? undefined : definitionFrom(rows[0])
}

/** The earliest time at which a claim would find a run. */
export async function nextWake(pool: pg.Pool): Promise<number | null> {
  const { rows } = await pool.query<{ wake: number | null }>(`
    select min(n.wake) as wake from run_kinds k, lateral (
      (select 0 as wake from runs l where l.kind = k.id and l.lane is null and l.unread > 0 limit 1)
      union all
      (select coalesce(l.wake_at, 0) from runs l where l.kind = k.id and l.lane is null and l.status in ('running', 'waiting') order by coalesce(l.wake_at, 0), l.no limit 1)
    ) n`)
  return rows[0]?.wake ?? null
}

/** Every blob that a row names, once. */
export async function* blobReferences(pool: pg.Pool): AsyncGenerator<string> {
  const seen = new Set<string>()
  const last = (await pool.query<{ last: number | null }>('select max(no) as last from run_starts')).rows[0]?.last ?? 0
  for (let from = 0; from < last; from += PIECE) {
    const { rows } = await onSnapshot(pool, (client) => client.query<{ payload: string }>(BLOBS, [from, from + PIECE]))
    for (const { payload } of rows) {
      const reference = blobOf(restored(payload))
      if (reference === undefined || seen.has(reference.blob)) continue
      seen.add(reference.blob)
      yield reference.blob
    }
  }
}
