// The workers of a store, for people: its lanes with the facts that their processes gave.
import type pg from 'pg'
import { parseJson } from '../../shared/parse-json.ts'
import type { WorkerFacts, WorkerRow } from '../port.ts'
import { text, textOrNull } from './rows.ts'
import type { Row } from './rows.ts'
import { sought } from './text.ts'

const LIST = `
  select l.id, l.worker, case when not l.is_open then 'gone' when l.lease_until < clock_timestamp() then 'lapsed' when l.draining then 'draining' else 'live' end as state,
    floor(extract(epoch from l.opened_at) * 1000)::bigint as since, floor(extract(epoch from l.lease_until) * 1000)::bigint as lease_until,
    (select count(*) from runs r where r.lane = l.id) as runs
  from lanes l order by l.opened_at desc, l.id limit 1000`

const NO_FACTS: WorkerFacts = { name: '', host: '', pid: 0, version: '', queues: null, concurrency: null }

/** All lanes that there are or were lately. */
export async function listWorkers(pool: pg.Pool): Promise<readonly WorkerRow[]> {
  const { rows } = await pool.query<Row>(LIST)
  return rows.map((row) => {
    const facts = textOrNull(row, 'worker')
    return {
      ...(facts === null ? NO_FACTS : (parseJson(facts) as WorkerFacts)), id: text(row, 'id'), state: row['state'] as WorkerRow['state'],
      since: row['since'] as number, leaseUntil: row['lease_until'] as number, runs: row['runs'] as number,
    }
  })
}

/** Asks the live worker with this id or name to stop; false when there is none. */
export async function drainWorker(pool: pg.Pool, worker: string): Promise<boolean> {
  const { rowCount } = await pool.query(
    `update lanes set draining = true where is_open and lease_until >= clock_timestamp() and (id = $1 or (worker is not null and worker::json ->> 'name' = $1))`, [sought(worker)],
  )
  return (rowCount ?? 0) > 0
}
