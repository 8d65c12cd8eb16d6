// What is measured of a queue: how fast many jobs are stored, how fast stored jobs are worked off, and how long after it was stored a lone
// job is reached. The same for Wumbo and its peers.
import { setTimeout as pause } from 'node:timers/promises'
import type { Usage } from '../postgres/meter.ts'
import { processSeconds, treeSeconds } from '../postgres/processes.ts'
import { quantile } from '../stats.ts'
import type { OpenOptions, Queue } from './contract.ts'
import type { QueueName } from './open.ts'

export interface JobOptions extends Omit<OpenOptions, 'role'> {
  readonly queue: QueueName
  readonly what: 'enqueue' | 'process' | 'latency' | 'clear'
  readonly warmUp: number
  readonly count: number
}

export interface JobResult {
  /** Jobs a second, or the median of milliseconds. */
  readonly figure: number
  readonly p99?: number
  readonly fsync: string
  readonly usage?: Usage
}

/** Between jobs of low load, in milliseconds. */
const GAP_MS = 20

export interface Figure {
  readonly figure: number
  readonly p99?: number
}

export const MEASURES: Record<'enqueue' | 'process' | 'latency', (queue: Queue, options: JobOptions, timed: Timed) => Promise<Figure>> = {
  async enqueue(queue, { warmUp, count }, timed) {
    await queue.enqueueMany(0, warmUp)
    return timed.timed(count, async () => {
      const start = performance.now()
      await queue.enqueueMany(warmUp, warmUp + count)
      return { figure: (count * 1000) / (performance.now() - start) }
    })
  },

  /** From when the body of the last job of the warm-up is called until the store says that all jobs are done. */
  process(queue, { warmUp, count }, timed) {
    const total = warmUp + count
    return timed.timed(total, async () => {
      const jobs = new Jobs(total)
      let start = Number.NaN
      const worker = await queue.work((n) => {
        if (jobs.reached(n) === warmUp) start = performance.now()
      })
      await jobs.all
      await worker.settled(total)
      return { figure: (count * 1000) / (performance.now() - start) }
    })
  },

  /** From the call that stores a job until its body is called, one job at a time, with a pause after each. */
  async latency(queue, { warmUp, count }, timed) {
    const total = warmUp + count
    const times: number[] = []
    let reached: () => void = () => undefined
    const jobs = new Jobs(total)
    const worker = await queue.work((n) => {
      jobs.reached(n)
      reached()
    })
    const next = async (n: number): Promise<void> => {
      const called = new Promise<void>((resolve) => (reached = resolve))
      const start = performance.now()
      const stored = queue.enqueue(n)
      await called
      times.push(performance.now() - start)
      await stored
      await pause(GAP_MS)
    }
    for (let n = 0; n < warmUp; n++) await next(n)
    times.length = 0
    await timed.timed(count, async () => {
      for (let n = warmUp; n < total; n++) await next(n)
    })
    await jobs.all
    await worker.settled(total)
    return { figure: quantile(times, 0.5), p99: quantile(times, 0.99) }
  },
}

/** Sees to it that every job is reached, and none twice. */
class Jobs {
  readonly all: Promise<void>
  readonly #seen: Uint8Array
  #count = 0
  readonly #settle: PromiseWithResolvers<void> = Promise.withResolvers()

  constructor(total: number) {
    this.#seen = new Uint8Array(total)
    this.all = this.#settle.promise
  }

  /** How many jobs have been reached with this one. */
  reached(n: number): number {
    if (this.#seen[n] !== 0) this.#settle.reject(new Error(`check failed: job ${n} was reached twice, or was never stored`))
    this.#seen[n] = 1
    if (++this.#count === this.#seen.length) this.#settle.resolve()
    return this.#count
  }
}

export interface Timed {
  timed<T>(runs: number, work: () => Promise<T>): Promise<T>
  usage(runs: number): Promise<Usage>
}

/** Processor time only: for a server that counts nothing. */
export class Watch implements Timed {
  readonly #server: number | undefined
  #usage: Usage = {}

  constructor(server: number | undefined) {
    this.#server = server
  }

  async timed<T>(runs: number, work: () => Promise<T>): Promise<T> {
    const server = (): number | undefined => (this.#server === undefined ? undefined : treeSeconds(this.#server))
    const before = { client: processSeconds(), server: server() }
    const result = await work()
    const [clientMs, after] = [((processSeconds() - before.client) * 1000) / runs, server()]
    this.#usage = { clientMs, ...(before.server !== undefined && after !== undefined && { serverMs: ((after - before.server) * 1000) / runs }) }
    return result
  }

  usage(): Promise<Usage> {
    return Promise.resolve(this.#usage)
  }
}
