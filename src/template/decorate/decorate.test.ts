// Decorators: what each does, that types, metadata and lifecycle stay, and that any stack of them keeps a template a template.
import fc from 'fast-check'
import { describe, expect, expectTypeOf, test, vi } from 'vitest'
import { z } from 'zod'
import { BulkheadFullError, CircuitOpenError, DefinitionError, HttpFailedError, PermissionDeniedError, RateLimitedError, StepTimeoutError, TemplateFailedError } from '../../errors.ts'
import { createContext } from '../context.ts'
import type { Template } from '../contract.ts'
import { defineTemplate } from '../define.ts'
import { services } from '../services.ts'
import { UserContext, withAccess } from './access.ts'
import { withBulkhead } from './bulkhead.ts'
import { withCache } from './cache.ts'
import { withCircuitBreaker } from './circuit-breaker.ts'
import { decorate, decoratorOrder } from './decorate.ts'
import type { Decorator } from './decorator.ts'
import { withFallback } from './fallback.ts'
import { FiguresSink, withMetrics } from './metrics.ts'
import { withRateLimit } from './rate-limit.ts'
import { withRetry } from './retry.ts'
import { withTimeout } from './timeout.ts'
import { withTrace } from './trace.ts'

const Input = z.object({ n: z.number(), tag: z.string().default('none') })
const Output = z.object({ n: z.number() })

/** A template that does what it is told, and notes its calls and clean-ups. */
function made(execute: (n: number, calls: number) => unknown = (n) => ({ n: n + 1 })) {
  const seen: string[] = []
  let calls = 0
  const template = defineTemplate({
    name: 'made', version: '1.2.0', description: 'Adds one.', tags: ['t'], input: Input, output: Output,
    validate: () => void seen.push('validate'),
    execute: (input, context) => {
      seen.push(`execute ${context.attempt} ${context.idempotencyKey ?? '-'}`)
      return execute(input.n, ++calls) as { n: number }
    },
    cleanup: () => void seen.push('cleanup'),
  })
  return { template, seen, calls: () => calls }
}

const quiet = { log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined } }
const settled = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms) })
const fails = (): never => { throw new HttpFailedError('503') }

describe('decorate', () => {
  test('keeps name, version, schemas, level and types', async () => {
    const { template } = made()
    const other = decorate(template, { cache: { ttl: '1m', key: ({ n, tag }) => `${n} ${tag}` }, fallback: { value: { n: 0 } }, timeout: '1s' })
    expectTypeOf(other).toEqualTypeOf<Template<{ n: number; tag?: string | undefined }, { n: number }>>()
    expect([other.meta, other.schemas, other.level, other.config]).toEqual([template.meta, template.schemas, template.level, template.config])
    expect(await other({ n: 1 })).toEqual({ n: 2 })
    await expect(other({ n: 'x' } as never)).rejects.toMatchObject({ code: 'INPUT_INVALID' })
    // @ts-expect-error what stands in must be an output
    decorate(template, { fallback: { value: { m: 0 } } })
  })

  test('by name the order is the documented one, one by one it is that of the arguments', async () => {
    expect(decoratorOrder).toEqual(['observe', 'trace', 'metrics', 'access', 'middleware', 'fallback', 'cache', 'retry', 'circuitBreaker', 'rateLimit', 'bulkhead', 'timeout'])
    const order: string[] = []
    const named = (name: string): Decorator => ({ name, rank: 0, wrap: (next) => (input, context) => (order.push(name), next(input, context)) })
    await decorate(made().template, named('a'), named('b'), named('c'))({ n: 1 })
    expect(order).toEqual(['a', 'b', 'c'])
    // By the default order a retry is inside the cache: one execution of the whole, kept once it has succeeded.
    const { template, calls } = made((n, count) => (count < 3 ? fails() : { n }))
    const steady = decorate(template, { retry: { maxAttempts: 5, initialDelay: 1 }, cache: {} })
    expect([await steady({ n: 7 }, quiet), await steady({ n: 7 }, quiet), calls()]).toEqual([{ n: 7 }, { n: 7 }, 3])
  })

  test('what it cannot be is refused with its place', () => {
    const { template } = made()
    const refused: [() => unknown, string][] = [
      [() => decorate({} as never, {}), 'template'], [() => decorate(template, { chache: {} } as never), 'chache'], [() => decorate(template, 7 as never, {} as never), 'decorators[0]'],
      [() => withCache({ tll: 1 } as never), 'cache.tll'], [() => withCache({ ttl: 'soon' }), 'cache.ttl'], [() => withCache({ max: 0 }), 'cache.max'], [() => withRetry({ attempts: 3 } as never), 'retry.attempts'],
      [() => withTimeout(0), 'timeout'], [() => withBulkhead({ concurrency: 0 }), 'bulkhead.concurrency'], [() => withRateLimit({ limit: 1.5 }), 'rateLimit.limit'],
      [() => withCircuitBreaker({ failures: 3, rate: 0.5 }), 'circuitBreaker.rate'], [() => withCircuitBreaker({ rate: 2 }), 'circuitBreaker.rate'], [() => withCircuitBreaker({ window: '1m' }), 'circuitBreaker.window'],
      [() => withFallback({}), 'fallback'], [() => withFallback({ value: 1, of: () => 1 }), 'fallback'], [() => withAccess(''), 'access'], [() => withMetrics({} as never), 'metrics'], [() => withTrace(7 as never), 'trace'],
    ]
    for (const [work, path] of refused) {
      expect(work, path).toThrow(DefinitionError)
      expect(work, path).toThrow(expect.objectContaining({ path }))
    }
  })
})

