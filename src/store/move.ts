// Moves a store: copies everything in one transaction of the target, reads it back there and compares, and then decides. Interrupted before
// that, the source is as it was and the target is empty. The decision takes two marks in the source, one before the target commits and
// one after: whoever is killed between them leaves a source that nobody opens, and the next try finds out what happened.
import { createHash, type Hash } from 'node:crypto'
import { AbortedError, PayloadCorruptError, StoreFailedError, StoreMovedError } from '../errors.ts'
import { TABLE_NAMES } from './transfer.ts'
import type { MoveNote, TransferBlob, TransferReading, TransferRow, TransferSource, TransferTable, TransferTarget } from './transfer.ts'

/** How far a move is. */
export interface MoveProgress {
  readonly doing: 'copying' | 'checking'
  /** Rows, and blobs. */
  readonly done: number
  readonly total: number
}

/** What one table, or the blobs, came to: the same on both sides. */
export interface Moved {
  readonly rows: number
  /** SHA-256 of all rows in their canonical form and order. */
  readonly sha256: string
}

/** The outcome. */
export interface MoveReport {
  /** Null when an earlier try had moved everything, and was stopped before it could say so. */
  readonly tables: Readonly<Record<TransferTable | 'blobs', Moved>> | null
}

/** How a move is done. */
export interface MoveOptions {
  readonly id: string
  readonly at: number
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: MoveProgress) => void
}

/** Moves everything. Closes neither side. */
export async function moveStore(source: TransferSource, target: TransferTarget, options: MoveOptions): Promise<MoveReport> {
  if (source.doubt !== null && (await wasKept(source, target, source.doubt))) return { tables: null }
  const note: MoveNote = { id: options.id, from: source.shown, to: target.shown, at: options.at }
  await source.begin()
  await target.begin()
  const counts = await source.counts()
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0)
  const sums = await pass(source, { ...options, doing: 'copying', total }, {
    rows: (table, rows) => target.write(table, rows),
    blob: (blob) => target.writeBlob(blob),
  })
  for (const name of Object.keys(counts) as (keyof typeof counts)[]) {
    if (sums[name].rows !== counts[name]) throw new PayloadCorruptError(`${name}: there are ${counts[name]} rows in ${source.shown}, and ${sums[name].rows} of them belong to a run; nothing was moved`, { path: name })
  }
  const readBack = await pass(target, { ...options, doing: 'checking', total })
  for (const [name, { rows, sha256 }] of Object.entries(sums)) {
    const other = readBack[name as keyof typeof readBack]
    if (other.rows !== rows || other.sha256 !== sha256) {
      throw new PayloadCorruptError(`${name}: ${rows} rows were read from ${source.shown}, and ${other.rows} rows that are not the same came back from ${target.shown}; nothing was moved`, { path: name, details: { table: name, source: { rows, sha256 }, target: other }, remedy: 'Run wumbo verify on the source, then try again; if it happens again, report it.' })
    }
  }
  stopIfAsked(options.signal)
  await decide(source, target, note)
  return { tables: sums }
}

async function decide(source: TransferSource, target: TransferTarget, note: MoveNote): Promise<void> {
  await source.intend(note)
  const kept = await target.commit(note).catch(async (thrown: unknown) => {
    await source.decide(note, false)
    throw thrown
  })
  if (kept === 'unknown') {
    throw new StoreFailedError(`the connection to ${target.shown} was lost while everything was being made durable; it is not known whether it was kept`, { retryable: true, remedy: 'Try again with the same --from and --to: that finds out. Until then the source is not opened.', details: { move: note.id } })
  }
  await source.decide(note, true)
}

/** Finds out how an earlier move ended, whose process did not live to see it. */
async function wasKept(source: TransferSource, target: TransferTarget, note: MoveNote): Promise<boolean> {
  if (note.to !== target.shown) {
    throw new StoreMovedError(`${source.shown} may have been moved to ${note.to}: the move was interrupted when it was being decided`, { details: { ...note }, remedy: `Try again with the same target: wumbo store move --to ${note.to}. That finds out.` })
  }
  const kept = await target.has(note.id)
  await source.decide(note, kept)
  return kept
}

interface Pass extends MoveOptions {
  readonly doing: MoveProgress['doing']
  readonly total: number
}

interface Sink {
  rows(table: TransferTable, rows: readonly TransferRow[]): Promise<void>
  blob(blob: TransferBlob): Promise<void>
}

/** Reads one side from end to end: hashes what comes, and hands it on. */
async function pass(from: TransferReading, { signal, onProgress, doing, total }: Pass, sink?: Sink): Promise<Record<TransferTable | 'blobs', Moved>> {
  let done = 0
  const sums: Partial<Record<TransferTable | 'blobs', Moved>> = {}
  const advance = (count: number): void => {
    done += count
    onProgress?.({ doing, done, total })
    stopIfAsked(signal)
  }
  for (const table of TABLE_NAMES) {
    const sum = new Sum()
    for await (const rows of from.rows(table)) {
      for (const row of rows) sum.add(row)
      await sink?.rows(table, rows)
      advance(rows.length)
    }
    sums[table] = sum.end()
  }
  const sum = new Sum()
  for await (const blob of from.blobs()) {
    sum.add([blob.key, createHash('sha256').update(blob.data).digest('hex'), blob.data.length])
    await sink?.blob(blob)
    advance(1)
  }
  // Each name has been set: by the loop, and here.
  return { ...(sums as Record<TransferTable, Moved>), blobs: sum.end() }
}

class Sum {
  readonly #hash: Hash = createHash('sha256')
  #rows = 0

  add(row: TransferRow): void {
    this.#hash.update(JSON.stringify(row)).update('\n')
    this.#rows++
  }

  end(): Moved {
    return { rows: this.#rows, sha256: this.#hash.digest('hex') }
  }
}

function stopIfAsked(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new AbortedError('the move was interrupted: the source is as it was, and nothing is left in the target', { remedy: 'Begin the move again when it is wanted.' })
}
