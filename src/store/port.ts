// The port of a store: what the engine asks of a database, and in which order, how atomically and how often each
// thing may be asked. memory/, sqlite/ and postgres/ implement it; the conformance suite proves it for each.
// No policy lives here: the engine decides, the store makes it durable.
import type { ErrorData, LaneFencedError } from '../errors.ts'
import type { Payload } from '../model/payload.ts'
import type { JournalRecord, Mark } from '../model/record.ts'
import type { EndStatus, Generation, Mail, NewMail, NewRun, RunKey, RunKind, RunRow, RunStatus, Space } from '../model/run.ts'
import type { EventAnswer, EventOp, EventReads } from './events-port.ts'
import type { StoreTransactions, TransactAnswer, TransactOp } from './transactions-port.ts'
import type { WorkflowAnswer, WorkflowOp, WorkflowReads } from './workflows-port.ts'

/** An idempotency key that a start is bound to. */
export interface StartKey {
  readonly key: string
  /** Hash of workflow name and encoded input: the same key with another hash is refused by the engine. */
  readonly hash: string
  /** When the key may be forgotten, milliseconds since 1970. */
  readonly expiresAt: number
}

/**
 * One operation of a flush. Within a flush they take effect in the order given. Texts are well-formed Unicode and numbers are
 *   whole; anything else is refused with StoreRowError, never changed. What an error holds must be something JSON can say.
 * `start` inserts a run owned by the flushing lane; with `isFree` one that nobody owns, `waiting` and claimable at once. With a key that is taken (and not expired at `createdAt`) nothing
 *   is inserted and the answer is `exists`. With `once` the same holds, under an empty hash, when there is a run of this id already.
 * `record` and `mark` insert rows of a run that the lane owns; a second row under the same key is refused with
 *   StoreRowError, and so is a row of a run that the lane does not own.
 * `wake` sets the run's wake time while the lane keeps it. No answer. Of a run that the lane does not own it is refused with
 *   StoreRowError.
 * `release` gives the run up: lane and epoch become null, crashes 0, status `waiting`, `paused` or `parked`. Like `finish` it happens only
 *   when the run's inboxCount equals `inboxSeen`; otherwise nothing changes and the answer is `mail`.
 *   With status `waiting` and wakeAt null the run is claimable at once. Of a run that the lane does not own it answers `lost`.
 * `finish` ends the run and releases it. `finish` of a run that is not owned by the lane answers `lost`. What it has to `tell` is sent, as by `send` but
 *   without an answer, if and only if the run has ended by it.
 * `send` appends to the inbox of any run, owned or not: number = inboxCount + 1, inboxCount + 1, and if unowned and not
 *   ended wakeAt = sentAt. Answers `finished` or `missing` when it was not stored, else `sent` with `owned`.
 *   A paused or parked run stays so but becomes claimable by its mail: the claim returns it.
 *   Mail whose id the run has already is not stored again, and answered `sent`.
 * `consume` marks mail of an owned run as read; numbers without unread mail are passed over. StoreRowError when not owned.
 * `reopen` leaves an end or `parked`: status `running`, owned by the lane, gen + 1, output, error and finishedAt null,
 *   and the generation's row. Answers `refused` when the run's gen is not `generation.gen - 1`, or it is neither ended as
 *   failed or cancelled, nor parked.
 * `migrate` moves a run that the lane owns to another version of its workflow: `to` has the run's queue and workflow. The mail with number `mail` counts as
 *   read from then on. StoreRowError when not owned.
 * `continue` begins the run anew, under the next generation and with another input, as one that keeps its id and its owner: its journal, marks and
 *   generations are deleted, and of its read mail what is in `drop`; what is in `blank` keeps its id and becomes `taken`, without its body. No answer. Of a run that the
 *   lane does not own, and of a generation that does not follow the run's, it is refused with StoreRowError.
 * `claim` takes over up to `limit` runs of the `kinds` given (null: of any) that nobody owns and that are due (status running or waiting, wakeAt null or ≤ `now`; or
 *   any live run with unread mail), oldest wake first, then by insertion. They become `running`, with wakeAt and error null.
 *   Answers `claimed` with the runs' ids.
 * `definition` stores a graph's definition under its hash, once.
 * `prune` deletes ended runs of one space that finished before `before`, the oldest first, with journal, marks and mail, at most
 *   `limit` runs, but no child whose parent has neither ended nor continued as new since it started it; and the space's keys that had expired at `before`. Younger keys stay, even when their run is gone: they still
 *   keep a second start from happening. Answers `pruned` with the number of runs deleted and the blobs that they named.
 * The operations on stored workflows are told in workflows-port.ts, those on events in events-port.ts, `transact` in transactions-port.ts.
 */
