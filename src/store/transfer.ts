// The port by which the whole content of one store is taken to another: every row in one canonical form, table by table, in an order that
// both sides give. Who owns a run stays behind: a run that has an owner in the source has none in the target, and can be
// claimed at once, as it could if the source were opened again. Payloads are passed on as they are, never parsed.

/**
 * The tables and their columns, in the order in which they are copied. A column that is added to a store is added here, and then the compiler
 * or a test says where else. Rows come by the columns that are named last; `marks` and `workflow_versions` in the order of writing.
 */
export const TRANSFER_TABLES = {
  /** By id. */
  spaces: { id: 'whole', pruned_before: 'whole' },
  /** By hash. */
  definitions: { hash: 'text', workflow: 'text', body: 'text', at: 'whole' },
  /** By space and name. */
  workflows: { space: 'whole', name: 'text', status: 'text', version: 'text', chosen: 'text', created_at: 'whole', updated_at: 'whole', by_whom: 'text' },
  workflow_versions: { space: 'whole', name: 'text', hash: 'text', format: 'text', body: 'text', source: 'text', created_at: 'whole', by_whom: 'text' },
  /** By number. */
  runs: {
    no: 'whole', space: 'whole', run: 'text', workflow: 'text', version: 'text', queue: 'text', input: 'text', created_at: 'whole', deadline: 'whole', key: 'text', gen: 'whole',
    status: 'text', output: 'text', error: 'text', finished_at: 'whole', wake_at: 'whole', inbox_count: 'whole', unread: 'whole', crashes: 'whole',
  },
  /** By run, generation and path. */
  journal: {
    run_no: 'whole', space: 'whole', run: 'text', gen: 'whole', path: 'text', seq: 'whole', kind: 'text', status: 'text', level: 'text', template: 'text', template_version: 'text',
    input_hash: 'text', input: 'text', output: 'text', error: 'text', attempt: 'whole', started_at: 'whole', finished_at: 'whole', reads: 'text',
  },
  marks: { run_no: 'whole', gen: 'whole', path: 'text', kind: 'text', attempt: 'whole', at: 'whole', due: 'whole', error: 'text' },
  /** By run and number. */
  inbox: { run_no: 'whole', number: 'whole', mail: 'text', kind: 'text', body: 'text', sent_at: 'whole', consumed_at: 'whole' },
  /** By run and generation. */
  generations: { run_no: 'whole', gen: 'whole', base_seq: 'whole', at: 'whole', by_whom: 'text', reason: 'text' },
  /** By space and key. */
  keys: { space: 'whole', key: 'text', run: 'text', hash: 'text', created_at: 'whole', expires_at: 'whole' },
  /** By number. */
  events: { no: 'whole', space: 'whole', topic: 'text', id: 'text', key: 'text', body: 'text', at: 'whole' },
  /** By run, topic and key. */
  listeners: { space: 'whole', topic: 'text', key: 'text', run_no: 'whole', after: 'whole', open: 'whole' },
} as const satisfies Readonly<Record<string, Readonly<Record<string, 'text' | 'whole'>>>>

export type TransferTable = keyof typeof TRANSFER_TABLES

export const TABLE_NAMES = Object.keys(TRANSFER_TABLES) as readonly TransferTable[]

/** Rows go together until there are so many, or so many letters: that is what a transfer needs of memory. */
export const BATCH_ROWS = 1000
export const BATCH_LETTERS = 4 << 20

/** The cells of a row in the order of the table's columns. */
export type TransferRow = readonly (string | number | null)[]

/** A large payload. */
export interface TransferBlob {
  readonly key: string
  readonly data: Uint8Array
  readonly ageMs: number
}

/** That a store was moved, or may have been. */
export interface MoveNote {
  /** A word that no other move has. */
  readonly id: string
  /** Where from and where to, for people: without passwords. */
  readonly from: string
  readonly to: string
  /** Milliseconds since 1970. */
  readonly at: number
}

/** How much there is. */
export type TransferCounts = Readonly<Record<TransferTable | 'blobs', number>>

/** What reads a store for a transfer. Each iteration reads one state of the store, the same for all. */
export interface TransferReading {
  /** In batches. Throws PayloadCorruptError for a row that is not what was written. */
  rows(table: TransferTable): AsyncIterable<readonly TransferRow[]>
  /** By key. */
  blobs(): AsyncIterable<TransferBlob>
}

/** A store that nobody else writes while it is open here: taking it is refused with StoreLockedError as its opening is. */
export interface TransferSource extends TransferReading {
  /** For people: without passwords. */
  readonly shown: string
  /** Begins to keep others out for good, where taking it did not, and chooses the state that is read. StoreLockedError while others work on it. */
  begin(): Promise<void>
  counts(): Promise<TransferCounts>
  /** The move that may or may not have taken the content away; null when there was none. Taking a source that has moved throws StoreMovedError. */
  readonly doubt: MoveNote | null
  /** Makes durable that a move is about to be decided: from now on the store is not opened. */
  intend(note: MoveNote): Promise<void>
  /** Makes durable how the move ended. */
  decide(note: MoveNote, moved: boolean): Promise<void>
  close(): Promise<void>
}

/** An empty store that takes everything in one transaction: until `commit` nobody sees anything of it, and when it never comes nothing stays. */
export interface TransferTarget extends TransferReading {
  /** For people: without passwords. */
  readonly shown: string
  /** Whether the move of this id was committed here. */
  has(id: string): Promise<boolean>
  /** Begins the transaction. StoreNotEmptyError when there is anything; StoreLockedError when others work on the store. */
  begin(): Promise<void>
  /** Rows of one table, in their order. Throws StoreRowError for rows that this store cannot hold. */
  write(table: TransferTable, rows: readonly TransferRow[]): Promise<void>
  writeBlob(blob: TransferBlob): Promise<void>
  /** Makes all of it durable. `unknown`: the connection broke, and it may have been kept or not. */
  commit(note: MoveNote): Promise<'kept' | 'unknown'>
  /** Ends what has not been committed, and the connection. */
  close(): Promise<void>
}

/** Gathers rows into batches. */
export function* batched(rows: Iterable<TransferRow>): Generator<readonly TransferRow[]> {
  let batch: TransferRow[] = []
  let letters = 0
  for (const row of rows) {
    batch.push(row)
    for (const cell of row) if (typeof cell === 'string') letters += cell.length
    if (batch.length < BATCH_ROWS && letters < BATCH_LETTERS) continue
    yield batch
    batch = []
    letters = 0
  }
  if (batch.length > 0) yield batch
}
