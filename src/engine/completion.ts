// Someone may wait for a run's end: a promise that is made only when somebody asks, so that a run that nobody waits for
// costs nothing.
import { RunCancelledError, RunFailedError, RunParkedError, RunTimeoutError, errorFromData } from '../errors.ts'
import type { ErrorData, WumboError } from '../errors.ts'
import { deferred } from '../shared/deferred.ts'
import type { Deferred } from '../shared/deferred.ts'
import type { EndStatus } from '../model/run.ts'

/** A run's end as its waiters see it. */
export interface Ended {
  readonly status: EndStatus
  readonly output: unknown
  readonly error: ErrorData | null
}

/** The end of one run, known or still awaited. */
export class Completion {
  #ended: Ended | null = null
  #waiting: Deferred<unknown> | null = null

  /** True while the engine will settle it: the run is in memory, or somebody waits. */
  attached = true

  get awaited(): boolean {
    return this.#waiting !== null
  }

  get ended(): Ended | null {
    return this.#ended
  }

  settle(ended: Ended): void {
    if (this.#ended !== null) return
    this.#ended = ended
    if (this.#waiting === null) return
    if (ended.status === 'completed') this.#waiting.resolve(ended.output)
    else this.#waiting.reject(endError(ended))
  }

  /** The run will not end here for now: parked, or lost to this process. */
  interrupt(error: WumboError): void {
    const waiting = this.#waiting
    this.#waiting = null
    waiting?.reject(error)
  }

  /** The output, or the failure that ended the run. */
  promise(): Promise<unknown> {
    if (this.#ended !== null) return outcome(this.#ended)
    this.#waiting ??= deferred<unknown>()
    return this.#waiting.promise
  }
}

/** The output of an ended run as a promise. */
export function outcome(ended: Ended): Promise<unknown> {
  return ended.status === 'completed' ? Promise.resolve(ended.output) : Promise.reject(endError(ended))
}

/** What waiters of a failed or cancelled run get: the run's own failure, under a class that tells how the run ended. */
export function endError(ended: Ended): WumboError {
  const cause = ended.error === null ? undefined : errorFromData(ended.error)
  if (ended.status === 'cancelled') return new RunCancelledError('the run was cancelled', cause === undefined ? {} : { cause })
  if (ended.error?.code === 'RUN_TIMEOUT') return new RunTimeoutError(ended.error.message, ended.error.details === undefined ? {} : { details: ended.error.details })
  return new RunFailedError(`the run failed: ${ended.error?.message ?? 'no reason was recorded'}`, { ...(cause === undefined ? {} : { cause }), ...(ended.error?.path === undefined ? {} : { path: ended.error.path }) })
}

/** What waiters of a parked run get. */
export function parkedError(run: string, error: ErrorData): WumboError {
  return new RunParkedError(`run ${run} is parked: ${error.message}`, { cause: errorFromData(error) })
}
