// The disk fails after the third flush was committed, and from then on the file cannot be opened.
import type { WriterFaults } from '../../../../src/store/sqlite/faults.ts'
import { diskError } from './disk-error.ts'

export const faults: WriterFaults = {
  opened(_database, count) {
    if (count > 1) throw diskError()
  },
  afterCommit(_database, count) {
    if (count === 3) throw diskError()
  },
}
