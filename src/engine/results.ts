// Who waits for the ends of which runs: those in this process's memory, those that left it, and, in a store that others share, those that others
// work on.
import { RunNotFoundError, errorData } from '../errors.ts'
import type { WumboError } from '../errors.ts'
import type { Payload } from '../model/payload.ts'
import { DEFAULT_SPACE, isEnd } from '../model/run.ts'
import type { RunRow } from '../model/run.ts'
import { Completion, outcome, parkedError } from './completion.ts'
import { Elsewhere } from './elsewhere.ts'
import type { EngineDeps } from './ports.ts'
import type { Departure } from './run-host.ts'

/** What waiting needs of the engine. */
export interface ResultsHost {
  readonly deps: EngineDeps
  isHot(run: string): boolean
  read(payload: Payload | null): Promise<unknown>
  /** Does what nobody waits for. */
  quietly(work: Promise<void>): void
}

/** The ends that are awaited. */
export class Results {
  readonly #host: ResultsHost
  readonly #completions = new Map<string, Completion>()
  readonly #elsewhere: Elsewhere

  constructor(host: ResultsHost) {
    this.#host = host
    this.#elsewhere = new Elsewhere({
      store: host.deps.store, clock: host.deps.clock,
      settled: (row) => host.quietly(this.#ended(row)),
      missing: (run) => {
        this.#completions.get(run)?.interrupt(new RunNotFoundError(`there is no run ${run} any more`))
        this.#completions.delete(run)
      },
    })
  }

  /** The completion of a run that has been started. */
  started(run: string): Completion {
    const completion = new Completion()
    this.#completions.set(run, completion)
    return completion
  }

  /** The run is in memory now. */
  entered(run: string): void {
    this.#elsewhere.forget(run)
  }

  /** The run is reopened: what was known of its end counts no more. */
  reopened(run: string): void {
    this.#completions.delete(run)
  }

  /** The output of a run, once it has ended well; rejects with what ended or parked it. */
  async of(run: string): Promise<unknown> {
    const { store } = this.#host.deps
    const waiting = this.#completions.get(run) ?? this.started(run)
    const promise = waiting.promise()
    promise.catch(() => undefined)
    const row = await store.getRun({ space: DEFAULT_SPACE, run })
    if (row === undefined) {
      this.#completions.delete(run)
      throw new RunNotFoundError(`there is no run ${run}`)
    }
    if (isEnd(row.status)) {
      this.#completions.delete(run)
      return outcome({ status: row.status, output: await this.#host.read(row.output), error: row.error })
    }
    if (row.status === 'parked' && row.error !== null) waiting.interrupt(parkedError(run, row.error))
    else if (store.isShared && !this.#host.isHot(run)) this.#elsewhere.await(run)
    return promise
  }

  /** A run has left memory. */
  departed(run: string, departure: Departure): void {
    const completion = this.#completions.get(run)
    if (departure.how === 'ended') {
      completion?.settle(departure)
      this.#completions.delete(run)
      return
    }
    const { isShared } = this.#host.deps.store
    if (departure.how === 'parked') completion?.interrupt(parkedError(run, departure.error))
    else if (departure.how === 'lost' && !isShared) completion?.interrupt(departure.error)
    else if (completion?.awaited === true && isShared) this.#elsewhere.await(run)
    if (completion !== undefined && !completion.awaited) {
      completion.attached = false
      this.#completions.delete(run)
    }
  }

  /** Looks at no store any more. */
  stop(): void {
    this.#elsewhere.stop()
  }

  /** Nobody need wait any longer here. */
  interrupt(error: WumboError): void {
    for (const completion of this.#completions.values()) completion.interrupt(error)
  }

  async #ended(row: RunRow): Promise<void> {
    const completion = this.#completions.get(row.run)
    if (completion === undefined) return
    this.#completions.delete(row.run)
    if (row.status === 'parked') completion.interrupt(parkedError(row.run, row.error ?? errorData(new RunNotFoundError('no reason was recorded'))))
    else if (isEnd(row.status)) completion.settle({ status: row.status, output: await this.#host.read(row.output), error: row.error })
  }
}
