// Rows of the tables as the model knows them. The one place that knows both the names of columns and those of properties.
import { PayloadCorruptError } from '../../errors.ts'
import type { ErrorData } from '../../errors.ts'
import type { JournalRecord, Mark } from '../../model/record.ts'
import type { Generation, Mail, RunKey, RunRow } from '../../model/run.ts'
import { recordChecksum } from './checksum.ts'
import { restored, restoredJson, restoredOrNull } from './text.ts'

/** A row as the driver gives it: columns by name. */
export type Row = Readonly<Record<string, unknown>>

// A column has the type that its table declares; the casts below say which one that is.

/** A row of `run_rows`. */
export function runFrom(row: Row): RunRow {
  return {
    space: row['space'] as number, run: text(row, 'run'), workflow: text(row, 'workflow'), version: text(row, 'version'), queue: text(row, 'queue'), input: text(row, 'input'),
    createdAt: row['created_at'] as number, deadline: row['deadline'] as number | null, key: textOrNull(row, 'key'), gen: row['gen'] as number,
    status: row['status'] as RunRow['status'], output: textOrNull(row, 'output'), error: restoredJson<ErrorData>(row['error'] as string | null),
    finishedAt: row['finished_at'] as number | null, wakeAt: row['wake_at'] as number | null, lane: textOrNull(row, 'lane'), epoch: row['epoch'] as number | null,
    inboxCount: row['inbox_count'] as number, crashes: row['crashes'] as number,
  }
}

/** A row of `journal`, proven by its checksum. Throws PayloadCorruptError that names run, generation and path. */
export function recordFrom(row: Row, { space, run }: RunKey): JournalRecord {
  const error = row['error'] as string | null
  const reads = row['reads'] as string | null
  const record = {
    space, run, gen: row['gen'] as number, path: text(row, 'path'), seq: row['seq'] as number, kind: row['kind'] as JournalRecord['kind'],
    status: row['status'] as JournalRecord['status'], level: row['level'] as JournalRecord['level'], template: textOrNull(row, 'template'),
    templateVersion: textOrNull(row, 'template_version'), inputHash: textOrNull(row, 'input_hash'), input: textOrNull(row, 'input'), output: textOrNull(row, 'output'),
    attempt: row['attempt'] as number, startedAt: row['started_at'] as number, finishedAt: row['finished_at'] as number,
  }
  if (recordChecksum(record, error, reads) !== row['checksum']) {
    throw new PayloadCorruptError(`the journal of run ${run} is damaged: the record of ${record.path} in generation ${record.gen} does not have the checksum it was written with`, {
      path: record.path, details: { space, run, gen: record.gen, path: record.path },
    })
  }
  return { ...record, error: restoredJson<ErrorData>(error), reads: restoredJson<readonly string[]>(reads) }
}

/** A row of `marks`. */
export function markFrom(row: Row, { space, run }: RunKey): Mark {
  return {
    space, run, gen: row['gen'] as number, path: text(row, 'path'), kind: row['kind'] as Mark['kind'], attempt: row['attempt'] as number,
    at: row['at'] as number, due: row['due'] as number | null, error: restoredJson<ErrorData>(row['error'] as string | null),
  }
}

/** A row of `inbox`. */
export function mailFrom(row: Row, { space, run }: RunKey): Mail {
  return {
    space, run, id: text(row, 'mail'), kind: row['kind'] as Mail['kind'], body: textOrNull(row, 'body'), sentAt: row['sent_at'] as number,
    number: row['number'] as number, consumedAt: row['consumed_at'] as number | null,
  }
}

/** A row of `generations`. */
export function generationFrom(row: Row, { space, run }: RunKey): Generation {
  return {
    space, run, gen: row['gen'] as number, baseSeq: row['base_seq'] as number, at: row['at'] as number, by: text(row, 'by_whom'), reason: text(row, 'reason'),
  }
}

/** A column of text. */
export function text(row: Row, column: string): string {
  return restored(row[column] as string)
}

export function textOrNull(row: Row, column: string): string | null {
  return restoredOrNull(row[column] as string | null)
}
