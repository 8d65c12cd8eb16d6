// The lock that makes one process the writer of a file: an exclusive transaction on a side file, `<file>.lock`, held for
// life. The operating system frees it the moment its holder dies, however it dies. Nothing in this process may open the
// side file by other means: closing any descriptor of it would free the lock.
import { DatabaseSync } from 'node:sqlite'
import { StoreLockedError } from '../../errors.ts'
import { resultCode } from './failures.ts'
import { readNote } from './owner.ts'

const BUSY = 5

/** The lock of one file. */
export class FileLock {
  readonly #file: string
  #holder: DatabaseSync | null = null

  constructor(file: string) {
    this.#file = file
  }

  get held(): boolean {
    return this.#holder !== null
  }

  /** Takes the lock, or throws StoreLockedError at once, naming who holds it. */
  take(): void {
    if (this.#holder !== null) throw new StoreLockedError(`${this.#file} has an open lane in this process already`, { details: { pid: process.pid } })
    const holder = new DatabaseSync(`${this.#file}.lock`, { timeout: 0 })
    try {
      holder.exec('begin exclusive')
    } catch (thrown) {
      holder.close()
      if (resultCode(thrown) === BUSY) throw this.#locked()
      throw thrown
    }
    this.#holder = holder
  }

  release(): void {
    this.#holder?.close()
    this.#holder = null
  }

  #locked(): StoreLockedError {
    const owner = readNote(this.#file)
    const who = owner === undefined ? 'another process' : `process ${owner.pid} on ${owner.host}${owner.address === undefined ? '' : `, which answers at ${owner.address}`}`
    return new StoreLockedError(`${this.#file} is owned by ${who}`, {
      details: { file: this.#file, ...(owner === undefined ? {} : { pid: owner.pid, host: owner.host }), ...(owner?.address === undefined ? {} : { address: owner.address }) },
    })
  }
}
