// Deletes ended runs that are old, with all that hangs on them, and keys that have expired, in the writer thread.
import { blobOf } from '../../model/payload.ts'
import type { OpAnswer } from '../port.ts'
import type { FlushState } from './flush-state.ts'
import type { BatchReader } from './wire.ts'

/** Deletes at most `limit` runs, the oldest first, and tells which blobs they named. */
export function prune(state: FlushState, from: BatchReader): OpAnswer {
  const space = from.whole()
  const before = from.whole()
  const limit = Math.max(0, from.whole())
  const { sql } = state
  const blobs = new Set<string>()
  const note = (payload: unknown): void => {
    const reference = typeof payload === 'string' ? blobOf(payload) : undefined
    if (reference !== undefined) blobs.add(reference.blob)
  }
  const runs = sql.oldRuns.all(space, before, before, limit)
  for (const run of runs) {
    const no = Number(run['no'])
    note(run['input'])
    note(run['output'])
    for (const row of sql.journalBlobs.all(no)) {
      note(row['input'])
      note(row['output'])
    }
    for (const row of sql.inboxBlobs.all(no)) note(row['body'])
    for (const statement of [sql.deleteJournal, sql.deleteMarks, sql.deleteInbox, sql.deleteGenerations, sql.deleteListeners, sql.deleteRun]) statement.run(no)
  }
  sql.deleteKeys.run(space, before)
  sql.notePruning.run(space, before)
  return { answer: 'pruned', runs: runs.length, blobs: [...blobs] }
}
