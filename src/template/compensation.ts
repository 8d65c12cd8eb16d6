// What undoes a step, as a template or a step option says it: a template of its own, since a compensation is recorded, retried and
// shown like a step. Here are its check and its one normal form; when it runs is the engine's matter.
import { DefinitionError } from '../errors.ts'
import { parseDuration } from '../shared/duration.ts'
import { didYouMean } from '../shared/nearest.ts'
import type { AnyTemplate, CompletedStep, RetryPolicy, UnknownStep } from './contract.ts'

/** The normal form of a compensation. */
export interface Compensation {
  readonly template: AnyTemplate
  readonly retry: RetryPolicy
  readonly timeout?: number | string
  readonly onUnknown: 'settle' | 'compensate'
  readonly prepare?: (step: CompletedStep<unknown, unknown> | UnknownStep<unknown>) => unknown
}

/** How a compensation is tried when nobody says otherwise. */
export const COMPENSATION_RETRY: RetryPolicy = Object.freeze({ maxAttempts: 5, backoff: 'exponential', initialDelay: 1000, maxDelay: 60_000, jitter: true })

const KEYS = ['uses', 'retry', 'timeout', 'onUnknown', 'prepare']
const UNKNOWNS = ['settle', 'compensate']

/** Checks what was given as `compensate` and gives its normal form. Throws DefinitionError with `path`. */
export function compensationOf(given: unknown, path: string): Compensation {
  if (isTemplate(given)) return { template: given, retry: given.defaults.retry ?? COMPENSATION_RETRY, onUnknown: 'settle' }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw refuse(path, `expected a template, got ${given === null ? 'null' : typeof given}`)
  }
  const { uses, retry, timeout, onUnknown = 'settle', prepare } = given as Readonly<Record<string, unknown>>
  for (const key of Object.keys(given)) if (!KEYS.includes(key)) throw refuse(`${path}.${key}`, `there is no such key.${didYouMean(key, KEYS)}`)
  if (!isTemplate(uses)) throw refuse(`${path}.uses`, `expected a template, got ${typeof uses}`)
  if (!UNKNOWNS.includes(onUnknown as string)) throw refuse(`${path}.onUnknown`, `expected settle or compensate, got ${JSON.stringify(onUnknown)}`)
  if (timeout !== undefined) parseDuration(timeout as string, `${path}.timeout`)
  return {
    template: uses, retry: (retry as RetryPolicy | undefined) ?? uses.defaults.retry ?? COMPENSATION_RETRY, onUnknown: onUnknown as Compensation['onUnknown'],
    ...(timeout === undefined ? {} : { timeout: timeout as string }), ...(prepare === undefined ? {} : { prepare: prepare as NonNullable<Compensation['prepare']> }),
  }
}

function isTemplate(value: unknown): value is AnyTemplate {
  return typeof value === 'function' && typeof (value as Partial<AnyTemplate>).invoke === 'function'
}

function refuse(path: string, problem: string): DefinitionError {
  return new DefinitionError(`${path}: ${problem}`, { path, remedy: 'Write compensate: template, or compensate: { uses: template, retry, timeout, onUnknown }.' })
}
