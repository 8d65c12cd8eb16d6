// The service's own log of calls: one JSON line when a call comes in and one when it is answered, each on disk (fsync)
// before anything else happens. It knows nothing of Wumbo, so it can bear witness against it.
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** What the caller says about itself in headers. */
export interface Caller {
  readonly key: string
  readonly run: string
  readonly step: string
  readonly attempt: number
  readonly process: number
}

/** How a call ended: `done`; `known`, the key had been served and nothing was done again; `busy`, refused with 503; `refused`, not understood. */
export type CallResult = 'done' | 'known' | 'busy' | 'refused'

/** One line of the log. `at` is in milliseconds since 1970; `call` counts from 1. */
export type CallEntry =
  | ({ readonly event: 'received'; readonly call: number; readonly at: number; readonly path: string } & Caller)
  | { readonly event: 'answered'; readonly call: number; readonly at: number; readonly result: CallResult; readonly items: number }

/** A log that is open for appending. */
export interface CallLog {
  /** What stood in the log when it was opened. */
  readonly earlier: readonly CallEntry[]
  append(entry: CallEntry): void
  close(): void
}

/** Opens the log, or begins it. A last line that was cut off by a crash is dropped: nobody was told about it. */
export function openCallLog(file: string): CallLog {
  mkdirSync(dirname(file), { recursive: true })
  const earlier = existsSync(file) ? readCallLog(file) : []
  if (existsSync(file)) truncateSync(file, wholeLines(readFileSync(file)).length)
  const handle = openSync(file, 'a')
  return {
    earlier,
    append: (entry) => {
      writeSync(handle, `${JSON.stringify(entry)}\n`)
      fsyncSync(handle)
    },
    close: () => closeSync(handle),
  }
}

/** Reads a log, without a last line that is cut off. */
export function readCallLog(file: string): CallEntry[] {
  const text = wholeLines(readFileSync(file)).toString('utf8')
  return text.split('\n').slice(0, -1).map((line) => JSON.parse(line) as CallEntry)
}

function wholeLines(bytes: Buffer): Buffer {
  return bytes.subarray(0, bytes.lastIndexOf(0x0a) + 1)
}