export type StoreOp =
  | { readonly op: 'start'; readonly run: NewRun; readonly key: StartKey | null; readonly isFree?: boolean; readonly once?: boolean }
  | { readonly op: 'record'; readonly record: JournalRecord }
  | { readonly op: 'mark'; readonly mark: Mark }
  | { readonly op: 'wake'; readonly run: RunKey; readonly wakeAt: number | null }
  | { readonly op: 'release'; readonly run: RunKey; readonly status: 'waiting' | 'paused' | 'parked'; readonly wakeAt: number | null; readonly error: ErrorData | null; readonly inboxSeen: number }
  | { readonly op: 'finish'; readonly run: RunKey; readonly status: EndStatus; readonly output: Payload | null; readonly error: ErrorData | null; readonly finishedAt: number; readonly inboxSeen: number; readonly tell?: NewMail }
  | { readonly op: 'send'; readonly mail: NewMail }
  | { readonly op: 'consume'; readonly run: RunKey; readonly numbers: readonly number[]; readonly at: number }
  | { readonly op: 'reopen'; readonly generation: Generation }
  | { readonly op: 'migrate'; readonly run: RunKey; readonly to: RunKind; readonly mail: number; readonly at: number }
  | { readonly op: 'continue'; readonly generation: Generation; readonly input: Payload; readonly drop: readonly number[]; readonly blank: readonly number[] }
  | { readonly op: 'claim'; readonly limit: number; readonly now: number; readonly kinds: readonly RunKind[] | null }
  | { readonly op: 'definition'; readonly hash: string; readonly workflow: string; readonly body: string; readonly at: number }
  | { readonly op: 'prune'; readonly space: Space; readonly before: number; readonly limit: number }
  | TransactOp
  | WorkflowOp
  | EventOp

/** A run that a claim took. */
export interface ClaimedRun extends RunKey {
  /** The run as it was started, when the store knows that nobody has worked on it: it has no journal, no marks and no mail. */
  readonly fresh?: NewRun
}

/** What an operation answers; operations without an entry in FlushResult.answers simply took effect. */
export type OpAnswer =
  | { readonly answer: 'exists'; readonly run: string; readonly hash: string }
  | { readonly answer: 'mail' }
  | { readonly answer: 'lost' }
  | { readonly answer: 'sent'; readonly owned: boolean }
  | { readonly answer: 'finished' }
  | { readonly answer: 'missing' }
  | { readonly answer: 'refused'; readonly because: string }
  | { readonly answer: 'claimed'; readonly runs: readonly ClaimedRun[] }
  | { readonly answer: 'pruned'; readonly runs: number; readonly blobs: readonly string[] }
  | TransactAnswer
  | WorkflowAnswer
  | EventAnswer

/** The answers of a flush by the index of their operation. */
export interface FlushResult {
  readonly answers: ReadonlyMap<number, OpAnswer>
}

