// What a command does to runs and workflows goes to one of two places: this process, when it owns the store, or the process that owns it. Both
// look alike from here. Only types and the words for an owner that went away.
import type { Definitions } from '../engine/definitions-api.ts'
import type { Versions } from '../engine/versions-api.ts'
import type { RunDetails } from '../engine/inspect.ts'
import { WumboError } from '../errors.ts'
import type { RunEvent } from '../model/event.ts'
import type { Events, Runs } from '../wumbo-api.ts'

/** A workflow by name. A version is refused when it is not the one that new runs take; none takes whichever is stored. */
export interface NamedWorkflow {
  readonly name: string
  readonly version?: string
}

/** A way to the runs of a store, for writing. Values of runs come in their JSON form. */
export interface Backend {
  /** The other process that owns the store; null when it is this one. */
  readonly owner: { readonly pid: number; readonly url: string } | null
  /** What is done to stored definitions, and to the status of any workflow. */
  readonly workflows: Pick<Definitions, 'create' | 'use' | 'enable' | 'disable' | 'archive' | 'delete'>
  /** What is done with versions of workflows. */
  readonly versions: Pick<Versions, 'migrate' | 'rollback'>
  start(workflow: NamedWorkflow, input: unknown, id: string | undefined): Promise<{ readonly id: string; readonly existing: boolean }>
  cancel(id: string): Promise<void>
  /** What is sent to a run beside that. */
  readonly mail: Pick<Runs, 'signal' | 'update' | 'decide' | 'pause' | 'resume'>
  /** Stores an event for all runs that wait for its topic. */
  readonly publish: Events['publish']
  /** Resolves to the new generation. */
  retry(id: string, why: { readonly by: string; readonly reason: string; readonly from?: string }): Promise<number>
  /** Resolves to the id of the new run. */
  fork(id: string, how: { readonly at: string; readonly input?: unknown; readonly workflow?: string }): Promise<string>
  /** Recorded events first, then what comes, until the run has ended or is parked. Throws when the owner or the store is lost. */
  events(id: string, signal: AbortSignal): AsyncIterable<RunEvent>
  details(id: string): Promise<RunDetails>
  /** Stops in order; runs of this process are given back and go on later. */
  close(): Promise<void>
}

/** True when the process that owned the store is gone or going, so that another may take its place. */
export function isOwnerGone(thrown: unknown): boolean {
  return thrown instanceof WumboError && (thrown.code === 'OWNER_UNREACHABLE' || thrown.code === 'STORE_CLOSED')
}
