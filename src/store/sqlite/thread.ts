// A worker thread that answers calls, seen from the main thread. It keeps the process alive only while a call is under
// way; when it dies, every call fails with StoreFailedError.
import { Worker } from 'node:worker_threads'
import type { Transferable } from 'node:worker_threads'
import { StoreClosedError, StoreFailedError } from '../../errors.ts'
import type { ErrorData } from '../../errors.ts'
import type { Calls, ThreadData } from './calls.ts'
import { failureFromWire } from './failures.ts'

/** What goes to the thread. */
export interface Call {
  readonly id: number
  readonly name: string
  readonly given: unknown
}

/** What comes back. */
export type Reply = { readonly id: number; readonly value: unknown } | { readonly id: number; readonly error: ErrorData }

interface Waiting {
  resolve(value: never): void
  reject(reason: Error): void
}

/** Sources run as they are; in a build the threads lie beside this file as JavaScript. */
const EXTENSION = import.meta.url.endsWith('.ts') ? '.ts' : '.js'

/** A thread that answers the calls `Known`. */
export class Thread<Known extends Calls<Known>> {
  readonly #worker: Worker
  readonly #waiting = new Map<number, Waiting>()
  readonly #ended: Promise<void>
  #calls = 0
  #broken: Error | null = null

  /** Starts the thread whose file is `<name>.ts` or `.js` beside this one. */
  constructor(name: string, data: ThreadData) {
    this.#worker = new Worker(new URL(`./${name}${EXTENSION}`, import.meta.url), { workerData: data, name: `wumbo-${name}` })
    this.#worker.unref()
    this.#worker.on('message', (reply: Reply) => this.#reply(reply))
    this.#worker.on('error', (cause) => this.#fail(new StoreFailedError(`the ${name} died: ${String(cause)}`, { cause })))
    this.#ended = new Promise((resolve) => {
      this.#worker.on('exit', () => {
        this.#fail(new StoreClosedError(`the ${name} has ended`))
        resolve()
      })
    })
  }

  /** Asks the thread; `moved` buffers are handed over and no longer usable here. */
  call<Name extends keyof Known & string>(name: Name, given: Known[Name]['in'], moved: readonly Transferable[] = []): Promise<Known[Name]['out']> {
    if (this.#broken !== null) return Promise.reject(this.#broken)
    return new Promise<Known[Name]['out']>((resolve, reject) => {
      const id = ++this.#calls
      if (this.#waiting.size === 0) this.#worker.ref()
      this.#waiting.set(id, { resolve, reject })
      this.#worker.postMessage({ id, name, given } satisfies Call, moved)
    })
  }

  /** Ends the thread, and waits until it has ended. */
  async end(): Promise<void> {
    this.#broken ??= new StoreClosedError('the store is closed')
    await this.#worker.terminate()
    await this.#ended
  }

  #reply(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id)
    this.#waiting.delete(reply.id)
    if (this.#waiting.size === 0) this.#worker.unref()
    if ('error' in reply) waiting?.reject(failureFromWire(reply.error))
    // What the thread answers to a call of this name is checked by `serve`'s types.
    else waiting?.resolve(reply.value as never)
  }

  #fail(error: Error): void {
    this.#broken ??= error
    for (const waiting of this.#waiting.values()) waiting.reject(this.#broken)
    this.#waiting.clear()
  }
}
