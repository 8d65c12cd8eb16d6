// How a run leaves memory: it ends, waits or parks. Each is one conditional row that the store refuses while mail is
// unread, so that no cancel is lost between the last look and the end.
import { AbortedError, WumboError, errorData } from '../errors.ts'
import type { ErrorData } from '../errors.ts'
import type { EndStatus, RunKey } from '../model/run.ts'
import type { Payload } from '../model/payload.ts'
import type { OpAnswer } from '../store/port.ts'
import type { Departure, RunHost } from './run-host.ts'
import type { RunJournal } from './run-journal.ts'

/** How a run ends. */
export interface End {
  readonly status: EndStatus
  readonly payload: Payload | null
  readonly value: unknown
  readonly error: ErrorData | null
}

/** The way out of one run. */
export class RunExit {
  /** The number of the last mail that this process knows of. */
  inboxSeen: number
  readonly #key: RunKey
  readonly #journal: RunJournal
  readonly #host: RunHost
  readonly #leave: (departure: Departure) => void

  constructor(key: RunKey & { readonly inboxCount: number }, journal: RunJournal, host: RunHost, leave: (departure: Departure) => void) {
    this.#key = { space: key.space, run: key.run }
    this.inboxSeen = key.inboxCount
    this.#journal = journal
    this.#host = host
    this.#leave = leave
  }

  /** Ends the run; `consumed` is the number of the mail that made it end. */
  finish(end: End, consumed?: number): void {
    const { flusher, deps } = this.#host
    const finishedAt = deps.clock.now()
    this.#journal.flushHeld()
    if (consumed !== undefined) flusher.add({ op: 'consume', run: this.#key, numbers: [consumed], at: finishedAt }, this.#key.run, 0, null)
    flusher.add(
      { op: 'finish', run: this.#key, status: end.status, output: end.payload, error: end.error, finishedAt, inboxSeen: this.inboxSeen },
      this.#key.run, 100 + (end.payload?.length ?? 0),
      (answer, error) => this.#finished(end, answer, error),
    )
  }

  /** Gives the run up until `wakeAt` (null: until somebody claims it), or parks it for a reason. */
  giveUp(status: 'waiting' | 'parked', wakeAt: number | null, reason: ErrorData | null): void {
    this.#journal.flushHeld()
    this.#host.flusher.add({ op: 'release', run: this.#key, status, wakeAt, error: reason, inboxSeen: this.inboxSeen }, this.#key.run, 50, (answer, error) => {
      if (error !== undefined) this.#leave(lost(error))
      // Mail came in between: whoever claims the run next reads it, so it must be claimable now.
      else if (answer?.answer === 'mail') this.giveUp(status, status === 'waiting' ? null : wakeAt, reason)
      else this.#leave(reason === null ? { how: 'waiting', wakeAt } : { how: 'parked', error: reason })
    })
  }

  #finished(end: End, answer: OpAnswer | undefined, error: Error | undefined): void {
    if (error !== undefined) {
      // The end itself was refused: end as failed, without the output that may be at fault.
      if (this.#host.usable() && end.payload !== null) this.finish({ status: 'failed', payload: null, value: undefined, error: errorData(error) })
      else this.#leave(lost(error))
    } else if (answer?.answer === 'mail') {
      // Mail came in between: too late for a run that has its result; it stays visible as unread.
      this.finish(end)
    } else if (answer?.answer === 'lost') {
      this.#leave(lost(new AbortedError('the run belongs to another process')))
    } else {
      this.#leave({ how: 'ended', status: end.status, output: end.value, error: end.error })
    }
  }
}

/** The departure of a run that this process may no longer write. */
export function lost(thrown: unknown): Departure {
  return { how: 'lost', error: thrown instanceof WumboError ? thrown : new AbortedError('the run was lost to this process', { cause: thrown }) }
}
