// The context of one execution outside a run. What costs (an id, an abort controller) is made when it is first read, since
// most executions never ask. Inside a run the engine brings its own.
import { systemClock, type Clock } from '../shared/clock.ts'
import { uuidv7Generator } from '../shared/id.ts'
import { systemRandom } from '../shared/random.ts'
import type { ExecutionState, Logger, Services } from './contract.ts'
import { BaseContext, clamp, type OwnContext } from './derived-context.ts'
import { quietLogger } from './log.ts'
import { services as emptyServices } from './services.ts'

/** What createContext takes; everything has a default. */
export interface ContextOptions {
  /** Default: a new UUID, version 7, made when it is first read. */
  readonly executionId?: string
  readonly signal?: AbortSignal
  /** Default: warnings and errors go to the console. */
  readonly log?: Logger
  /** Default: none. */
  readonly services?: Services
  /** Default: the system's. */
  readonly clock?: Clock
  readonly attempt?: number
  readonly idempotencyKey?: string
  readonly onProgress?: (fraction: number, message: string | undefined) => void
  readonly onHeartbeat?: () => void
}

const NOBODY: ContextOptions = Object.freeze({})
const NO_SERVICES: Services = emptyServices()
const SYSTEM_CLOCK = systemClock()
const newId = uuidv7Generator(SYSTEM_CLOCK, systemRandom())

/**
 * Makes a context to call templates with.
 * @example
 * const context = createContext({ services: services().provide(Mailer, mailer), onProgress: (f) => bar.update(f) })
 * await sendReport({ month: 7 }, { context })
 */
export function createContext(options: ContextOptions = {}): OwnContext & { abort(reason?: unknown): void } {
  return new RootContext(options)
}

/** A context that nobody else holds, so nobody can abort it. */
export function privateContext(): OwnContext {
  return new RootContext(NOBODY)
}

class RootContext extends BaseContext implements OwnContext {
  state: ExecutionState = 'created'
  recovered = false
  attempts = 1
  readonly run = undefined
  readonly #options: ContextOptions
  #id: string | undefined
  #controller: AbortController | undefined
  #signal: AbortSignal | undefined

  constructor(options: ContextOptions) {
    super()
    this.#options = options
  }

  get executionId(): string {
    return (this.#id ??= this.#options.executionId ?? newId())
  }

  get signal(): AbortSignal {
    if (this.#signal === undefined) {
      this.#controller ??= new AbortController()
      const outer = this.#options.signal
      this.#signal = outer === undefined ? this.#controller.signal : AbortSignal.any([this.#controller.signal, outer])
    }
    return this.#signal
  }

  get heeds(): boolean {
    return this.#options !== NOBODY
  }

  get log(): Logger {
    return this.#options.log ?? quietLogger
  }

  get services(): Services {
    return this.#options.services ?? NO_SERVICES
  }

  get attempt(): number {
    return this.#options.attempt ?? 1
  }

  get idempotencyKey(): string | undefined {
    return this.#options.idempotencyKey
  }

  progress(fraction: number, message?: string): void {
    this.#options.onProgress?.(clamp(fraction), message)
  }

  heartbeat(): void {
    this.#options.onHeartbeat?.()
  }

  now(): number {
    return (this.#options.clock ?? SYSTEM_CLOCK).now()
  }

  monotonic(): number {
    return (this.#options.clock ?? SYSTEM_CLOCK).monotonic()
  }

  /** Aborts the execution: its signal fires with the reason. */
  abort(reason?: unknown): void {
    this.#controller ??= new AbortController()
    this.#controller.abort(reason)
  }
}
