// Reads what a fault is to be. JavaScript and casts get past the types; a fault that never comes would make its test prove nothing.
import { ConfigInvalidError } from '../../errors.ts'
import { didYouMean } from '../../shared/nearest.ts'
import type { FaultOptions } from './contract.ts'

const KEYS = ['error', 'timeout', 'crash', 'attempt', 'times']
const MOMENTS = ['start', 'before', 'after']

/** Fills in the defaults. Throws ConfigInvalidError that names the key. */
export function readFault(options: FaultOptions): FaultOptions & { readonly attempt: number | 'any'; readonly times: number } {
  const given: Readonly<Record<string, unknown>> = { ...options }
  const strange = Object.keys(given).find((key) => !KEYS.includes(key))
  if (strange !== undefined) throw refused(strange, `is not known.${didYouMean(strange, KEYS)} Known: ${KEYS.join(', ')}`)
  const kinds = ['error', 'timeout', 'crash'].filter((key) => given[key] !== undefined)
  if (kinds.length !== 1) throw refused('error', `expected exactly one of error, timeout and crash, got ${kinds.join(' and ') || 'none'}`)
  const { error, timeout, crash, attempt = 1, times = 1 } = given
  if (error !== undefined && typeof error !== 'string' && !(error instanceof Error)) throw refused('error', `expected an Error or a text, got ${typeof error}`)
  if (timeout !== undefined && timeout !== true) throw refused('timeout', `expected true, got ${JSON.stringify(timeout)}`)
  if (crash !== undefined && !MOMENTS.includes(crash as string)) throw refused('crash', `expected ${MOMENTS.join(', ')}, got ${JSON.stringify(crash)}`)
  if (attempt !== 'any' && !isCount(attempt)) throw refused('attempt', `expected a whole number from 1, or "any", got ${JSON.stringify(attempt)}`)
  if (!isCount(times)) throw refused('times', `expected a whole number from 1, got ${JSON.stringify(times)}`)
  return { ...options, attempt, times }
}

function isCount(value: unknown): value is number {
  return value === Number.POSITIVE_INFINITY || (Number.isInteger(value) && (value as number) >= 1)
}

function refused(path: string, message: string): ConfigInvalidError {
  return new ConfigInvalidError(`fault.${path}: ${message}`, { path: `fault.${path}` })
}
