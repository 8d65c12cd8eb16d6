// The writer's statements: their SQL in one table, so that a test can ask SQLite how it would run each, and their prepared
// form. None of them may scan the runs or the journal.
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { SORTS } from './checksum.ts'

/** The one lane of a file. Its epoch rises with each owner. */
export const LANE = 'main'

const IDLE = `lane is null and status in ('running', 'waiting')`
const MAILED = 'lane is null and finished_at is null and unread > 0'
const OF_KINDS = `(queue, workflow, version) in (select value ->> 0, value ->> 1, value ->> 2 from json_each(?3))`

// A child whose parent may still read its result: see model/child.ts for what stands in the key.
const WANTED = `(coalesce(key, '') glob '$child *' and exists (
    select 1 from runs p where p.run = substr(runs.key, 8, 36) and p.space = runs.space and p.finished_at is null
      and not exists (select 1 from generations g where g.run_no = p.no and g.base_seq = 0 and g.gen > cast(substr(runs.key, 45) as integer))))`

/** What the writer runs, by name. Parameters are by position. */
export const WRITER_SQL = {
  proveLane: `update lanes set flushes = ? where id = '${LANE}' and epoch = ? and flushes = ?`,
  readLane: `select epoch, flushes from lanes where id = '${LANE}'`,
  openLane: `insert into lanes (id, epoch, flushes, open) values ('${LANE}', 1, 0, 1) on conflict (id) do update set epoch = epoch + 1, open = 1`,
  closeLane: `update lanes set open = 0 where id = '${LANE}' and epoch = ?`,
  freeRuns: `update runs set lane = null, epoch = null, wake_at = null, crashes = crashes + ?
    where space in (select id from spaces) and finished_at is null and lane is not null`,
  lastRun: 'select coalesce(max(no), 0) as no from runs',

  insertSpace: 'insert or ignore into spaces (id) values (?)',
  insertRun: `insert into runs (no, space, run, workflow, version, queue, input, created_at, deadline, key, lane, epoch, gen, status, inbox_count, unread, crashes)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '${LANE}', ?, 1, 'running', 0, 0, 0)`,
  freeNewRun: `update runs set lane = null, epoch = null, status = 'waiting' where no = ?`,
  findKey: 'select run, hash, expires_at from keys where space = ? and key = ?',
  putKey: `insert into keys (space, key, run, hash, created_at, expires_at) values (?, ?, ?, ?, ?, ?)
    on conflict (space, key) do update set run = excluded.run, hash = excluded.hash, created_at = excluded.created_at, expires_at = excluded.expires_at`,
  insertMark: 'insert into marks (run_no, gen, path, kind, attempt, at, due, error) values (?, ?, ?, ?, ?, ?, ?, ?)',
  wakeRun: 'update runs set wake_at = ? where no = ?',
  releaseRun: 'update runs set lane = null, epoch = null, crashes = 0, status = ?, wake_at = ?, error = ? where no = ?',
  finishRun: 'update runs set lane = null, epoch = null, status = ?, output = ?, error = ?, finished_at = ?, wake_at = null where no = ?',

  findRun: 'select no, gen, status, lane, inbox_count from runs where run = ? and space = ?',
  findMail: 'select 1 from inbox where run_no = ? and mail = ?',
  insertMail: 'insert into inbox (run_no, number, mail, kind, body, sent_at) values (?, ?, ?, ?, ?, ?)',
  countMail: `update runs set inbox_count = ?, unread = unread + 1 where no = ?`,
  countMailAndWake: `update runs set inbox_count = ?, unread = unread + 1, wake_at = ? where no = ?`,
  consumeMail: 'update inbox set consumed_at = ? where run_no = ? and number = ? and consumed_at is null',
  countConsumed: 'update runs set unread = unread - ? where no = ?',
  migrateRun: 'update runs set version = ? where no = ?',
  insertGeneration: 'insert into generations (run_no, gen, base_seq, at, by_whom, reason) values (?, ?, ?, ?, ?, ?)',
  reopenRun: `update runs set status = 'running', lane = '${LANE}', epoch = ?, gen = ?, output = null, error = null, finished_at = null, wake_at = null where no = ?`,

  continueRun: 'update runs set gen = ?, input = ? where no = ? and gen = ?',
  deleteMail: 'delete from inbox where run_no = ? and number = ? and consumed_at is not null',
  blankMail: `update inbox set kind = 'taken', body = null where run_no = ? and number = ? and consumed_at is not null`,

  dueRuns: `select no, space, run, inbox_count, coalesce(wake_at, 0) as due from runs where ${IDLE} and coalesce(wake_at, 0) <= ? order by coalesce(wake_at, 0), no limit ?`,
  mailedRuns: `select no, space, run, inbox_count, coalesce(wake_at, 0) as due from runs where ${MAILED} order by coalesce(wake_at, 0), no limit ?`,
  // The kinds are a JSON text of [queue, workflow, version].
  dueRunsOf: `select no, space, run, inbox_count, coalesce(wake_at, 0) as due from runs where ${IDLE} and coalesce(wake_at, 0) <= ?1 and ${OF_KINDS} order by coalesce(wake_at, 0), no limit ?2`,
  mailedRunsOf: `select no, space, run, inbox_count, coalesce(wake_at, 0) as due from runs where ${MAILED} and ${OF_KINDS} order by coalesce(wake_at, 0), no limit ?2`,
  claimRun: `update runs set status = 'running', lane = '${LANE}', epoch = ?, wake_at = null, error = null where no = ?`,

  insertDefinition: 'insert or ignore into definitions (hash, workflow, body, at, checksum) values (?, ?, ?, ?, ?)',

  findWorkflow: 'select * from workflows where space = ? and name = ?',
  putWorkflow: `insert into workflows (space, name, status, version, chosen, created_at, updated_at, by_whom) values (?, ?, ?, ?, ?, ?, ?, ?)
    on conflict (space, name) do update set status = excluded.status, version = excluded.version, chosen = excluded.chosen, updated_at = excluded.updated_at, by_whom = excluded.by_whom`,
  deleteWorkflow: 'delete from workflows where space = ? and name = ?',
  findVersion: 'select id, format, body, source, created_at, by_whom from workflow_versions where space = ? and name = ? and hash = ?',
  insertVersion: `insert into workflow_versions (space, name, hash, format, body, source, created_at, by_whom, checksum) values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  updateVersion: 'update workflow_versions set format = ?, body = ?, source = ?, checksum = ? where id = ?',
  deleteVersions: 'delete from workflow_versions where space = ? and name = ?',
  // The plus keeps SQLite from the index by workflow, which holds the ended runs as well.
  liveRun: 'select 1 from runs where space = ? and +workflow = ? and finished_at is null limit 1',

  insertEvent: 'insert into events (space, topic, id, key, body, at) values (?, ?, ?, ?, ?, ?) on conflict do nothing',
  findListeners: `select l.run_no, l.key, r.run from listeners l left join runs r on r.no = l.run_no
    where l.space = ?1 and l.topic = ?2 and l.key in ('', ?3) and l.open = 1 order by l.run_no`,
  findListener: 'select after, open from listeners where space = ? and topic = ? and key = ? and run_no = ?',
  putListener: `insert into listeners (space, topic, key, run_no, after, open) values (?, ?, ?, ?, ?, ?)
    on conflict (space, topic, key, run_no) do update set after = excluded.after, open = excluded.open`,
  closeListener: 'update listeners set open = 0, after = max(after, ?) where space = ? and topic = ? and key = ? and run_no = ? and open = 1',
  deleteListener: 'delete from listeners where space = ? and topic = ? and key = ? and run_no = ?',
  missedEvents: `select * from events where space = ?1 and topic = ?2 and (?3 is null or key = ?3) and case when ?4 is null then at >= ?5 else no > ?4 end and no > coalesce(?4, 0)
    order by no limit ?6`,
  lastEvent: 'select no from events where space = ? and topic = ? order by no desc limit 1',
  deleteEvents: 'delete from events where no in (select no from events where space = ? and at < ? order by at, no limit ?)',
  // The few that listen, each with its run.
  deleteEndedListeners: 'delete from listeners where space = ? and not exists (select 1 from runs r where r.no = listeners.run_no and r.finished_at is null)',

  oldRuns: `select no, input, output from runs where space = ? and created_at < ? and finished_at < ? and not ${WANTED} order by created_at, no limit ?`,
  journalBlobs: `select input, output from journal where run_no = ? and (input glob 'b:*' or output glob 'b:*')`,
  inboxBlobs: `select body from inbox where run_no = ? and body glob 'b:*'`,
  deleteRun: 'delete from runs where no = ?',
  deleteJournal: 'delete from journal where run_no = ?',
  deleteMarks: 'delete from marks where run_no = ?',
  deleteInbox: 'delete from inbox where run_no = ?',
  deleteGenerations: 'delete from generations where run_no = ?',
  deleteListeners: 'delete from listeners where run_no = ?',
  deleteKeys: 'delete from keys where space = ? and expires_at <= ?',
  notePruning: `insert into spaces (id, pruned_before) values (?, ?)
    on conflict (id) do update set pruned_before = max(coalesce(pruned_before, excluded.pruned_before), excluded.pruned_before)`,
} as const

/** The insert of a journal row, one statement per combination of kind, status and level: constants need not be bound. */
export const RECORD_SQL: readonly string[] = SORTS.map(({ kind, status, level }) => `
  insert into journal (run_no, gen, path, seq, kind, status, level, template, template_version, input_hash, input, output, error, attempt,
    started_at, finished_at, reads, checksum)
  values (?, ?, ?, ?, '${kind}', '${status}', '${level}', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)

/** The writer's statements, prepared. */
export type WriterStatements = Readonly<Record<keyof typeof WRITER_SQL, StatementSync>> & { readonly record: (sort: number) => StatementSync }

/** Prepares the writer's statements on a connection; those of the journal when they are first used. */
export function prepareWriter(database: DatabaseSync): WriterStatements {
  const prepared = Object.fromEntries(Object.entries(WRITER_SQL).map(([name, sql]) => [name, database.prepare(sql)]))
  const records: (StatementSync | undefined)[] = []
  const record = (sort: number): StatementSync => (records[sort] ??= database.prepare(RECORD_SQL[sort] ?? ''))
  // The entries are those of WRITER_SQL, which fromEntries cannot express.
  return { ...(prepared as Record<keyof typeof WRITER_SQL, StatementSync>), record }
}
