// Statements that are run often, by name: the call of the flush, and how a lane is opened and closed. Which tables there are is said in
// migrations/.

/** The arrays that wumbo_flush_v2 takes after its first five parameters, in their order. */
export const FLUSH_COLUMNS = {
  new_space: 'whole',
  start_no: 'whole', start_free: 'whole', start_once: 'whole', start_space: 'whole', start_run: 'text', start_workflow: 'text', start_version: 'text', start_queue: 'text', start_kind: 'whole', start_input: 'text', start_created: 'whole', start_deadline: 'whole',
  start_key: 'text',
  key_start: 'whole', key_space: 'whole', key_key: 'text', key_run: 'text', key_hash: 'text', key_created: 'whole', key_expires: 'whole',
  run_no: 'whole', run_space: 'whole', run_run: 'text',
  owned: 'whole', locked: 'whole',
  record_run: 'whole', record_gen: 'whole', record_path: 'text', record_seq: 'whole', record_kind: 'text', record_status: 'text', record_level: 'text',
  record_template: 'text', record_template_version: 'text', record_input_hash: 'text', record_input: 'text', record_output: 'text', record_error: 'text',
  record_attempt: 'whole', record_started: 'whole', record_finished: 'whole', record_reads: 'text', record_checksum: 'whole',
  mark_run: 'whole', mark_gen: 'whole', mark_path: 'text', mark_kind: 'text', mark_attempt: 'whole', mark_at: 'whole', mark_due: 'whole', mark_error: 'text',
  wake_run: 'whole', wake_at: 'whole',
  send_run: 'whole', send_mail: 'text', send_kind: 'text', send_body: 'text', send_at: 'whole',
  consume_run: 'whole', consume_number: 'whole', consume_at: 'whole',
  release_run: 'whole', release_status: 'text', release_wake: 'whole', release_error: 'text', release_seen: 'whole',
  finish_run: 'whole', finish_status: 'text', finish_output: 'text', finish_error: 'text', finish_at: 'whole', finish_seen: 'whole',
  tell_finish: 'whole', tell_run: 'whole', tell_mail: 'text', tell_kind: 'text', tell_body: 'text', tell_at: 'whole',
} as const

export type FlushColumn = keyof typeof FLUSH_COLUMNS

/** Lane, epoch, and the limit, time and kinds of a claim. */
const SCALARS = 5

const PARAMETERS = SCALARS + Object.keys(FLUSH_COLUMNS).length

/** The call that carries out a segment. It has a name, so that the server reads it once per connection. */
export const FLUSH_PART = {
  name: 'wumbo_flush_v2',
  text: `select * from wumbo_flush_v2(${Array.from({ length: PARAMETERS }, (_, index) => `$${index + 1}`).join(', ')})`,
} as const

/** The same as a whole flush: notes its number and its answers beside, see lane_flushes. The lane is the first parameter, the number the last. */
export const FLUSH = {
  name: 'wumbo_flush_v2 whole',
  text: `with answers as materialized (${FLUSH_PART.text}), noted as (
      update lane_flushes set number = $${PARAMETERS + 1}, answers = (select json_agg(a) from answers a) where lane = $1
    ) select * from answers`,
} as const

/** What a lane runs besides. */
export const LANE_SQL = {
  add: `insert into lanes (id, epoch, is_open, opened_at, held_since, lease_until, holder) values ($1, 0, false, clock_timestamp(), clock_timestamp(), clock_timestamp(), '')
    on conflict do nothing`,
  lock: 'select epoch, is_open, holder from lanes where id = $1 for update',
  open: `update lanes set epoch = epoch + 1, is_open = true, draining = false, kinds = '{}', opened_at = clock_timestamp(), held_since = clock_timestamp(),
    lease_until = clock_timestamp() + $2 * interval '1 millisecond', holder = $3, worker = $4 where id = $1
    returning epoch, floor(extract(epoch from clock_timestamp()) * 1000)::bigint as now`,
  /** A new connection of the same holder: what the old one may still be doing must not count. */
  raise: `update lanes set epoch = epoch + 1, held_since = case when lease_until < clock_timestamp() then clock_timestamp() else held_since end, lease_until = greatest(lease_until, clock_timestamp() + $2 * interval '1 millisecond') where id = $1 returning epoch`,
  keepRuns: 'update runs set epoch = $2 where lane = $1',
  free: 'select wumbo_free_v1($1, $2)',
  close: 'update lanes set is_open = false where id = $1 and epoch = $2',
  /** Proves the epoch for a transaction: whoever would raise it waits. */
  prove: 'select 1 from lanes where id = $1 and epoch = $2 for key share',
  owned: 'select space, run from runs where lane = $1',
  spaces: 'select id from spaces',
  firstFlush: `insert into lane_flushes (lane, number) values ($1, 0) on conflict (lane) do update set number = 0, answers = null`,
  noteFlush: 'update lane_flushes set number = $2, answers = $3 where lane = $1',
  readFlush: 'select number, answers from lane_flushes where lane = $1',
  hint: `select pg_notify($1, 'kinds'), pg_notify($1, 'due')`,
  forget: `delete from lanes l where not is_open and lease_until < clock_timestamp() - interval '1 day' and not exists (select 1 from runs r where r.lane = l.id)`,
  backend: 'select pid, backend_start::text as began from pg_stat_activity where pid = pg_backend_pid()',
  endBackend: 'select pg_terminate_backend(pid) from pg_stat_activity where pid = $1 and backend_start::text = $2',
} as const

/** Longer names are refused by the server. */
const CHANNEL_LENGTH = 63

/** Where workers hint at what others may be waiting for. Should two schemas share one, they hear hints too many. */
export function channelOf(schema: string): string {
  return `wumbo_${schema}`.slice(0, CHANNEL_LENGTH)
}

/** One tick. It finds its tables wherever it is called from, so that it is a single statement behind a pooler too. */
export function tickSql(schema: string): string {
  return `select * from ${schema}.wumbo_tick_v1($1, $2, $3, $4, $5)`
}