describe('each decorator', () => {
  test('retry: tries again with the same key, stops at what is not retryable, tells the attempts, and its wait ends with an abort', async () => {
    const { template, seen } = made((n, calls) => (calls < 3 ? fails() : { n }))
    const context = createContext({ ...quiet, idempotencyKey: 'k' })
    const result = await decorate(template, withRetry({ maxAttempts: 4, initialDelay: 1 })).execute({ n: 5 }, { context })
    expect(result).toMatchObject({ success: true, data: { n: 5 }, attempts: 3 })
    expect(seen).toEqual([1, 2, 3].flatMap((attempt) => ['validate', `execute ${attempt} k`, 'cleanup']))
    const once = made(() => { throw new PermissionDeniedError('no') })
    await expect(decorate(once.template, withRetry({ maxAttempts: 4, initialDelay: 1 }))({ n: 1 }, quiet)).rejects.toBeInstanceOf(PermissionDeniedError)
    expect(once.calls()).toBe(1)
    const waiting = createContext(quiet)
    const long = decorate(made(fails).template, withRetry({ maxAttempts: 2, initialDelay: '1h' }))({ n: 1 }, { context: waiting })
    await settled(5)
    waiting.abort(new Error('enough'))
    await expect(long).rejects.toMatchObject({ code: 'ABORTED' })
  })

  test('timeout: the signal aborts, the clean-up runs, and the failure says how long', async () => {
    let aborted = false
    const { template, seen } = made()
    const slow = defineTemplate({ ...definitionOf(), execute: (_, { signal }) => new Promise<{ n: number }>((resolve) => { signal.addEventListener('abort', () => { aborted = true; resolve({ n: 0 }) }) }), cleanup: () => void seen.push('cleaned') })
    await expect(decorate(slow, withTimeout(10))({ n: 1 })).rejects.toThrow(StepTimeoutError)
    expect([aborted, seen]).toEqual([true, ['cleaned']])
    expect(await decorate(template, withTimeout('1m'))({ n: 1 })).toEqual({ n: 2 })
  })

  test('cache: the same input once, by key, for a time, up to a number; failures are not kept; all who ask at once share one execution', async () => {
    const { template, calls } = made((n, count) => (n === 0 && count === 1 ? fails() : settled(1).then(() => ({ n }))))
    const cached = decorate(template, withCache({ max: 2 }))
    await expect(cached({ n: 0 }, quiet)).rejects.toBeInstanceOf(HttpFailedError)
    const all = await Promise.all([cached({ n: 0 }), cached({ n: 0, tag: 'none' }), cached({ n: 0, tag: 'b' })])
    expect([all, calls()]).toEqual([[{ n: 0 }, { n: 0 }, { n: 0 }], 3])
    expect(all[0]).toBe(await cached({ n: 0 }))
    expect(Object.isFrozen(all[0])).toBe(true)
    await cached({ n: 1 })
    await cached({ n: 0, tag: 'b' })
    expect(calls()).toBe(5)
    const brief = made()
    const forMoment = decorate(brief.template, withCache({ ttl: 15, key: () => 'one' }))
    expect([await forMoment({ n: 1 }), await forMoment({ n: 2 })]).toEqual([{ n: 2 }, { n: 2 }])
    await settled(30)
    expect(await forMoment({ n: 2 })).toEqual({ n: 3 })
  })

  test('cache: whoever is aborted takes nobody with it', async () => {
    const { template, calls } = made((n) => settled(20).then(() => ({ n })))
    const cached = decorate(template, withCache())
    const first = createContext(quiet)
    const [leader, follower] = [cached({ n: 1 }, { context: first }), cached({ n: 1 })]
    await settled(2)
    first.abort(new Error('gone'))
    await expect(leader).rejects.toMatchObject({ code: 'ABORTED' })
    await expect(follower).resolves.toEqual({ n: 1 })
    expect(calls()).toBe(2)
  })

  test('fallback: a value, a function, another template; only for the codes that are named', async () => {
    const { template } = made(fails)
    expect(await decorate(template, withFallback({ value: { n: 9 } }))({ n: 1 }, quiet)).toEqual({ n: 9 })
    expect(await decorate(template, withFallback({ of: (error: { code: string }, input: { n: number }) => ({ n: input.n + error.code.length }) }))({ n: 1 }, quiet)).toEqual({ n: 12 })
    expect(await decorate(template, { fallback: { template: made().template } })({ n: 1 }, quiet)).toEqual({ n: 2 })
    await expect(decorate(template, withFallback({ value: { n: 9 }, codes: ['OTHER'] }))({ n: 1 }, quiet)).rejects.toBeInstanceOf(HttpFailedError)
  })

  test('circuit breaker: opens, refuses at once, lets one try, and closes; per key; the caller’s own faults do not count', async () => {
    let broken = true
    const changes: string[] = []
    const { template, calls } = made((n) => (broken ? fails() : { n }))
    const guarded = decorate(template, withCircuitBreaker<{ n: number; tag?: string | undefined }>({ failures: 2, openFor: 20, key: ({ tag }) => tag ?? '', onChange: ({ state, key }) => changes.push(`${key} ${state}`) }))
    for (let i = 0; i < 2; i++) await expect(guarded({ n: 1, tag: 'a' }, quiet)).rejects.toBeInstanceOf(HttpFailedError)
    await expect(guarded({ n: 1, tag: 'a' }, quiet)).rejects.toMatchObject({ code: 'CIRCUIT_OPEN', retryable: true, cause: { code: 'HTTP_FAILED' } })
    await expect(guarded({ n: 1, tag: 'b' }, quiet)).rejects.toBeInstanceOf(HttpFailedError)
    expect(calls()).toBe(3)
    broken = false
    await settled(30)
    const tries = await Promise.all([guarded({ n: 1, tag: 'a' }), guarded({ n: 1, tag: 'a' })])
    expect([tries, changes]).toEqual([[{ n: 1 }, { n: 1 }], ['a open', 'a half-open', 'a closed']])
    const own = made(() => { throw new PermissionDeniedError('no') })
    const never = decorate(own.template, withCircuitBreaker({ failures: 1 }))
    for (let i = 0; i < 3; i++) await expect(never({ n: 1 }, quiet)).rejects.toBeInstanceOf(PermissionDeniedError)
    const byRate = decorate(made(fails).template, withCircuitBreaker({ rate: 0.5, window: '1s', minimum: 2 }))
    const outcomes = []
    for (let i = 0; i < 6; i++) outcomes.push(await byRate({ n: 1 }, quiet).catch((thrown: unknown) => thrown))
    expect(outcomes.at(-1)).toBeInstanceOf(CircuitOpenError)
  })

  test('bulkhead: so many at a time, in their order, and no more that wait than may', async () => {
    let [active, most] = [0, 0]
    const order: number[] = []
    const { template } = made(async (n) => {
      most = Math.max(most, ++active)
      order.push(n)
      await settled(2)
      active--
      return { n }
    })
    const bounded = decorate(template, withBulkhead({ concurrency: 2, queue: 3 }))
    const results = await Promise.allSettled([1, 2, 3, 4, 5, 6].map((n) => bounded({ n })))
    expect([most, order, results.map(({ status }) => status)]).toEqual([2, [1, 2, 3, 4, 5], [...Array<string>(5).fill('fulfilled'), 'rejected']])
    expect((results[5] as PromiseRejectedResult).reason).toBeInstanceOf(BulkheadFullError)
    const waiting = createContext(quiet)
    const [one, two, three] = [bounded({ n: 1 }), bounded({ n: 2 }), bounded({ n: 3 }, { context: waiting })]
    waiting.abort(new Error('enough'))
    await expect(three).rejects.toMatchObject({ code: 'ABORTED' })
    await Promise.all([one, two])
  })

  test('rate limit: so many within a time, by key; it tells when to come again, or waits', async () => {
    const { template } = made()
    const limited = decorate(template, withRateLimit<{ n: number; tag?: string | undefined }>({ limit: 2, per: '1h', key: ({ tag }) => tag ?? '' }))
    await Promise.all([limited({ n: 1 }), limited({ n: 2 }), limited({ n: 3, tag: 'b' })])
    const refused = await limited({ n: 4 }).catch((thrown: unknown) => thrown)
    expect(refused).toBeInstanceOf(RateLimitedError)
    expect((refused as RateLimitedError).retryAfter).toBeGreaterThan(3_000_000)
    const patient = decorate(template, withRateLimit({ limit: 1, per: 20, wait: '5s' }))
    expect(await Promise.all([patient({ n: 1 }), patient({ n: 2 }), patient({ n: 3 })])).toEqual([{ n: 2 }, { n: 3 }, { n: 4 }])
  })

  test('access: by a permission or a rule, before anything begins', async () => {
    const { template, seen } = made()
    const as = (permissions: readonly string[]) => ({ services: services().provide(UserContext, { id: 'ada', permissions }) })
    const guarded = decorate(template, withAccess('numbers:add'))
    await expect(guarded({ n: 1 })).rejects.toMatchObject({ code: 'PERMISSION_DENIED', details: { permission: 'numbers:add' } })
    await expect(guarded({ n: 1 }, as(['other']))).rejects.toThrow('ada may not call made')
    expect(seen).toEqual([])
    expect(await guarded({ n: 1 }, as(['numbers:add']))).toEqual({ n: 2 })
    expect(await decorate(template, withAccess(async (user, input: { n: number }) => Promise.resolve(user?.id === 'ada' && input.n > 0)))({ n: 1 }, as([]))).toEqual({ n: 2 })
  })

  test('trace and metrics see each execution and its failure, and cannot change the outcome', async () => {
    const spans: unknown[] = []
    const figures = new FiguresSink()
    const { template } = made((n) => (n === 0 ? fails() : { n }))
    const watched = decorate(template, { trace: ({ template: name, version }) => ({ end: ({ error }) => spans.push([name, version, error?.code ?? null]) }), metrics: figures })
    await watched({ n: 1 })
    await expect(watched({ n: 0 }, quiet)).rejects.toBeInstanceOf(HttpFailedError)
    expect(spans).toEqual([['made', '1.2.0', null], ['made', '1.2.0', 'HTTP_FAILED']])
    expect(figures.of('made')).toMatchObject({ count: 2, active: 0, failed: 1, codes: new Map([['HTTP_FAILED', 1]]) })
    const error = vi.fn()
    const rude = { began: fails, ended: fails }
    expect(await decorate(template, { trace: fails, metrics: rude })({ n: 1 }, { log: { ...quiet.log, error } })).toEqual({ n: 1 })
    expect(error).toHaveBeenCalledTimes(3)
  })
})

