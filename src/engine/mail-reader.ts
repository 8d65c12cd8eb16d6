// Mail that others sent to runs in this process's memory: read from the store and handed to the run, each once, in its order.
import type { Mail, RunKey } from '../model/run.ts'
import type { Store } from '../store/port.ts'

/** A run that mail is handed to. */
export interface Addressee {
  /** The number of the last mail that it knows of. */
  readonly inboxSeen: number
  onMail(mail: Mail): void
}

/** What reading mail needs of the engine. */
export interface MailHost {
  readonly store: Store
  /** The run, if it is in memory. */
  hot(run: string): Addressee | undefined
  /** Does what nobody waits for. */
  quietly(work: Promise<void>): void
}

/** Reads mail for runs in memory. */
export class MailReader {
  readonly #host: MailHost
  /** Runs whose mail is being read, and from which number on it is to be read again then. */
  readonly #reading = new Map<string, number | null>()
  /** Runs of this process that mail was stored for while they were on their way into memory. */
  readonly #expected = new Set<string>()

  constructor(host: MailHost) {
    this.#host = host
  }

  /** There may be mail up to number `last`. A run that is just coming or going is told again. */
  arrived(key: RunKey, last: number): void {
    const hot = this.#host.hot(key.run)
    if (hot !== undefined && last > hot.inboxSeen) this.look(key, hot.inboxSeen)
  }

  /** There is mail for a run that is not in memory yet, or no more. */
  expect(run: string): void {
    this.#expected.add(run)
  }

  /** A run has come into memory. */
  entered({ space, run }: RunKey): void {
    if (this.#expected.size > 0 && this.#expected.delete(run)) this.arrived({ space, run }, Number.POSITIVE_INFINITY)
  }

  /** Looks for mail after number `after`. */
  look(key: RunKey, after: number): void {
    const again = this.#reading.get(key.run)
    if (again === undefined) this.#host.quietly(this.#read(key, after))
    // What is being read was looked up before this came.
    else this.#reading.set(key.run, Math.min(again ?? after, after))
  }

  async #read(key: RunKey, after: number): Promise<void> {
    try {
      for (let from: number | null = after; from !== null; from = this.#reading.get(key.run) ?? null) {
        this.#reading.set(key.run, null)
        for (const mail of await this.#host.store.mail(key, from)) if (mail.consumedAt === null) this.#host.hot(key.run)?.onMail(mail)
      }
    } finally {
      this.#reading.delete(key.run)
    }
  }
}
