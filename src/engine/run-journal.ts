// The writing side of one run's journal: gives out `seq`, holds pure records back until something durable needs them,
// and knows how far the run is durable. While a transaction commits its record, everything else that would have a `seq` waits, and so
// does the run's way out: so no journal gets a hole, and no row of a run is in two places. It decides nothing about steps.
import type { Clock, Cancel } from '../shared/clock.ts'
import type { JournalRecord, Mark } from '../model/record.ts'
import type { RunKey } from '../model/run.ts'
import type { OpAnswer, StoreOp } from '../store/port.ts'
import type { Logger } from '../template/contract.ts'
import type { FlushListener, Flusher, Settled } from './flush.ts'
import { warnOfLength } from './long-journal.ts'
import type { EngineLimits } from './ports.ts'

/** What the journal needs of its run. */
export interface JournalHost {
  readonly row: RunKey & { readonly gen: number; readonly workflow: string }
  /** A record is durable, or why it is not. */
  recorded(record: JournalRecord, error: Error | undefined): void
}

/** What the journal needs of the engine. */
export interface JournalDeps {
  readonly flusher: Flusher
  readonly deps: { readonly clock: Clock; readonly limits: EngineLimits; readonly log: Logger }
}

/** Bytes of a row beside its payloads, roughly: for the bounds of a flush. */
const ROW_BYTES = 120

/** The journal of one run, as its owner writes it. */
export class RunJournal implements FlushListener {
  /** The last seq given out. */
  seq: number
  /** The last seq of a record that is not pure: what an effect must see durable before it begins. */
  effectSeq: number
  /** The last such seq that is durable. */
  durableSeq: number
  readonly #run: JournalHost
  readonly #host: JournalDeps
  #held: JournalRecord[] | null = null
  #heldBytes = 0
  #isClosed = false
  #timer: Cancel | null = null
  /** The seq up to which all records are durable, pure ones included. */
  #settledSeq: number
  /** What waits until the next seq is free again; null when it is. */
  #waiting: (() => void)[] | null = null
  /** Told once all that was handed to the flush before the reserved seq is durable. */
  #barrier: ((error: Error | undefined) => void) | null = null

  constructor(run: JournalHost, host: JournalDeps, lastSeq: number) {
    this.seq = lastSeq
    this.effectSeq = lastSeq
    this.durableSeq = lastSeq
    this.#settledSeq = lastSeq
    this.#run = run
    this.#host = host
  }

  /** Takes a record whose seq is the next one. Pure ones are held for company; the others go to the flush with all that was held before them. */
  append(record: JournalRecord): void {
    this.seq = record.seq
    warnOfLength(record, this.#run.row.workflow, this.#host.deps.log)
    if (record.level === 'pure') {
      this.#hold(record)
      return
    }
    this.effectSeq = record.seq
    this.flushHeld()
    this.#host.flusher.add({ op: 'record', record }, record.run, bytesOf(record), this)
  }

  /** A record is durable, or is not. */
  settled(op: StoreOp, _answer: OpAnswer | undefined, error: Error | undefined): void {
    if (op.op !== 'record') return
    if (error === undefined) {
      this.#settledSeq = op.record.seq
      if (op.record.level !== 'pure') this.durableSeq = op.record.seq
    }
    this.#run.recorded(op.record, error)
    if (this.#barrier !== null && (error !== undefined || this.#settledSeq === this.seq)) this.#passBarrier(error)
  }

  /** True when the next seq can be given out at once. */
  get isFree(): boolean {
    return this.#waiting === null
  }

  /** True when the run has left this process's memory: what was on its way for it must write nothing, since another may have the run by now. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Does what gives out a seq or ends the run, unless that is over: at once, or when the transaction that has reserved the next seq is settled. */
  whenFree(work: () => void): void {
    if (this.#isClosed) return
    if (this.#waiting === null) work()
    else this.#waiting.push(work)
  }

  /** Keeps the next seq for a record that its own transaction writes. All before it is in the hands of the flush; `free` must follow. */
  reserve(granted: (seq: number) => void): void {
    this.whenFree(() => {
      this.#waiting = []
      this.flushHeld()
      granted(this.seq + 1)
    })
  }

  /** Tells once all records before the reserved seq are durable, or that they will not be. */
  whenDurable(told: (error: Error | undefined) => void): void {
    this.#barrier = told
    if (this.#settledSeq === this.seq) this.#passBarrier(undefined)
  }

  /** The transaction is settled: with its record, which is durable, or without. `answer` comes before all that waits. */
  free(record: JournalRecord | null, answer: () => void): void {
    const waiting = this.#waiting ?? []
    this.#waiting = null
    if (record !== null) {
      this.seq = this.effectSeq = this.durableSeq = this.#settledSeq = record.seq
      warnOfLength(record, this.#run.row.workflow, this.#host.deps.log)
      this.#run.recorded(record, undefined)
    }
    answer()
    // One of them may reserve the next seq: the others then wait on.
    for (const work of waiting) this.whenFree(work)
  }

  #passBarrier(error: Error | undefined): void {
    const told = this.#barrier
    this.#barrier = null
    told?.(error)
  }

  /** Writes a mark, after all that was held before it. */
  mark(draft: Omit<Mark, 'space' | 'run' | 'gen'>, settled: Settled): void {
    this.flushHeld()
    const { space, run, gen } = this.#run.row
    this.#host.flusher.add({ op: 'mark', mark: { space, run, gen, ...draft } }, run, ROW_BYTES, settled)
  }

  /** Hands the held records to the flush. */
  flushHeld(): void {
    const held = this.#held
    if (held === null) return
    this.abandon()
    for (const record of held) {
      this.#host.flusher.add({ op: 'record', record }, record.run, bytesOf(record), this)
    }
  }

  /** The run has left this process's memory. */
  close(): void {
    this.abandon()
    this.#isClosed = true
  }

  /** Forgets what is held: the run is given up, and pure results can be computed again. */
  abandon(): void {
    this.#timer?.()
    this.#timer = null
    this.#held = null
    this.#heldBytes = 0
  }

  #hold(record: JournalRecord): void {
    const { clock, limits } = this.#host.deps
    this.#held ??= []
    this.#held.push(record)
    this.#heldBytes += bytesOf(record)
    if (this.#held.length >= limits.pureRecords || this.#heldBytes >= limits.pureBytes) this.flushHeld()
    else this.#timer ??= clock.timer(limits.pureDelayMs, () => this.flushHeld())
  }
}

function bytesOf(record: JournalRecord): number {
  return ROW_BYTES + (record.input?.length ?? 0) + (record.output?.length ?? 0)
}
