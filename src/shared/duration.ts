// Durations as people write them: a number of milliseconds, or text such as "500ms", "1.5s", "3m", "2h", "7d",
// and sums such as "1h 30m". Not calendars: a day is 24 hours.
import { DefinitionError } from '../errors.ts'

/** Milliseconds, or text made of numbers with the units ms, s, m, h, d, w. */
export type Duration = number | string

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }
const PART = /^(\d+(?:\.\d+)?)(ms|s|m|h|d|w)(?:\s+|(?=\d)|$)/
const MAX_MS = 8.64e15

/** Parses a duration to whole milliseconds. Throws DefinitionError that names `path` for anything else. */
export function parseDuration(duration: Duration, path = 'duration'): number {
  if (typeof duration === 'number') {
    if (Number.isFinite(duration) && duration >= 0 && duration <= MAX_MS) return Math.ceil(duration)
    throw refuse(duration, path)
  }
  if (typeof duration !== 'string' || duration.length > 64) throw refuse(duration, path)
  let rest = duration.trim()
  let total = 0
  if (rest === '') throw refuse(duration, path)
  while (rest !== '') {
    const part = PART.exec(rest)
    if (part === null) throw refuse(duration, path)
    total += Number(part[1]) * (UNITS[part[2] ?? ''] ?? Number.NaN)
    rest = rest.slice(part[0].length)
  }
  if (!(total <= MAX_MS)) throw refuse(duration, path)
  return Math.ceil(total)
}

/** Writes milliseconds the way people read them: "850 ms", "2.4 s", "3 m 20 s", "2 h 5 m", "3 d 4 h". */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0 ms'
  if (ms < 1) return `${ms.toFixed(2)} ms`
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`
  const pair = (value: number, big: string, size: number, small: string): string => {
    const rest = Math.floor((value % size) / (size / (size === 86_400_000 ? 24 : 60)))
    return `${Math.floor(value / size)} ${big}${rest === 0 ? '' : ` ${rest} ${small}`}`
  }
  if (ms < 3_600_000) return pair(ms, 'm', 60_000, 's')
  return ms < 86_400_000 ? pair(ms, 'h', 3_600_000, 'm') : pair(ms, 'd', 86_400_000, 'h')
}

function refuse(given: unknown, path: string): DefinitionError {
  return new DefinitionError(`${path}: expected a duration such as "500ms", "30s", "1h 30m" or a number of milliseconds, got ${JSON.stringify(given)}`, { path })
}
