// What the processes of a shared memory store have in common: the tables, and the lanes with their leases, as the functions of the PostgreSQL
// store keep them. A flush locks its lane first and commits in a second statement, so that a takeover may come in between.
import { LaneFencedError } from '../../errors.ts'
import type { RunKey, RunKind } from '../../model/run.ts'
import type { FlushResult, StoreOp, WorkerFacts, WorkerRow } from '../port.ts'
import { commit } from './commit.ts'
import { LinkLostError } from './link.ts'
import type { StoreWork } from './link.ts'
import { dueAt } from './operations.ts'
import { Tables } from './tables.ts'

/** What processes tell each other without the tables. */
export type Hint = 'due' | 'mail' | 'kinds'

/** One lane, as the store knows it. */
export interface LaneRow {
  readonly id: string
  epoch: number
  isOpen: boolean
  draining: boolean
  openedAt: number
  heldSince: number
  leaseUntil: number
  /** Whoever opened it last. */
  holder: string
  kinds: readonly RunKind[]
  worker: WorkerFacts | null
  lastFlush: { readonly number: number; readonly result: FlushResult } | null
  /** The flush that has proven its epoch and is not committed. */
  flushing: { killed: boolean } | null
}

/** What happened to the lanes, for a judge. */
export type ServerEvent =
  | { readonly what: 'opened' | 'raised' | 'closed'; readonly lane: string; readonly epoch: number; readonly until: number }
  | { readonly what: 'renewed'; readonly lane: string; readonly epoch: number; readonly until: number }
  | { readonly what: 'taken'; readonly lane: string; readonly by: string; readonly epoch: number; readonly runs: number }
  | { readonly what: 'wrote'; readonly lane: string; readonly epoch: number; readonly ops: readonly StoreOp[]; readonly result: FlushResult }
  | { readonly what: 'restarted' }

/** What a lane is told by its tick. */
export interface Ticked {
  readonly now: number
  readonly draining: boolean
  readonly lastKind: number
  readonly dueIn: number | null
  readonly lapseIn: number | null
  readonly mail: readonly (readonly [RunKey, number])[]
  readonly unserved: readonly RunKind[]
}

/** How a server is made. */
export interface ServerOptions {
  readonly leaseMs: number
  /** Due runs that no live worker serves are told of after this time. Default: 60 s, and four leases at least. */
  readonly unservedMs?: number
  /** The time of the store, milliseconds since 1970. */
  readonly now: () => number
  readonly observe?: (event: ServerEvent) => void
}

/** The common part of a shared memory store. */
export class MemoryServer {
  readonly tables = new Tables()
  readonly lanes = new Map<string, LaneRow>()
  readonly leaseMs: number
  readonly now: () => number
  readonly #unservedMs: number
  readonly #observe: (event: ServerEvent) => void
  readonly #kinds = new Map<string, RunKind>()
  readonly #listeners = new Map<string, (hint: Hint) => void>()
  #upSince = Number.NEGATIVE_INFINITY
  #names = 0

  constructor({ leaseMs, unservedMs, now, observe }: ServerOptions) {
    this.leaseMs = leaseMs
    this.#unservedMs = unservedMs ?? Math.max(60_000, leaseMs * 4)
    this.now = now
    this.tables.now = () => Math.ceil(now())
    this.#observe = observe ?? (() => undefined)
  }

  /** A name that nobody has. */
  newName(of: string): string {
    return `${of}-${++this.#names}`
  }

  /** The server comes up again: nobody may take over before it has been up for a lease time. */
  restart(): void {
    this.#upSince = this.now()
    for (const row of this.lanes.values()) if (row.flushing !== null) row.flushing.killed = true
    this.#observe({ what: 'restarted' })
  }

  /** Takes a lane for `holder`, and frees what it still owns; their `crashes` rise when somebody else had it since `before`. */
  open(id: string, holder: string, { seen, before, worker }: { seen: number; before: number | null; worker: WorkerFacts | null }): number {
    if (this.epochOf(id) !== seen) throw new LinkLostError(`the lane ${id} was opened by another meanwhile`)
    const now = this.now()
    const row: LaneRow = this.lanes.get(id)
      ?? { id, epoch: 0, isOpen: false, draining: false, openedAt: now, heldSince: now, leaseUntil: now, holder, kinds: [], worker, lastFlush: null, flushing: null }
    this.lanes.set(id, row)
    if (row.flushing !== null) row.flushing.killed = true
    this.#free(id, row.epoch === before ? 0 : 1)
    Object.assign(row, { epoch: row.epoch + 1, isOpen: true, draining: false, openedAt: now, heldSince: now, leaseUntil: now + this.leaseMs, holder, kinds: [], worker, lastFlush: null })
    this.#observe({ what: 'opened', lane: id, epoch: row.epoch, until: row.leaseUntil })
    return row.epoch
  }

