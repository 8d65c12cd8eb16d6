// Checks of what decorators are given: what was expected, what came, and where.
import { DefinitionError } from '../../errors.ts'
import { parseDuration } from '../../shared/duration.ts'
import { shown } from '../door.ts'

/** A whole number from `least` on. */
export function wholeFrom(least: number, given: unknown, path: string): number {
  if (typeof given === 'number' && (Number.isSafeInteger(given) || given === Number.POSITIVE_INFINITY) && given >= least) return given
  throw new DefinitionError(`${path}: expected a whole number from ${least}, got ${shown(given)}`, { path })
}

/** A duration of more than nothing, in milliseconds. */
export function timeOf(given: number | string, path: string): number {
  const ms = parseDuration(given, path)
  if (ms > 0) return ms
  throw new DefinitionError(`${path}: expected a time of more than nothing, got ${shown(given)}`, { path })
}

/** A function, or undefined when there is none. */
export function functionOf<F>(given: F | undefined, path: string): F | undefined {
  if (given === undefined || typeof given === 'function') return given
  throw new DefinitionError(`${path}: expected a function, got ${shown(given)}`, { path })
}

/** What tells inputs apart where a decorator counts by them: one key for all, unless it is told. */
export function keyOf<I>(key: ((input: I) => string) | undefined, path: string): (input: unknown) => string {
  if (functionOf(key, path) === undefined) return () => ''
  return (input) => {
    const found: unknown = key?.(input as I) // the checked input is what the schema gives
    if (typeof found === 'string') return found
    throw new DefinitionError(`${path}: expected a text, got ${shown(found)}`, { path })
  }
}
