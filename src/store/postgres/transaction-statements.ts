// What the store says in a transaction of a step, before and after the body. Our tables are named with their schema: the search path is
// the body's.
import type { JournalRecord } from '../../model/record.ts'
import type { LaneProof } from '../transactions-port.ts'
import { laneTimeout } from './connection.ts'
import type { Address } from './connection.ts'
import { recordChecksum } from './checksum.ts'
import { stored, storedOrNull, whole } from './text.ts'

/** How long a statement may run, and how long a body may leave the transaction alone, unless the step has a time limit; in milliseconds. */
const LIMIT_MS = 60_000

/** The statements for one schema. */
export interface TransactionSql {
  begin(timeoutMs: number | null): string
  readonly settle: string
  readonly lane: string
  readonly record: string
  readonly lockRun: string
  readonly find: string
  /** Null behind a pooler, where nothing stays with a connection. */
  readonly reset: string | null
  readonly terminate: string
}

/** The schema is a name that need not be quoted. */
export function transactionSql(address: Address): TransactionSql {
  const { schema, pooled } = address
  const laneMs = laneTimeout(address)
  return {
    // The last statement gives the transaction its number, by which it is known again.
    begin: (timeoutMs) => {
      const limit = Math.max(1, Math.ceil(timeoutMs ?? LIMIT_MS))
      return `begin isolation level read committed read write;
        set local statement_timeout = ${limit}; set local idle_in_transaction_session_timeout = ${limit + 1000};
        select pg_backend_pid() as pid, pg_current_xact_id()::text as xid`
    },
    // Whatever the body has set: the commit is on the disk before it is answered, and the lock on the lane, which is next, ends in time for
    // those who take the lane over.
    settle: `select pg_current_xact_id_if_assigned()::text as xid, set_config('statement_timeout', '${laneMs}', true),
      set_config('idle_in_transaction_session_timeout', '${laneMs}', true),
      set_config('synchronous_commit', case current_setting('synchronous_commit') when 'off' then 'on' else current_setting('synchronous_commit') end, true)`,
    lane: `select 1 from ${schema}.lanes where id = $1 and epoch = $2 for key share`,
    // Locks the run as a flush does, after the lane. When the row has changed meanwhile, the conditions are looked at again.
    record: `
      with owned as (
        select r.no from ${schema}.runs r join ${schema}.run_starts s on s.no = r.no
        where s.space = $1 and s.run = $2 and r.lane = $3 and r.epoch = $4 and r.gen = $5 for update of r
      )
      insert into ${schema}.journal (run_no, gen, path, seq, kind, status, level, template, template_version, input_hash, input, output, error, attempt,
        started_at, finished_at, reads, checksum)
      select no, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, null, $16, $17, $18, $19, $20 from owned`,
    lockRun: `select 1 from ${schema}.runs r join ${schema}.run_starts s on s.no = r.no where s.space = $1 and s.run = $2 for update of r`,
    find: `select 1 from ${schema}.journal j join ${schema}.run_starts s on s.no = j.run_no where s.space = $1 and s.run = $2 and j.gen = $3 and j.path = $4`,
    // Numbers of processes are used again, so that of the transaction must fit too.
    terminate: 'select pg_terminate_backend(pid) from pg_stat_activity where pid = $1 and backend_xid = $2::xid8::xid',
    reset: pooled ? null : 'reset all; unlisten *; select pg_advisory_unlock_all(); discard temp',
  }
}

/** The parameters of `record`. */
export function recordValues(lane: LaneProof, record: JournalRecord): unknown[] {
  const reads = record.reads === null ? null : JSON.stringify(record.reads)
  return [
    whole(record.space), stored(record.run), stored(lane.id), whole(lane.epoch), whole(record.gen), stored(record.path), whole(record.seq),
    record.kind, record.status, record.level, storedOrNull(record.template), storedOrNull(record.templateVersion), storedOrNull(record.inputHash),
    storedOrNull(record.input), storedOrNull(record.output), whole(record.attempt), whole(record.startedAt), whole(record.finishedAt), reads,
    recordChecksum(record, null, reads),
  ]
}
