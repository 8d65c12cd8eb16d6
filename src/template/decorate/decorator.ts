// What a decorator is: work around each execution of a template. Each decorator has a file of its own; decorate.ts puts them around a
// template, whose name, version, schemas and types stay. They know the template only as something that takes a checked input.
import type { AnyTemplate, MaybePromise, TemplateContext } from '../contract.ts'

/** Runs what is inside: the next decorator, or the template with its whole lifecycle. */
export type Invoke = (input: unknown, context: TemplateContext) => MaybePromise<unknown>

/** A decorator. `I` is what it reads of an input, `O` what it may give in place of the template's output. */
export interface Decorator<I = unknown, O = never> {
  /** `cache`, `retry`, …. */
  readonly name: string
  /** Its place in the default order: lower ones are further outside. */
  readonly rank: number
  /** Called once for each template that it is put around: what it counts and keeps is that template's. Throws DefinitionError for options that it cannot have. */
  wrap(next: Invoke, template: AnyTemplate): Invoke
  /** Carry the types only; never set. */
  readonly takes?: (input: I) => void
  readonly gives?: () => O
}

/**
 * The default order, from the outside in. What only looks is outermost; what may answer without the template comes before what lets it wait or repeats it; a timeout
 * is that of one attempt, and does not count what the attempt waited for.
 */
export const RANKS = {
  observe: 5, trace: 10, metrics: 20, access: 30, middleware: 35, fallback: 40, cache: 50, retry: 60, circuitBreaker: 70, rateLimit: 80, bulkhead: 90, timeout: 100,
} as const

/** A decorator of the shipped ones. */
export type DecoratorName = keyof typeof RANKS
