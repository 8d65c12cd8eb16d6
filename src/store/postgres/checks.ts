// The integrity checks of a store: rows that belong to nothing, and run by run the checksums, the order of the journal and the counters.
// They report, they mend nothing. Each group of runs is read on a snapshot of its own, so that a long check keeps no old rows alive.
import type pg from 'pg'
import { WumboError } from '../../errors.ts'
import { effectiveJournal } from '../../model/record.ts'
import type { JournalRecord } from '../../model/record.ts'
import type { RunKey } from '../../model/run.ts'
import type { Finding } from '../port.ts'
import { onSnapshot } from './connection.ts'
import { generationFrom, recordFrom, text } from './rows.ts'
import type { Row } from './rows.ts'
import { findInWorkflows } from './workflow-reads.ts'

/** Runs checked per read. */
const PIECE = 200

const ORPHANS = ['journal', 'marks', 'inbox', 'generations', 'runs', 'run_ends'] as const

/** Everything that is wrong. */
export async function* check(pool: pg.Pool): AsyncGenerator<Finding> {
  yield* await onSnapshot(pool, findInTables)
  for (let from: number | null = 0; from !== null;) {
    const start: number = from
    const piece = await onSnapshot(pool, (client) => findInRuns(client, start))
    yield* piece.found
    from = piece.next
  }
}

/** Rows without a run, runs that are neither live nor ended or both, keys that point nowhere, owners without a lane, stored workflows. */
async function findInTables(client: pg.ClientBase): Promise<readonly Finding[]> {
  await client.query('set local statement_timeout = 0')
  const found: Finding[] = []
  for (const table of ORPHANS) {
    const no = table === 'runs' || table === 'run_ends' ? 'no' : 'run_no'
    const { rows } = await client.query<{ count: number }>(`select count(*) as count from ${table} t where not exists (select 1 from run_starts s where s.no = t.${no})`)
    const count = rows[0]?.count ?? 0
    if (count > 0) found.push({ code: 'ROW_WITHOUT_RUN', run: null, message: `${count} rows of ${table} belong to no run` })
  }
  const states = await client.query<Row>(`
    select s.run, l.no is null as gone from run_starts s left join runs l on l.no = s.no left join run_ends e on e.no = s.no where (l.no is null) = (e.no is null)`)
  for (const row of states.rows) found.push({ code: 'RUN_STATE', run: text(row, 'run'), message: row['gone'] === true ? 'the run neither lives nor has it ended' : 'the run lives and has ended' })
  // A key may outlive its run only when that was old enough to be pruned.
  const keys = await client.query<Row>(`
    select key, run from keys k where not exists (select 1 from run_starts s where s.run = k.run and s.space = k.space)
      and created_at >= coalesce((select pruned_before from spaces where id = k.space), ${Number.MIN_SAFE_INTEGER})`)
  for (const row of keys.rows) {
    found.push({ code: 'KEY_WITHOUT_RUN', run: text(row, 'run'), message: `the key ${JSON.stringify(text(row, 'key'))} stands for run ${text(row, 'run')}, which does not exist` })
  }
  const owned = await client.query<Row>(`
    select run, lane, epoch from runs l where lane is not null and not exists (select 1 from lanes n where n.id = l.lane and n.epoch = l.epoch and n.is_open)`)
  for (const row of owned.rows) {
    found.push({ code: 'RUN_WITHOUT_LANE', run: text(row, 'run'), message: `run ${text(row, 'run')} is owned by lane ${text(row, 'lane')} under epoch ${String(row['epoch'])}, and that is not open` })
  }
  for await (const finding of findInWorkflows(client)) found.push(finding)
  return found
}

interface Counted {
  readonly run: Row
  readonly journal: Row[]
  readonly generations: Row[]
}

async function findInRuns(client: pg.ClientBase, from: number): Promise<{ readonly found: readonly Finding[]; readonly next: number | null }> {
  const { rows } = await client.query<Row>(
    `select r.no, r.space, r.run, r.gen, r.inbox_count, r.unread,
      (select count(*) from inbox i where i.run_no = r.no) as mails, (select count(*) from inbox i where i.run_no = r.no and i.consumed_at is null) as unread_mails
    from run_rows r where r.no > $1 and r.gen is not null order by r.no limit $2`,
    [from, PIECE],
  )
  const runs = new Map(rows.map((run): [unknown, Counted] => [run['no'], { run, journal: [], generations: [] }]))
  const nos = [...runs.keys()]
  const journal = await client.query<Row>('select * from journal where run_no = any($1) order by run_no, gen, seq', [nos])
  for (const row of journal.rows) runs.get(row['run_no'])?.journal.push(row)
  const generations = await client.query<Row>('select * from generations where run_no = any($1) order by run_no, gen', [nos])
  for (const row of generations.rows) runs.get(row['run_no'])?.generations.push(row)
  return { found: [...runs.values()].flatMap((each) => [...checkRun(each)]), next: rows.length < PIECE ? null : (rows.at(-1)?.['no'] as number) }
}

function* checkRun({ run, journal, generations }: Counted): Generator<Finding> {
  const key: RunKey = { space: run['space'] as number, run: text(run, 'run') }
  const finding = (code: string, message: string): Finding => ({ code, run: key.run, message })
  const records: JournalRecord[] = []
  for (const row of journal) {
    try {
      records.push(recordFrom(row, key))
    } catch (thrown) {
      yield finding('RECORD_DAMAGED', thrown instanceof WumboError ? thrown.message : `the record of ${String(row['path'])} cannot be read: ${String(thrown)}`)
      return
    }
  }
  const gap = effectiveJournal(records, generations.map((row) => generationFrom(row, key)), run['gen'] as number).findIndex((record, index) => record.seq !== index + 1)
  if (gap >= 0) yield finding('JOURNAL_GAP', `the journal of generation ${String(run['gen'])} has no record with seq ${gap + 1}`)
  if (run['mails'] !== run['inbox_count'] || run['unread_mails'] !== run['unread']) {
    yield finding('INBOX_COUNT', `the run counts ${String(run['inbox_count'])} mails, ${String(run['unread'])} unread; it has ${String(run['mails'])} and ${String(run['unread_mails'])}`)
  }
}
