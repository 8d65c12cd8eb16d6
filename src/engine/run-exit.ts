// How a run leaves memory: it ends, waits or parks. Each is one conditional row that the store refuses while mail is
// unread, so that no cancel is lost between the last look and the end.
import { AbortedError, WumboError, errorData } from '../errors.ts'
import type { ErrorData } from '../errors.ts'
import type { EndStatus, RunKey, RunRow } from '../model/run.ts'
import type { Payload } from '../model/payload.ts'
import { defaultCodec } from '../shared/codec.ts'
import type { OpAnswer, StoreOp } from '../store/port.ts'
import { cancelPath } from '../workflow/waiting.ts'
import { parentKeyOf, tellOf } from './child-end.ts'
import type { FlushListener } from './flush.ts'
import type { Departure, RunHost } from './run-host.ts'
import { settlePayload } from './payloads.ts'
import type { RunJournal } from './run-journal.ts'

/** Mail that cannot be looked up is looked for again after this time, in milliseconds. */
const LOOK_AGAIN_MS = 500

/** How a run ends. */
export interface End {
  readonly status: EndStatus
  readonly payload: Payload | null
  readonly value: unknown
  readonly error: ErrorData | null
}

/** How a run ends with this output or failure; an output that cannot be kept is a failure. */
export function endOf(status: EndStatus, output: unknown, error: unknown): End {
  if (status !== 'completed') return { status, payload: null, value: undefined, error: errorData(error) }
  try {
    const { payload, value } = defaultCodec.snapshot(output)
    return { status, payload, value, error: null }
  } catch (thrown) {
    return { status: 'failed', payload: null, value: undefined, error: errorData(thrown) }
  }
}

/** The run, as its way out needs it. */
export interface LeavingRun {
  readonly row: RunRow
  readonly journal: RunJournal
  leave(departure: Departure): void
  /** Sees to the children of a run that ends, then calls. */
  closeChildren(then: () => void): void
  /** Why the run is to be parked when its end cannot be written as it is; null when it may fail. */
  refusal(thrown: unknown): WumboError | null
}

/** The way out of one run. */
export class RunExit implements FlushListener {
  /** The number of the last mail that this process knows of. */
  inboxSeen: number
  readonly #run: LeavingRun
  readonly #host: RunHost
  #end: End | null = null

  constructor(run: LeavingRun, host: RunHost) {
    this.#run = run
    this.inboxSeen = run.row.inboxCount
    this.#host = host
  }

