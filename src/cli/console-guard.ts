// Keeps standard output for results: what modules of users write with `console` goes to the view of the command, on standard error.
import { format } from 'node:util'

const METHODS = ['log', 'info', 'debug', 'warn', 'error', 'trace'] as const

/** Hands console output to `print` until the returned function is called. Direct writes to the streams are not touched. */
export function guardConsole(print: (text: string) => void): () => void {
  const before = { ...console }
  for (const method of METHODS) console[method] = (...given: unknown[]): void => print(`${format(...given)}\n`)
  return () => void Object.assign(console, before)
}
