// Bounds how many executions begin within a time. The counting is that of rate-limiter-flexible, which is loaded by the first that is bounded: it
// brings a file for every store that it knows.
import { RateLimitedError } from '../../errors.ts'
import { formatDuration, parseDuration } from '../../shared/duration.ts'
import type { TemplateContext } from '../contract.ts'
import { pause } from '../heed.ts'
import { checkKnown } from '../known-options.ts'
import { RANKS, type Decorator } from './decorator.ts'
import { keyOf, timeOf, wholeFrom } from './options.ts'

/** How many executions may begin, within which time. */
export interface RateLimitOptions<I> {
  readonly limit: number
  /** Default 1 s. */
  readonly per?: number | string
  /** One limit for each text that it gives. Default: one for all. */
  readonly key?: (input: I) => string
  /** How long an execution may wait for its turn before it fails. Default 0: it fails at once. */
  readonly wait?: number | string
}

/** Fails with RATE_LIMITED when the limit is reached, or lets executions wait for their turn. Counts in this process. */
export function withRateLimit<I>(options: RateLimitOptions<I>): Decorator<I> {
  checkKnown('rateLimit', options, ['limit', 'per', 'key', 'wait'])
  const limit = wholeFrom(1, options.limit, 'rateLimit.limit')
  const perMs = timeOf(options.per ?? '1s', 'rateLimit.per')
  const waitMs = parseDuration(options.wait ?? 0, 'rateLimit.wait')
  const keyFor = keyOf(options.key, 'rateLimit.key')
  return {
    name: 'rateLimit', rank: RANKS.rateLimit,
    wrap: (next, { meta }) => {
      const load = async () => {
        const { RateLimiterMemory, RateLimiterRes } = await import('rate-limiter-flexible')
        return { limiter: new RateLimiterMemory({ points: limit, duration: perMs / 1000 }), Refusal: RateLimiterRes }
      }
      let loading: ReturnType<typeof load> | undefined
      const admitted = async (key: string, context: TemplateContext): Promise<void> => {
        const { limiter, Refusal } = await (loading ??= load())
        for (const began = performance.now(); ;) {
          try {
            await limiter.consume(key)
            return
          } catch (thrown) {
            if (!(thrown instanceof Refusal)) throw thrown
            const retryAfter = Math.max(1, Math.ceil(thrown.msBeforeNext))
            if (performance.now() - began + retryAfter > waitMs) {
              throw new RateLimitedError(`${meta.name}@${meta.version}${key === '' ? '' : ` for ${key}`}: more than ${limit} in ${formatDuration(perMs)}`, { retryAfter, details: { limit, per: perMs, retryAfter, key } })
            }
            await pause(retryAfter, context.signal)
          }
        }
      }
      return async (input, context) => {
        await admitted(keyFor(input), context)
        return next(input, context)
      }
    },
  }
}
