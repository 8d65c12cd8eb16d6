// What the engine is given: it sees time, randomness, ids, the store and execution only through this. The façade
// hands in the system's, tests and the simulation hand in their own.
import type { ExecutionStrategy } from '../execution/contract.ts'
import type { RunObserver } from '../model/event.ts'
import type { Clock } from '../shared/clock.ts'
import type { Random } from '../shared/random.ts'
import type { Store, WorkerFacts } from '../store/port.ts'
import type { Logger, MaybePromise, Services } from '../template/contract.ts'
import type { AnyWorkflow, Operation } from '../workflow/contract.ts'
import type { FlushLimits } from './flush.ts'

/** The engine's surroundings. */
export interface EngineDeps {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly execution: ExecutionStrategy
  readonly services: Services
  readonly log: Logger
  /** SHA-256 of bytes, hexadecimal: proves blobs whole. */
  readonly sha256: (bytes: Uint8Array) => string
  readonly workflows: WorkflowFinder
  readonly limits: EngineLimits
  readonly observers: Set<RunObserver>
  /** The queues that runs are taken over from; null for all, none for a process that only goes on with what it started. */
  readonly queues: readonly string[] | null
  /** What others are told of this worker. */
  readonly worker: WorkerFacts | null
  /**
   * For tests: what is run in place of a step that a workflow asks for. It keeps path, input and options, and the name and version of the
   * template; its template may do something else, and need not be a transaction. Left out where real work is done.
   */
  readonly standIn?: ((step: AskedStep) => AskedStep) | undefined
}

/** A step that a workflow asks for. */
export type AskedStep = Extract<Operation, { readonly kind: 'step' }>

/** Finds the code of a run. */
export interface WorkflowFinder {
  /** The workflow that a child is started of: by name its newest version. Throws WorkflowNotFoundError, WorkflowDisabledError. */
  child(workflow: AnyWorkflow | string): MaybePromise<AnyWorkflow>
  /** The workflow with exactly this version, or undefined. */
  find(name: string, version: string): AnyWorkflow | undefined
  /** Makes a graph workflow from its stored definition, under the version that runs name; undefined when a template that it pins is not registered. */
  rebuild(definition: string, version: string): AnyWorkflow | undefined
}

/** Bounds and times of the engine. Milliseconds and bytes. */
export interface EngineLimits {
  /**
   * Runs in memory at a time; more are accepted and wait their turn in the store. 0 takes no run over: for a process that only
   * cancels. Default 10,000.
   */
  readonly hotRuns: number
  /** A run that only waits, and for longer than this, leaves memory. Default 1,000. */
  readonly releaseAfterMs: number
  /** Payloads longer than this (in UTF-16 units of the encoded text) become blobs. Default 262,144. */
  readonly inlinePayload: number
  /** Encoded inputs of steps up to this length are kept in the journal for inspection. Default 16,384. */
  readonly keptInput: number
  /** Starts are refused while more than this waits for a flush. Default 64 MiB. */
  readonly bufferBytes: number
  /** Pure records are flushed at the latest after this time. Default 1,000. */
  readonly pureDelayMs: number
  /** …or this many records. Default 1,000. */
  readonly pureRecords: number
  /** …or this much payload. Default 262,144. */
  readonly pureBytes: number
  /** Idempotency keys are kept this long at least. Default 7 days. */
  readonly keyTtlMs: number
  /** Ended runs are deleted when they are older; null keeps them. Default 90 days. */
  readonly retentionMs: number | null
  /** Published events are kept this long for those that begin to wait later. Default 7 days. */
  readonly eventRetentionMs: number
  /** Blobs that no row names are deleted when they are older. Default 24 hours. */
  readonly orphanBlobMs: number
  /** On close, bodies get this long to end. Default 10,000. */
  readonly drainMs: number
  /** Runs pure steps twice and compares: on in development and tests. Default false. */
  readonly checkPure: boolean
  readonly flush: FlushLimits
}
