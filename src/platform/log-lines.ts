// One log entry as one line: JSON for machines, short text for people. Whatever could break out of the line, colour a
// terminal or turn the reading direction is escaped.

/** The levels, from chatty to none. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** One entry, ready to be written. */
export interface LogEntry {
  /** Milliseconds since 1970. */
  readonly time: number
  readonly level: LogLevel
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** Control characters (C0, DEL, C1), line and paragraph separators, and marks that turn the reading direction. */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

/** Escapes as JSON does, for text that is in JSON or beside it. */
function escapeUnsafe(text: string): string {
  return text.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

const RESERVED: ReadonlySet<string> = new Set(['time', 'level', 'message'])

/** `{"time":"2026-01-31T12:00:00.000Z","level":"info","message":"…",…fields}`. A field named like one of the three gets a `_` before it. */
export function jsonLine({ time, level, message, fields }: LogEntry): string {
  const own = Object.fromEntries(Object.entries(fields).map(([key, value]) => [RESERVED.has(key) ? `_${key}` : key, value]))
  return `${escapeUnsafe(JSON.stringify({ time: new Date(time).toISOString(), level, message, ...own }))}\n`
}

/** `12:00:00.000 info  message  key=value`, the time in UTC. */
export function humanLine({ time, level, message, fields }: LogEntry): string {
  const parts = Object.entries(fields).map(([key, value]) => `${key}=${typeof value === 'string' && /^[\w.:/@-]+$/.test(value) ? value : JSON.stringify(value)}`)
  const head = `${new Date(time).toISOString().slice(11, 23)} ${level.padEnd(5)} ${message.replace(/\r?\n/g, '\\n')}`
  return `${escapeUnsafe(parts.length === 0 ? head : `${head}  ${parts.join(' ')}`)}\n`
}
