// A connection whose commits do not wait for the disk.
import type { WriterFaults } from '../../../../src/store/sqlite/faults.ts'

export const faults: WriterFaults = { opened: (database) => database.exec('pragma synchronous = normal') }
