// The part of the store's port for steps of level `transaction`: what the step writes to the store's own database, and its record, are
// one commit. A store has one of two ways, or none: a transaction that is open while a body runs in this process, or a synchronous body
// that goes with a flush. Who asks sees to it that no other row of the run that has a `seq` is written meanwhile.
import type { ErrorData } from '../errors.ts'
import type { Payload } from '../model/payload.ts'
import type { JournalRecord } from '../model/record.ts'
import type { SqliteMeans } from '../model/transaction.ts'

/** A way to run the steps of level `transaction`. */
export type StoreTransactions = OpenTransactions | FlushedTransactions

/** Bodies that run in this process, each in a transaction of its own. */
export interface OpenTransactions {
  readonly way: 'open'
  /**
   * Begins a transaction. When the signal aborts, what it is doing is cancelled, and it can no longer commit. Rejects with
   * StoreFailedError when the database cannot be reached, StoreClosedError when the store is closed.
   */
  begin(options: { readonly timeoutMs: number | null; readonly signal: AbortSignal }): Promise<OpenTransaction>
}

/** One transaction that is open. */
export interface OpenTransaction {
  /** What the body is given as `tx`. */
  readonly handle: unknown
  /** True when its connection broke by itself: nothing was kept, and nothing speaks against trying again. */
  readonly lost: boolean
  /**
   * Writes the record after all that the body wrote, and makes both durable in one commit. On rejection neither is there:
   * TransactionRefusedError (the body has ended the transaction; what it wrote outside of one stays), StoreRowError (the lane does not own
   * the run in this generation, or the path has a record), LaneFencedError, and whatever the database refuses at the commit. When the
   * connection is lost at the commit, it is read back whether the record is there: TransactionInDoubt when that cannot be known.
   */
  commit(lane: LaneProof, record: JournalRecord): Promise<void>
  /** Takes everything back. Does not reject; harmless after a commit. */
  rollback(): Promise<void>
}

/** What proves that a lane may write, read at the moment when it is needed: the epoch may change. */
export interface LaneProof {
  readonly id: string
  readonly epoch: number
}

/** Thrown by `commit` when nobody can tell whether the transaction was kept: only the next owner, who reads everything anew, can. */
export class TransactionInDoubt extends Error {}

/** Bodies that are synchronous and go with a flush, in the thread that writes. */
export interface FlushedTransactions {
  readonly way: 'flushed'
  /** Loads the body, so that a flush need not wait for it. DefinitionError when there is no such module, or no such template in it. */
  prepare(means: SqliteMeans): Promise<void>
}

/**
 * Runs a prepared body inside the flush, under a savepoint. When it returns in time, the record (which comes without output) is inserted
 * with what it gave, and the answer is `transacted` with that. When it throws, or takes longer, what it wrote is taken back, no record is
 * inserted, the rest of the flush stands, and the answer is `failed`. StoreRowError as for `record`.
 */
export interface TransactOp {
  readonly op: 'transact'
  readonly record: JournalRecord
  readonly means: SqliteMeans
  /** The checked input. */
  readonly input: Payload
  readonly idempotencyKey: string
  /** How long the body may run, in milliseconds. */
  readonly timeoutMs: number
}

export type TransactAnswer =
  | { readonly answer: 'transacted'; readonly output: Payload }
  | { readonly answer: 'failed'; readonly error: ErrorData }
