// The writing end of an SQLite store, seen from the main thread: packs a flush, hands it to the writer, unpacks the answers.
import { IllegalTransitionError, StoreClosedError } from '../../errors.ts'
import type { FlushResult, Lane, StoreOp } from '../port.ts'
import type { WriterCalls } from './calls.ts'
import { pack } from './pack.ts'
import { LANE } from './statements.ts'
import type { Thread } from './thread.ts'
import type { Batch } from './wire.ts'

/** One lane of an SQLite store. */
export class SqliteLane implements Lane {
  readonly id = LANE
  readonly epoch: number
  readonly #writer: Thread<WriterCalls>
  readonly #ended: () => void
  #inFlight: Promise<unknown> | null = null
  #prepared: { readonly ops: readonly StoreOp[]; readonly batch: Batch } | null = null
  #closing: Promise<void> | null = null

  constructor(epoch: number, writer: Thread<WriterCalls>, ended: () => void) {
    this.epoch = epoch
    this.#writer = writer
    this.#ended = ended
  }

  prepare(ops: readonly StoreOp[]): void {
    try {
      this.#prepared = { ops, batch: pack(ops) }
    } catch {
      this.#prepared = null // the flush says what is wrong
    }
  }

  async flush(ops: readonly StoreOp[]): Promise<FlushResult> {
    if (this.#closing !== null) throw new StoreClosedError('the lane is closed')
    if (this.#inFlight !== null) throw new IllegalTransitionError('a lane has one flush in flight: wait for it before the next')
    const batch = this.#prepared?.ops === ops ? this.#prepared.batch : pack(ops)
    this.#prepared = null
    const flight = this.#writer.call('flush', batch, [batch.cells.buffer])
    this.#inFlight = flight
    try {
      return { answers: new Map(await flight) }
    } finally {
      this.#inFlight = null
    }
  }

  /** Only one process writes the file, under a lock of the operating system. */
  holds(): boolean {
    return true
  }

  /** Nobody else needs to know. */
  serve(): void {}

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.#inFlight?.catch(() => undefined)
    try {
      await this.#writer.call('closeLane', undefined)
    } finally {
      this.#ended()
    }
  }
}