  /** Marks mail as read that asks for nothing any more. */
  read(number: number): void {
    const { flusher, deps } = this.#host
    flusher.add({ op: 'consume', run: keyOf(this.#run.row), numbers: [number], at: deps.clock.now() }, this.#run.row.run, 0, null)
  }

  /** Gives the run up for its clean-up, once it is durable that this has begun; `mail` is the number of what asked for it, `reason` why the run fails. */
  cleanUp({ timeoutMs, mail, reason = null }: { readonly timeoutMs: number; readonly mail?: number; readonly reason?: ErrorData | null }): void {
    const { deps } = this.#host
    this.#run.journal.whenFree(() => {
      const at = deps.clock.now()
      this.#run.journal.mark({ path: cancelPath, kind: 'cancelled', attempt: 1, at, due: at + timeoutMs, error: reason }, (_answer, error) => this.#run.leave(error === undefined ? { how: 'cleaning' } : lost(error)))
      if (mail !== undefined) this.read(mail)
    })
  }

  /** Lets the run be looked at anew by this process, once all that is recorded is durable. */
  moveOn(): void {
    this.#run.journal.whenFree(() => {
      this.#run.journal.flushHeld()
      const { row } = this.#run
      this.#host.flusher.add({ op: 'wake', run: keyOf(row), wakeAt: null }, row.run, 0, (_answer, error) => this.#run.leave(error === undefined ? { how: 'moving' } : lost(error)))
    })
  }

  /**
   * Ends the run. The mail that asked for it stays unread: an end may have to wait for other mail, and whoever enters the run in between must hear of it
   * again. A retry of the run has read it.
   */
  finish(end: End): void {
    this.#run.journal.whenFree(() => this.#run.closeChildren(() => this.#finish(end)))
  }

  /** Ends the run with an output that may be too long for a row: then it goes into a blob first. */
  end(end: End): void {
    const stored = end.payload === null ? null : settlePayload(end.payload, this.#host.payloads)
    if (stored === null || typeof stored === 'string') {
      this.finish(end)
      return
    }
    stored.then((payload) => this.finish({ ...end, payload }), (thrown: unknown) => {
      const refusal = this.#run.refusal(thrown)
      if (refusal !== null) this.giveUp('parked', null, errorData(refusal))
      else this.finish({ status: 'failed', payload: null, value: undefined, error: errorData(thrown) })
    })
  }

  #finish(end: End): void {
    const { flusher, deps } = this.#host
    const finishedAt = deps.clock.now()
    this.#run.journal.flushHeld()
    const tell = tellOf(this.#run.row, end, finishedAt)
    flusher.add(
      { op: 'finish', run: keyOf(this.#run.row), status: end.status, output: end.payload, error: end.error, finishedAt, inboxSeen: this.inboxSeen, ...(tell === undefined ? {} : { tell }) },
      this.#run.row.run, 100 + (end.payload?.length ?? 0), this,
    )
    this.#end = end
  }

  /** The end is durable, or is not. */
  settled(_op: StoreOp, answer: OpAnswer | undefined, error: Error | undefined): void {
    if (this.#end !== null) this.#finished(this.#end, answer, error)
  }

  /** Gives the run up until `wakeAt` (null: until somebody claims it), or parks it for a reason. */
  giveUp(status: 'waiting' | 'paused' | 'parked', wakeAt: number | null, reason: ErrorData | null): void {
    this.#run.journal.whenFree(() => this.#giveUp(status, wakeAt, reason))
  }

  #giveUp(status: 'waiting' | 'paused' | 'parked', wakeAt: number | null, reason: ErrorData | null): void {
    this.#run.journal.flushHeld()
    this.#host.flusher.add({ op: 'release', run: keyOf(this.#run.row), status, wakeAt, error: reason, inboxSeen: this.inboxSeen }, this.#run.row.run, 50, (answer, error) => {
      if (error !== undefined) this.#run.leave(lost(error))
      // Mail came in between: whoever claims the run next reads it, so it must be claimable now.
      else if (answer?.answer === 'mail') this.#lookUp(() => this.giveUp(status, status === 'waiting' ? null : wakeAt, reason))
      else this.#run.leave(reason === null ? { how: 'waiting', wakeAt } : { how: 'parked', error: reason })
    })
  }

  /** Learns by itself how far the mail goes, whoever sent it and whenever that is told, so that the next try can succeed. */
  #lookUp(again: () => void): void {
    const { store, clock } = this.#host.deps
    store.mail(keyOf(this.#run.row), this.inboxSeen).then(
      (mail) => {
        this.inboxSeen = Math.max(this.inboxSeen, mail.at(-1)?.number ?? 0)
        again()
      },
      () => clock.timer(LOOK_AGAIN_MS, again), // a store that is away is told elsewhere
    )
  }

  #finished(end: End, answer: OpAnswer | undefined, error: Error | undefined): void {
    const refusal = error !== undefined && this.#host.usable() ? this.#run.refusal(error) : null
    if (refusal !== null) {
      this.giveUp('parked', null, errorData(refusal))
    } else if (error !== undefined) {
      // The end itself was refused: end as failed, without the output that may be at fault.
      if (this.#host.usable() && end.payload !== null) this.finish({ status: 'failed', payload: null, value: undefined, error: errorData(error) })
      else this.#run.leave(lost(error))
    } else if (answer?.answer === 'mail') {
      // Mail came in between: too late for a run that has its result; it stays visible as unread.
      this.#lookUp(() => this.finish(end))
    } else if (answer?.answer === 'lost') {
      this.#run.leave(lost(new AbortedError('the run belongs to another process')))
    } else {
      const parent = parentKeyOf(this.#run.row)
      if (parent !== null) this.#host.sent(parent, true, 'child')
      this.#run.leave({ how: 'ended', status: end.status, output: end.value, error: end.error })
    }
  }
}

function keyOf({ space, run }: RunRow): RunKey {
  return { space, run }
}

/** The departure of a run that this process may no longer write. */
export function lost(thrown: unknown): Departure {
  return { how: 'lost', error: thrown instanceof WumboError ? thrown : new AbortedError('the run was lost to this process', { cause: thrown }) }
}