function definitionOf() {
  return { name: 'slow', version: '1.0.0', description: 'Is slow.', input: Input, output: Output }
}

test('T5: any stack of decorators gives what the bare template gives, runs its whole lifecycle, and fails as it fails', async () => {
  const any: Record<string, () => Decorator<never, unknown>> = {
    trace: () => withTrace(), metrics: () => withMetrics(new FiguresSink()), access: () => withAccess(() => true), fallback: () => withFallback({ value: { n: -1 }, codes: ['NEVER'] }), cache: () => withCache(),
    retry: () => withRetry({ maxAttempts: 2, initialDelay: 0 }), circuitBreaker: () => withCircuitBreaker({ failures: 100 }), rateLimit: () => withRateLimit({ limit: 1000 }), bulkhead: () => withBulkhead({ concurrency: 5 }), timeout: () => withTimeout('1m'),
  }
  await fc.assert(fc.asyncProperty(fc.array(fc.constantFrom(...Object.keys(any)), { maxLength: 6 }), fc.boolean(), async (names, isFailing) => {
    const { template, seen } = made((n) => (isFailing ? fails() : { n }))
    const stacked = decorate(template, ...(names.map((name) => any[name]?.()) as Decorator[]))
    const result = await stacked.execute({ n: 3 }, { ...quiet, failSilently: true })
    if (isFailing) expect(result).toMatchObject({ success: false, errorData: { code: 'HTTP_FAILED' } })
    else expect(result).toMatchObject({ success: true, data: { n: 3 } })
    expect(result.metadata).toMatchObject({ template: 'made', version: '1.2.0', state: isFailing ? 'failed' : 'succeeded' })
    const executions = seen.filter((word) => word.startsWith('execute')).length
    expect(seen.filter((word) => word === 'validate')).toHaveLength(executions)
    expect(seen.filter((word) => word === 'cleanup')).toHaveLength(executions)
    expect(executions).toBe(isFailing ? 2 ** names.filter((name) => name === 'retry').length : 1)
  }), { numRuns: 150 })
})

test('a failure that is no WumboError stays what it was inside', async () => {
  const { template } = made(() => { throw new RangeError('odd') })
  await expect(decorate(template, { bulkhead: { concurrency: 1 }, circuitBreaker: {}, cache: {} })({ n: 1 }, quiet)).rejects.toMatchObject({ code: new TemplateFailedError('').code, cause: { name: 'RangeError' } })
})
