// The checksum of a journal row: CRC-32 over its texts, started from a mix of its numbers and the lengths of its texts.
// It tells bit rot and rows that were changed by hand; it is no signature. The run's own id is part of it.
import { crc32 } from 'node:zlib'
import { StoreRowError } from '../../errors.ts'
import type { JournalRecord } from '../../model/record.ts'
import { BatchWriter } from './wire.ts'

/** Cells of one record after its operation code: see `putRecord`. */
export const RECORD_CELLS = 16

const KINDS = ['step', 'timer', 'value', 'choice'] as const
const STATUSES = ['completed', 'failed', 'skipped'] as const
const LEVELS = ['effect', 'pure'] as const
/** Kinds that came after the level `transaction`. */
const LATER_KINDS = ['signal', 'approval', 'request', 'child', 'spawn', 'children', 'page', 'update', 'event'] as const

const STATUS = Object.fromEntries(STATUSES.map((name, index) => [name, index * 2])) as Record<JournalRecord['status'], number>
const LEVEL = Object.fromEntries(LEVELS.map((name, index) => [name, index])) as Record<(typeof LEVELS)[number], number>

/** Kind, status and level of a record as one number: each combination has a statement of its own. */
export interface Sort {
  readonly kind: JournalRecord['kind']
  readonly status: JournalRecord['status']
  readonly level: JournalRecord['level']
}

/** The number of the first combination with the level `transaction`, which came later: numbers are part of checksums and stay. */
const TRANSACTIONS = KINDS.length * STATUSES.length * LEVELS.length
const LATER = TRANSACTIONS + STATUSES.length

/** The number of the first combination of each kind. */
const KIND = Object.fromEntries([...KINDS.map((name, index) => [name, index * 6]), ...LATER_KINDS.map((name, index) => [name, LATER + index * 6])]) as Record<JournalRecord['kind'], number>

/** Every combination, at the index that is its number. */
export const SORTS: readonly Sort[] = [
  ...KINDS.flatMap((kind) => STATUSES.flatMap((status) => LEVELS.map((level): Sort => ({ kind, status, level })))),
  ...STATUSES.map((status): Sort => ({ kind: 'step', status, level: 'transaction' })),
  ...LATER_KINDS.flatMap((kind) => STATUSES.flatMap((status) => LEVELS.map((level): Sort => ({ kind, status, level })))),
]

/** The number of a record's combination. */
export function sortOf({ kind, status, level }: Sort): number {
  if (level !== 'transaction') return KIND[kind] + STATUS[status] + LEVEL[level]
  if (kind !== 'step') throw new StoreRowError(`only a step is a transaction, got a record of kind ${kind}`)
  return TRANSACTIONS + STATUS[status] / 2
}

/** Writes a record: cells and texts in the order that the checksum is made over. `error` and `reads` as JSON. */
export function putRecord(to: BatchWriter, record: JournalRecord, error: string | null, reads: string | null): void {
  to.whole(record.space)
  to.text(record.run)
  to.whole(record.gen)
  to.text(record.path)
  to.whole(record.seq)
  to.whole(sortOf(record))
  to.textOrNull(record.template)
  to.textOrNull(record.templateVersion)
  to.textOrNull(record.inputHash)
  to.textOrNull(record.input)
  to.textOrNull(record.output)
  to.textOrNull(error)
  to.whole(record.attempt)
  to.whole(record.startedAt)
  to.whole(record.finishedAt)
  to.textOrNull(reads)
}

/** The checksum over `RECORD_CELLS` cells from `cell` on and the texts that belong to them. Between 0 and 2³² − 1. */
export function checksum(texts: string, cells: Float64Array, cell: number): number {
  let mix = 0x9e3779b9
  for (let at = cell; at < cell + RECORD_CELLS; at++) {
    const value = cells[at] ?? 0
    mix = Math.imul(mix ^ (value | 0), 0x85ebca6b)
    mix = Math.imul(mix ^ (mix >>> 15) ^ ((value / 0x1_0000_0000) | 0), 0xc2b2ae35)
  }
  return crc32(texts, mix >>> 0)
}

/** Where records that were read are laid out for their checksum, one after the other. */
const scratch = new BatchWriter(RECORD_CELLS)

/** True when a record that was read has the checksum `sum`; `error` and `reads` as the text that is stored. */
export function isSound(record: JournalRecord, error: string | null, reads: string | null, sum: unknown): boolean {
  scratch.reset()
  try {
    putRecord(scratch, record, error, reads)
  } catch {
    // Such a record could not have been written.
    return false
  }
  const { text, cells } = scratch.finish()
  return checksum(text, cells, 0) === sum
}
