// The logger of executions that were given none: quiet, but what needs an eye reaches the console. Not the platform's
// logger, which writes structured lines and is handed in.
import type { Logger } from './contract.ts'

/** Warnings and errors go to the console's error stream; the rest is dropped. */
export const quietLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: (message, fields) => write('warning', message, fields),
  error: (message, fields) => write('error', message, fields),
}

function write(level: string, message: string, fields: Readonly<Record<string, unknown>> | undefined): void {
  // eslint-disable-next-line no-console -- the last resort of a program that configured no logger
  console.error(`${level}: ${message}`, ...(fields === undefined ? [] : [fields]))
}
