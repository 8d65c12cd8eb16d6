// When a failed attempt is tried again: the curves of a retry policy. Pure: the random number is handed in.
import type { RetryPolicy } from './contract.ts'
import type { ErrorData } from '../errors.ts'
import { DefinitionError } from '../errors.ts'
import { parseDuration } from '../shared/duration.ts'

/** What a policy may say. */
export const RETRY_KEYS = ['maxAttempts', 'backoff', 'initialDelay', 'maxDelay', 'jitter', 'nonRetryable'] as const satisfies readonly (keyof RetryPolicy)[]

/** A retry policy with every default filled in and durations in milliseconds. */
export interface RetryPlan {
  readonly maxAttempts: number
  readonly backoff: 'exponential' | 'linear' | 'fibonacci' | 'fixed'
  readonly initialDelay: number
  readonly maxDelay: number
  readonly jitter: boolean
  readonly nonRetryable: readonly string[]
}

/** What holds where a policy says nothing: one attempt. */
export const NO_RETRY: RetryPlan = { maxAttempts: 1, backoff: 'exponential', initialDelay: 1000, maxDelay: 300_000, jitter: true, nonRetryable: [] }

/** Fills in the defaults of a policy. Throws DefinitionError for what cannot be. */
export function retryPlan(policy: RetryPolicy | undefined, path: string): RetryPlan {
  if (policy === undefined) return NO_RETRY
  const maxAttempts = policy.maxAttempts ?? 1
  if (!Number.isInteger(maxAttempts) || maxAttempts < 1 || maxAttempts > 100_000) {
    throw new DefinitionError(`${path}.retry.maxAttempts: expected a whole number from 1 to 100000, got ${String(maxAttempts)}`, { path: `${path}.retry.maxAttempts` })
  }
  const backoff = policy.backoff ?? 'exponential'
  if (!['exponential', 'linear', 'fibonacci', 'fixed'].includes(backoff)) {
    throw new DefinitionError(`${path}.retry.backoff: expected exponential, linear, fibonacci or fixed, got ${JSON.stringify(backoff)}`, { path: `${path}.retry.backoff` })
  }
  const { jitter = true, nonRetryable = [] } = policy
  if (typeof jitter !== 'boolean') throw new DefinitionError(`${path}.retry.jitter: expected true or false, got ${JSON.stringify(jitter)}`, { path: `${path}.retry.jitter` })
  if (!Array.isArray(nonRetryable) || nonRetryable.some((one) => typeof one !== 'string')) {
    throw new DefinitionError(`${path}.retry.nonRetryable: expected a list of codes, got ${JSON.stringify(nonRetryable)}`, { path: `${path}.retry.nonRetryable` })
  }
  return {
    maxAttempts,
    backoff,
    initialDelay: parseDuration(policy.initialDelay ?? NO_RETRY.initialDelay, `${path}.retry.initialDelay`),
    maxDelay: parseDuration(policy.maxDelay ?? NO_RETRY.maxDelay, `${path}.retry.maxDelay`),
    jitter,
    nonRetryable,
  }
}

/** True when a failure of attempt `attempt` is followed by another attempt. */
export function mayRetry(plan: RetryPlan, error: ErrorData, attempt: number): boolean {
  return attempt < plan.maxAttempts && !isTerminal(plan, error)
}

/** True when the policy, or the failure itself, rules out another attempt whatever their number. */
export function isTerminal(plan: RetryPlan, error: ErrorData): boolean {
  return !error.retryable || isNamed(plan.nonRetryable, error)
}

/** True when the failure, or one of its causes, has one of these codes or is of one of these classes. */
function isNamed(names: readonly string[], error: ErrorData | undefined): boolean {
  if (error === undefined || names.length === 0) return false
  return names.includes(error.code) || names.includes(error.name) || isNamed(names, error.cause)
}

/**
 * Milliseconds to wait after attempt `attempt` (from 1) failed. With jitter the wait lies evenly between half and the
 * whole of the curve's value; `maxDelay` caps every curve.
 */
export function retryDelay(plan: RetryPlan, attempt: number, random: number): number {
  const curve = Math.min(plan.initialDelay * factor(plan.backoff, attempt), plan.maxDelay)
  return Math.ceil(plan.jitter ? curve * (0.5 + random / 2) : curve)
}

function factor(backoff: RetryPlan['backoff'], attempt: number): number {
  switch (backoff) {
    case 'fixed':
      return 1
    case 'linear':
      return attempt
    case 'exponential':
      return 2 ** Math.min(attempt - 1, 60)
    case 'fibonacci': {
      let [previous, current] = [0, 1]
      for (let i = 1; i < Math.min(attempt, 80); i++) [previous, current] = [current, previous + current]
      return current
    }
  }
}