  /** The epoch of a lane; 0 for one that was never opened. */
  epochOf(id: string): number {
    return this.lanes.get(id)?.epoch ?? 0
  }

  /** A new connection of the same holder: what the old one may still be doing must not count. */
  raise(id: string, holder: string): { readonly epoch: number } {
    const row = this.#heldRow(id, holder)
    if (row.flushing !== null) row.flushing.killed = true
    row.epoch++
    // A lease that had ended before this came is a gap: whoever had one does not take others over at once.
    if (row.leaseUntil < this.now()) row.heldSince = this.now()
    row.leaseUntil = Math.max(row.leaseUntil, this.now() + this.leaseMs)
    for (const stored of this.tables.runs.values()) if (stored.row.lane === id) this.tables.transaction(() => this.tables.change(stored, { epoch: row.epoch }))
    this.#observe({ what: 'raised', lane: id, epoch: row.epoch, until: row.leaseUntil })
    return { epoch: row.epoch }
  }

  /** Ends a lane in order. One that another has is let alone. */
  close(id: string, holder: string): void {
    const row = this.lanes.get(id)
    if (row?.holder !== holder || !row.isOpen) return
    this.#free(id, 0)
    row.isOpen = false
    this.#observe({ what: 'closed', lane: id, epoch: row.epoch, until: row.leaseUntil })
  }

  /** The result of a lane's flush, if it was kept. */
  keptFlush(id: string, number: number): FlushResult | null {
    const last = this.lanes.get(id)?.lastFlush ?? null
    return last?.number === number ? last.result : null
  }

  *flush({ lane, epoch, number, ops }: { lane: string; epoch: number; number: number; ops: readonly StoreOp[] }): StoreWork<FlushResult> {
    const row = this.lanes.get(lane)
    if (row === undefined || !this.proves(row, epoch)) throw new LaneFencedError(`another process has taken over: the lane ${lane} has another epoch than ${epoch}`)
    const flushing = { killed: false }
    row.flushing = flushing
    try {
      yield
      if (flushing.killed) throw new LinkLostError('the transaction was ended')
      const result = commit(this.tables, { id: lane, epoch }, ops)
      row.lastFlush = { number, result }
      this.#learnKinds(lane, ops)
      this.#observe({ what: 'wrote', lane, epoch, ops, result })
      return result
    } finally {
      if (row.flushing === flushing) row.flushing = null
    }
  }

  /** Whether a flush under this epoch counts. */
  proves(row: LaneRow, epoch: number): boolean {
    return row.isOpen && row.epoch === epoch
  }

  /** A lane takes others over only after it has held its own lease for one lease time, and not before the server has been up as long. */
  maySweep(row: LaneRow): boolean {
    return this.#maySweepAt(row) <= this.now()
  }

  #maySweepAt(row: LaneRow): number {
    return Math.max(row.heldSince, this.#upSince) + this.leaseMs
  }

