// What may be said in the options that a durable function hands in. A key that is not known is refused with the nearest one: a `timeuot` that is passed over
// waits for ever.
import { DefinitionError } from '../errors.ts'
import { didYouMean } from '../shared/nearest.ts'

/** The options of each call. */
const KNOWN = {
  step: ['key', 'retry', 'timeout', 'totalTimeout', 'heartbeatTimeout', 'level', 'compensate'],
  retry: ['maxAttempts', 'backoff', 'initialDelay', 'maxDelay', 'jitter', 'nonRetryable'],
  map: ['concurrency', 'key'],
  loop: ['max', 'until', 'initial', 'delay', 'onMax'],
  event: ['key', 'schema', 'where', 'lookback', 'timeout'],
  signal: ['schema', 'key', 'timeout'],
  approval: ['title', 'form', 'assignees', 'key', 'timeout'],
  inline: ['key'],
  decision: ['approved', 'by', 'form', 'comment'],
  child: ['key', 'parentClose', 'queue'],
  children: ['key', 'parentClose', 'queue', 'concurrency'],
} as const

/** Refuses what is no object, and keys that are not known. `path` is where the options stand. */
export function checkOptions(of: keyof typeof KNOWN, options: unknown, path: string): void {
  const known: readonly string[] = KNOWN[of]
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new DefinitionError(`${path}: expected an object with options, got ${options === null ? 'null' : Array.isArray(options) ? 'a list' : typeof options}`, { path, remedy: `Options are: ${known.join(', ')}.` })
  }
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue
    throw new DefinitionError(`${path}.${key}: there is no such option.${didYouMean(key, known)}`, { path: `${path}.${key}`, remedy: `Options are: ${known.join(', ')}.` })
  }
}
