// Group commit: gathers the operations of all runs of a lane and hands them to the store in batches. One flush is
// in flight at a time; while it is, the next batch gathers; when the lane is idle a write goes at once. Only what
// is durable is acknowledged. It knows no runs and no steps, only operations and who waits for them.
import { LaneFencedError, StoreClosedError, StoreFailedError, StoreRowError } from '../errors.ts'
import type { Clock } from '../shared/clock.ts'
import type { FlushResult, Lane, OpAnswer, StoreOp } from '../store/port.ts'

/** Told once an operation is durable, with its answer if it has one, or of the error that kept it from being so. */
export interface FlushListener {
  settled(op: StoreOp, answer: OpAnswer | undefined, error: Error | undefined): void
}

/** Called once the operation is durable, with its answer if it has one, or with the error that kept it from being so. */
export type Settled = (answer: OpAnswer | undefined, error: Error | undefined) => void

interface Batch {
  readonly entries: readonly Entry[]
  readonly ops: readonly StoreOp[]
}

interface Entry {
  readonly op: StoreOp
  /** The run whose rows must keep their order, or null. */
  readonly owner: string | null
  readonly bytes: number
  readonly listener: FlushListener | Settled | null
}

function tell(entry: Entry, answer: OpAnswer | undefined, error: Error | undefined): void {
  const { listener } = entry
  if (listener === null) return
  if (typeof listener === 'function') listener(answer, error)
  else listener.settled(entry.op, answer, error)
}

/** Bounds of a batch. */
export interface FlushLimits {
  /** Default 1,000. */
  readonly rows: number
  /** Default 1 MiB of payload. */
  readonly bytes: number
  /** How often a failed flush is tried again before the lane counts as broken. Default 5. */
  readonly retries: number
}

export const FLUSH_LIMITS: FlushLimits = { rows: 1000, bytes: 1 << 20, retries: 5 }

/** Figures of a lane since its start. */
export interface FlushMetrics {
  readonly flushes: number
  readonly rows: number
  readonly waiting: number
  readonly waitingBytes: number
}

/** The group commit of one lane. */
export class Flusher {
  #lane: Lane | null = null
  readonly #clock: Clock
  readonly #limits: FlushLimits
  readonly #fatal: (error: Error) => void
  #buffer: Entry[] = []
  /** The batch after the one in flight, made ready for the lane. */
  #next: Batch | null = null
  #bytes = 0
  #busy = false
  #scheduled = false
  #broken: Error | null = null
  #flushes = 0
  #rows = 0
  #idle: (() => void)[] = []

  /** It takes operations, and refuses them, once it was handed a lane. */
  constructor(clock: Clock, fatal: (error: Error) => void, limits: FlushLimits = FLUSH_LIMITS) {
    this.#clock = clock
    this.#limits = limits
    this.#fatal = fatal
  }

  /** Whose epoch proves what is written beside the flushes; null while there is none. */
  get lane(): Pick<Lane, 'id' | 'epoch'> | null {
    return this.#lane
  }

