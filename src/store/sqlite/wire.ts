// How operations cross to the writer thread: all texts of a flush as one string, and beside it one array of numbers, the
// cells, that holds the numbers and the lengths of the texts. Copying one string and moving one buffer costs a third of
// what cloning a list of values does, on both sides. A text that is null has length -1, a number that is null is NaN.
import { StoreRowError } from '../../errors.ts'

/** The number of each operation on the wire. */
export const OP = {
  start: 1, record: 2, mark: 3, wake: 4, release: 5, finish: 6, send: 7, consume: 8, reopen: 9, claim: 10, definition: 11, prune: 12,
  saveWorkflow: 13, useWorkflowVersion: 14, setWorkflowStatus: 15, deleteWorkflow: 16, transact: 17, continue: 18, migrate: 19, chooseWorkflowVersion: 20,
  publish: 21, listen: 22, unlisten: 23, pruneEvents: 24,
} as const

/** Operations on their way. */
export interface Batch {
  readonly text: string
  readonly cells: Float64Array<ArrayBuffer>
}

/** Writes cells and texts one after the other. */
export class BatchWriter {
  #cells: Float64Array<ArrayBuffer>
  #at = 0
  #text = ''

  /** `cells` is a guess of how many there will be; the array grows when it is too low. */
  constructor(cells: number) {
    this.#cells = new Float64Array(cells)
  }

  /** A number that is known to be whole: a code, a length. */
  code(value: number): void {
    if (this.#at === this.#cells.length) this.#grow()
    this.#cells[this.#at++] = value
  }

  whole(value: number): void {
    if (!Number.isSafeInteger(value)) throw new StoreRowError(`expected a whole number, got ${String(value)}`)
    this.code(value)
  }

  wholeOrNull(value: number | null): void {
    if (value === null) this.code(Number.NaN)
    else this.whole(value)
  }

  text(value: string): void {
    this.code(value.length)
    this.#text += value
  }

  textOrNull(value: string | null): void {
    if (value === null) this.code(-1)
    else this.text(value)
  }

  /** Begins anew in the same cells. */
  reset(): void {
    this.#at = 0
    this.#text = ''
  }

  /** What was written. Nothing may be written after it but a reset, once the batch is no longer needed. */
  finish(): Batch {
    return { text: this.#text, cells: this.#cells.subarray(0, this.#at) }
  }

  #grow(): void {
    const larger = new Float64Array(this.#cells.length * 2 + 32)
    larger.set(this.#cells)
    this.#cells = larger
  }
}

/** Reads cells and texts in the order in which they were written. Texts share the memory of the whole batch: copy what is kept. */
export class BatchReader {
  readonly batch: Batch
  /** The next cell. */
  cell = 0
  /** The next UTF-16 unit of the text. */
  unit = 0

  constructor(batch: Batch) {
    this.batch = batch
  }

  get atEnd(): boolean {
    return this.cell >= this.batch.cells.length
  }

  whole(): number {
    return this.batch.cells[this.cell++] ?? Number.NaN
  }

  wholeOrNull(): number | null {
    const value = this.whole()
    return Number.isNaN(value) ? null : value
  }

  text(): string {
    const start = this.unit
    return this.batch.text.substring(start, (this.unit = start + this.whole()))
  }

  textOrNull(): string | null {
    const length = this.batch.cells[this.cell] ?? -1
    if (length >= 0) return this.text()
    this.cell++
    return null
  }
}

/** A copy of a text that does not keep the batch alive that it was read from. */
export function detached(text: string): string {
  return Buffer.from(text).toString()
}
