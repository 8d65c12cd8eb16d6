// The checksums that this store keeps with rows, made for rows that come in their canonical form.
import type { SourceFormat } from '../../model/definition.ts'
import type { JournalRecord } from '../../model/record.ts'
import { TRANSFER_TABLES } from '../transfer.ts'
import type { TransferRow, TransferTable } from '../transfer.ts'
import { definitionChecksum, recordChecksum, versionChecksum } from './checksum.ts'

/** The checksum of a row; null in tables whose rows have none. */
export function checksumOf(table: TransferTable, cells: TransferRow): string | number | null {
  switch (table) {
    case 'definitions': {
      const { text } = cellsOf(table, cells)
      return definitionChecksum(text('hash'), text('workflow'), text('body'))
    }
    case 'workflow_versions': {
      const { text, whole } = cellsOf(table, cells)
      const version = { hash: text('hash'), format: text('format') as SourceFormat, body: text('body'), source: text('source'), createdAt: whole('created_at'), by: text('by_whom') }
      return versionChecksum({ space: whole('space'), name: text('name') }, version)
    }
    case 'journal': {
      const { text, whole, textOrNull } = cellsOf(table, cells)
      const record: Omit<JournalRecord, 'error' | 'reads'> = {
        space: whole('space'), run: text('run'), gen: whole('gen'), path: text('path'), seq: whole('seq'), kind: text('kind') as JournalRecord['kind'],
        status: text('status') as JournalRecord['status'], level: text('level') as JournalRecord['level'], template: textOrNull('template'), templateVersion: textOrNull('template_version'),
        inputHash: textOrNull('input_hash'), input: textOrNull('input'), output: textOrNull('output'), attempt: whole('attempt'), startedAt: whole('started_at'), finishedAt: whole('finished_at'),
      }
      return recordChecksum(record, textOrNull('error'), textOrNull('reads'))
    }
    default:
      return null
  }
}

/** Cells by the names of their columns. Each has the type that the table declares. */
function cellsOf(table: TransferTable, cells: TransferRow): { text: (column: string) => string; textOrNull: (column: string) => string | null; whole: (column: string) => number } {
  const names = Object.keys(TRANSFER_TABLES[table])
  const cell = (column: string): unknown => cells[names.indexOf(column)]
  return { text: (column) => cell(column) as string, textOrNull: (column) => cell(column) as string | null, whole: (column) => cell(column) as number }
}
