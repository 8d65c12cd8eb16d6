// The context of one execution outside a run, and the contexts that a caller hands on. What costs (an id, an abort
// controller) is made when it is first read, since most executions never ask. Inside a run the engine brings its own.
import { DefinitionError } from '../errors.ts'
import { systemClock, type Clock } from '../shared/clock.ts'
import { uuidv7Generator } from '../shared/id.ts'
import { systemRandom } from '../shared/random.ts'
import type { ExecutionState, Logger, Services, TemplateContext } from './contract.ts'
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

/** Fields that a context may be enriched with: any but its own. */
export type ContextExtra = object & { readonly [K in keyof TemplateContext]?: never }

/** A context made here. */
export interface OwnContext extends TemplateContext {
  state: ExecutionState
  /** True when the `recover` hook gave the result. */
  recovered: boolean
  /** Milliseconds of a clock that never steps back. */
  monotonic(): number
  /** This context with fields of the caller's: contexts derived from it for children carry them too. */
  with<E extends ContextExtra>(extra: E): OwnContext & Readonly<E>
}

const NONE: ContextOptions = Object.freeze({})
const NO_SERVICES: Services = emptyServices()
const SYSTEM_CLOCK = systemClock()
const newId = uuidv7Generator(SYSTEM_CLOCK, systemRandom())

/** What a context was enriched with. */
const EXTRA = Symbol('extra')

/**
 * Makes a context to call templates with.
 * @example
 * const context = createContext({ services: services().provide(Mailer, mailer), onProgress: (f) => bar.update(f) })
 * await sendReport({ month: 7 }, { context })
 */
export function createContext(options: ContextOptions = NONE): OwnContext & { abort(reason?: unknown): void } {
  return new RootContext(options)
}

/** This context with fields of the caller's; works with a step's context too. */
export function enrich<E extends ContextExtra>(context: TemplateContext, extra: E): OwnContext & Readonly<E> {
  for (const key of Object.keys(extra)) {
    if (!(key in RootContext.prototype) && !OWN_FIELDS.has(key)) continue
    throw new DefinitionError(`context.with: "${key}" is a field of the context itself`, { path: key, remedy: 'Choose another name, or provide it as a service.' })
  }
  const enriched = new EnrichedContext(context)
  const all = { ...extrasOf(context), ...extra }
  return Object.assign(enriched, { [EXTRA]: all }, all)
}

/** Where a child stands in its caller. */
export interface ChildPlace {
  /** Tells the child apart from its siblings: the same in every attempt, so that its idempotency key is. */
  readonly label: string
  /** The part of the caller's progress that is the child's, 0 to 1. Default: all of it. */
  readonly span?: readonly [from: number, to: number]
  readonly signal?: AbortSignal | undefined
  readonly services?: Services | undefined
  readonly log?: Logger | undefined
}

/** A context for a child: a state of its own; log, services, signal, progress and extra fields of its caller. */
export function childContext(caller: TemplateContext, place: ChildPlace): OwnContext {
  const child = new ChildContext(caller, place)
  const extra = extrasOf(caller)
  return extra === undefined ? child : Object.assign(child, { [EXTRA]: extra }, extra)
}

/** Counts the children of one name per caller, so that a second call has another idempotency key than the first. */
const calls = new WeakMap<TemplateContext, Map<string, number>>()

/** The label of the next child of this name: `charge`, then `charge#2`. */
export function nextLabel(caller: TemplateContext, name: string): string {
  const counts = calls.get(caller) ?? new Map<string, number>()
  calls.set(caller, counts)
  const count = (counts.get(name) ?? 0) + 1
  counts.set(name, count)
  return count === 1 ? name : `${name}#${count}`
}

/** True for a context made here. */
export function isOwn(context: TemplateContext): context is OwnContext {
  return context instanceof BaseContext
}

function extrasOf(context: TemplateContext): object | undefined {
  return context instanceof BaseContext ? (context as { [EXTRA]?: object })[EXTRA] : undefined
}

abstract class BaseContext {
  with<E extends ContextExtra>(this: OwnContext, extra: E): OwnContext & Readonly<E> {
    return enrich(this, extra)
  }
}

class RootContext extends BaseContext implements OwnContext {
  state: ExecutionState = 'created'
  recovered = false
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

abstract class DerivedContext extends BaseContext {
  readonly caller: TemplateContext

  constructor(caller: TemplateContext) {
    super()
    this.caller = caller
  }

  get attempt(): number {
    return this.caller.attempt
  }

  get run(): TemplateContext['run'] {
    return this.caller.run
  }

  heartbeat(): void {
    this.caller.heartbeat()
  }

  now(): number {
    return this.caller.now()
  }

  monotonic(): number {
    return isOwn(this.caller) ? this.caller.monotonic() : this.caller.now()
  }
}

class ChildContext extends DerivedContext implements OwnContext {
  state: ExecutionState = 'created'
  recovered = false
  readonly #place: ChildPlace
  #signal: AbortSignal | undefined

  constructor(caller: TemplateContext, place: ChildPlace) {
    super(caller)
    this.#place = place
  }

  get executionId(): string {
    return `${this.caller.executionId}/${this.#place.label}`
  }

  get idempotencyKey(): string | undefined {
    const key = this.caller.idempotencyKey
    return key === undefined ? undefined : `${key}/${this.#place.label}`
  }

  get signal(): AbortSignal {
    const own = this.#place.signal
    return (this.#signal ??= own === undefined ? this.caller.signal : AbortSignal.any([this.caller.signal, own]))
  }

  get log(): Logger {
    return this.#place.log ?? this.caller.log
  }

  get services(): Services {
    return this.#place.services ?? this.caller.services
  }

  progress(fraction: number, message?: string): void {
    const [from, to] = this.#place.span ?? [0, 1]
    this.caller.progress(from + clamp(fraction) * (to - from), message)
  }
}

/** The caller's own context, state included, with more fields. */
class EnrichedContext extends DerivedContext implements OwnContext {
  get state(): ExecutionState {
    return this.caller.state
  }

  set state(next: ExecutionState) {
    ;(this.caller as { state: ExecutionState }).state = next
  }

  get recovered(): boolean {
    return isOwn(this.caller) && this.caller.recovered
  }

  set recovered(value: boolean) {
    if (isOwn(this.caller)) this.caller.recovered = value
  }

  get executionId(): string {
    return this.caller.executionId
  }

  get idempotencyKey(): string | undefined {
    return this.caller.idempotencyKey
  }

  get signal(): AbortSignal {
    return this.caller.signal
  }

  get log(): Logger {
    return this.caller.log
  }

  get services(): Services {
    return this.caller.services
  }

  progress(fraction: number, message?: string): void {
    this.caller.progress(fraction, message)
  }
}

/** The fields of a context that are no members of a prototype. */
const OWN_FIELDS: ReadonlySet<string> = new Set(['state', 'recovered', 'run', 'caller'])

function clamp(fraction: number): number {
  return Math.min(1, Math.max(0, fraction))
}
