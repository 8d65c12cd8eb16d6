// Rows of the tables as the model knows them. The one place that knows both the names of columns and those of properties.
import { PayloadCorruptError } from '../../errors.ts'
import type { ErrorData } from '../../errors.ts'
import type { JournalRecord, Mark } from '../../model/record.ts'
import type { Generation, Mail, RunKey, RunRow } from '../../model/run.ts'
import { parseJson } from '../../shared/parse-json.ts'
import { isSound } from './checksum.ts'

/** A row as SQLite gives it: columns by name. */
export type Row = Readonly<Record<string, unknown>>

/** Columns of `runs` that make a RunRow. */
export const RUN_COLUMNS = `space, run, workflow, version, queue, input, created_at, deadline, key, gen, status, output, error, finished_at, wake_at, lane, epoch,
  inbox_count, crashes`

// The schema is strict, so a column has the type that its table declares; the casts below say which one that is.

/** A row of `runs`. */
export function runFrom(row: Row): RunRow {
  return {
    space: row['space'] as number, run: row['run'] as string, workflow: row['workflow'] as string, version: row['version'] as string,
    queue: row['queue'] as string, input: row['input'] as string, createdAt: row['created_at'] as number, deadline: row['deadline'] as number | null, key: row['key'] as string | null,
    gen: row['gen'] as number, status: row['status'] as RunRow['status'], output: row['output'] as string | null, error: json<ErrorData>(row['error']),
    finishedAt: row['finished_at'] as number | null, wakeAt: row['wake_at'] as number | null, lane: row['lane'] as string | null,
    epoch: row['epoch'] as number | null, inboxCount: row['inbox_count'] as number, crashes: row['crashes'] as number,
  }
}

/** A row of `journal`, proven by its checksum. Throws PayloadCorruptError that names run, generation and path. */
export function recordFrom(row: Row, { space, run }: RunKey): JournalRecord {
  const error = row['error'] as string | null
  const reads = row['reads'] as string | null
  const record = {
    space, run, gen: row['gen'] as number, path: row['path'] as string, seq: row['seq'] as number, kind: row['kind'] as JournalRecord['kind'],
    status: row['status'] as JournalRecord['status'], level: row['level'] as JournalRecord['level'], template: row['template'] as string | null,
    templateVersion: row['template_version'] as string | null, inputHash: row['input_hash'] as string | null, input: row['input'] as string | null,
    output: row['output'] as string | null, attempt: row['attempt'] as number, startedAt: row['started_at'] as number, finishedAt: row['finished_at'] as number,
  }
  if (!isSound({ ...record, error: null, reads: null }, error, reads, row['checksum'])) {
    throw new PayloadCorruptError(`the journal of run ${run} is damaged: the record of ${record.path} in generation ${record.gen} does not have the checksum it was written with`, {
      path: record.path, details: { space, run, gen: record.gen, path: record.path },
    })
  }
  return { ...record, error: json<ErrorData>(error), reads: json<readonly string[]>(reads) }
}

/** A row of `marks`. */
export function markFrom(row: Row, { space, run }: RunKey): Mark {
  return {
    space, run, gen: row['gen'] as number, path: row['path'] as string, kind: row['kind'] as Mark['kind'], attempt: row['attempt'] as number,
    at: row['at'] as number, due: row['due'] as number | null, error: json<ErrorData>(row['error']),
  }
}

/** A row of `inbox`. */
export function mailFrom(row: Row, { space, run }: RunKey): Mail {
  return {
    space, run, id: row['mail'] as string, kind: row['kind'] as Mail['kind'], body: row['body'] as string | null, sentAt: row['sent_at'] as number,
    number: row['number'] as number, consumedAt: row['consumed_at'] as number | null,
  }
}

/** A row of `generations`. */
export function generationFrom(row: Row, { space, run }: RunKey): Generation {
  return {
    space, run, gen: row['gen'] as number, baseSeq: row['base_seq'] as number, at: row['at'] as number, by: row['by_whom'] as string,
    reason: row['reason'] as string,
  }
}

function json<T>(text: unknown): T | null {
  return typeof text === 'string' ? (parseJson(text) as T) : null
}
