// The bodies of templates that run at this moment, and which of them do real work: virtual time must not move while they do. A body that
// waits in virtual time does none, and one that is still at work after its patience is over is taken for one that hangs.
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Abort, ExecutionMetrics, ExecutionStrategy, Handler } from '../../execution/contract.ts'
import type { MaybePromise } from '../../template/contract.ts'

interface Body {
  /** Virtual waits that it is in. */
  sleeping: number
  readonly since: number
}

const realNow = performance.now.bind(performance)

/** What runs in one process. */
export class Bodies {
  readonly #current = new AsyncLocalStorage<Body>()
  readonly #running = new Set<Body>()
  readonly #patienceMs: number

  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs
  }

  get count(): number {
    return this.#running.size
  }

  /** True while a body does real work and is not taken for one that hangs. */
  get busy(): boolean {
    for (const { sleeping, since } of this.#running) if (sleeping === 0 && realNow() - since < this.#patienceMs) return true
    return false
  }

  /** True for what is called by a body. */
  get isInside(): boolean {
    return this.#current.getStore() !== undefined
  }

  /** Forgets all: their process died. */
  clear(): void {
    this.#running.clear()
  }

  /** The body that calls this waits in virtual time until the promise is settled. */
  async whileAsleep<T>(wait: Promise<T>): Promise<T> {
    const body = this.#current.getStore()
    if (body === undefined) return wait
    body.sleeping++
    try {
      return await wait
    } finally {
      body.sleeping--
    }
  }

  /** A strategy that counts what it runs; `isAlive` is false once its process is dead, and then nothing begins and nothing is answered. */
  counted(inner: ExecutionStrategy, isAlive: () => boolean): ExecutionStrategy {
    return {
      name: inner.name,
      execute: (handler: Handler, payload: unknown, abort: Abort): MaybePromise<unknown> => {
        if (!isAlive()) return new Promise(() => undefined)
        const body: Body = { sleeping: 0, since: realNow() }
        const given = this.#current.run(body, () => inner.execute(handler, payload, abort))
        if (!(given instanceof Promise) || !isAlive()) return given
        this.#running.add(body)
        return given.finally(() => this.#running.delete(body))
      },
      metrics: (): ExecutionMetrics => inner.metrics(),
      shutdown: (deadlineMs) => inner.shutdown(deadlineMs),
    }
  }
}
