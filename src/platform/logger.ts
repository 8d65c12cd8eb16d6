// The logger of a process: levels, one line per entry, secrets hidden, sizes bounded. It never throws: a log that cannot be
// written is dropped. Not an exporter: whoever wants entries elsewhere hands in a sink.
import { ConfigInvalidError } from '../errors.ts'
import { cleanFields, cleanText } from './log-fields.ts'
import { humanLine, jsonLine, LOG_LEVELS, type LogEntry, type LogLevel } from './log-lines.ts'

export { LOG_LEVELS, type LogLevel } from './log-lines.ts'

/** Writes entries. Fields are plain data; a message is one line. */
export interface StructuredLogger {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void
  info(message: string, fields?: Readonly<Record<string, unknown>>): void
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void
  error(message: string, fields?: Readonly<Record<string, unknown>>): void
  /** A logger that adds these fields to each entry. */
  child(fields: Readonly<Record<string, unknown>>): StructuredLogger
}

/** What a logger is made with. */
export interface LoggerOptions {
  /** Entries below it are dropped. Default `info`; `silent` drops all. */
  readonly level?: LogLevel
  /** Default `json`. */
  readonly format?: 'json' | 'human'
  /** Further words that make a key's value a secret, beside `password`, `token`, `authorization` and so on. */
  readonly secrets?: readonly string[]
  /** Takes each line, its line feed included. Default: the process's error stream. */
  readonly sink?: (line: string) => void
  /** Milliseconds since 1970. Default: the system's clock. */
  readonly now?: () => number
}

/**
 * Makes a logger.
 * @example
 * const log = createLogger({ level: 'debug', format: 'human' })
 * log.info('run started', { run: id })
 */
export function createLogger(options: LoggerOptions = {}): StructuredLogger {
  const { level = 'info', format = 'json', secrets = [], sink = toErrorStream, now = Date.now } = options
  if (!LOG_LEVELS.includes(level)) throw new ConfigInvalidError(`log level: expected one of ${LOG_LEVELS.join(', ')}, got ${JSON.stringify(level)}`, { path: 'level' })
  const target: Target = {
    least: LOG_LEVELS.indexOf(level),
    line: format === 'json' ? jsonLine : humanLine,
    secrets: new Set(secrets.map((word) => word.toLowerCase().replace(/[^a-z0-9]/g, ''))),
    sink,
    now,
  }
  return new LineLogger(target, {})
}

interface Target {
  readonly least: number
  readonly line: (entry: LogEntry) => string
  readonly secrets: ReadonlySet<string>
  readonly sink: (line: string) => void
  readonly now: () => number
}

class LineLogger implements StructuredLogger {
  readonly #target: Target
  /** Fields of every entry, already cleaned. */
  readonly #bound: Readonly<Record<string, unknown>>

  constructor(target: Target, bound: Readonly<Record<string, unknown>>) {
    this.#target = target
    this.#bound = bound
  }

  debug(message: string, fields?: Readonly<Record<string, unknown>>): void {
    this.#write('debug', message, fields)
  }

  info(message: string, fields?: Readonly<Record<string, unknown>>): void {
    this.#write('info', message, fields)
  }

  warn(message: string, fields?: Readonly<Record<string, unknown>>): void {
    this.#write('warn', message, fields)
  }

  error(message: string, fields?: Readonly<Record<string, unknown>>): void {
    this.#write('error', message, fields)
  }

  child(fields: Readonly<Record<string, unknown>>): StructuredLogger {
    return new LineLogger(this.#target, { ...this.#bound, ...cleanFields(fields, this.#target.secrets) })
  }

  #write(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>> | undefined): void {
    const { least, line, secrets, sink, now } = this.#target
    if (LOG_LEVELS.indexOf(level) < least) return
    try {
      sink(line({ time: now(), level, message: cleanText(message), fields: fields === undefined ? this.#bound : { ...this.#bound, ...cleanFields(fields, secrets) } }))
    } catch {
      // A log must not fail what it tells about.
    }
  }
}

function toErrorStream(line: string): void {
  process.stderr.write(line)
}
