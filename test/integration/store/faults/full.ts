// A disk that is full after the second flush, and has room again after the next.
import type { WriterFaults } from '../../../../src/store/sqlite/faults.ts'

export const faults: WriterFaults = {
  afterCommit(database, count) {
    if (count === 2) database.exec('pragma max_page_count = 1')
    else database.exec('pragma max_page_count = 1073741823')
  },
}
