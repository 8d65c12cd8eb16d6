// The ways of a run that was claimed and is not entered: it cannot be, and is parked with the reason, or somebody had asked to cancel it.
import { errorData } from '../errors.ts'
import type { ErrorData } from '../errors.ts'
import type { RunEvent } from '../model/event.ts'
import { isEnd } from '../model/run.ts'
import type { MailKind, RunKey, RunRow } from '../model/run.ts'
import { cancelPath } from '../workflow/waiting.ts'
import type { Cleaning } from './clean-up.ts'
import { tellOf } from './child-end.ts'
import type { Flusher } from './flush.ts'
import type { EngineDeps } from './ports.ts'
import type { Departure } from './run-host.ts'

/** What these ways need of the engine. */
export interface SideExitHost {
  readonly deps: EngineDeps
  readonly flusher: Flusher
  emit(event: RunEvent): void
  /** A run left without having been entered. */
  gone(run: string, departure: Departure): void
  /** Mail is stored for a run. */
  sent(run: RunKey, isOwned: boolean, kind: MailKind): void
}

/** How a run ends that somebody asked to cancel before it was entered. */
export interface CancelledEnd {
  readonly error: ErrorData
}

/** Runs that leave before they are entered. */
export class SideExits {
  readonly #host: SideExitHost
  readonly #resume: (key: RunKey) => void

  /** `resume` is called for a run that got mail in between. */
  constructor(host: SideExitHost, resume: (key: RunKey) => void) {
    this.#host = host
    this.#resume = resume
  }

  /** A run that cannot be entered: parked with the reason. Mail that comes in between is looked at first. */
  async park(key: RunKey, thrown: unknown): Promise<void> {
    const { deps, flusher } = this.#host
    const error = errorData(thrown)
    const row = await deps.store.getRun(key)
    if (row === undefined || isEnd(row.status)) return
    // Read by then, though not taken: unread mail would have the run claimed again and again.
    const unread = (await deps.store.mail(key, 0)).filter(({ consumedAt, kind }) => consumedAt === null && kind !== 'cancel').map(({ number }) => number)
    if (unread.length > 0) flusher.add({ op: 'consume', run: key, numbers: unread, at: deps.clock.now() }, key.run, 0, null)
    deps.log.error('a run cannot go on', { run: key.run, error: error.message, becomes: 'parked' })
    flusher.add({ op: 'release', run: key, status: 'parked', wakeAt: null, error, inboxSeen: row.inboxCount }, key.run, 100, (answer, failed) => {
      if (failed !== undefined) deps.log.error('a run could not be parked', { run: key.run, error: failed.message })
      else if (answer?.answer === 'mail') this.#resume(key)
      else {
        this.#host.emit({ run: key.run, workflow: row.workflow, at: deps.clock.now(), type: 'run.parked', error })
        this.#host.gone(key.run, { how: 'parked', error })
      }
    })
  }

  /** Leaves a run to others, who can claim it at once. Mail that comes in between is looked at first. */
  giveBack({ space, run, inboxCount }: RunRow, isPaused: boolean): void {
    const { deps, flusher } = this.#host
    const key: RunKey = { space, run }
    flusher.add({ op: 'release', run: key, status: isPaused ? 'paused' : 'waiting', wakeAt: null, error: null, inboxSeen: inboxCount }, run, 50, (answer, failed) => {
      if (failed !== undefined) deps.log.error('a run could not be given back', { run, error: failed.message })
      else if (answer?.answer === 'mail') this.#resume(key)
      else this.#host.gone(run, { how: 'waiting', wakeAt: null })
    })
  }

  /** Notes that a run's clean-up has begun, and reads the mail that asked for it; resolves to what is known of it. */
  beginCleanUp(row: RunRow, { mail, timeoutMs }: { readonly mail: number; readonly timeoutMs: number }): Promise<Cleaning> {
    const { deps, flusher } = this.#host
    const { space, run, gen } = row
    const at = deps.clock.now()
    const due = at + timeoutMs
    return new Promise((resolve, reject) => {
      flusher.add({ op: 'mark', mark: { space, run, gen, path: cancelPath, kind: 'cancelled', attempt: 1, at, due, error: null } }, run, 100, (_answer, error) => (error === undefined ? resolve({ due, reason: null }) : reject(error)))
      flusher.add({ op: 'consume', run: { space, run }, numbers: [mail], at }, run, 0, null)
    })
  }

  /** Ends a run that somebody asked to cancel before it was entered: nothing of it begins, so its code need not be known. */
  cancelled(row: RunRow, cancel: CancelledEnd): void {
    const { deps, flusher } = this.#host
    const key: RunKey = { space: row.space, run: row.run }
    const { error } = cancel
    const at = deps.clock.now()
    const tell = tellOf(row, { status: 'cancelled', error }, at)
    flusher.add({ op: 'finish', run: key, status: 'cancelled', output: null, error, finishedAt: at, inboxSeen: row.inboxCount, ...(tell === undefined ? {} : { tell }) }, row.run, 100, (answer, failed) => {
      if (failed !== undefined) deps.log.error('a run could not be cancelled', { run: row.run, error: failed.message })
      // The mail that asked for it is unread yet: the run is looked at anew.
      else if (answer?.answer === 'mail') this.#resume(key)
      else {
        this.#host.emit({ run: row.run, workflow: row.workflow, at, type: 'run.ended', status: 'cancelled', error })
        if (tell !== undefined) this.#host.sent(tell, true, 'child')
        this.#host.gone(row.run, { how: 'ended', status: 'cancelled', output: undefined, error })
      }
    })
  }
}
