// Deletes ended runs that are old, with all that hangs on them, and keys that have expired.
import { blobOf } from '../../model/payload.ts'
import type { OpAnswer, StoreOp } from '../port.ts'
import { restored, whole } from './text.ts'
import type { Writing } from './writing.ts'

/** What hangs on a run. */
const TABLES = ['journal', 'marks', 'inbox', 'generations', 'listeners'] as const

/** A child whose parent may still read its result: see model/child.ts for what stands in the key. */
const WANTED = `(starts_with(coalesce(s.key, ''), '$child ') and exists (
    select 1 from run_starts p join runs l on l.no = p.no where p.run = substr(s.key, 8, 36) and p.space = s.space
      and not exists (select 1 from generations g where g.run_no = p.no and g.base_seq = 0 and g.gen > split_part(substr(s.key, 45), ' ', 1)::bigint)))`

/** Payloads that name blobs, of some runs. */
const PAYLOADS = `
  select input as payload from run_starts where no = any($1) and starts_with(input, 'b:')
  union all select output from run_ends where no = any($1) and starts_with(output, 'b:')
  union all select input from journal where run_no = any($1) and starts_with(input, 'b:')
  union all select output from journal where run_no = any($1) and starts_with(output, 'b:')
  union all select body from inbox where run_no = any($1) and starts_with(body, 'b:')`

/** Deletes at most `limit` runs, the oldest first, and tells which blobs they named. */
export async function prune({ client }: Writing, op: Extract<StoreOp, { op: 'prune' }>): Promise<OpAnswer> {
  const [space, before, limit] = [whole(op.space), whole(op.before), Math.max(0, whole(op.limit))]
  // Locked, so that none of them is reopened meanwhile.
  const old = await client.query<{ no: number }>(
    `select s.no from run_starts s join run_ends e on e.no = s.no
    where s.space = $1 and s.created_at < $2 and e.finished_at < $2 and not ${WANTED} order by s.created_at, s.no limit $3 for update of e`,
    [space, before, limit],
  )
  const blobs = new Set<string>()
  if (old.rows.length > 0) {
    const nos = old.rows.map(({ no }) => no)
    const named = await client.query<{ payload: string }>(PAYLOADS, [nos])
    for (const { payload } of named.rows) {
      const reference = blobOf(restored(payload))
      if (reference !== undefined) blobs.add(reference.blob)
    }
    for (const table of TABLES) await client.query(`delete from ${table} where run_no = any($1)`, [nos])
    for (const table of ['run_ends', 'run_starts']) await client.query(`delete from ${table} where no = any($1)`, [nos])
  }
  await client.query('delete from keys where space = $1 and expires_at <= $2', [space, before])
  await client.query(
    `insert into spaces (id, pruned_before) values ($1, $2)
    on conflict (id) do update set pruned_before = greatest(spaces.pruned_before, excluded.pruned_before)`,
    [space, before],
  )
  return { answer: 'pruned', runs: old.rows.length, blobs: [...blobs] }
}
