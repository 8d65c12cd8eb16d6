// Reading a PostgreSQL store in canonical form, through a cursor of an open transaction: what is read needs little memory, however much there is.
import type pg from 'pg'
import { PayloadCorruptError } from '../../errors.ts'
import { BATCH_LETTERS, BATCH_ROWS, TRANSFER_TABLES } from '../transfer.ts'
import type { TransferBlob, TransferRow, TransferTable } from '../transfer.ts'
import { storeFailure } from './failures.ts'
import { restored, restoredOrNull } from './text.ts'
import { checksumOf } from './transfer-checksum.ts'
import { READ_SQL } from './transfer-sql.ts'

/** Rows that come first, before it is known how long they are. */
const FIRST_ROWS = 20

/** The rows of a table, each proven by its checksum; `shown` names the store. */
export async function* readRows(client: pg.ClientBase, table: TransferTable, shown: string): AsyncGenerator<readonly TransferRow[]> {
  const types = Object.values(TRANSFER_TABLES[table])
  try {
    await client.query(`declare transfer no scroll cursor for ${READ_SQL[table]}`)
    for (let count = FIRST_ROWS; ;) {
      const { rows } = await client.query<unknown[]>({ text: `fetch ${count} from transfer`, rowMode: 'array' })
      if (rows.length === 0) break
      count = nextCount(rows)
      yield rows.map((row) => canonical(table, row, { types, shown }))
    }
    await client.query('close transfer')
  } catch (thrown) {
    throw storeFailure(thrown, `${table} could not be read from ${shown}`)
  }
}

/** All blobs. */
export async function* readBlobs(client: pg.ClientBase, shown: string): AsyncGenerator<TransferBlob> {
  try {
    const { rows } = await client.query<{ key: string }>('select key from blobs order by key')
    for (const { key } of rows) {
      const { rows: [row] } = await client.query<{ data: Buffer; age: number }>('select data, greatest(0, extract(epoch from clock_timestamp() - created_at) * 1000)::float8 as age from blobs where key = $1', [key])
      if (row !== undefined) yield { key: restored(key), data: row.data, ageMs: row.age }
    }
  } catch (thrown) {
    throw storeFailure(thrown, `the large values could not be read from ${shown}`)
  }
}

/** So many rows that they hold about as many letters as one batch may. */
function nextCount(rows: readonly (readonly unknown[])[]): number {
  let letters = 1
  for (const row of rows) for (const cell of row) if (typeof cell === 'string') letters += cell.length
  return Math.max(1, Math.min(BATCH_ROWS, Math.floor((rows.length * BATCH_LETTERS) / letters), rows.length * 10))
}

function canonical(table: TransferTable, row: readonly unknown[], { types, shown }: { readonly types: readonly ('text' | 'whole')[]; readonly shown: string }): TransferRow {
  // Columns have the types that the table declares; the checksum stands after them.
  const cells: TransferRow = types.map((type, index) => (type === 'text' ? restoredOrNull(row[index] as string | null) : (row[index] as number | null)))
  if (checksumOf(table, cells) === (row[types.length] ?? null)) return cells
  throw new PayloadCorruptError(`a row of ${table} in ${shown} does not have the checksum it was written with: ${place(table, cells)}`, { path: table, remedy: 'Run wumbo verify, and restore the store from a backup.' })
}

/** What names a row, for people. */
export function place(table: TransferTable, row: TransferRow | undefined): string {
  const names = Object.keys(TRANSFER_TABLES[table])
  const at = names.findIndex((name) => name === 'run' || name === 'key' || name === 'name' || name === 'hash')
  return JSON.stringify(row?.[Math.max(0, at)] ?? null).slice(0, 60)
}
