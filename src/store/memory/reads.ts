// The reading end of the memory store: loads, lists and looks up, and checks its own counters. Rows are frozen, so they
// are handed out as they are.
import type { JournalRecord } from '../../model/record.ts'
import { effectiveJournal } from '../../model/record.ts'
import type { RunKey, RunKind, Space } from '../../model/run.ts'
import { timeOfUuid } from '../../shared/id.ts'
import type { Finding, LoadedRun, RunFilter, RunPage } from '../port.ts'
import { blobsOf, dueAt, oldestFirst } from './operations.ts'
import { idOf } from './tables.ts'
import type { StoredRun, Tables } from './tables.ts'
import { checkWorkflows } from './workflow-reads.ts'

const DEFAULT_LIMIT = 50
const MAX_LIMIT = 1000

/** A run with all that hangs on it. */
export function loadRun(tables: Tables, key: RunKey): LoadedRun | undefined {
  const stored = tables.find(key)
  if (stored === undefined) return undefined
  const { row, journal, marks, mail, generations } = stored
  return { run: row, journal: [...journal.values()].sort(byGenAndSeq), marks: [...marks.values()], mail: [...mail], generations: [...generations] }
}

/** One page of runs, newest first. */
export function listRuns(tables: Tables, filter: RunFilter): RunPage {
  const limit = Math.max(1, Math.min(filter.limit ?? DEFAULT_LIMIT, MAX_LIMIT))
  const found = [...tables.runs.values()].filter((stored) => matches(stored, filter)).sort(newestFirst)
  const rest = filter.after === undefined ? found : found.filter(isAfter(tables, filter.after, filter.space))
  const page = rest.slice(0, limit).map(({ row }) => row)
  return { runs: page, next: rest.length > limit ? (page.at(-1)?.run ?? null) : null }
}

/** The kinds of runs that have not ended. */
export function liveKinds(tables: Tables): readonly RunKind[] {
  const kinds = new Map<string, RunKind>()
  for (const { row } of tables.runs.values()) {
    if (row.finishedAt === null) kinds.set(JSON.stringify([row.queue, row.workflow, row.version]), { queue: row.queue, workflow: row.workflow, version: row.version })
  }
  return [...kinds.values()]
}

/** The earliest time at which a claim would find a run. */
export function nextWake(tables: Tables): number | null {
  let earliest = Number.POSITIVE_INFINITY
  for (const stored of tables.idle) earliest = Math.min(earliest, dueAt(stored))
  return earliest === Number.POSITIVE_INFINITY ? null : earliest
}

/** Every blob that a row names, once. */
export function blobReferences(tables: Tables): Set<string> {
  const blobs = new Set<string>()
  for (const stored of tables.runs.values()) for (const blob of blobsOf(stored)) blobs.add(blob)
  return blobs
}

/** Wrong counters and gaps in the order of journals. */
export function* check(tables: Tables): Generator<Finding> {
  for (const { row, mail, unread, journal, generations } of tables.runs.values()) {
    const counted = mail.filter(({ consumedAt }) => consumedAt === null).length
    if (mail.length !== row.inboxCount || counted !== unread) {
      yield { code: 'INBOX_COUNT', run: row.run, message: `the run counts ${row.inboxCount} mails, ${unread} unread; it has ${mail.length} and ${counted}` }
    }
    const gap = effectiveJournal([...journal.values()], generations, row.gen).findIndex((record, index) => record.seq !== index + 1)
    if (gap >= 0) yield { code: 'JOURNAL_GAP', run: row.run, message: `the journal of generation ${row.gen} has no record with seq ${gap + 1}` }
  }
  yield* checkWorkflows(tables)
}

function matches({ row }: StoredRun, { space, workflow, status, since, until }: RunFilter): boolean {
  return (space === undefined || row.space === space) && (workflow === undefined || row.workflow === workflow) && (status === undefined || status.includes(row.status))
    && (since === undefined || row.createdAt >= since) && (until === undefined || row.createdAt < until)
}

/** What comes after a run in the list. One that was deleted between two pages is replaced by the time that its id carries. */
function isAfter(tables: Tables, after: string, space: Space | undefined): (stored: StoredRun) => boolean {
  const cursor = space === undefined ? [...tables.runs.values()].find(({ row }) => row.run === after) : tables.runs.get(idOf(space, after))
  if (cursor !== undefined) return (stored) => newestFirst(cursor, stored) < 0
  const time = timeOfUuid(after)
  return ({ row }) => row.createdAt <= time
}

function newestFirst(a: StoredRun, b: StoredRun): number {
  return oldestFirst(b, a)
}

function byGenAndSeq(a: JournalRecord, b: JournalRecord): number {
  return a.gen - b.gen || a.seq - b.seq
}
