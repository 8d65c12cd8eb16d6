// A key as part of a path or an address: text in which no character of paths stands unescaped.
import { DefinitionError } from '../errors.ts'

const ESCAPED = /[^A-Za-z0-9_~-]/gu

/** Writes a key so that a path stays readable and unambiguous: other characters than letters, digits, _ ~ - become %XX. */
export function escapeKey(key: string | number): string {
  const text = String(key)
  if (text.length > 200) {
    throw new DefinitionError(`key: expected at most 200 characters, got ${text.length}`, { path: 'key' })
  }
  if (!text.isWellFormed()) throw new DefinitionError('key: expected well-formed text, got a lone surrogate', { path: 'key' })
  return text.replace(ESCAPED, (unit) => encodeURIComponent(unit).replace(/[.!'()*]/g, (plain) => `%${plain.charCodeAt(0).toString(16).toUpperCase()}`))
}
