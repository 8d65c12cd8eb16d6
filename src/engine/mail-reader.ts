// Mail that others sent to runs in this process's memory: read from the store and handed to the run, each once.
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
  readonly #reading = new Set<string>()

  constructor(host: MailHost) {
    this.#host = host
  }

  /** There may be mail up to number `last`. A run that is just coming or going is told again. */
  arrived(key: RunKey, last: number): void {
    const hot = this.#host.hot(key.run)
    if (hot !== undefined && last > hot.inboxSeen) this.look(key, hot.inboxSeen)
  }

  /** Looks for mail after number `after`. */
  look(key: RunKey, after: number): void {
    if (!this.#reading.has(key.run)) this.#host.quietly(this.#read(key, after))
  }

  async #read(key: RunKey, after: number): Promise<void> {
    this.#reading.add(key.run)
    try {
      const loaded = await this.#host.store.load(key)
      for (const mail of loaded?.mail ?? []) if (mail.number > after && mail.consumedAt === null) this.#host.hot(key.run)?.onMail(mail)
    } finally {
      this.#reading.delete(key.run)
    }
  }
}
