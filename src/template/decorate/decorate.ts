// Puts decorators around a template.
import { DefinitionError } from '../../errors.ts'
import { didYouMean } from '../../shared/nearest.ts'
import { labelOf, makeTemplate } from '../callable.ts'
import type { AnyTemplate, RetryPolicy, Template, TemplateContext } from '../contract.ts'
import { childContext } from '../derived-context.ts'
import { shown } from '../door.ts'
import { compileLifecycle } from '../lifecycle.ts'
import { withAccess, type AccessRule } from './access.ts'
import { withBulkhead, type BulkheadOptions } from './bulkhead.ts'
import { withCache, type CacheOptions } from './cache.ts'
import { withCircuitBreaker, type CircuitBreakerOptions } from './circuit-breaker.ts'
import { RANKS, type Decorator, type DecoratorName, type Invoke } from './decorator.ts'
import { withFallback, type FallbackOptions } from './fallback.ts'
import { withMetrics, type MetricsSink } from './metrics.ts'
import { withMiddleware, type Middleware } from './middleware.ts'
import { withObserver, type ExecutionObserver } from './observe.ts'
import { withRateLimit, type RateLimitOptions } from './rate-limit.ts'
import { withRetry } from './retry.ts'
import { withTimeout } from './timeout.ts'
import { withTrace, type Tracer } from './trace.ts'

/** Decorators by name, in their default order whatever the order of the keys. */
export interface Decorations<I, O> {
  readonly observe?: ExecutionObserver<I, O>
  readonly trace?: Tracer | true
  readonly metrics?: MetricsSink
  readonly access?: AccessRule<I>
  /** One, or several in their order. */
  readonly middleware?: Middleware<I, O> | readonly Middleware<I, O>[]
  readonly fallback?: FallbackOptions<I, O>
  readonly cache?: CacheOptions<I>
  readonly retry?: RetryPolicy
  readonly circuitBreaker?: CircuitBreakerOptions<I>
  readonly rateLimit?: RateLimitOptions<I>
  readonly bulkhead?: BulkheadOptions
  readonly timeout?: number | string
}

/** What makes each of them. Options are checked by the decorators themselves. */
const MAKERS: { readonly [Name in DecoratorName]: (options: never) => Decorator<never, unknown> } = {
  trace: (options: Tracer | true) => withTrace(options === true ? undefined : options),
  observe: withObserver, middleware: (options: Middleware<never, never> | readonly Middleware<never, never>[]) => withMiddleware(...(Array.isArray(options) ? (options as readonly Middleware<never, never>[]) : [options as Middleware<never, never>])),
  metrics: withMetrics, access: withAccess, fallback: withFallback, cache: withCache, retry: withRetry, circuitBreaker: withCircuitBreaker,
  rateLimit: withRateLimit, bulkhead: withBulkhead, timeout: withTimeout,
}

/**
 * Puts decorators around a template: by name in the documented order (`decorate.order`, from the outside in), or one by one, the first outermost. The template keeps
 * its name, version, schemas and types, and runs its whole lifecycle inside. What a decorator counts or keeps belongs to the template that this gives, in this process. Throws DefinitionError.
 * @example
 * const steady = decorate(fetchRate, { cache: { ttl: '5m' }, retry: { maxAttempts: 3 }, timeout: '2s' })
 * const same = decorate(fetchRate, withCache({ ttl: '5m' }), withRetry({ maxAttempts: 3 }), withTimeout('2s'))
 */
export function decorate<I, O>(template: Template<I, O>, decorations: Decorations<NoInfer<I>, NoInfer<O>>): Template<I, O>
export function decorate<I, O>(template: Template<I, O>, ...decorators: readonly Decorator<NoInfer<I>, NoInfer<O>>[]): Template<I, O>
export function decorate(template: AnyTemplate, ...given: readonly unknown[]): AnyTemplate {
  if (typeof template !== 'function' || typeof (template as Partial<AnyTemplate>).invoke !== 'function') {
    throw new DefinitionError(`decorate: expected a template, got ${shown(template)}`, { path: 'template', remedy: 'Write decorate(template, { cache: { ttl: "5m" } }).' })
  }
  const [first] = given
  const decorators = given.length === 1 && !isDecorator(first) ? inOrder(first) : given.map((one, index) => {
    if (isDecorator(one)) return one
    throw new DefinitionError(`decorate: expected a decorator, got ${shown(one)}`, { path: `decorators[${index}]`, remedy: 'Write withCache({ … }), withRetry({ … }) and so on, or one object with options by name.' })
  })
  return decorated(template, decorators)
}

/** The names of the shipped decorators in their default order, from the outside in. */
export const decoratorOrder: readonly DecoratorName[] = Object.freeze((Object.keys(RANKS) as DecoratorName[]).sort((a, b) => RANKS[a] - RANKS[b]))

function decorated(template: AnyTemplate, decorators: readonly Decorator<never, unknown>[]): AnyTemplate {
  if (template.level === 'transaction') {
    throw new DefinitionError(`${labelOf(template.meta)} is a transaction, which commits with the record of its step: nothing can stand around it`, { path: template.meta.name, remedy: 'Say what is to be done at the step: retry, timeout.' })
  }
  const inside: Invoke = (input, context) => template.invoke(input, childContext(context, { label: null }))
  const around = decorators.reduceRight<Invoke>((next, decorator) => decorator.wrap(next, template), inside)
  const { meta, level, defaults, schemas, config } = template
  return makeTemplate({
    meta, level, defaults, schemas, config, check: (input) => template.check(input),
    invoke: compileLifecycle({
      name: meta.name, version: meta.version, config: undefined, checkOutput: undefined, endsWithAborts: true,
      hooks: { execute: (input: unknown, context: TemplateContext) => around(input, context) },
    }),
  })
}

function inOrder(given: unknown): readonly Decorator<never, unknown>[] {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw new DefinitionError(`decorate: expected decorators by name, got ${shown(given)}`, { path: 'decorations', remedy: `Names are: ${decoratorOrder.join(', ')}.` })
  for (const key of Object.keys(given)) {
    if (Object.hasOwn(RANKS, key)) continue
    throw new DefinitionError(`decorate: there is no decorator ${key}.${didYouMean(key, decoratorOrder)}`, { path: key, remedy: `Names are: ${decoratorOrder.join(', ')}. Own decorators are given one by one.` })
  }
  const options = given as Readonly<Partial<Record<DecoratorName, unknown>>>
  return decoratorOrder.flatMap((name) => (options[name] === undefined ? [] : [MAKERS[name](options[name] as never)]))
}

function isDecorator(given: unknown): given is Decorator<never, unknown> {
  return typeof given === 'object' && given !== null && typeof (given as Partial<Decorator>).wrap === 'function'
}
