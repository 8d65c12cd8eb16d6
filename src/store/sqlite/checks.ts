// The integrity checks of a file, in a reader thread of their own: the file itself, and run by run the checksums, the order
// of the journal and the counters. They report, they mend nothing.
import { statSync } from 'node:fs'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { WumboError } from '../../errors.ts'
import { effectiveJournal } from '../../model/record.ts'
import type { JournalRecord } from '../../model/record.ts'
import type { RunKey } from '../../model/run.ts'
import type { Finding } from '../port.ts'
import type { Piece } from './calls.ts'
import { isDamage } from './failures.ts'
import { READER_SQL } from './reads.ts'
import { generationFrom, recordFrom } from './rows.ts'
import type { Row } from './rows.ts'
import { findInWorkflows } from './workflow-reads.ts'

/** Above this size, in bytes, the file is checked without comparing every index with its table. */
const BIG_FILE = 512 * 2 ** 20

/** Runs checked per read. */
const PIECE = 200

const ORPHANS = ['journal', 'marks', 'inbox', 'generations'] as const

/** Checks of the whole file: pages, rows without a run, keys that point nowhere, owners without a lane, stored workflows. */
export function checkFile(database: DatabaseSync, file: string): readonly Finding[] {
  return unlessDamaged(() => findInFile(database, file), (finding) => [finding])
}

/** Checks of some runs, from a row number on. */
export function checkRuns(database: DatabaseSync, from: number): Piece<Finding> {
  return unlessDamaged(() => findInRuns(database, from), (finding) => ({ found: [finding], next: null }))
}

/** A file may be so damaged that the checks themselves fail. */
function unlessDamaged<T>(check: () => T, damaged: (finding: Finding) => T): T {
  try {
    return check()
  } catch (thrown) {
    if (!isDamage(thrown)) throw thrown
    return damaged({ code: 'FILE_DAMAGED', run: null, message: String(thrown) })
  }
}

function findInFile(database: DatabaseSync, file: string): readonly Finding[] {
  const pragma = statSync(file).size > BIG_FILE ? 'quick_check' : 'integrity_check'
  const pages = database.prepare(`pragma ${pragma}`).all().map((row) => String(Object.values(row)[0])).filter((message) => message !== 'ok')
  if (pages.length > 0) return pages.map((message) => ({ code: 'FILE_DAMAGED', run: null, message }))
  const orphans = ORPHANS.flatMap((table) => {
    const count = Number(database.prepare(`select count(*) as count from ${table} where not exists (select 1 from runs where no = ${table}.run_no)`).get()?.['count'])
    return count === 0 ? [] : [{ code: 'ROW_WITHOUT_RUN', run: null, message: `${count} rows of ${table} belong to no run` }]
  })
  // A key may outlive its run only when that was old enough to be pruned.
  const keys = database.prepare(`
    select key, run from keys where not exists (select 1 from runs where runs.run = keys.run and runs.space = keys.space)
      and created_at >= coalesce((select pruned_before from spaces where id = keys.space), -9007199254740991)`).all()
  const owned = database.prepare(`
    select run, epoch from runs where space in (select id from spaces) and finished_at is null and lane is not null
      and not exists (select 1 from lanes where lanes.id = runs.lane and lanes.epoch = runs.epoch and lanes.open = 1)`).all()
  return [
    ...orphans,
    ...keys.map(({ key, run }) => ({ code: 'KEY_WITHOUT_RUN', run: String(run), message: `the key ${JSON.stringify(key)} stands for run ${String(run)}, which does not exist` })),
    ...owned.map(({ run, epoch }) => ({ code: 'RUN_WITHOUT_LANE', run: String(run), message: `run ${String(run)} is owned under epoch ${String(epoch)}, and no lane has that` })),
    ...findInWorkflows(database),
  ]
}

function findInRuns(database: DatabaseSync, from: number): Piece<Finding> {
  const rows = database.prepare('select no, space, run, gen, status, lane, finished_at, inbox_count, unread from runs where no > ? order by no limit ?').all(from, PIECE)
  const sql = {
    journal: database.prepare(READER_SQL.journal),
    generations: database.prepare(READER_SQL.generations),
    mail: database.prepare('select count(*) as count, coalesce(sum(consumed_at is null), 0) as unread from inbox where run_no = ?'),
  }
  const found = rows.flatMap((row) => [...checkRun(sql, row)])
  return { found, next: rows.length < PIECE ? null : Number(rows.at(-1)?.['no']) }
}

function* checkRun(sql: Readonly<Record<'journal' | 'generations' | 'mail', StatementSync>>, row: Row): Generator<Finding> {
  const key: RunKey = { space: Number(row['space']), run: String(row['run']) }
  const no = Number(row['no'])
  const finding = (code: string, message: string): Finding => ({ code, run: key.run, message })

  const records: JournalRecord[] = []
  for (const record of sql.journal.all(no)) {
    try {
      records.push(recordFrom(record, key))
    } catch (thrown) {
      yield finding('RECORD_DAMAGED', thrown instanceof WumboError ? thrown.message : `the record of ${String(record['path'])} cannot be read: ${String(thrown)}`)
      return
    }
  }
  const generations = sql.generations.all(no).map((each) => generationFrom(each, key))
  const gap = effectiveJournal(records, generations, Number(row['gen'])).findIndex((record, index) => record.seq !== index + 1)
  if (gap >= 0) yield finding('JOURNAL_GAP', `the journal of generation ${String(row['gen'])} has no record with seq ${gap + 1}`)

  const mail = sql.mail.get(no)
  if (mail?.['count'] !== row['inbox_count'] || mail?.['unread'] !== row['unread']) {
    yield finding('INBOX_COUNT', `the run counts ${String(row['inbox_count'])} mails, ${String(row['unread'])} unread; it has ${String(mail?.['count'])} and ${String(mail?.['unread'])}`)
  }
  if (row['finished_at'] !== null && row['lane'] !== null) yield finding('END_OWNED', 'the run has ended and is owned still')
}
