// The heartbeat of a lane, seen from the main thread: a thread with a connection of its own that renews the lease, takes lapsed lanes over and
// tells of what others did. It goes on while the main thread is busy, but only for one lease time: an owner that
// does not turn any more must lose its runs.
import { Worker } from 'node:worker_threads'
import { SHARED } from './heartbeat-wire.ts'
import type { FromHeartbeat, HeartbeatData, Hint, ToHeartbeat } from './heartbeat-wire.ts'

const EXTENSION = import.meta.url.endsWith('.ts') ? '.ts' : '.js'
/** How often the main thread shows that it turns, as a part of the lease. */
const TURNS_PER_LEASE = 10
const MAX_TURN_MS = 1000
const NS_PER_MS = 1_000_000n

/** The thread begins so long after its lane, in milliseconds at most: one that is closed sooner never has one. */
const BEGIN_MS = 250
const BEGIN_PER_LEASE = 10

/** What a heartbeat is made with. */
export interface HeartbeatParts {
  readonly data: Omit<HeartbeatData, 'shared'>
  /** Until when the lease holds already, by the monotonic clock. */
  readonly heldUntil: bigint
  readonly hear: (said: FromHeartbeat) => void
  /** The thread ended by itself. */
  readonly died: (cause: unknown) => void
}

/** One heartbeat, from the opening of a lane to its end. */
export class Heartbeat {
  readonly #parts: HeartbeatParts
  readonly #memory = new SharedArrayBuffer(SHARED.length * BigInt64Array.BYTES_PER_ELEMENT)
  readonly #shared = new BigInt64Array(this.#memory)
  readonly #turning: NodeJS.Timeout
  readonly #beginning: NodeJS.Timeout
  #worker: Worker | null = null
  #ended: Promise<void> = Promise.resolve()
  #kinds: readonly number[] = []
  #stopped = false

  constructor(parts: HeartbeatParts) {
    this.#parts = parts
    const { leaseMs } = parts.data
    Atomics.store(this.#shared, SHARED.heldUntil, parts.heldUntil)
    this.#turn()
    this.#turning = setInterval(() => this.#turn(), Math.min(MAX_TURN_MS, leaseMs / TURNS_PER_LEASE))
    this.#turning.unref()
    this.#beginning = setTimeout(() => this.#begin(), Math.min(BEGIN_MS, leaseMs / BEGIN_PER_LEASE))
    this.#beginning.unref()
  }

  /** True while the lease is proven. */
  holds(): boolean {
    return process.hrtime.bigint() < Atomics.load(this.#shared, SHARED.heldUntil)
  }

  /** The lease holds from now on at least until then. */
  prolong(heldUntil: bigint): void {
    if (heldUntil > Atomics.load(this.#shared, SHARED.heldUntil)) Atomics.store(this.#shared, SHARED.heldUntil, heldUntil)
  }

  serve(kinds: readonly number[]): void {
    this.#kinds = kinds
    this.#say({ say: 'serve', kinds })
  }

  notify(of: Hint): void {
    this.#begin()
    this.#say({ say: 'notify', of })
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearInterval(this.#turning)
    clearTimeout(this.#beginning)
    // Else a process that has nothing else to do ends here, before its store is closed.
    this.#worker?.ref()
    this.#say({ say: 'stop' })
    await this.#ended
  }

  #begin(): void {
    if (this.#worker !== null || this.#stopped) return
    const { data, hear, died } = this.#parts
    const worker = new Worker(new URL(`./heartbeat-thread${EXTENSION}`, import.meta.url), { workerData: { ...data, shared: this.#memory } satisfies HeartbeatData, name: 'wumbo-heartbeat' })
    this.#worker = worker
    worker.unref()
    worker.on('message', hear)
    this.#ended = new Promise((resolve) => {
      worker.on('error', died)
      worker.on('exit', () => {
        if (!this.#stopped) died(new Error('the heartbeat thread ended'))
        resolve()
      })
    })
    this.#say({ say: 'serve', kinds: this.#kinds })
  }

  #turn(): void {
    Atomics.store(this.#shared, SHARED.turnedAt, process.hrtime.bigint())
  }

  #say(said: ToHeartbeat): void {
    this.#worker?.postMessage(said)
  }
}

/** When a lease that was asked for at `sentAt` runs out at the earliest. */
export function heldFrom(sentAt: bigint, leaseMs: number): bigint {
  return sentAt + BigInt(Math.floor(leaseMs)) * NS_PER_MS
}