/** What a lane tells its engine of what others did in a shared store, and of its own lease. Called between turns, never within a call of the lane. */
export interface LaneWatch {
  /** Runs of the kinds that the lane serves are due, as far as is known. */
  onDue(): void
  /** Others sent mail to a run of this lane; `last` is the number of its last mail. It is told again until the mail is read. */
  onMail(run: RunKey, last: number): void
  /** Runs of kinds that were not there before may have come. */
  onKinds(): void
  /** Due runs of these kinds have waited for long, and no live worker serves them. */
  onUnserved(kinds: readonly RunKind[]): void
  /** The lane can be written, or for the moment cannot: its flushes wait. */
  onConnected(isConnected: boolean, why: string): void
  /** The lane is over: another has taken over, or the lease could not be proven in time. Its flushes are refused. */
  onLost(error: LaneFencedError): void
  /** Somebody asked this worker to stop in order. */
  onDrain(): void
}

/** Facts about a worker, for people. */
export interface WorkerFacts {
  readonly name: string
  readonly host: string
  readonly pid: number
  /** The version of Wumbo. */
  readonly version: string
  /** Null: all queues. */
  readonly queues: readonly string[] | null
  readonly concurrency: number | null
}

/** A worker as a shared store knows it. */
export interface WorkerRow extends WorkerFacts {
  /** The id of its lane. */
  readonly id: string
  /** `live`; `draining`, asked to stop; `lapsed`, its lease has not been renewed and its runs are about to be taken over; `gone`. */
  readonly state: 'live' | 'draining' | 'lapsed' | 'gone'
  /** Milliseconds since 1970. */
  readonly since: number
  /** Until when its lease holds or held, milliseconds since 1970. */
  readonly leaseUntil: number
  /** Runs that it owns. */
  readonly runs: number
}

/** How a lane is opened. */
export interface LaneOptions {
  /** Told of what others do; of no use for a store that only one process writes. */
  readonly watch?: LaneWatch
  readonly worker?: WorkerFacts
}

/**
 * The writing end of a store. One flush is in flight at a time; the caller waits for it before the next.
 * A lane proves its epoch in every flush: LaneFencedError when another took over, and then nothing was written.
 */
export interface Lane {
  readonly id: string
  /** May rise while the lane lives: read it when it is needed. */
  readonly epoch: number
  /**
   * Makes all operations durable in one transaction, then resolves. On rejection nothing took effect:
   * StoreRowError (one row is at fault; the caller bisects; `details.index` names the operation if known), LaneFencedError
   * (stop; what was in flight took effect or not), StoreFailedError (disk, I/O; nothing took effect, or the lane is closed from now on),
   * StoreClosedError (closed), IllegalTransitionError (another flush is in flight).
   * In a shared store it waits while the connection is lost, and takes effect once.
   */
  flush(ops: readonly StoreOp[]): Promise<FlushResult>
  /**
   * Does ahead, while another flush is in flight, what the flush of exactly this array will need. Nothing takes effect by it, and a flush of
   * another array may come instead.
   */
  prepare?(ops: readonly StoreOp[]): void
  /** False when the lane cannot prove at this moment that it still owns its runs: begin no new work then. */
  holds(): boolean
  /** Which kinds of runs this worker can go on with from now on: what `onDue` looks at, and others judge by whether a run is served. */
  serve(kinds: readonly RunKind[]): void
  /** The runs that the lane owns at this moment; only lanes of a shared store tell. */
  owned?(): Promise<readonly RunKey[]>
  /** Ends the lane in order, after the flush in flight. Runs that it still owns become claimable at once: their wakeAt is null. */
  close(): Promise<void>
}

/** A run with all that is needed to go on with it, read in one snapshot. */
export interface LoadedRun {
  readonly run: RunRow
  /** All records of all generations, by gen and seq. */
  readonly journal: readonly JournalRecord[]
  /** In the order of writing. */
  readonly marks: readonly Mark[]
  /** All mail, read and unread, by number. */
  readonly mail: readonly Mail[]
  readonly generations: readonly Generation[]
}

/** Which runs to list; newest first: by createdAt, then by insertion. */
export interface RunFilter {
  readonly space?: Space
  readonly workflow?: string
  readonly status?: readonly RunStatus[]
  /** Created at or after / before, milliseconds since 1970. */
  readonly since?: number
  readonly until?: number
  /** Only runs before this id in the order of the list: the `next` of the page before. It may have been pruned since. */
  readonly after?: string
  /** At most 1,000; default 50. */
  readonly limit?: number
}

