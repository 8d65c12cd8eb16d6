// The reopening of a run: its live row comes back out of its end, or leaves `parked`; and its move to another version. Mail itself is carried out many at a time: see
// migrations/0002-flush.ts.
import { StoreRowError } from '../../errors.ts'
import type { Generation } from '../../model/run.ts'
import type { OpAnswer, StoreOp } from '../port.ts'
import { stored, whole } from './text.ts'
import type { Writing } from './writing.ts'

interface Found {
  readonly status: string
  readonly gen: number
}

/** Leaves an end or `parked`, under the next generation. */
export async function reopen({ client, lane, epoch }: Writing, generation: Generation): Promise<OpAnswer | undefined> {
  const gen = whole(generation.gen)
  const values = [gen, whole(generation.baseSeq), whole(generation.at), stored(generation.by), stored(generation.reason)]
  const start = await client.query<{ no: number }>('select no from run_starts where run = $1 and space = $2', [stored(generation.run), whole(generation.space)])
  const no = start.rows[0]?.no
  if (no === undefined) return { answer: 'refused', because: 'there is no such run' }
  // In this order: a run that ends meanwhile is found as ended.
  const live = (await client.query<Found>('select status, gen from runs where no = $1 for update', [no])).rows[0]
  const found = live ?? (await client.query<Found>('select status, gen from run_ends where no = $1 for update', [no])).rows[0]
  const { status, gen: before } = found ?? { status: 'running', gen: 0 } // neither: another lane has just reopened it
  if (status !== 'failed' && status !== 'cancelled' && status !== 'parked') return { answer: 'refused', because: `the run is ${status}` }
  if (before !== gen - 1) return { answer: 'refused', because: `the run is in generation ${before}, not ${gen - 1}` }
  await client.query('insert into generations (run_no, gen, base_seq, at, by_whom, reason) values ($1, $2, $3, $4, $5, $6)', [no, ...values])
  if (live !== undefined) {
    await client.query(`update runs set status = 'running', lane = $2, epoch = $3, gen = $4, error = null, wake_at = null where no = $1`, [no, lane, epoch, gen])
    return undefined
  }
  await client.query(
    `insert into runs (no, space, run, created_at, kind, gen, status, lane, epoch, inbox_count, unread, crashes)
    select s.no, s.space, s.run, s.created_at, k.id, $4, 'running', $2, $3, e.inbox_count, e.unread, e.crashes from run_ends e join run_starts s on s.no = e.no
    join run_kinds k on k.queue = s.queue and k.workflow = s.workflow and k.version = s.version where e.no = $1`,
    [no, lane, epoch, gen],
  )
  await client.query('delete from run_ends where no = $1', [no])
  return undefined
}

/** Goes on with another version of its workflow, whose kind has a number by now, and has read the mail that asked for it. */
export async function migrate({ client, lane, epoch }: Writing, op: Extract<StoreOp, { op: 'migrate' }>): Promise<undefined> {
  const { run, to } = op
  const found = await client.query<{ no: number }>(
    'select l.no from runs l join run_starts s on s.no = l.no where s.run = $1 and s.space = $2 and l.lane = $3 and l.epoch = $4 for update of l', [stored(run.run), whole(run.space), lane, epoch],
  )
  const no = found.rows[0]?.no
  if (no === undefined) throw new StoreRowError(`the run ${run.run} is not owned by this lane`)
  await client.query('update run_starts set version = $2 where no = $1', [no, stored(to.version)])
  await client.query('update runs set kind = (select id from run_kinds where queue = $2 and workflow = $3 and version = $4) where no = $1', [no, stored(to.queue), stored(to.workflow), stored(to.version)])
  const read = await client.query('update inbox set consumed_at = $3 where run_no = $1 and number = $2 and consumed_at is null', [no, whole(op.mail), whole(op.at)])
  if (read.rowCount === 1) await client.query('update runs set unread = unread - 1 where no = $1', [no])
  return undefined
}

/** Begins an owned run anew under the next generation, with another input. */
export async function continueAsNew({ client, lane, epoch }: Writing, { generation, input, drop, blank }: Extract<StoreOp, { op: 'continue' }>): Promise<undefined> {
  const gen = whole(generation.gen)
  const found = await client.query<{ no: number }>(
    'update runs set gen = $5 where run = $1 and space = $2 and lane = $3 and epoch = $4 and gen = $5 - 1 and no = (select no from run_starts where run = $1 and space = $2) returning no',
    [stored(generation.run), whole(generation.space), lane, epoch, gen],
  )
  const no = found.rows[0]?.no
  if (no === undefined) throw new StoreRowError(`the run ${generation.run} is not owned by this lane in generation ${gen - 1}`)
  for (const table of ['journal', 'marks', 'generations']) await client.query(`delete from ${table} where run_no = $1`, [no])
  await client.query('delete from inbox where run_no = $1 and number = any($2) and consumed_at is not null', [no, drop.map(whole)])
  await client.query(`update inbox set kind = 'taken', body = null where run_no = $1 and number = any($2) and consumed_at is not null`, [no, blank.map(whole)])
  await client.query('insert into generations (run_no, gen, base_seq, at, by_whom, reason) values ($1, $2, $3, $4, $5, $6)', [
    no, gen, whole(generation.baseSeq), whole(generation.at), stored(generation.by), stored(generation.reason),
  ])
  await client.query('update run_starts set input = $2 where no = $1', [no, stored(input)])
  return undefined
}
