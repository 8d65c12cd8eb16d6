// The contract of an execution strategy: how a handler's body is run. The engine and the bus route, a strategy
// executes, configuration decides; handlers do not know which one runs them.
import type { MaybePromise } from '../template/contract.ts'

/**
 * What is to be run: a function of this process, or one named by module and export so that a thread or a remote machine can
 * load it. Strategies that leave the process refuse inline handlers at registration.
 */
export type Handler =
  | { readonly kind: 'inline'; readonly name: string; readonly run: (payload: never, abort: Abort) => MaybePromise<unknown> }
  | { readonly kind: 'module'; readonly name: string; readonly module: string; readonly export: string }

/** The abort signal of one execution. The signal is made when it is first read, since most bodies never do. */
export interface Abort {
  readonly signal: AbortSignal
}

/** Counters of a strategy since its start. Times in seconds. */
export interface ExecutionMetrics {
  readonly total: number
  readonly failed: number
  readonly active: number
  readonly queueDepth: number
}

/** A way to execute handlers. */
export interface ExecutionStrategy {
  readonly name: string
  /** Runs the handler with the payload and gives what it gives. Gives a plain value, without a promise, when nothing had to wait. */
  execute(handler: Handler, payload: unknown, abort: Abort): MaybePromise<unknown>
  metrics(): ExecutionMetrics
  /** Refuses new work, waits for what runs, at most `deadlineMs`; resolves to the number still running then. */
  shutdown(deadlineMs: number): Promise<number>
}