/** One page of a list. */
export interface RunPage {
  readonly runs: readonly RunRow[]
  /** Hand it in as `after` for the next page; null on the last one. */
  readonly next: string | null
}

/** Large payloads outside the tables. A blob is durable before `put` resolves; keys are never used twice. */
export interface Blobs {
  put(key: string, data: Uint8Array): Promise<void>
  /** The data, or undefined when there is no such blob. */
  get(key: string): Promise<Uint8Array | undefined>
  delete(key: string): Promise<void>
  /** Every blob with its age in milliseconds and its size in bytes. */
  list(): AsyncIterable<{ readonly key: string; readonly ageMs: number; readonly bytes: number }>
}

/** Something that is wrong in a store, as `wumbo verify` reports it. */
export interface Finding {
  readonly code: string
  readonly run: string | null
  readonly message: string
}

/** A store. Reads see what was committed; they never wait for the writer. */
export interface Store extends WorkflowReads, EventReads {
  /** `memory`, `sqlite`, `postgres`. */
  readonly kind: string
  /** True when other processes may write beside this one: then a lane has a lease, and must listen to its watch. */
  readonly isShared: boolean
  /** Facts for people: file, journal mode, synchronous as read back, version. */
  readonly facts: Readonly<Record<string, string | number>>
  readonly blobs: Blobs
  /** How steps of level `transaction` run; undefined where there is no database to share a commit with. */
  readonly transactions?: StoreTransactions
  /** Opens the writing end. A single-writer store refuses a second with StoreLockedError. Runs owned by a dead lane become claimable at once (their wakeAt is null), and their `crashes` rises. */
  openLane(options?: LaneOptions): Promise<Lane>
  /** Undefined when there is no such run. PayloadCorruptError, naming run, gen and path, when a record is not what was written. */
  load(key: RunKey): Promise<LoadedRun | undefined>
  getRun(key: RunKey): Promise<RunRow | undefined>
  /** The run's mail with numbers above `after`, read and unread, by number; none when there is no such run. */
  mail(key: RunKey, after: number): Promise<readonly Mail[]>
  /** Those of the runs that exist, in any order. At most 1,000 keys. */
  getRuns(keys: readonly RunKey[]): Promise<readonly RunRow[]>
  /** The kinds of runs that nobody has ended yet; of a shared store also kinds of which there is no such run any more. */
  kinds(): Promise<readonly RunKind[]>
  listRuns(filter: RunFilter): Promise<RunPage>
  /** The run that a key stands for, with the hash it was taken with; also after it has expired, until it is replaced or pruned. */
  findKey(space: Space, key: string): Promise<{ readonly run: string; readonly hash: string } | undefined>
  /** The body of a definition. PayloadCorruptError, naming the hash, when it is not what was written. */
  definition(hash: string): Promise<string | undefined>
  /** The earliest time at which a claim would find a run: 0 for now, null for never. */
  nextWake(): Promise<number | null>
  /** Every blob key that a row names, once. */
  blobReferences(): AsyncIterable<string>
  /** Checks of the store's own integrity: file, checksums, counters. */
  check(): AsyncIterable<Finding>
  close(): Promise<void>
}

/** A store that many processes write. */
export interface SharedStore extends Store {
  readonly isShared: true
  /** The time of the store, milliseconds since 1970, as far as is known; never ahead of it, so that nothing is early. It goes on by a clock that never steps. */
  now(): number
  /** The workers that are there, and those that have gone lately; the youngest first. */
  workers(): Promise<readonly WorkerRow[]>
  /** Asks a worker to stop in order; false when there is none that lives under this id or name. */
  drain(worker: string): Promise<boolean>
}

/** True for a store that many processes write. */
export function isShared(store: Store): store is SharedStore {
  return store.isShared
}
