// The reading end of a PostgreSQL store. What takes several statements reads one snapshot. No read waits for a flush.
import type pg from 'pg'
import { blobOf } from '../../model/payload.ts'
import type { Mail, RunKey, RunRow, Space } from '../../model/run.ts'
import type { LoadedRun } from '../port.ts'
import { onSnapshot } from './connection.ts'
import { RunLoader } from './load.ts'
import { mailFrom, runFrom, text } from './rows.ts'
import type { Row } from './rows.ts'
import { restored, sought } from './text.ts'
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

/** A pool's loader, so that runs that are asked for together are read together. */
const loaders = new WeakMap<pg.Pool, RunLoader>()

/** A run with all that hangs on it. */
export function loadRun(pool: pg.Pool, key: RunKey): Promise<LoadedRun | undefined> {
  const loader = loaders.get(pool) ?? new RunLoader(pool)
  loaders.set(pool, loader)
  return loader.load(key)
}

export async function getRun(pool: pg.Pool, key: RunKey): Promise<RunRow | undefined> {
  const { rows } = await pool.query<Row>(FIND_RUN, [sought(key.run), key.space])
  return rows[0] === undefined ? undefined : runFrom(rows[0])
}

/** The run's mail with numbers above `after`. */
export async function mailAfter(pool: pg.Pool, key: RunKey, after: number): Promise<readonly Mail[]> {
  const { rows } = await pool.query<Row>(
    'select i.* from run_starts s join inbox i on i.run_no = s.no where s.run = $1 and s.space = $2 and i.number > $3 order by i.number', [sought(key.run), key.space, after],
  )
  return rows.map((row) => mailFrom(row, key))
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