  /** Renews a lease, takes lapsed lanes over, and tells what the lane would like to know. */
  tick(id: string, holder: string, kinds: readonly RunKind[]): Ticked {
    const row = this.#heldRow(id, holder)
    const now = this.now()
    if (row.leaseUntil < now) row.heldSince = now
    Object.assign(row, { leaseUntil: now + this.leaseMs, kinds })
    this.#observe({ what: 'renewed', lane: id, epoch: row.epoch, until: row.leaseUntil })
    if (this.maySweep(row)) this.#sweep(id)
    const others = [...this.lanes.values()].filter((other) => other.isOpen && other.id !== id)
    const due = Math.min(...[...this.tables.idle].filter(({ row: run }) => kinds.some((kind) => nameOf(kind) === nameOf(run))).map(dueAt))
    return {
      now, draining: row.draining, lastKind: this.#kinds.size, mail: this.#unreadOf(id), unserved: this.#unserved(kinds),
      dueIn: due === Number.POSITIVE_INFINITY ? null : due - now,
      lapseIn: others.length === 0 ? null : Math.max(Math.min(...others.map(({ leaseUntil }) => leaseUntil)), this.#maySweepAt(row)) - now,
    }
  }

  kinds(): readonly RunKind[] {
    return [...this.#kinds.values()]
  }

  ownedBy(id: string): readonly RunKey[] {
    return [...this.tables.runs.values()].filter(({ row }) => row.lane === id).map(({ row }) => ({ space: row.space, run: row.run }))
  }

  workers(): readonly WorkerRow[] {
    const now = this.now()
    const none: WorkerFacts = { name: '', host: '', pid: 0, version: '', queues: null, concurrency: null }
    return [...this.lanes.values()].sort((a, b) => b.openedAt - a.openedAt).map(({ id, worker, isOpen, leaseUntil, draining, openedAt }) => ({
      ...(worker ?? none), id, state: !isOpen ? 'gone' : leaseUntil < now ? 'lapsed' : draining ? 'draining' : 'live', since: openedAt, leaseUntil, runs: this.ownedBy(id).length,
    }))
  }

  drain(worker: string): boolean {
    const found = [...this.lanes.values()].filter((row) => row.isOpen && row.leaseUntil >= this.now() && (row.id === worker || row.worker?.name === worker))
    for (const row of found) row.draining = true
    return found.length > 0
  }

  listen(lane: string, hear: (hint: Hint) => void): () => void {
    this.#listeners.set(lane, hear)
    return () => {
      if (this.#listeners.get(lane) === hear) this.#listeners.delete(lane)
    }
  }

  /** Brings a hint to all lanes but the one that gives it. */
  notify(from: string, hint: Hint): void {
    for (const [lane, hear] of this.#listeners) if (lane !== from) hear(hint)
  }

  #sweep(by: string): void {
    for (const row of this.lanes.values()) {
      // Whoever is being flushed through is about to renew.
      if (!row.isOpen || row.leaseUntil >= this.now() || row.flushing !== null) continue
      row.epoch++
      row.isOpen = false
      this.#observe({ what: 'taken', lane: row.id, by, epoch: row.epoch, runs: this.#free(row.id, 1) })
    }
  }

  #heldRow(id: string, holder: string): LaneRow {
    const row = this.lanes.get(id)
    if (row?.isOpen !== true || row.holder !== holder) throw new LaneFencedError(`another process has taken over the lane ${id}`)
    return row
  }

  #free(lane: string, crashes: number): number {
    let freed = 0
    for (const stored of this.tables.runs.values()) {
      if (stored.row.lane !== lane) continue
      this.tables.transaction(() => this.tables.change(stored, { lane: null, epoch: null, wakeAt: null, crashes: stored.row.crashes + crashes }))
      freed++
    }
    return freed
  }

  #learnKinds(lane: string, ops: readonly StoreOp[]): void {
    const before = this.#kinds.size
    for (const op of ops) {
      if (op.op !== 'start' && op.op !== 'migrate') continue
      const { queue, workflow, version } = op.op === 'start' ? op.run : op.to
      this.#kinds.set(nameOf({ queue, workflow, version }), { queue, workflow, version })
    }
    if (this.#kinds.size > before) this.notify(lane, 'kinds')
  }

  #unreadOf(lane: string): [RunKey, number][] {
    const unread = [...this.tables.runs.values()].filter((stored) => stored.row.lane === lane && stored.unread > 0)
    return unread.map(({ row }) => [{ space: row.space, run: row.run }, row.inboxCount])
  }

  #unserved(mine: readonly RunKind[]): RunKind[] {
    const before = this.now() - this.#unservedMs
    const served = new Set([...mine, ...[...this.lanes.values()].flatMap((row) => (row.isOpen && row.leaseUntil >= this.now() ? row.kinds : []))].map(nameOf))
    const waiting = [...this.tables.idle].filter(({ row }) => row.status !== 'parked' && row.status !== 'paused' && (row.wakeAt ?? row.createdAt) <= before && !served.has(nameOf(row)))
    return [...new Map(waiting.map(({ row: { queue, workflow, version } }) => [nameOf({ queue, workflow, version }), { queue, workflow, version }])).values()]
  }
}

function nameOf({ queue, workflow, version }: RunKind): string {
  return JSON.stringify([queue, workflow, version])
}
