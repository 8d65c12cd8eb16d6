// The curves of a retry policy, and what is refused at the door.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mayRetry, retryDelay, retryPlan } from './retry-policy.ts'

const delays = (backoff: 'exponential' | 'linear' | 'fibonacci' | 'fixed'): number[] => {
  const plan = retryPlan({ maxAttempts: 9, backoff, initialDelay: 100, maxDelay: 2000, jitter: false }, 's')
  return Array.from({ length: 8 }, (_, i) => retryDelay(plan, i + 1, 0.3))
}

describe('E4: waits between attempts', () => {
  test('follow their curve and are capped by maxDelay', () => {
    expect(delays('fixed')).toEqual([100, 100, 100, 100, 100, 100, 100, 100])
    expect(delays('linear')).toEqual([100, 200, 300, 400, 500, 600, 700, 800])
    expect(delays('fibonacci')).toEqual([100, 100, 200, 300, 500, 800, 1300, 2000])
    expect(delays('exponential')).toEqual([100, 200, 400, 800, 1600, 2000, 2000, 2000])
  })

  test('with jitter lie between half and the whole of the curve, whatever the attempt', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 100_000 }), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.constantFrom('exponential', 'linear', 'fibonacci', 'fixed'), (attempt, random, backoff) => {
      const plain = retryDelay(retryPlan({ backoff, jitter: false }, 's'), attempt, 0)
      const jittered = retryDelay(retryPlan({ backoff }, 's'), attempt, random)
      expect(jittered).toBeGreaterThanOrEqual(Math.floor(plain / 2))
      expect(jittered).toBeLessThanOrEqual(plain)
      expect(plain).toBeLessThanOrEqual(300_000)
    }))
  })

  test('are given only to failures that may be repeated', () => {
    const plan = retryPlan({ maxAttempts: 3, nonRetryable: ['NO_MONEY'] }, 's')
    const error = { name: 'E', code: 'X', message: '', retryable: true }
    expect(mayRetry(plan, error, 2)).toBe(true)
    expect(mayRetry(plan, error, 3)).toBe(false)
    expect(mayRetry(plan, { ...error, code: 'NO_MONEY' }, 1)).toBe(false)
    expect(mayRetry(plan, { ...error, retryable: false }, 1)).toBe(false)
    expect(mayRetry({ ...plan, nonRetryable: ['TypeError'] }, { ...error, cause: { ...error, name: 'TypeError' } }, 1)).toBe(false)
    expect(mayRetry(retryPlan(undefined, 's'), error, 1)).toBe(false)
  })

  test.each([
    [{ maxAttempts: 0 }, 'charge.retry.maxAttempts'], [{ maxAttempts: 1.5 }, 'charge.retry.maxAttempts'],
    [{ jitter: 1 as never }, 'charge.retry.jitter'], [{ nonRetryable: 'X' as never }, 'charge.retry.nonRetryable'],
    [{ backoff: 'quadratic' as never }, 'charge.retry.backoff'], [{ initialDelay: 'soon' }, 'charge.retry.initialDelay'], [{ maxDelay: -1 }, 'charge.retry.maxDelay'],
  ])('%j is refused at %s', (policy, path) => {
    expect(() => retryPlan(policy, 'charge')).toThrow(expect.objectContaining({ code: 'DEFINITION_INVALID', path }))
  })
})
