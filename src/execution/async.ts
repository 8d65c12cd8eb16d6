// The `async` strategy: handlers run on this thread, many at a time, the rest wait in the order in which they came.
// It bounds how many are begun and not ended; it does not make CPU-bound work parallel, which is for `threads`.
import { AbortedError, ConfigInvalidError } from '../errors.ts'
import { systemClock, type Clock } from '../shared/clock.ts'
import { deferred, type Deferred } from '../shared/deferred.ts'
import { isThenable } from '../shared/thenable.ts'
import type { MaybePromise } from '../template/contract.ts'
import type { Abort, ExecutionMetrics, ExecutionStrategy, Handler } from './contract.ts'
import { HandlerLoader } from './load-handler.ts'

/** How many handlers run at the same time unless told otherwise. */
export const DEFAULT_CONCURRENCY = 1000

/** What the strategy is made with. */
export interface AsyncOptions {
  /** Handlers that run at the same time, at most. Default 1000. */
  readonly concurrency?: number
  /** Measures the deadline of a shutdown. Default: the system's. */
  readonly clock?: Pick<Clock, 'timer'>
  /** Loads modules. Default: the platform's `import()`. */
  readonly load?: (specifier: string) => Promise<unknown>
}

/** Makes an `async` strategy. A synchronous handler that finds a slot free is answered without a promise. Throws ConfigInvalidError. */
export function asyncStrategy(options: AsyncOptions = {}): ExecutionStrategy {
  const { concurrency = DEFAULT_CONCURRENCY, clock = systemClock({ keepAlive: false }) } = options
  if (!(concurrency >= 1)) throw new ConfigInvalidError(`concurrency: expected at least 1, got ${concurrency}`, { path: 'concurrency' })
  return new AsyncStrategy(concurrency, clock, new HandlerLoader(options.load))
}

/** An execution that waits for a slot. */
interface Waiting {
  readonly handler: Handler
  readonly payload: unknown
  readonly abort: Abort
  readonly result: Deferred<unknown>
  readonly leave: () => void
  /** True once it was aborted in the queue: its place is skipped. */
  gone: boolean
}

class AsyncStrategy implements ExecutionStrategy {
  readonly name = 'async'
  readonly #concurrency: number
  readonly #clock: Pick<Clock, 'timer'>
  readonly #loader: HandlerLoader
  /** In order of arrival; entries before `#head` have left. */
  #queue: Waiting[] = []
  #head = 0
  #depth = 0
  #active = 0
  #total = 0
  #failed = 0
  #closed = false
  #pumping = false
  /** Called when nothing runs any more after a shutdown began. */
  readonly #idle: (() => void)[] = []

  constructor(concurrency: number, clock: Pick<Clock, 'timer'>, loader: HandlerLoader) {
    this.#concurrency = concurrency
    this.#clock = clock
    this.#loader = loader
  }

  execute(handler: Handler, payload: unknown, abort: Abort): MaybePromise<unknown> {
    if (this.#closed) throw refusal(handler)
    return this.#active < this.#concurrency && this.#depth === 0 ? this.#start(handler, payload, abort) : this.#wait(handler, payload, abort)
  }

  metrics(): ExecutionMetrics {
    return { total: this.#total, failed: this.#failed, active: this.#active, queueDepth: this.#depth }
  }

  async shutdown(deadlineMs: number): Promise<number> {
    this.#closed = true
    for (const waiting of this.#queue.slice(this.#head)) {
      if (waiting.gone) continue
      waiting.leave()
      waiting.result.reject(refusal(waiting.handler))
    }
    this.#queue = []
    this.#head = this.#depth = 0
    if (this.#active === 0) return 0
    const idle = deferred<undefined>()
    this.#idle.push(() => idle.resolve(undefined))
    const cancel = this.#clock.timer(deadlineMs, () => idle.resolve(undefined))
    await idle.promise
    cancel()
    return this.#active
  }

  /** Runs a handler in a free slot. */
  #start(handler: Handler, payload: unknown, abort: Abort): MaybePromise<unknown> {
    this.#active++
    this.#total++
    let result: unknown
    try {
      const body = this.#loader.body(handler)
      result = body instanceof Promise ? body.then((loaded) => loaded(payload as never, abort)) : body(payload as never, abort)
    } catch (thrown) {
      this.#end(true)
      throw thrown
    }
    if (!isThenable(result)) {
      this.#end(false)
      return result
    }
    return Promise.resolve(result).then(
      (value) => {
        this.#end(false)
        return value
      },
      (thrown: unknown) => {
        this.#end(true)
        throw thrown
      },
    )
  }

  #wait(handler: Handler, payload: unknown, abort: Abort): Promise<unknown> {
    const { signal } = abort
    if (signal.aborted) return Promise.reject(signal.reason as Error)
    const result = deferred<unknown>()
    const onAbort = (): void => {
      waiting.gone = true
      this.#depth--
      result.reject(signal.reason)
    }
    const waiting: Waiting = { handler, payload, abort, result, gone: false, leave: () => signal.removeEventListener('abort', onAbort) }
    signal.addEventListener('abort', onAbort, { once: true })
    this.#queue.push(waiting)
    this.#depth++
    return result.promise
  }

  #end(failed: boolean): void {
    this.#active--
    if (failed) this.#failed++
    if (this.#depth > 0) this.#pump()
    if (this.#active === 0 && this.#closed) for (const tell of this.#idle.splice(0)) tell()
  }

  /** Fills free slots from the queue. Synchronous handlers are run in this loop, not by recursion through `#end`. */
  #pump(): void {
    if (this.#pumping) return
    this.#pumping = true
    while (this.#active < this.#concurrency && this.#depth > 0) {
      const waiting = this.#next()
      if (waiting === undefined) break
      waiting.leave()
      this.#depth--
      try {
        waiting.result.resolve(this.#start(waiting.handler, waiting.payload, waiting.abort))
      } catch (thrown) {
        waiting.result.reject(thrown)
      }
    }
    this.#pumping = false
  }

  #next(): Waiting | undefined {
    for (;;) {
      const waiting = this.#queue[this.#head]
      if (waiting === undefined) return undefined
      this.#head++
      if (this.#head > 1024 && this.#head * 2 > this.#queue.length) {
        this.#queue = this.#queue.slice(this.#head)
        this.#head = 0
      }
      if (!waiting.gone) return waiting
    }
  }
}

function refusal(handler: Handler): AbortedError {
  return new AbortedError(`handler ${handler.name}: the process is stopping and begins nothing new`)
}

