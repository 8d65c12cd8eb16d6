// What befalls a simulated cluster: one fault after another, at moments and of kinds that the seed decides, for a while; then all is
// mended. Only what can happen to real processes and servers.
import type { Engine } from '../engine/engine.ts'
import type { Random } from '../shared/random.ts'
import type { MemoryServer } from '../store/memory/server.ts'
import type { AnyWorkflow } from '../workflow/contract.ts'
import type { Network } from './network.ts'
import type { ProcessClock } from './process-clock.ts'
import type { VirtualTime } from './virtual-time.ts'

/** One worker. */
export interface Process {
  readonly clock: ProcessClock
  readonly lane: string
  readonly workflows: readonly AnyWorkflow[]
  /** Null until it is open. */
  engine: Engine | null
}

/** The cluster, as far as it can be harmed. */
export interface Victims {
  readonly random: Random
  readonly time: VirtualTime
  readonly network: Network
  readonly server: MemoryServer
  readonly monitor: { calmAt: number | null }
  readonly leaseMs: number
  readonly processes: readonly Process[]
  readonly acknowledged: ReadonlyMap<string, string>
  readonly cancels: Map<string, number | null>
  note(what: string): void
  /** A process starts; `knowsAll`: with every workflow. */
  spawn(options?: { readonly lane?: string; readonly knowsAll?: boolean }): void
  /** A process is gone, whatever it was doing. */
  remove(process: Process): void
  /** A process that can be asked for something. */
  pick(): Process | undefined
}

type Kind = 'kill' | 'pause' | 'cut' | 'outage' | 'step' | 'cancel' | 'leave' | 'join' | 'drain'

/** How often each comes, in parts. */
const WEIGHTS: readonly (readonly [Kind, number])[] = [['kill', 22], ['pause', 20], ['cut', 14], ['outage', 8], ['step', 4], ['cancel', 14], ['leave', 6], ['join', 6], ['drain', 6]]
const MOST_PROCESSES = 5

/** The faults of one cluster. */
export class Mischief {
  readonly count: Record<string, number> = {}
  readonly #cluster: Victims
  #until = 0

  constructor(cluster: Victims) {
    this.#cluster = cluster
  }

  begin(): void {
    const { time, random, leaseMs } = this.#cluster
    this.#until = time.now() + leaseMs * (2 + random.next() * 6)
    this.#next()
  }

  #next(): void {
    const { time, random, leaseMs } = this.#cluster
    time.timer(random.next() * leaseMs * 0.6, () => {
      if (time.now() >= this.#until) {
        this.#calm()
        return
      }
      this.#do(this.#choose())
      this.#next()
    })
  }

  #choose(): Kind {
    let at = this.#cluster.random.next() * WEIGHTS.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [kind, weight] of WEIGHTS) if ((at -= weight) < 0) return kind
    return 'kill'
  }

  #do(kind: Kind): void {
    const { cluster, count } = { cluster: this.#cluster, count: this.count }
    count[kind] = (count[kind] ?? 0) + 1
    cluster.note(kind)
    switch (kind) {
      case 'kill': this.#kill(); return
      case 'pause': this.#pause(); return
      case 'cut': this.#cut(); return
      case 'outage': this.#outage(); return
      case 'step': cluster.pick()?.clock.step((cluster.random.next() - 0.5) * 7_200_000); return
      case 'cancel': this.#cancel(); return
      case 'leave': this.#leave(cluster.pick()); return
      case 'join': if (cluster.processes.length < MOST_PROCESSES) cluster.spawn(); return
      case 'drain': this.#drain()
    }
  }

  #later(share: number, act: () => void): void {
    const { time, random, leaseMs } = this.#cluster
    time.timer(random.next() * leaseMs * share, act)
  }

  #kill(): void {
    const cluster = this.#cluster
    const victim = cluster.processes[Math.floor(cluster.random.next() * cluster.processes.length)]
    if (victim === undefined) return
    cluster.remove(victim)
    const again = cluster.random.next() < 0.3 ? { lane: victim.lane } : {}
    this.#later(1.5, () => cluster.spawn(again))
  }

  #pause(): void {
    const victim = this.#cluster.pick()
    victim?.clock.pause()
    this.#later(3, () => victim?.clock.resume())
  }

  #cut(): void {
    const { network } = this.#cluster
    const victim = this.#cluster.pick()
    if (victim === undefined) return
    network.cut.add(victim.clock)
    this.#later(2.5, () => network.cut.delete(victim.clock))
  }

  #outage(): void {
    const { network, server } = this.#cluster
    if (network.storeIsDown) return
    network.storeIsDown = true
    this.#later(2.5, () => {
      network.storeIsDown = false
      server.restart()
    })
  }

  #cancel(): void {
    const { acknowledged, cancels, random, time } = this.#cluster
    const runs = [...acknowledged.values()]
    const run = runs[Math.floor(random.next() * runs.length)]
    const process = this.#cluster.pick()
    if (run === undefined || process === undefined) return
    cancels.set(run, cancels.get(run) ?? null)
    process.engine?.postbox.ask(run, 'cancel').then(() => cancels.set(run, cancels.get(run) ?? time.now()), () => undefined)
  }

  #leave(process: Process | undefined): void {
    const cluster = this.#cluster
    if (process === undefined) return
    const gone = (): void => {
      if (!cluster.processes.includes(process)) return
      cluster.remove(process)
      cluster.spawn()
    }
    process.engine?.close().then(gone, gone)
    process.engine = null
  }

  #drain(): void {
    const process = this.#cluster.pick()
    if (process?.engine == null) return
    void process.engine.drained.then(() => this.#leave(process))
    this.#cluster.server.drain(process.lane)
  }

  /** All that was broken is mended, and there is a worker for everything. */
  #calm(): void {
    const { network, processes, monitor, server, time } = this.#cluster
    network.faulty = false
    network.cut.clear()
    if (network.storeIsDown) server.restart()
    network.storeIsDown = false
    for (const { clock } of processes) clock.resume()
    monitor.calmAt = time.now()
    this.#cluster.note('calm')
    this.#cluster.spawn({ knowsAll: true })
  }
}
