// The mail of one run in memory: signals and decisions, in the order in which they were stored, and the waits that are open for them. The oldest
// mail goes to the oldest wait of its address. The record that answers the wait names the mail, and that record alone is the taking: whatever was
// taken in and is named by no record of the run's history is offered again when the run is entered again.
import { SignalInvalidError, WumboError, errorData } from '../errors.ts'
import type { ErrorData } from '../errors.ts'
import { NEVER } from '../model/run.ts'
import type { Mail, RunRow } from '../model/run.ts'
import type { CleanUp } from './clean-up.ts'
import type { MailWait } from './mail-wait.ts'
import type { EventBody, RunHost } from './run-host.ts'
import { NO_PAUSE, RunPause } from './run-pause.ts'
import { recordMail } from './run-records.ts'
import { RunUpdates, type UpdatedRun } from './run-updates.ts'
import { RunTopics, type ListeningRun, type Topic } from './run-topics.ts'
import type { WaitingRun } from './run-waits.ts'

/** A signal as its mail carries it; a decision under its path, an update under its name, an event under its topic and key. */
export interface MailBody {
  readonly address: string
  readonly payload: unknown
}

interface Offer extends MailBody {
  readonly kind: Mail['kind']
  readonly number: number
  /** Of an event. */
  readonly topic: string | null
}

/** The run, as its inbox needs it. */
export interface InboxRun extends WaitingRun, UpdatedRun, ListeningRun {
  readonly row: RunRow
  pause: RunPause
  readonly cleanUp: CleanUp | null
  emit(event: EventBody): void
}

/** The inbox of one run. Made with its first mail or wait. */
export class RunInbox {
  readonly #run: InboxRun
  readonly #host: RunHost
  readonly updates: RunUpdates
  readonly #topics: RunTopics
  #offers: Offer[] = []
  readonly #waits: MailWait[] = []
  readonly #known = new Set<number>()
  /** Mail is read one after the other, so that it stays in its order. */
  #reading: Promise<void> = Promise.resolve()
  readonly #coming = new Set<number>()

  constructor(run: InboxRun, host: RunHost) {
    this.#run = run
    this.#host = host
    this.updates = new RunUpdates(run, host, () => this.#matchAll())
    this.#topics = new RunTopics(run, host)
  }

  /** True while mail is on its way to a wait, or an update can be taken: the run must stay until that is seen to. */
  get isBusy(): boolean {
    return this.#coming.size > 0 || this.updates.isBusy || this.#topics.isBusy
  }

  /** The numbers of the mail that waits to be taken. */
  get openNumbers(): ReadonlySet<number> {
    return new Set([...this.#coming, ...this.#offers.map(({ number }) => number), ...this.updates.numbers])
  }

  /** Takes mail in that the store has accepted. */
  take(mail: Mail): void {
    if (mail.kind === 'pause' || mail.kind === 'resume' || mail.kind === 'unpark') {
      this.#asked(mail)
      return
    }
    if (this.#known.has(mail.number)) return
    this.#known.add(mail.number)
    this.#coming.add(mail.number)
    // At once, whatever becomes of the run: unread mail would have it claimed again and again.
    if (mail.consumedAt === null) this.#markRead(mail.number)
    this.#reading = this.#reading.then(() => this.#read(mail)).catch((thrown: unknown) => this.#run.broken(thrown))
  }

  /** Somebody asked for a pause, or for its end. */
  #asked({ kind, number }: Mail): void {
    const run = this.#run
    this.#markRead(number)
    const paused = kind === 'pause'
    // What came before the run was entered is known by then. A clean-up must end in its time: it is not held up.
    if (kind === 'unpark' || (paused && run.cleanUp?.when === 'now' && run.undo?.isActive !== true) || number <= run.row.inboxCount || run.pause.isOn === paused) return
    run.emit({ type: paused ? 'run.paused' : 'run.unpaused' })
    if (run.pause === NO_PAUSE) run.pause = new RunPause(false)
    run.pause.turn(paused)
    if (paused) run.considerLeavingSoon()
  }

  /** A wait begins; its bound becomes durable first. */
  open(wait: MailWait): void {
    const { clock, limits } = this.#host.deps
    const mark = this.#run.known.marks.get(wait.path)
    wait.since = mark?.at ?? clock.now()
    wait.stay(limits.releaseAfterMs, () => this.#run.considerLeavingSoon())
    if (wait.operation.kind === 'event') this.#topics.listen(wait.operation, wait.operation.lookbackMs, () => this.#bound(wait))
    else this.#bound(wait)
  }

  /** The bound of a wait becomes durable, and the wait begins. */
  #bound(wait: MailWait): void {
    if (wait.isGivenUp) return // while the run began to listen
    const { timeoutMs } = wait.operation
    const mark = this.#run.known.marks.get(wait.path)
    if (mark?.kind === 'wait') {
      this.#begin(wait, mark.due ?? NEVER)
      return
    }
    const due = timeoutMs === null ? null : wait.since + timeoutMs
    this.#run.journal.mark({ path: wait.path, kind: 'wait', attempt: 1, at: wait.since, due, error: null }, (_answer, error) => {
      if (error !== undefined) this.#run.broken(error)
      else if (this.#run.live && due !== null) this.#begin(wait, due)
    })
    if (due === null) this.#begin(wait, NEVER)
  }

  #begin(wait: MailWait, due: number): void {
    if (wait.isGivenUp) return
    this.#waits.push(wait)
    wait.due = due
    this.#match(wait.operation.kind, wait.operation.address)
    // A little later: the mail of a run that is entered is handed in after its waits have begun.
    void this.#reading.then(() => {
      if (this.#run.live && this.#waits.includes(wait)) wait.arm(due, () => this.#over(wait))
    })
    this.#run.considerLeavingSoon()
  }

