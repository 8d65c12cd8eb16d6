// Texts as PostgreSQL takes them. It can store every letter but U+0000, so that one is written as U+0001 and `0`, and U+0001 itself
// as U+0001 and `1`. Both are rare: JSON writes them as escapes. Also the checks of what no store takes: broken text, fractions, and
// errors that JSON cannot say.
import { StoreRowError } from '../../errors.ts'
import type { ErrorData } from '../../errors.ts'
import { parseJson } from '../../shared/parse-json.ts'

 
const SPECIAL = /[\u0000\u0001]/
 
const EACH_SPECIAL = /[\u0000\u0001]/g
 
const EACH_ESCAPE = /\u0001([01])/g

/** A text as it is stored. Refuses lone surrogates: UTF-8 cannot carry them. */
export function stored(value: string): string {
  if (typeof value !== 'string' || !value.isWellFormed()) throw new StoreRowError(`expected well-formed text, got ${JSON.stringify(value)?.slice(0, 80)}`)
  return escaped(value)
}

export function storedOrNull(value: string | null): string | null {
  return value === null ? null : stored(value)
}

/** A text that is asked for: what could not be stored finds nothing. */
export function sought(value: string): string {
  return escaped(value.toWellFormed())
}

/** A text as it was before it was stored. */
export function restored(value: string): string {
  return value.includes('\u0001') ? value.replace(EACH_ESCAPE, (_, which: string) => (which === '0' ? '\u0000' : '\u0001')) : value
}

export function restoredOrNull(value: string | null): string | null {
  return value === null ? null : restored(value)
}

/** An error as the JSON that is stored: it holds neither special letters nor broken text, as JSON escapes them. */
export function storedError(error: ErrorData | null): string | null {
  if (error === null) return null
  try {
    return JSON.stringify(error)
  } catch (cause) {
    throw new StoreRowError('an error holds what JSON cannot say', { cause })
  }
}

/** What a column of JSON says. */
export function restoredJson<T>(text: string | null): T | null {
  return text === null ? null : (parseJson(text) as T)
}

/** Refuses what is no whole number. */
export function whole(value: number): number {
  if (!Number.isSafeInteger(value)) throw new StoreRowError(`expected a whole number, got ${String(value)}`)
  return value
}

export function wholeOrNull(value: number | null): number | null {
  return value === null ? null : whole(value)
}

function escaped(value: string): string {
  return SPECIAL.test(value) ? value.replace(EACH_SPECIAL, (letter) => (letter === '\u0000' ? '\u00010' : '\u00011')) : value
}
