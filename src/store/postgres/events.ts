// The operations on events and who listens to them, each one call of a function (migrations/0007-events.ts), and their list.
import type pg from 'pg'
import { StoreRowError } from '../../errors.ts'
import { eventMail } from '../../model/topic.ts'
import type { StoredEvent } from '../../model/topic.ts'
import { eventLimit } from '../events-port.ts'
import type { EventFilter, EventOp, EventPage } from '../events-port.ts'
import type { OpAnswer } from '../port.ts'
import { text, textOrNull } from './rows.ts'
import type { Row } from './rows.ts'
import { sought, stored, storedOrNull, whole } from './text.ts'
import type { Writing } from './writing.ts'

type OpOf<Name extends EventOp['op']> = Extract<EventOp, { op: Name }>

/** Carries out one operation on events. */
export async function onEvents(writing: Writing, op: EventOp): Promise<OpAnswer | undefined> {
  switch (op.op) {
    case 'publish': return publish(writing, op)
    case 'listen': return listen(writing, op)
    case 'unlisten': return unlisten(writing, op)
    case 'pruneEvents': return pruneEvents(writing, op)
  }
}

async function publish({ client }: Writing, { event }: OpOf<'publish'>): Promise<OpAnswer> {
  const { space, topic, id, key, body, at } = event
  const mail = eventMail(event, { space, run: '' }).id
  const { rows: [row] } = await client.query<{ is_new: boolean; runs: number }>('select * from wumbo_publish_v1($1, $2, $3, $4, $5, $6, $7)', [
    whole(space), stored(topic), stored(id), storedOrNull(key), stored(body), whole(at), stored(mail),
  ])
  return { answer: 'published', isNew: row?.is_new === true, runs: row?.runs ?? 0, owned: [] }
}

async function listen({ client, lane, epoch }: Writing, { run, topic, key, since, limit }: OpOf<'listen'>): Promise<OpAnswer> {
  const { rows: [row] } = await client.query<{ mails: number; is_whole: boolean }>('select * from wumbo_listen_v1($1, $2, $3, $4, $5, $6, $7, $8)', [
    lane, epoch, whole(run.space), stored(run.run), stored(topic), storedOrNull(key), whole(since), Math.max(1, whole(limit)),
  ])
  return { answer: 'listening', mails: row?.mails ?? 0, isWhole: row?.is_whole === true }
}

async function unlisten({ client, lane, epoch }: Writing, { run, topic, key }: OpOf<'unlisten'>): Promise<undefined> {
  const at = [whole(run.space), stored(topic)] as const
  await client.query('select wumbo_lock_topic_v1($1, $2)', [...at])
  const found = await client.query<{ no: number }>('select l.no from run_starts s join runs l on l.no = s.no where s.run = $1 and s.space = $2 and l.lane = $3 and l.epoch = $4', [stored(run.run), at[0], lane, epoch])
  const no = found.rows[0]?.no
  if (no === undefined) throw new StoreRowError(`the run ${run.run} is not owned by this lane`)
  await client.query(
    `update listeners set open = 0, after = greatest(after, coalesce((select e.no from events e where e.space = $1 and e.topic = $2 order by e.no desc limit 1), 0))
    where space = $1 and topic = $2 and key = $3 and run_no = $4 and open = 1`,
    [...at, stored(key ?? ''), no],
  )
}

async function pruneEvents({ client }: Writing, { space, before, limit }: OpOf<'pruneEvents'>): Promise<OpAnswer> {
  const deleted = await client.query('delete from events where no in (select no from events where space = $1 and at < $2 order by at, no limit $3)', [whole(space), whole(before), Math.max(0, whole(limit))])
  // Who has ended: a run that is reopened listens anew.
  // By place, so that a row that a reopened run changes meanwhile is not the one that was found.
  await client.query('delete from listeners where ctid = any(array(select t.ctid from listeners t where t.space = $1 and not exists (select 1 from runs l where l.no = t.run_no)))', [whole(space)])
  return { answer: 'prunedEvents', events: deleted.rowCount ?? 0 }
}

/** One page of events, newest first. */
export async function listEvents(pool: pg.Pool, filter: EventFilter): Promise<EventPage> {
  const limit = eventLimit(filter)
  const { text: sql, values } = eventQuery(filter, limit + 1)
  const { rows } = await pool.query<Row>(sql, [...values])
  const events = rows.slice(0, limit).map(eventFrom)
  return { events, next: rows.length > limit ? (events.at(-1)?.number ?? null) : null }
}

/** The statement of a list. */
function eventQuery({ space, topic, key, before }: EventFilter, limit: number): { readonly text: string; readonly values: readonly unknown[] } {
  const terms = ['space = $2']
  const values: unknown[] = [limit, space]
  const term = (sql: string, value: unknown): void => void terms.push(`${sql} $${values.push(value)}`)
  if (topic !== undefined) term('topic =', sought(topic))
  if (key !== undefined) term('key =', sought(key))
  if (before !== undefined) term('no <', before)
  return { text: `select * from events where ${terms.join(' and ')} order by no desc limit $1`, values }
}

function eventFrom(row: Row): StoredEvent {
  return {
    space: row['space'] as number, topic: text(row, 'topic'), id: text(row, 'id'), key: textOrNull(row, 'key'), body: text(row, 'body'),
    at: row['at'] as number, number: row['no'] as number,
  }
}
