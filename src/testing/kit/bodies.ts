// The bodies of templates that run at this moment, and which of them do real work: virtual time must not move while they do. A body that
// waits in virtual time does none, and one that is still at work after its patience is over is taken for one that hangs.
import { AssertionError } from 'node:assert'
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Abort, ExecutionMetrics, ExecutionStrategy, Handler } from '../../execution/contract.ts'
import type { Clock } from '../../shared/clock.ts'
import { parseDuration } from '../../shared/duration.ts'
import type { Duration } from '../../shared/duration.ts'
import type { MaybePromise } from '../../template/contract.ts'
import type { ProcessClock } from '../process-clock.ts'

interface Body {
  /** Virtual waits that it is in. */
  sleeping: number
  readonly since: number
  /** The clock of its process. */
  readonly clock: Clock
}

const realNow = performance.now.bind(performance)

/** The body that what runs now belongs to, whichever machine it runs on: the same stub may serve several. */
const current = new AsyncLocalStorage<Body>()

/** The virtual time of the body that asks; undefined outside of one. */
export function bodyNow(): number | undefined {
  return current.getStore()?.clock.now()
}

/** Waits in the virtual time of the body that asks: for ever when its process dies meanwhile. Rejects with an AssertionError outside of a body. */
export function bodySleep(duration: Duration): Promise<void> {
  const body = current.getStore()
  if (body === undefined) return Promise.reject(new AssertionError({ message: 'sleep is for the bodies of stubs and templates; a test lets time pass by advance, run or end', operator: 'sleep' }))
  const ms = parseDuration(duration)
  return whileAsleep(new Promise((resolve) => body.clock.timer(ms, resolve)))
}

/** The body that calls this does nothing that costs real time until the promise is settled. */
export async function whileAsleep<T>(wait: Promise<T>): Promise<T> {
  const body = current.getStore()
  if (body === undefined) return wait
  body.sleeping++
  try {
    return await wait
  } finally {
    body.sleeping--
  }
}

/** What runs on one machine. */
export class Bodies {
  readonly #running = new Set<Body>()
  readonly #patienceMs: number

  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs
  }

  /** True while a body does real work and is not taken for one that hangs. */
  get busy(): boolean {
    for (const { sleeping, since } of this.#running) if (sleeping === 0 && realNow() - since < this.#patienceMs) return true
    return false
  }

  /** True while a body waits in virtual time. */
  get someSleep(): boolean {
    for (const { sleeping } of this.#running) if (sleeping > 0) return true
    return false
  }

  /** Forgets all: their process died. */
  clear(): void {
    this.#running.clear()
  }

  /** A strategy of one process that counts what it runs; once the process is dead nothing begins and nothing is answered. */
  counted(inner: ExecutionStrategy, clock: ProcessClock): ExecutionStrategy {
    return {
      name: inner.name,
      execute: (handler: Handler, payload: unknown, abort: Abort): MaybePromise<unknown> => {
        if (!clock.alive) return new Promise(() => undefined)
        const body: Body = { sleeping: 0, since: realNow(), clock }
        const given = current.run(body, () => inner.execute(handler, payload, abort))
        if (!(given instanceof Promise) || !clock.alive) return given
        this.#running.add(body)
        return given.finally(() => this.#running.delete(body))
      },
      metrics: (): ExecutionMetrics => inner.metrics(),
      shutdown: (deadlineMs) => inner.shutdown(deadlineMs),
    }
  }
}
