// What may be said in the options that a durable function hands in.
import { RETRY_KEYS } from '../template/retry-policy.ts'
import { checkKnown } from '../template/known-options.ts'

/** The options of each call. */
const KNOWN = {
  step: ['key', 'retry', 'timeout', 'totalTimeout', 'heartbeatTimeout', 'level', 'compensate'],
  retry: RETRY_KEYS,
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
  checkKnown(path, options, KNOWN[of])
}