  async #read(mail: Mail): Promise<void> {
    const { address, payload } = (await this.#host.readPayload(mail.body)) as MailBody // as postbox.ts makes it
    this.#coming.delete(mail.number)
    if (!this.#run.live) return
    if (mail.kind === 'update') {
      this.updates.take(mail.number, address, payload)
      this.#run.considerLeavingSoon()
      return
    }
    const event = mail.kind === 'event' ? (payload as Topic) : null // as whoever publishes makes it
    if (event !== null) this.#topics.came(event)
    this.#offer({ kind: mail.kind, number: mail.number, address, payload, topic: event?.topic ?? null })
    this.#run.considerLeavingSoon()
  }

  #markRead(number: number): void {
    const { space, run } = this.#run.row
    this.#host.flusher.add({ op: 'consume', run: { space, run }, numbers: [number], at: this.#host.deps.clock.now() }, run, 0, null)
  }

  /** Mail is there: it alone is new to the waits that are free, and none of them wanted what came before it. */
  #offer(offer: Offer): void {
    const wait = this.updates.holdsUp(offer.number) ? undefined : this.#waits.find((one) => !one.isBusy && this.#isFor(offer, one))
    if (wait === undefined) this.#offers.splice(this.#offers.findLastIndex(({ number }) => number < offer.number) + 1, 0, offer)
    else this.#try(wait, offer)
  }

  /** Gives the oldest offer to the oldest wait of the address, until there is none of one of the two. */
  #match(kind: Mail['kind'], address: string): void {
    for (;;) {
      const found = this.#pair(kind, address)
      if (found === null || this.updates.holdsUp(found.offer.number)) return
      this.#offers = this.#offers.filter((one) => one !== found.offer)
      this.#try(found.wait, found.offer)
    }
  }

  #pair(kind: Mail['kind'], address: string): { readonly wait: MailWait; readonly offer: Offer } | null {
    for (const wait of this.#waits) {
      if (wait.isBusy || wait.operation.kind !== kind || wait.operation.address !== address) continue
      const offer = this.#offers.find((one) => this.#isFor(one, wait))
      if (offer !== undefined) return { wait, offer }
    }
    return null
  }

  #isFor(offer: Offer, wait: MailWait): boolean {
    const { kind, address } = wait.operation
    return offer.kind === kind && (offer.address === address || offer.topic === address) && wait.takes(offer, (thrown) => {
      this.#host.deps.log.warn('an event could not be looked at for a wait, and is left to others', { run: this.#run.row.run, step: wait.path, number: offer.number, error: errorData(thrown).message })
    })
  }

  /** What an update has held up. */
  #matchAll(): void {
    const at = this.#host.deps.clock.now()
    for (const wait of [...this.#waits]) {
      this.#match(wait.operation.kind, wait.operation.address)
      if (wait.due !== null && wait.due <= at) this.#over(wait)
    }
  }

  #try(wait: MailWait, offer: Offer): void {
    try {
      const checked = wait.operation.check === null ? offer.payload : wait.operation.check(offer.payload)
      if (!(checked instanceof Promise)) {
        this.#answer(wait, checked, offer)
        return
      }
      // Its time does not end while mail is looked at that came before.
      wait.isBusy = true
      checked.then((value: unknown) => this.#answer(wait, value, offer), (thrown: unknown) => this.#refuse(wait, offer, thrown))
    } catch (thrown) {
      this.#refuse(wait, offer, thrown)
    }
  }

  #answer(wait: MailWait, value: unknown, offer: Offer): void {
    if (wait.isGivenUp) {
      this.#offerAgain(offer)
      return
    }
    this.#close(wait)
    recordMail(this.#run, this.#host, wait, { value, number: offer.number })
  }

  /** Mail that was looked at for a wait that was given up meanwhile goes to others, in its order. */
  #offerAgain(offer: Offer): void {
    this.#offer(offer)
    this.#run.considerLeavingSoon()
  }

  /** Mail that a wait does not take is set aside, with the reason; the wait goes on. */
  #refuse(wait: MailWait, offer: Offer, thrown: unknown): void {
    if (!this.#run.live) return
    if (wait.isGivenUp) {
      this.#offerAgain(offer)
      return
    }
    const at = this.#host.deps.clock.now()
    this.#host.deps.log.warn('mail was not what the wait takes, and is set aside', { run: this.#run.row.run, step: wait.path, number: offer.number, error: errorData(thrown).message })
    this.#run.journal.mark({ path: wait.path, kind: 'refused', attempt: offer.number, at, due: null, error: reasonOf(thrown) }, (_answer, error) => {
      if (error !== undefined) this.#run.broken(error)
    })
    if (!wait.isBusy) return
    wait.isBusy = false
    this.#match(offer.kind, wait.operation.address)
    if (wait.due !== null && wait.due <= at) this.#over(wait)
    else this.#run.considerLeavingSoon()
  }

  #over(wait: MailWait): void {
    if (wait.isBusy || !this.#run.live || !this.#waits.includes(wait)) return
    if (this.#offers.some((offer) => this.updates.holdsUp(offer.number) && this.#isFor(offer, wait))) return
    if (this.#coming.size > 0) {
      // What has come before its end is looked at first, also what came while the run was away.
      void this.#reading.then(() => this.#over(wait))
      return
    }
    this.#close(wait)
    recordMail(this.#run, this.#host, wait, null)
  }

  /** Nobody waits for it any more: mail goes to others. */
  forget(wait: MailWait): void {
    wait.isGivenUp = true
    this.#close(wait)
  }

  /** The run leaves memory: it ceases to listen to what nobody waits for. */
  leave(): void {
    this.#topics.leave((address) => this.#waits.some(({ operation }) => operation.kind === 'event' && operation.address === address))
  }

  #close(wait: MailWait): void {
    wait.abort()
    const at = this.#waits.indexOf(wait)
    if (at >= 0) this.#waits.splice(at, 1)
  }
}

function reasonOf(thrown: unknown): ErrorData {
  return errorData(thrown instanceof WumboError ? thrown : new SignalInvalidError('the payload could not be checked', { cause: thrown }))
}
