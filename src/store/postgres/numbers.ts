// Numbers of runs, as a lane knows them: a block that it takes for the runs that it starts, and those of the runs that it owns. A run's number
// never changes, so what is known stays true; that the lane still owns the run is proven by each flush.
import type pg from 'pg'
import type { RunKey } from '../../model/run.ts'
import type { FlushResult, StoreOp } from '../port.ts'

/** Numbers in a block, as the sequence has it: see migrations/0001-initial.ts. */
const BLOCK = 1000

/** What a segment asks. */
export interface RunNumbers {
  /** The next number for a run that starts. */
  next(): number
  /** The number of a run, if it is known. */
  of(key: RunKey): number | undefined
  /** A run is to be given up or ended: whatever comes after must look whether the lane still owns it. */
  leave(key: RunKey): void
}

/** The numbers that one lane knows. */
export class Numbers implements RunNumbers {
  readonly #known = new Map<string, number>()
  #next = 0
  #left = 0
  #blocks: number[] = []
  /** Of runs that the flush in flight starts. */
  readonly #expected = new Map<string, number>()

  /** Runs that flushes give up or end, until these are settled. */
  readonly #leaving = new Set<string>()

  /** Takes as many blocks as the operations need. */
  async reserve(client: pg.ClientBase, ops: readonly StoreOp[]): Promise<void> {
    let needed = -this.#left - this.#blocks.length * BLOCK
    for (const op of ops) if (op.op === 'start') needed++
    if (needed <= 0) return
    const { rows } = await client.query<{ no: number }>(`select nextval('run_numbers') as no from generate_series(1, $1)`, [Math.ceil(needed / BLOCK)])
    this.#blocks.push(...rows.map(({ no }) => no))
  }

  /** True when no block need be taken for the operations. */
  covers(ops: readonly StoreOp[]): boolean {
    let left = this.#left + this.#blocks.length * BLOCK
    for (const op of ops) if (op.op === 'start') left--
    return left >= 0
  }

  /** A flush that starts these runs is on its way: what is made ready meanwhile may count on them. */
  expect(starting: readonly { readonly key: RunKey; readonly no: number }[]): void {
    for (const { key, no } of starting) this.#expected.set(nameOf(key), no)
  }

  /** The flush is over. True when all that was expected of it has come. */
  met(taken: readonly { readonly key: RunKey; readonly no: number }[]): boolean {
    let left = this.#expected.size
    if (left === 0) return true
    for (const { key, no } of taken) if (this.#expected.get(nameOf(key)) === no) left--
    this.#expected.clear()
    return left === 0
  }

  next(): number {
    if (this.#left === 0) {
      const block = this.#blocks.shift()
      if (block === undefined) throw new Error('no number was reserved for a run that starts')
      this.#next = block
      this.#left = BLOCK
    }
    this.#left--
    return this.#next++
  }

  of(key: RunKey): number | undefined {
    const name = nameOf(key)
    if (this.#leaving.size > 0 && this.#leaving.has(name)) return undefined
    return this.#known.get(name) ?? this.#expected.get(name)
  }

  leave(key: RunKey): void {
    this.#leaving.add(nameOf(key))
  }

  /** A flush was kept: the lane owns what it started and claimed, and does not own any more what it released and ended. */
  settle(ops: readonly StoreOp[], taken: readonly { readonly key: RunKey; readonly no: number }[], { answers }: FlushResult): void {
    for (const { key, no } of taken) this.#known.set(nameOf(key), no)
    for (const [index, op] of ops.entries()) {
      if (op.op !== 'finish' && op.op !== 'release') continue
      const name = nameOf(op.run)
      this.#leaving.delete(name)
      if (!answers.has(index)) this.#known.delete(name)
    }
  }
}

function nameOf({ space, run }: RunKey): string {
  return space === 0 ? run : `${space}/${run}`
}
