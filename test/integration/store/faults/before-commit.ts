// The disk fails as the third flush is about to be committed.
import type { WriterFaults } from '../../../../src/store/sqlite/faults.ts'
import { diskError } from './disk-error.ts'

export const faults: WriterFaults = {
  beforeCommit(_database, count) {
    if (count === 3) throw diskError()
  },
}
