// Runs numbered tasks with a bound on how many are under way. No queue and no timers: as long as tasks are synchronous they
// run one after the other and no promise is made.
import type { MaybePromise } from './contract.ts'

/** How many tasks, and how many at a time. */
export interface PoolOptions {
  readonly count: number
  readonly concurrency: number
  /** Called at once with the first failure, before what is under way has ended: to abort it. */
  readonly onFailure?: (thrown: unknown) => void
}

/**
 * Runs task(0) … task(count − 1), started in this order. After a failure no further task starts; the first failure is thrown
 * once all that started have ended.
 */
export function runPool(options: PoolOptions, task: (index: number) => MaybePromise<void>): MaybePromise<void> {
  const pool = new Pool(options, task)
  pool.fill()
  return pool.outcome()
}

class Pool {
  readonly #options: PoolOptions
  readonly #task: (index: number) => MaybePromise<void>
  #next = 0
  #pending = 0
  #failure: { readonly thrown: unknown } | undefined
  #ended: (() => void) | undefined

  constructor(options: PoolOptions, task: (index: number) => MaybePromise<void>) {
    this.#options = options
    this.#task = task
  }

  /** Starts tasks until the bound is reached or none is left. */
  fill(): void {
    while (this.#failure === undefined && this.#next < this.#options.count && this.#pending < this.#options.concurrency) {
      try {
        const given = this.#task(this.#next++)
        if (given instanceof Promise) this.#follow(given)
      } catch (thrown) {
        this.#fail(thrown)
      }
    }
  }

  outcome(): MaybePromise<void> {
    if (this.#pending > 0) {
      return new Promise<void>((resolve) => {
        this.#ended = resolve
      }).then(() => this.#settle())
    }
    this.#settle()
  }

  #follow(pending: Promise<void>): void {
    this.#pending++
    const end = (): void => {
      this.#pending--
      this.fill()
      if (this.#pending === 0) this.#ended?.()
    }
    pending.then(end, (thrown: unknown) => {
      this.#fail(thrown)
      end()
    })
  }

  #fail(thrown: unknown): void {
    if (this.#failure !== undefined) return
    this.#failure = { thrown }
    this.#options.onFailure?.(thrown)
  }

  #settle(): void {
    if (this.#failure !== undefined) throw this.#failure.thrown
  }
}
