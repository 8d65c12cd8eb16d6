// Contexts that are derived from a caller's: for children, with a state of their own, and enriched ones, with fields of the
// caller's. They hand on what the caller has; context.ts makes the context that everything else is derived from.
import { DefinitionError } from '../errors.ts'
import type { ExecutionState, Logger, Services, TemplateContext } from './contract.ts'

/** Fields that a context may be enriched with: any but its own. */
export type ContextExtra = object & { readonly [K in keyof TemplateContext]?: never }

/** A context made here. */
export interface OwnContext extends TemplateContext {
  state: ExecutionState
  /** True when the `recover` hook gave the result. */
  recovered: boolean
  /** How many attempts it took; a decorator that repeats says so. */
  attempts: number
  /** The fields that this context, or one that it is derived from, was enriched with. */
  readonly extra: object | undefined
  /** True when someone may abort it and then waits for it to end: an execution does not outlive the abort then, whatever its hooks do. */
  readonly heeds: boolean
  /** Milliseconds of a clock that never steps back. */
  monotonic(): number
  /** This context with fields of the caller's: contexts derived from it for children carry them too. */
  with<E extends ContextExtra>(extra: E): this & Readonly<E>
}

/** This context with fields of the caller's; works with a step's context too. */
export function enrich<C extends TemplateContext, E extends ContextExtra>(context: C, extra: E): C & OwnContext & Readonly<E> {
  for (const key of Object.keys(extra)) {
    if (!(key in ChildContext.prototype) && !OWN_FIELDS.has(key)) continue
    throw new DefinitionError(`context.with: "${key}" is a field of the context itself`, { path: key, remedy: 'Choose another name, or provide it as a service.' })
  }
  const enriched = new EnrichedContext(context)
  const all = { ...extrasOf(context), ...extra }
  // An enriched context passes everything of its caller on, so it is one of the caller's kind.
  const made: unknown = Object.assign(enriched, all, { extra: all })
  return made as C & OwnContext & Readonly<E>
}

/** Where a child stands in its caller. */
export interface ChildPlace {
  /** Tells the child apart from its siblings: the same in every attempt, so that its idempotency key is. A number is an index. Null: it stands for its caller, under the same id and key. */
  readonly label: string | number | null
  /** Told of the child's progress as well. */
  readonly onProgress?: (fraction: number, message: string | undefined) => void
  /** In place of the caller's attempt. */
  readonly attempt?: number
  /** The part of the caller's progress that is the child's, 0 to 1. Default: all of it. */
  readonly span?: readonly [from: number, to: number]
  /** True when the caller tells the progress of its children itself: theirs then only shows that the work goes on. */
  readonly silent?: boolean
  /** In place of the caller's, which it should follow. */
  readonly signal?: AbortSignal | undefined
  readonly services?: Services | undefined
  readonly log?: Logger | undefined
}

/** A context for a child: a state of its own; log, services, signal, progress and extra fields of its caller. */
export function childContext(caller: TemplateContext, place: ChildPlace): OwnContext {
  const child = new ChildContext(caller, place)
  const extra = extrasOf(caller)
  return extra === undefined ? child : Object.assign(child, extra, { extra })
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

/** The context that one made here is derived from; undefined for one that is not derived. */
export function callerOf(context: TemplateContext): TemplateContext | undefined {
  return context instanceof DerivedContext ? context.caller : undefined
}

function extrasOf(context: TemplateContext): object | undefined {
  return isOwn(context) ? context.extra : undefined
}

/** What makes a context one of ours. */
export abstract class BaseContext {
  extra: object | undefined = undefined

  with<E extends ContextExtra>(extra: E): this & Readonly<E> {
    return enrich(this as unknown as OwnContext, extra)
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
  attempts = 1
  readonly #place: ChildPlace

  constructor(caller: TemplateContext, place: ChildPlace) {
    super(caller)
    this.#place = place
  }

  get executionId(): string {
    return `${this.caller.executionId}${this.#label}`
  }

  get idempotencyKey(): string | undefined {
    const key = this.caller.idempotencyKey
    return key === undefined ? undefined : `${key}${this.#label}`
  }

  get #label(): string {
    const { label } = this.#place
    return label === null ? '' : typeof label === 'number' ? `/[${label}]` : `/${label}`
  }

  override get attempt(): number {
    return this.#place.attempt ?? this.caller.attempt
  }

  get signal(): AbortSignal {
    return this.#place.signal ?? this.caller.signal
  }

  get heeds(): boolean {
    return this.#place.signal !== undefined || (isOwn(this.caller) && this.caller.heeds)
  }

  get log(): Logger {
    return this.#place.log ?? this.caller.log
  }

  get services(): Services {
    return this.#place.services ?? this.caller.services
  }

  progress(fraction: number, message?: string): void {
    this.#place.onProgress?.(clamp(fraction), message)
    const [from, to] = this.#place.span ?? [0, 1]
    if (this.#place.silent === true) this.caller.heartbeat()
    else this.caller.progress(from + clamp(fraction) * (to - from), message)
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

  get attempts(): number {
    return isOwn(this.caller) ? this.caller.attempts : 1
  }

  set attempts(value: number) {
    if (isOwn(this.caller)) this.caller.attempts = value
  }

  get heeds(): boolean {
    return isOwn(this.caller) && this.caller.heeds
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
const OWN_FIELDS: ReadonlySet<string> = new Set(['state', 'recovered', 'run', 'caller', 'extra'])

/** A fraction of progress, kept between 0 and 1. */
export function clamp(fraction: number): number {
  return Math.min(1, Math.max(0, fraction))
}
