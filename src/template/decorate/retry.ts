// Tries again after a failure that may pass. In a run the engine's own retry is the better one: its waits are durable.
import { errorData } from '../../errors.ts'
import type { RetryPolicy } from '../contract.ts'
import { childContext, isOwn } from '../derived-context.ts'
import { asFailure } from '../failure.ts'
import { pause } from '../heed.ts'
import { mayRetry, RETRY_KEYS, retryDelay, retryPlan } from '../retry-policy.ts'
import { checkKnown } from '../known-options.ts'
import { RANKS, type Decorator } from './decorator.ts'
import { tellRetry } from './observe.ts'

/**
 * Tries again, with the curves and the terms of a step's `retry`: what is not retryable by its class, or named in `nonRetryable`, is not tried again. A wait ends with an
 * abort. Every attempt has the idempotency key of the first. `.execute()` tells the number of attempts.
 */
export function withRetry(policy: RetryPolicy): Decorator {
  checkKnown('retry', policy, RETRY_KEYS)
  const plan = retryPlan(policy, 'decorate')
  return {
    name: 'retry', rank: RANKS.retry,
    wrap: (next, { meta }) => {
      const label = `${meta.name}@${meta.version}`
      return async (input, context) => {
        for (let attempt = 1; ; attempt++) {
          if (isOwn(context)) context.attempts = attempt
          try {
            return await next(input, childContext(context, { label: null, attempt }))
          } catch (thrown) {
            const error = asFailure(thrown, label)
            if (context.signal.aborted || !mayRetry(plan, errorData(error), attempt)) throw error
            const delay = Math.max(retryDelay(plan, attempt, Math.random()), error.retryAfter ?? 0)
            tellRetry(context, { attempt, delayMs: delay, error })
            context.log.debug(`${label}: attempt ${attempt} failed, the next one begins in ${delay} ms`, { error: error.message })
            await pause(delay, context.signal)
          }
        }
      }
    },
  }
}
