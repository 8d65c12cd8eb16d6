// The topics that one run in memory listens to: it begins to when it first waits for an event of them, and ceases before it leaves memory with nobody
// waiting. What it has missed since it last listened, or since it began, comes as mail before the wait begins. The store keeps who listens, so that nothing is lost while the run is away.
import type { Mail, RunRow } from '../model/run.ts'
import type { StoreOp } from '../store/port.ts'
import { topicAddress } from '../workflow/waiting.ts'
import { patiently } from './patient-read.ts'
import type { RunHost } from './run-host.ts'

/** Events that one operation may bring. */
const PIECE = 500

/** A topic, or one key of it. */
export interface Topic {
  readonly topic: string
  readonly key: string | null
}

/** The run, as its topics need it. */
export interface ListeningRun {
  readonly row: RunRow
  readonly live: boolean
  readonly inboxSeen: number
  onMail(mail: Mail): void
  broken(thrown: unknown): void
}

/** What one run listens to. */
export class RunTopics {
  readonly #run: ListeningRun
  readonly #host: RunHost
  /** Those that it may be listening to, by address. */
  readonly #known = new Map<string, Topic>()
  /** Those of which the store has said that nothing was missed. */
  readonly #listened = new Set<string>()
  #pending = 0

  constructor(run: ListeningRun, host: RunHost) {
    this.#run = run
    this.#host = host
  }

  /** True while the run begins to listen: it must stay until that is done. */
  get isBusy(): boolean {
    return this.#pending > 0
  }

  /** An event came: somebody has listened to it, in an earlier process where this one knows of nothing. */
  came({ topic, key }: Topic): void {
    const ways = [{ topic, key: null }, { topic, key }]
    if (ways.some((one) => this.#known.has(topicAddress(one)))) return
    for (const one of ways) this.#known.set(topicAddress(one), one)
  }

  /** Listens, and calls once what was missed has been handed to the run. `lookbackMs`: how long before the run's start an event may have been published. */
  listen(topic: Topic, lookbackMs: number, then: () => void): void {
    const { row } = this.#run
    const address = topicAddress(topic)
    if (this.#listened.has(address)) {
      then()
      return
    }
    this.#known.set(address, topic)
    this.#pending++
    this.#ask({ op: 'listen', run: { space: row.space, run: row.run }, topic: topic.topic, key: topic.key, since: row.createdAt - lookbackMs, limit: PIECE }, () => {
      this.#listened.add(address)
      then()
    })
  }

  #ask(op: Extract<StoreOp, { op: 'listen' }>, then: () => void, before = 0): void {
    this.#host.flusher.add(op, op.run.run, 200, (answer, error) => {
      if (error !== undefined) {
        this.#pending--
        this.#run.broken(error)
        return
      }
      const { mails, isWhole } = answer?.answer === 'listening' ? answer : { mails: 0, isWhole: true }
      if (!this.#run.live) this.#pending--
      else if (!isWhole) this.#ask(op, then, before + mails)
      else if (before + mails > 0) this.#hand(then)
      else this.#listening(then)
    })
  }

  /** Reads what was missed before the wait begins: its time may be over already, and what came before that counts. */
  #hand(then: () => void): void {
    const { deps } = this.#host
    const { row, inboxSeen } = this.#run
    patiently(deps, () => deps.store.mail(row, inboxSeen), () => this.#host.usable()).then(
      (mail) => {
        for (const one of mail) if (one.consumedAt === null) this.#run.onMail(one)
        this.#listening(then)
      },
      (thrown: unknown) => {
        this.#pending--
        this.#run.broken(thrown)
      },
    )
  }

  #listening(then: () => void): void {
    this.#pending--
    if (this.#run.live) then()
  }

  /** The run leaves memory; `isWaited` tells the addresses that somebody waits for. */
  leave(isWaited: (address: string) => boolean): void {
    const { space, run } = this.#run.row
    for (const [address, topic] of this.#known) {
      if (isWaited(address)) continue
      this.#known.delete(address)
      this.#listened.delete(address)
      // Refused when the run is not this lane's any more: then its next owner sees to it.
      this.#host.flusher.add({ op: 'unlisten', run: { space, run }, ...topic }, run, 100, null)
    }
  }
}
