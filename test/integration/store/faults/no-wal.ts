// A connection without a write-ahead log, as some file systems leave it.
import type { WriterFaults } from '../../../../src/store/sqlite/faults.ts'

export const faults: WriterFaults = { opened: (database) => database.exec('pragma journal_mode = delete') }
