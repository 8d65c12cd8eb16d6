// A moment as people write it: a Date, milliseconds since 1970, or an ISO text with its offset from UTC.
import { DefinitionError } from '../errors.ts'

/** Refuses what is no moment: a Date, milliseconds since 1970, or an ISO text with its offset. Gives milliseconds since 1970. */
export function momentOf(time: Date | number | string, place: string): number {
  const ms = time instanceof Date ? time.getTime() : typeof time === 'number' ? time : typeof time === 'string' && OFFSET.test(time) ? Date.parse(time) : Number.NaN
  if (Number.isFinite(ms) && Math.abs(ms) <= 8.64e15) return Math.ceil(ms)
  throw new DefinitionError(`${place}: expected a Date, milliseconds since 1970 or a text such as "2030-01-31T08:00:00Z", got ${time instanceof Date ? 'an invalid Date' : JSON.stringify(time)}`, {
    path: place, remedy: 'Write the time with its offset from UTC, or make a Date.',
  })
}

const OFFSET = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})$/
