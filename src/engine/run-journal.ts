// The writing side of one run's journal: gives out `seq`, holds pure records back until something durable needs them,
// and knows how far the run is durable. It decides nothing about steps.
import type { Clock, Cancel } from '../shared/clock.ts'
import type { JournalRecord, Mark } from '../model/record.ts'
import type { RunKey } from '../model/run.ts'
import type { Flusher, Settled } from './flush.ts'
import type { EngineLimits } from './ports.ts'

/** A record before it has its place in the journal. */
export type RecordDraft = Omit<JournalRecord, 'space' | 'run' | 'gen' | 'seq'>

/** Bytes of a row beside its payloads, roughly: for the bounds of a flush. */
const ROW_BYTES = 120

/** Told when a record is durable, or why it is not. */
export type Recorded = (record: JournalRecord, error: Error | undefined) => void

/** The journal of one run, as its owner writes it. */
export class RunJournal {
  readonly key: RunKey
  readonly gen: number
  /** The last seq given out. */
  seq: number
  /** The last seq of a record that is not pure: what an effect must see durable before it begins. */
  effectSeq: number
  /** The last such seq that is durable. */
  durableSeq: number
  readonly #flusher: Flusher
  readonly #clock: Clock
  readonly #limits: EngineLimits
  readonly #recorded: Recorded
  #held: JournalRecord[] = []
  #heldBytes = 0
  #timer: Cancel | null = null

  constructor(key: RunKey, gen: number, lastSeq: number, host: { flusher: Flusher; clock: Clock; limits: EngineLimits; recorded: Recorded }) {
    this.key = key
    this.gen = gen
    this.seq = lastSeq
    this.effectSeq = lastSeq
    this.durableSeq = lastSeq
    this.#flusher = host.flusher
    this.#clock = host.clock
    this.#limits = host.limits
    this.#recorded = host.recorded
  }

  /** Gives a record its place. Pure ones are held for company; the others go to the flush with all that was held before them. */
  record(draft: RecordDraft): JournalRecord {
    const { space, run } = this.key
    const record: JournalRecord = { space, run, gen: this.gen, seq: ++this.seq, ...draft }
    if (record.level === 'pure') {
      this.#hold(record)
    } else {
      this.effectSeq = record.seq
      this.flushHeld()
      this.#flusher.add({ op: 'record', record }, run, bytesOf(record), (_answer, error) => {
        if (error === undefined) this.durableSeq = record.seq
        this.#recorded(record, error)
      })
    }
    return record
  }

  /** Writes a mark, after all that was held before it. */
  mark(draft: Omit<Mark, 'space' | 'run' | 'gen'>, settled: Settled): void {
    this.flushHeld()
    const { space, run } = this.key
    this.#flusher.add({ op: 'mark', mark: { space, run, gen: this.gen, ...draft } }, run, ROW_BYTES, settled)
  }

  /** Hands the held records to the flush. */
  flushHeld(): void {
    if (this.#held.length === 0) return
    const held = this.#held
    this.#held = []
    this.#heldBytes = 0
    this.#timer?.()
    this.#timer = null
    for (const record of held) {
      this.#flusher.add({ op: 'record', record }, this.key.run, bytesOf(record), (_answer, error) => this.#recorded(record, error))
    }
  }

  /** Forgets what is held: the run is given up, and pure results can be computed again. */
  abandon(): void {
    this.#timer?.()
    this.#timer = null
    this.#held = []
  }

  #hold(record: JournalRecord): void {
    this.#held.push(record)
    this.#heldBytes += bytesOf(record)
    if (this.#held.length >= this.#limits.pureRecords || this.#heldBytes >= this.#limits.pureBytes) this.flushHeld()
    else this.#timer ??= this.#clock.timer(this.#limits.pureDelayMs, () => {
      this.#timer = null
      this.flushHeld()
    })
  }
}

function bytesOf(record: JournalRecord): number {
  return ROW_BYTES + (record.input?.length ?? 0) + (record.output?.length ?? 0)
}
