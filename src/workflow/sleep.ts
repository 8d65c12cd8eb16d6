// How long a step sleeps: a duration that stands in the definition, or one that expressions give in a run. Waiting is the engine's.
import { ExpressionError } from '../errors.ts'
import { parseDuration } from '../shared/duration.ts'
import { momentOf } from '../shared/moment.ts'
import type { Binding } from './binding.ts'
import { shown } from './door.ts'
import type { Frame } from './frame.ts'

/** What to do about a wrong duration. */
export const SLEEP_REMEDY = 'Write for example 500ms, 30s, 1h 30m, a number of milliseconds, or an expression that gives one of them: ${{ input.wait }}.'

/** The milliseconds that a duration comes to. Throws ExpressionError for what is no duration, and what the binding throws. */
export function sleepMs(duration: Binding, path: string, frame: Frame): number {
  const value = duration.evaluate(frame)
  try {
    return parseDuration(value as number | string) // refuses everything else
  } catch {
    throw new ExpressionError(`${path}: expected a duration such as "500ms", "30s", "1h 30m" or a number of milliseconds, got ${shown(value)}`, { path, remedy: SLEEP_REMEDY })
  }
}

/** What to do about a wrong moment. */
export const UNTIL_REMEDY = 'Write for example 2030-01-31T08:00:00Z, milliseconds since 1970, or an expression that gives one of them: ${{ input.notBefore }}.'

/** The moment that a binding gives, milliseconds since 1970. Throws ExpressionError for what is none, and what the binding throws. */
export function untilMs(moment: Binding, path: string, frame: Frame): number {
  const value = moment.evaluate(frame)
  try {
    return momentOf(value as number | string, path) // refuses everything else
  } catch {
    throw new ExpressionError(`${path}: expected a moment such as "2030-01-31T08:00:00Z" or milliseconds since 1970, got ${shown(value)}`, { path, remedy: UNTIL_REMEDY })
  }
}
