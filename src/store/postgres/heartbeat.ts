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

/** One heartbeat, from the opening of a lane to its end. */
export class Heartbeat {
  readonly #worker: Worker
  readonly #shared: BigInt64Array
  readonly #turning: NodeJS.Timeout
  readonly #stopped: Promise<void>

  /** `heldUntil`: until when the lease holds already, by the monotonic clock. `died` is told when the thread ends by itself. */
  constructor(data: Omit<HeartbeatData, 'shared'>, heldUntil: bigint, hear: (said: FromHeartbeat) => void, died: (cause: unknown) => void) {
    const shared = new SharedArrayBuffer(SHARED.length * BigInt64Array.BYTES_PER_ELEMENT)
    this.#shared = new BigInt64Array(shared)
    Atomics.store(this.#shared, SHARED.heldUntil, heldUntil)
    this.#turn()
    this.#turning = setInterval(() => this.#turn(), Math.min(MAX_TURN_MS, data.leaseMs / TURNS_PER_LEASE))
    this.#turning.unref()
    this.#worker = new Worker(new URL(`./heartbeat-thread${EXTENSION}`, import.meta.url), { workerData: { ...data, shared } satisfies HeartbeatData, name: 'wumbo-heartbeat' })
    this.#worker.unref()
    this.#worker.on('message', hear)
    this.#stopped = new Promise((resolve) => {
      this.#worker.on('error', died)
      this.#worker.on('exit', () => {
        died(new Error('the heartbeat thread ended'))
        resolve()
      })
    })
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
    this.#say({ say: 'serve', kinds })
  }

  notify(of: Hint): void {
    this.#say({ say: 'notify', of })
  }

  async stop(): Promise<void> {
    clearInterval(this.#turning)
    // Else a process that has nothing else to do ends here, before its store is closed.
    this.#worker.ref()
    this.#say({ say: 'stop' })
    await this.#stopped
  }

  /** Ends the thread wherever it is. */
  async kill(): Promise<void> {
    clearInterval(this.#turning)
    await this.#worker.terminate()
  }

  #turn(): void {
    Atomics.store(this.#shared, SHARED.turnedAt, process.hrtime.bigint())
  }

  #say(said: ToHeartbeat): void {
    this.#worker.postMessage(said)
  }
}

/** When a lease that was asked for at `sentAt` runs out at the earliest. */
export function heldFrom(sentAt: bigint, leaseMs: number): bigint {
  return sentAt + BigInt(Math.floor(leaseMs)) * NS_PER_MS
}
