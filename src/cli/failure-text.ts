// Failures for people: what happened, where, why, what to do, and the code; never a stack unless it is asked for. And the same
// as JSON.
import { InternalError, WumboError, errorData, errorFromData } from '../errors.ts'
import type { ErrorData } from '../errors.ts'
import { visibleLine, visibleText } from '../shared/visible.ts'
import type { Channel } from './terminal.ts'

const MAX_CAUSES = 5

/** The lines of a failure. `verbose` adds the stacks of it and its causes. */
export function failureLines(channel: Channel, thrown: unknown, verbose: boolean): string[] {
  const failure = asFailure(thrown)
  const fact = (name: string, text: string): string => `  ${channel.paint('dim', name.padEnd(6))} ${text}`
  // Definitions tell several problems, one a line.
  const [first = '', ...others] = failure.message.split('\n').map(visibleLine)
  const lines = [`${channel.paint('red', '✗')} ${channel.paint('bold', first)}`, ...others.map((line) => `  ${line}`)]
  // Most messages name the place themselves.
  if (failure.path !== undefined && !failure.message.includes(failure.path)) lines.push(fact('where', visibleLine(failure.path)))
  for (const cause of causesOf(failure)) {
    if (!failure.message.includes(cause.message)) lines.push(fact('cause', visibleLine(`${cause.code === 'UNKNOWN' ? cause.name : cause.code}: ${cause.message}`)))
  }
  lines.push(fact('do', visibleLine(failure.remedy)), fact('code', failure.code))
  if (verbose) for (const stack of stacksOf(thrown)) lines.push(channel.paint('dim', visibleText(stack)))
  return lines
}

/** The failure of a run as the journal keeps it, with what the command line advises. */
export function recordedFailureLines(channel: Channel, error: ErrorData, remedy: string): string[] {
  return failureLines(channel, errorFromData({ ...error, remedy }), false)
}

/** `{"error": …}` in one line. */
export function failureJson(thrown: unknown): string {
  return JSON.stringify({ error: errorData(asFailure(thrown)) })
}

/** What is not of the catalogue is a defect: ours, or of a module that threw outside of every step. */
export function asFailure(thrown: unknown): WumboError {
  if (thrown instanceof WumboError) return thrown
  return new InternalError(`something failed that should not: ${thrown instanceof Error ? thrown.message : String(thrown)}`, { cause: thrown })
}

function causesOf(failure: WumboError): ErrorData[] {
  const causes: ErrorData[] = []
  for (let cause = errorData(failure).cause; cause !== undefined && causes.length < MAX_CAUSES; cause = cause.cause) causes.push(cause)
  return causes
}

function stacksOf(thrown: unknown): string[] {
  const stacks: string[] = []
  for (let error = thrown; error instanceof Error && stacks.length <= MAX_CAUSES; error = error.cause) if (error.stack !== undefined) stacks.push(error.stack)
  return stacks
}
