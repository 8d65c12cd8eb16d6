// A journal that has grown long: every process that takes the run up reads it and hands all of it back to the workflow. Said once, while there is time to do something about it.
import type { JournalRecord } from '../model/record.ts'
import type { Logger } from '../template/contract.ts'

/** A journal with so many records is long. */
export const LONG_JOURNAL = 5_000

/** Warns when a record is the one that makes its journal long. */
export function warnOfLength({ seq, run }: JournalRecord, workflow: string, log: Logger): void {
  if (seq !== LONG_JOURNAL) return
  log.warn(`a run has ${LONG_JOURNAL} records by now, and all of them are read whenever it comes into memory: let it continue as new, or give parts of its work to children`, { run, workflow, records: seq })
}
