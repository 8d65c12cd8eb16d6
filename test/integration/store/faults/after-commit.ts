// The disk seems to fail at the third flush, which is in the file nevertheless.
import type { WriterFaults } from '../../../../src/store/sqlite/faults.ts'
import { diskError } from './disk-error.ts'

export const faults: WriterFaults = {
  afterCommit(_database, count) {
    if (count === 3) throw diskError()
  },
}
