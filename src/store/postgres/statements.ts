// Statements that are run often, by name: the call of the flush, and how a lane is opened and closed. Which tables there are is said in
// migrations/.

/** The arrays that wumbo_flush_v1 takes after its first four parameters, in their order. */
export const FLUSH_COLUMNS = {
  new_space: 'whole',
  start_space: 'whole', start_run: 'text', start_workflow: 'text', start_version: 'text', start_input: 'text', start_created: 'whole', start_deadline: 'whole',
  start_key: 'text',
  key_start: 'whole', key_space: 'whole', key_key: 'text', key_run: 'text', key_hash: 'text', key_created: 'whole', key_expires: 'whole',
  run_space: 'whole', run_run: 'text',
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
} as const

export type FlushColumn = keyof typeof FLUSH_COLUMNS

/** Lane, epoch, and the limit and time of a claim. */
const SCALARS = 4

/** The call that carries out a segment. It has a name, so that the server reads it once per connection. */
export const FLUSH = {
  name: 'wumbo_flush_v1',
  text: `select * from wumbo_flush_v1(${Array.from({ length: SCALARS + Object.keys(FLUSH_COLUMNS).length }, (_, index) => `$${index + 1}`).join(', ')})`,
} as const

/** What a lane runs besides. */
export const LANE_SQL = {
  add: 'insert into lanes (id, epoch, is_open, opened_at) values ($1, 0, false, clock_timestamp()) on conflict do nothing',
  lock: 'select epoch, is_open from lanes where id = $1 for update',
  raise: 'update lanes set epoch = epoch + 1, is_open = true, opened_at = clock_timestamp() where id = $1 returning epoch',
  close: 'update lanes set is_open = false where id = $1 and epoch = $2',
  /** Proves the epoch for a transaction: whoever would raise it waits. */
  prove: 'select 1 from lanes where id = $1 and epoch = $2 for key share',
  /** In the order of their numbers, as every flush locks runs. */
  lockRuns: 'select no from runs where lane = $1 order by no for update',
  freeRuns: 'update runs set lane = null, epoch = null, wake_at = null, crashes = crashes + $2 where lane = $1',
  spaces: 'select id from spaces',
} as const
