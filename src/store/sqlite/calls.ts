// What the main thread asks of the writer thread and of the reader thread, and what they answer. Everything here must be
// something that structured cloning carries.
import type { VersionSummary, WorkflowKey, WorkflowRow, WorkflowVersion } from '../../model/definition.ts'
import type { Mail, RunKey, RunKind, RunRow, Space } from '../../model/run.ts'
import type { SqliteMeans } from '../../model/transaction.ts'
import type { EventFilter, EventPage } from '../events-port.ts'
import type { Finding, LoadedRun, OpAnswer, RunFilter, RunPage } from '../port.ts'
import type { WorkflowFilter, WorkflowPage } from '../workflows-port.ts'
import type { Announcement } from './owner.ts'
import type { Batch } from './wire.ts'

/** What a thread is started with. */
export interface ThreadData {
  readonly file: string
  /** For tests: a module that the writer asks what to break. */
  readonly faults?: string | undefined
}

/** Calls by name: what goes in, what comes back. */
export type Calls<Known> = { readonly [Name in keyof Known]: { readonly in: unknown; readonly out: unknown } }

/** The writer thread's. */
export interface WriterCalls {
  /** Opens the file, brings its schema up to date; gives facts for people. */
  readonly open: { readonly in: undefined; readonly out: Readonly<Record<string, string | number>> }
  /** Takes the lock and the next epoch. */
  readonly openLane: { readonly in: undefined; readonly out: { readonly epoch: number } }
  /** The answers by the index of their operation. */
  readonly flush: { readonly in: Batch; readonly out: readonly (readonly [number, OpAnswer])[] }
  /** Loads the body of a transaction step; it is not on the way of the flushes that come meanwhile. */
  readonly loadBody: { readonly in: SqliteMeans; readonly out: undefined }
  readonly announce: { readonly in: Announcement; readonly out: undefined }
  /** Ends the lane in order and gives the lock back. */
  readonly closeLane: { readonly in: undefined; readonly out: undefined }
  readonly close: { readonly in: undefined; readonly out: undefined }
}

/** A piece of something long, and where the next piece begins; null after the last. */
export interface Piece<T> {
  readonly found: readonly T[]
  readonly next: number | null
}

/** The reader thread's. */
export interface ReaderCalls {
  readonly open: { readonly in: undefined; readonly out: Readonly<Record<string, string | number>> }
  readonly load: { readonly in: RunKey; readonly out: LoadedRun | undefined }
  readonly getRun: { readonly in: RunKey; readonly out: RunRow | undefined }
  readonly mail: { readonly in: { readonly key: RunKey; readonly after: number }; readonly out: readonly Mail[] }
  readonly getRuns: { readonly in: readonly RunKey[]; readonly out: readonly RunRow[] }
  readonly kinds: { readonly in: undefined; readonly out: readonly RunKind[] }
  readonly listRuns: { readonly in: RunFilter; readonly out: RunPage }
  readonly findKey: { readonly in: { readonly space: Space; readonly key: string }; readonly out: { readonly run: string; readonly hash: string } | undefined }
  readonly definition: { readonly in: string; readonly out: string | undefined }
  readonly listWorkflows: { readonly in: WorkflowFilter; readonly out: WorkflowPage }
  readonly getWorkflow: { readonly in: WorkflowKey; readonly out: WorkflowRow | undefined }
  readonly workflowVersions: { readonly in: WorkflowKey; readonly out: readonly VersionSummary[] }
  readonly workflowVersion: { readonly in: { readonly key: WorkflowKey; readonly hash: string }; readonly out: WorkflowVersion | undefined }
  readonly listEvents: { readonly in: EventFilter; readonly out: EventPage }
  readonly nextWake: { readonly in: undefined; readonly out: number | null }
  readonly blobReferences: { readonly in: { readonly table: 'runs' | 'journal' | 'inbox'; readonly from: number }; readonly out: Piece<string> }
  readonly checkFile: { readonly in: undefined; readonly out: readonly Finding[] }
  readonly checkRuns: { readonly in: number; readonly out: Piece<Finding> }
  readonly close: { readonly in: undefined; readonly out: undefined }
}
