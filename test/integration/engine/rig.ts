// A rig for engine tests: the real engine on a memory store under virtual time, with "processes" that can die and follow
// one another on the same store.
import { Engine } from '../../../src/engine/engine.ts'
import { FLUSH_LIMITS } from '../../../src/engine/flush.ts'
import { runDetails } from '../../../src/engine/inspect.ts'
import type { RunDetails } from '../../../src/engine/inspect.ts'
import { readValue } from '../../../src/engine/payloads.ts'
import type { EngineDeps, EngineLimits } from '../../../src/engine/ports.ts'
import type { ExecutionStrategy } from '../../../src/execution/contract.ts'
import type { RunEvent } from '../../../src/model/event.ts'
import { hashText } from '../../../src/shared/hash.ts'
import { seededRandom } from '../../../src/shared/random.ts'
import { memoryStore } from '../../../src/store/memory/index.ts'
import type { Store } from '../../../src/store/port.ts'
import { services } from '../../../src/template/services.ts'
import { knownChild } from '../../../src/testing/known-child.ts'
import { ProcessClock } from '../../../src/testing/process-clock.ts'
import { VirtualTime } from '../../../src/testing/virtual-time.ts'
import type { AnyWorkflow } from '../../../src/workflow/contract.ts'

export const LIMITS: EngineLimits = {
  hotRuns: 1000, releaseAfterMs: 1000, inlinePayload: 2000, keptInput: 1000, bufferBytes: 64 << 20, pureDelayMs: 1000, pureRecords: 1000,
  pureBytes: 262_144, keyTtlMs: 365 * 86_400_000, retentionMs: null, eventRetentionMs: 7 * 86_400_000, orphanBlobMs: 86_400_000, drainMs: 1000, checkPure: false, flush: FLUSH_LIMITS,
}

const sha256 = (bytes: Uint8Array): string => hashText(new TextDecoder().decode(bytes))

/** Runs bodies in place: what strategies add is tested with them. */
const inPlace: ExecutionStrategy = {
  name: 'in-place',
  execute: (handler, payload, abort) => (handler.kind === 'inline' ? handler.run(payload as never, abort) : undefined),
  metrics: () => ({ total: 0, failed: 0, active: 0, queueDepth: 0 }),
  shutdown: () => Promise.resolve(0),
}

/** A world of processes over one store. */
export class Rig {
  readonly time = new VirtualTime()
  readonly store: Store
  readonly events: RunEvent[] = []
  readonly logged: string[] = []
  #clock = new ProcessClock(this.time)

  /** `isPrompt`: the store answers in turn with the process, as on a real machine; by default only when that has come to rest. */
  constructor(wrap: (store: Store) => Store = (store) => store, { isPrompt = false } = {}) {
    this.store = wrap(memoryStore({ scheduler: (run) => (isPrompt ? this.time.defer(run) : this.time.event(run)), now: () => this.time.now() }))
  }

  /** Starts a process that knows these workflows. */
  async engine(workflows: readonly AnyWorkflow[], limits: Partial<EngineLimits> = {}): Promise<Engine> {
    const log = (message: string): void => void this.logged.push(message)
    const deps: EngineDeps = {
    queues: null, worker: null,
      store: this.store, clock: this.#clock, random: seededRandom(7), execution: inPlace, services: services(), sha256,
      log: { debug: log, info: log, warn: log, error: log }, limits: { ...LIMITS, ...limits },
      observers: new Set([(event: RunEvent) => void this.events.push(event)]),
      workflows: { child: (workflow) => knownChild(workflows, workflow), find: (name, version) => workflows.find((one) => one.name === name && one.version === version), rebuild: () => undefined },
    }
    return this.until(Engine.open(deps))
  }

  /** The process dies where it stands; the store keeps what was committed. */
  die(): void {
    this.#clock.die()
    this.time.forget()
    this.#clock = new ProcessClock(this.time)
  }

  /** Lets the world go on until a promise has settled. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let done = false
    void promise.then(() => (done = true), () => (done = true))
    await this.time.run({ stop: () => done })
    if (!done) throw new Error('the world came to rest before the promise settled')
    return promise
  }

  /** Lets the world go on for so many steps. */
  async steps(count: number): Promise<void> {
    let left = count
    await this.time.run({ stop: () => left-- <= 0 })
  }

  /** Waits in virtual time, as a body of the process at hand. */
  wait(ms: number): Promise<void> {
    const clock = this.#clock
    return new Promise((resolve) => clock.timer(ms, resolve))
  }

  async details(run: string): Promise<RunDetails> {
    const loaded = await this.store.load({ space: 0, run })
    if (loaded === undefined) throw new Error(`no run ${run}`)
    return runDetails(loaded, { read: (payload) => readValue(payload, { blobs: this.store.blobs, sha256 }), definition: (hash) => this.store.definition(hash) })
  }
}
