// Reading a file in canonical form, each row proven by its checksum.
import type { DatabaseSync } from 'node:sqlite'
import { BlobMissingError, PayloadCorruptError } from '../../errors.ts'
import { batched, TRANSFER_TABLES } from '../transfer.ts'
import type { TransferBlob, TransferRow, TransferTable } from '../transfer.ts'
import { sqliteBlobs } from './blobs.ts'
import { storeFailure } from './failures.ts'
import { recordFrom } from './rows.ts'
import type { Row } from './rows.ts'
import { definitionFrom, versionFrom } from './workflow-rows.ts'

/** A run that had an owner is given as its next owner would find it. */
const OWNED = 'r.finished_at is null and r.lane is not null'

/** How each table is read: all its canonical columns in the canonical order, and what a checksum needs besides. */
const READ_SQL: Readonly<Record<TransferTable, string>> = {
  spaces: 'select id, pruned_before from spaces order by id',
  definitions: 'select hash, workflow, body, at, checksum from definitions order by hash',
  workflows: 'select space, name, status, version, chosen, created_at, updated_at, by_whom from workflows order by space, name',
  workflow_versions: 'select space, name, hash, format, body, source, created_at, by_whom, checksum from workflow_versions order by id',
  runs: `select r.no, r.space, r.run, r.workflow, r.version, r.queue, r.input, r.created_at, r.deadline, r.key, r.gen, r.status, r.output, r.error, r.finished_at,
    case when ${OWNED} then null else r.wake_at end as wake_at, r.inbox_count, r.unread, r.crashes + (${OWNED}) as crashes from runs r order by r.no`,
  journal: 'select r.space, r.run, j.* from journal j left join runs r on r.no = j.run_no order by j.run_no, j.gen, j.path',
  marks: 'select run_no, gen, path, kind, attempt, at, due, error from marks order by id',
  inbox: 'select run_no, number, mail, kind, body, sent_at, consumed_at from inbox order by run_no, number',
  generations: 'select run_no, gen, base_seq, at, by_whom, reason from generations order by run_no, gen',
  keys: 'select space, key, run, hash, created_at, expires_at from keys order by space, key',
  events: 'select no, space, topic, id, key, body, at from events order by no',
  listeners: 'select space, topic, key, run_no, after, open from listeners order by run_no, topic, key',
}

/** What proves a row, where something does. */
const PROOFS: Partial<Record<TransferTable, (row: Row) => unknown>> = {
  definitions: definitionFrom,
  workflow_versions: versionFrom,
  journal(row) {
    const { space, run, path } = row
    if (typeof run !== 'string') throw new PayloadCorruptError(`the journal holds a record of ${String(path)} that belongs to no run`, { details: { table: 'journal', path } })
    return recordFrom(row, { space: Number(space), run })
  },
}

/** The rows of a table, in batches; `shown` names the file. */
export function* readRows(database: DatabaseSync, table: TransferTable, shown: string): Generator<readonly TransferRow[]> {
  try {
    yield* batched(canonical(database.prepare(READ_SQL[table]).iterate(), Object.keys(TRANSFER_TABLES[table]), PROOFS[table]))
  } catch (thrown) {
    throw storeFailure(thrown, `${table} of ${shown} could not be read`)
  }
}

function* canonical(rows: Iterable<Row>, columns: readonly string[], prove: ((row: Row) => unknown) | undefined): Generator<TransferRow> {
  for (const row of rows) {
    prove?.(row)
    yield columns.map((column) => row[column] as string | number | null)
  }
}

/** All blobs beside a file, by key. */
export async function* readBlobs(file: string): AsyncGenerator<TransferBlob> {
  const blobs = sqliteBlobs(file, true)
  for (const { key, ageMs } of await blobKeys(file)) {
    const data = await blobs.get(key)
    if (data === undefined) throw new BlobMissingError(`the large value ${key} went away while it was being moved`, { details: { blob: key } })
    yield { key, data, ageMs }
  }
}

/** Which blobs there are. One that was never finished, with its ~, is none. */
export async function blobKeys(file: string): Promise<readonly { readonly key: string; readonly ageMs: number }[]> {
  const keys: { readonly key: string; readonly ageMs: number }[] = []
  for await (const { key, ageMs } of sqliteBlobs(file, true).list()) if (!key.endsWith('~')) keys.push({ key, ageMs })
  return keys.sort((a, b) => (a.key < b.key ? -1 : 1))
}
