// The context that one attempt of a step hands to its template's hooks. The abort signal is made when it is first read,
// since most bodies never do; everything else is read through to the run.
import type { WumboError } from '../errors.ts'
import type { Clock } from '../shared/clock.ts'
import type { ExecutionState, Logger, Services, TemplateContext } from '../template/contract.ts'

/** What an attempt needs of its run. */
export interface AttemptHost {
  readonly clock: Clock
  readonly services: Services
  readonly log: Logger
  onProgress(path: string, fraction: number, message: string | null): void
  onHeartbeat(path: string, attempt: number): void
}

/** The template context of one attempt of one step. */
export class StepContext implements TemplateContext {
  readonly attempt: number
  state: ExecutionState = 'created'
  /** The transaction, in a step of level `transaction` on a store that hands one out. */
  declare tx?: unknown
  readonly #host: AttemptHost
  readonly #run: string
  readonly #path: string
  readonly #keyGen: number
  readonly #keyPath: string
  #controller: AbortController | undefined
  #reason: WumboError | undefined
  #log: Logger | undefined

  constructor(host: AttemptHost, run: string, gen: number, step: { readonly path: string; readonly attempt: number; readonly keyGen?: number | null; readonly keyPath?: string }) {
    this.#host = host
    this.#run = run
    this.#path = step.path
    this.#keyGen = step.keyGen ?? gen
    this.#keyPath = step.keyPath ?? step.path
    this.attempt = step.attempt
  }

  get run(): { readonly id: string; readonly path: string } {
    return { id: this.#run, path: this.#path }
  }

  get idempotencyKey(): string {
    return idempotencyKey(this.#run, this.#keyGen, this.#keyPath)
  }

  get executionId(): string {
    return `${this.idempotencyKey}.${this.attempt}`
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#reason !== undefined) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  get services(): Services {
    return this.#host.services
  }

  get log(): Logger {
    this.#log ??= bindLogger(this.#host.log, { run: this.#run, step: this.#path, attempt: this.attempt })
    return this.#log
  }

  // Functions are made when they are read, so that a hook may take them apart: `execute(input, { signal, progress })`.

  get progress(): TemplateContext['progress'] {
    return (fraction, message) => this.#host.onProgress(this.#path, Math.min(1, Math.max(0, fraction)), message ?? null)
  }

  get heartbeat(): TemplateContext['heartbeat'] {
    return () => this.#host.onHeartbeat(this.#path, this.attempt)
  }

  get now(): TemplateContext['now'] {
    return () => this.#host.clock.now()
  }

  /** Aborts the attempt: its signal fires now, or at once when it is first read. */
  abort(reason: WumboError): void {
    this.#reason ??= reason
    this.#controller?.abort(this.#reason)
  }
}

/** The same for every attempt of a step within a generation: what outside systems use to drop repetitions. */
export function idempotencyKey(run: string, gen: number, path: string): string {
  return `${run}.${gen}.${path}`
}

/** A logger that adds fields to every line. */
export function bindLogger(log: Logger, bound: Readonly<Record<string, unknown>>): Logger {
  return {
    debug: (message, fields) => log.debug(message, { ...bound, ...fields }),
    info: (message, fields) => log.info(message, { ...bound, ...fields }),
    warn: (message, fields) => log.warn(message, { ...bound, ...fields }),
    error: (message, fields) => log.error(message, { ...bound, ...fields }),
  }
}
