// What users see of the versions of a workflow: the interface behind `wumbo.versions`. Only types; versions.ts implements it.
import type { ErrorData } from '../errors.ts'
import type { RunStatus } from '../model/run.ts'

/** A version of a workflow that new runs can take, or that live runs have. Times are milliseconds since 1970. */
export interface VersionInUse {
  readonly version: string
  /** `registered`: in the code or the files of this process; `stored`: in the store; `runs`: only runs have it. */
  readonly origin: 'registered' | 'stored' | 'runs'
  /** New runs take it. */
  readonly current: boolean
  /** When it was stored; of one that is not, when the oldest run that lives and has it was started; null when neither is known. */
  readonly since: number | null
  /** Who stored it; null when nobody has. */
  readonly by: string | null
  /** Runs that have it and have not ended. */
  readonly live: number
  /** Of these, how many are parked. */
  readonly parked: number
}

/** Which runs are to be moved, and where to. */
export interface MigrateOptions {
  /** The version to move to, which this process must have; of a hash the first 6 digits or more. */
  readonly to: string
  /** The version whose live runs are moved. With `run` it may be left out. */
  readonly from?: string
  /** Only this run. */
  readonly run?: string
  /** Only tells what would come of it. Default false. */
  readonly dryRun?: boolean
  /** Who asks. Default `api`. */
  readonly by?: string
  readonly reason?: string
}

/** What became of one run. */
export interface MigratedRun {
  readonly run: string
  readonly from: string
  readonly status: RunStatus
  /**
   * `asked`: its journal fits, and the run has been asked to go on with the version: it does so as soon as no body of it is at work. `fits`: the same, of a dry run. `stays`: it does
   * not fit. `there`: it has the version already.
   */
  readonly state: 'asked' | 'fits' | 'stays' | 'there'
  /** Timers and waits that the run has begun, that the version does not ask for, and that are let go. */
  readonly drops: readonly string[]
  /** Why it stays. */
  readonly why: ErrorData | null
}

/** The versions of workflows, and what is done with them. */
export interface Versions {
  /** The versions of a workflow, the newest first, with the runs that live in each. WORKFLOW_NOT_FOUND when there is none. */
  list(name: string): Promise<readonly VersionInUse[]>
  /**
   * Moves live runs to another version, if what is recorded of them fits it: it is replayed against the version, and nothing is run. Each run that fits is asked by mail,
   * looks again by itself, and keeps who asked; see `migrations` of its details. The others stay. WORKFLOW_NOT_FOUND for a version that this process does not have.
   * @example
   * await wumbo.versions.migrate('onboard', { from: '1', to: '2', dryRun: true })
   */
  migrate(name: string, options: MigrateOptions): Promise<{ readonly to: string; readonly runs: readonly MigratedRun[] }>
  /**
   * Lets new runs take an earlier version again, durably and with all workers; running runs keep theirs. Default: the version before the one that they take. WORKFLOW_CONFLICT when
   * there is none. `definitions.use` goes forward again.
   */
  rollback(name: string, options?: { readonly to?: string; readonly by?: string }): Promise<{ readonly name: string; readonly from: string | null; readonly to: string }>
}