  /** Adds an operation to the batch that gathers. Order of calls is order of effects. */
  add(op: StoreOp, owner: string | null, bytes: number, listener: FlushListener | Settled | null): void {
    const entry: Entry = { op, owner, bytes, listener }
    if (this.#broken !== null) {
      const error = this.#broken
      this.#clock.defer(() => tell(entry, undefined, error))
      return
    }
    this.#buffer.push(entry)
    this.#bytes += bytes
    if (!this.#busy && !this.#scheduled) {
      this.#scheduled = true
      // Two turns: the first lets every run that is due continue, so that what they add goes with this flush.
      this.#clock.defer(() => this.#clock.defer(() => {
        this.#scheduled = false
        this.#send()
      }))
    }
  }

  metrics(): FlushMetrics {
    return { flushes: this.#flushes, rows: this.#rows, waiting: this.#buffer.length + (this.#next?.entries.length ?? 0), waitingBytes: this.#bytes }
  }

  /** Bytes of payload that wait for a flush: what admission looks at. */
  get waitingBytes(): number {
    return this.#bytes
  }

  /** Resolves when nothing is in flight and nothing waits, or the lane is broken. */
  drained(): Promise<void> {
    if (!this.#busy && this.#buffer.length === 0 && this.#next === null) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  /** Refuses everything from now on; what waits is told so. */
  stop(error: Error = new StoreClosedError('the store is closed')): void {
    this.#broken ??= error
    const waiting = [...(this.#next?.entries ?? []), ...this.#buffer]
    this.#next = null
    this.#buffer = []
    this.#bytes = 0
    for (const entry of waiting) tell(entry, undefined, error)
    if (!this.#busy) this.#wakeIdle()
  }

  /** Begins, or goes on with another lane: what waited for the one before was refused. */
  restart(lane: Lane): void {
    this.#lane = lane
    this.#broken = null
    this.#busy = false
  }

  #send(): void {
    if (this.#busy || (this.#buffer.length === 0 && this.#next === null)) return
    const batch = this.#next ?? batchOf(this.#take())
    this.#next = null
    this.#busy = true
    this.#attempt(batch, 0)
  }

  /** While a large batch is in flight the next is made ready: the store need not wait for us then. */
  #prepare(): void {
    const lane = this.#lane
    if (!this.#busy || this.#next !== null || this.#buffer.length < WORTH_PREPARING || lane?.prepare === undefined || this.#broken !== null) return
    this.#next = batchOf(this.#take())
    lane.prepare(this.#next.ops)
  }

  #attempt({ entries: batch, ops }: Batch, tries: number): void {
    const lane = this.#lane
    if (lane === null) throw new Error('a flush before there is a lane')
    lane.flush(ops).then(
      (result) => this.#done(batch, result),
      (thrown: unknown) => {
        const error = thrown instanceof Error ? thrown : new StoreFailedError('a flush failed', { cause: thrown })
        if (lane === this.#lane) this.#failed({ entries: batch, ops }, error, tries)
        else for (const entry of batch) tell(entry, undefined, error)
      },
    )
  }

  #done(batch: readonly Entry[], result: FlushResult): void {
    this.#flushes++
    this.#rows += batch.length
    this.#busy = false
    // The writer gets its next batch before anyone is told about this one: both sides of the border stay busy.
    this.#send()
    settle(batch, result)
    if (!this.#busy && this.#buffer.length === 0) this.#wakeIdle()
    // By then the runs that were just told have gone on, and what they add has come.
    else if (this.#lane?.prepare !== undefined) this.#clock.defer(() => this.#clock.defer(() => this.#prepare()))
  }

  #failed({ entries: batch, ops }: Batch, error: Error, tries: number): void {
    if (error instanceof StoreRowError) {
      void this.#bisect(batch).then(() => {
        this.#busy = false
        this.#send()
        if (!this.#busy) this.#wakeIdle()
      })
      return
    }
    if (!(error instanceof LaneFencedError) && !(error instanceof StoreClosedError) && tries < this.#limits.retries) {
      const lane = this.#lane
      this.#clock.timer(50 * 2 ** tries, () => {
        if (lane === this.#lane && this.#broken === null) this.#attempt({ entries: batch, ops }, tries + 1)
        else for (const entry of batch) tell(entry, undefined, error)
      })
      return
    }
    this.#busy = false
    this.#broken = error
    for (const entry of batch) tell(entry, undefined, error)
    this.stop(error)
    this.#fatal(error)
  }

  /** A row is at fault: halves the batch until it stands alone. Later rows of the same run go down with it, so that no journal has a hole. */
  async #bisect(batch: readonly Entry[]): Promise<void> {
    const lane = this.#lane
    if (lane === null) return
    const guilty = new Map<string, Error>()
    const work: (readonly Entry[])[] = [batch]
    for (let part = work.shift(); part !== undefined; part = work.shift()) {
      const live = part.filter((entry) => entry.owner === null || !guilty.has(entry.owner))
      for (const entry of part) {
        const error = entry.owner === null ? undefined : guilty.get(entry.owner)
        if (error !== undefined) tell(entry, undefined, error)
      }
      if (live.length === 0) continue
      try {
        const result = await lane.flush(live.map((entry) => entry.op))
        this.#flushes++
        this.#rows += live.length
        settle(live, result)
      } catch (thrown) {
        const error = thrown instanceof Error ? thrown : new StoreFailedError('a flush failed', { cause: thrown })
        const first = live[0]
        if (!(error instanceof StoreRowError)) {
          for (const entry of [...live, ...work.flat()]) tell(entry, undefined, error)
          this.stop(error)
          this.#fatal(error)
          return
        }
        if (live.length === 1 && first !== undefined) {
          if (first.owner !== null) guilty.set(first.owner, error)
          tell(first, undefined, error)
          // The run's rows that already wait for the next flush go down too.
          if (first.owner !== null) this.#dropWaiting(first.owner, error)
        } else {
          const middle = live.length >> 1
          work.unshift(live.slice(0, middle), live.slice(middle))
        }
      }
    }
  }

  #dropWaiting(owner: string, error: Error): void {
    // What was made ready is taken back: it comes first again.
    if (this.#next !== null) {
      this.#buffer = [...this.#next.entries, ...this.#buffer]
      this.#bytes = this.#buffer.reduce((sum, entry) => sum + entry.bytes, 0)
      this.#next = null
    }
    const dropped = this.#buffer.filter((entry) => entry.owner === owner)
    if (dropped.length === 0) return
    this.#buffer = this.#buffer.filter((entry) => entry.owner !== owner)
    for (const entry of dropped) {
      this.#bytes -= entry.bytes
      tell(entry, undefined, error)
    }
  }

  /** The next batch: all that waits if it fits, else the runs take turns, each keeping the order of its own rows. */
  #take(): Entry[] {
    const { rows, bytes } = this.#limits
    if (this.#buffer.length <= rows && this.#bytes <= bytes) {
      const all = this.#buffer
      this.#buffer = []
      this.#bytes = 0
      return all
    }
    const { batch, rest } = takeTurns(this.#buffer, rows, bytes)
    this.#buffer = rest
    this.#bytes = rest.reduce((sum, entry) => sum + entry.bytes, 0)
    return batch
  }

  #wakeIdle(): void {
    const waiting = this.#idle
    this.#idle = []
    for (const resolve of waiting) resolve()
  }
}

function batchOf(entries: readonly Entry[]): Batch {
  return { entries, ops: entries.map((entry) => entry.op) }
}

function settle(batch: readonly Entry[], result: FlushResult): void {
  const { answers } = result
  if (answers.size === 0) {
    for (const entry of batch) tell(entry, undefined, undefined)
  } else {
    for (const [index, entry] of batch.entries()) tell(entry, answers.get(index), undefined)
  }
}

/** Below so many operations it is better to wait for those that come until the batch in flight is kept. */
const WORTH_PREPARING = 300
/** Rows that one run may have in a batch before others get their turn. */
const SHARE = 16

/** True when a batch in order of arrival fits and no run has more than its share of it. */
function isFair(batch: readonly Entry[], bytes: number): boolean {
  const counts = new Map<string | null, number>()
  let size = 0
  for (const { owner, bytes: length } of batch) {
    const count = (counts.get(owner) ?? 0) + 1
    size += length
    if (count > SHARE || size > bytes) return false
    counts.set(owner, count)
  }
  return true
}

/** Round robin over owners, a fixed number of rows per turn; what does not fit stays in its order. */
function takeTurns(buffer: readonly Entry[], rows: number, bytes: number): { batch: Entry[]; rest: Entry[] } {
  const head = buffer.slice(0, rows)
  if (isFair(head, bytes)) return { batch: head, rest: buffer.slice(rows) }
  const queues = new Map<string | null, number[]>()
  for (const [index, entry] of buffer.entries()) {
    const queue = queues.get(entry.owner)
    if (queue === undefined) queues.set(entry.owner, [index])
    else queue.push(index)
  }
  const taken = new Set<number>()
  const positions = new Map<string | null, number>()
  let size = 0
  for (let moved = true; moved && taken.size < rows && size < bytes; ) {
    moved = false
    for (const [owner, queue] of queues) {
      let at = positions.get(owner) ?? 0
      for (let share = 0; share < SHARE && at < queue.length && taken.size < rows && (size < bytes || taken.size === 0); share++, at++) {
        const index = queue[at]
        if (index === undefined) break
        taken.add(index)
        size += buffer[index]?.bytes ?? 0
        moved = true
      }
      positions.set(owner, at)
    }
  }
  const batch: Entry[] = []
  const rest: Entry[] = []
  for (const [index, entry] of buffer.entries()) (taken.has(index) ? batch : rest).push(entry)
  return { batch, rest }
}
