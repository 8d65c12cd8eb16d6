// One log entry as one line: JSON for machines, short text for people. Whatever could break out of the line, colour a
// terminal or turn the reading direction is escaped.
import { visibleJson, visibleLine } from '../shared/visible.ts'

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

const RESERVED: ReadonlySet<string> = new Set(['time', 'level', 'message'])

/** `{"time":"2026-01-31T12:00:00.000Z","level":"info","message":"…",…fields}`. A field named like one of the three gets a `_` before it. */
export function jsonLine({ time, level, message, fields }: LogEntry): string {
  const own = Object.fromEntries(Object.entries(fields).map(([key, value]) => [RESERVED.has(key) ? `_${key}` : key, value]))
  return `${visibleJson(JSON.stringify({ time: new Date(time).toISOString(), level, message, ...own }))}\n`
}

/** `12:00:00.000 info  message  key=value`, the time in UTC. */
export function humanLine({ time, level, message, fields }: LogEntry): string {
  const parts = Object.entries(fields).map(([key, value]) => `${key}=${typeof value === 'string' && /^[\w.:/@-]+$/.test(value) ? value : JSON.stringify(value)}`)
  const head = `${new Date(time).toISOString().slice(11, 23)} ${level.padEnd(5)} ${message}`
  return `${visibleLine(parts.length === 0 ? head : `${head}  ${parts.join(' ')}`)}\n`
}
