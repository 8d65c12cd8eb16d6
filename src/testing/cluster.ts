// The seeded simulation of many workers: real engines on one shared memory store, each with a clock of its own, under one scheduler. Processes
// die, stand still, come and go; messages are lost and late; the store goes away and comes back. Then the faults end, and
// what was promised must have come true soon after. The same seed gives the same trace.
import { RunFinishedError } from '../errors.ts'
import { hashText } from '../shared/hash.ts'
import { seededRandom } from '../shared/random.ts'
import type { Random } from '../shared/random.ts'
import { joinServer } from '../store/memory/shared-store.ts'
import { MemoryServer } from '../store/memory/server.ts'
import type { Store } from '../store/port.ts'
import { ClusterMonitor, DRIFT, UNSERVED_MS } from './cluster-monitor.ts'
import { Mischief } from './mischief.ts'
import type { Process, Victims } from './mischief.ts'
import { Network } from './network.ts'
import { ProcessClock } from './process-clock.ts'
import { VirtualTime, settle } from './virtual-time.ts'
import { judge, openEngine, sendsOf } from './world.ts'
import type { Effect, Plan, Shape, World } from './world.ts'

/** How a cluster is simulated. */
export interface ClusterOptions extends Plan {
  readonly seed: number
  /** Default 2,000. */
  readonly leaseMs?: number
  /** For tests of the simulation: changes the store that a process gets. */
  readonly wrap?: (store: Store) => Store
  /** For tests of the simulation: spoils the common part of the store. */
  readonly spoil?: (server: MemoryServer) => void
}

/** What came of it. */
export interface ClusterResult {
  readonly seed: number
  readonly trace: string
  readonly steps: number
  readonly takeovers: number
  readonly faults: Readonly<Record<string, number>>
  readonly violations: readonly string[]
}

/** With the faults over, everything ends within this time. */
const END_MS = 90_000
const MOST_STEPS = 100_000

/** Runs one seed to its end. */
export async function simulateCluster(options: ClusterOptions): Promise<ClusterResult> {
  const cluster = new Cluster(options)
  return cluster.run()
}

/** The world of one seed. */
export class Cluster implements Victims {
  readonly options: ClusterOptions
  readonly random: Random
  readonly time: VirtualTime
  readonly network: Network
  readonly server: MemoryServer
  readonly monitor: ClusterMonitor
  readonly leaseMs: number
  processes: Process[] = []
  readonly acknowledged = new Map<string, string>()
  readonly cancels = new Map<string, number | null>()
  readonly #effects: Effect[] = []
  #trace: string

  constructor(options: ClusterOptions) {
    this.options = options
    this.leaseMs = options.leaseMs ?? 2000
    this.random = seededRandom(options.seed)
    this.time = new VirtualTime({ random: this.random })
    this.#trace = hashText(String(options.seed))
    const now = (): number => this.time.now()
    this.network = new Network(this.time, this.random, this.leaseMs)
    this.monitor = new ClusterMonitor(this.leaseMs, now, (what) => this.note(what))
    this.server = new MemoryServer({ leaseMs: this.leaseMs, unservedMs: UNSERVED_MS, now, observe: (event) => this.monitor.observe(event) })
    this.monitor.watch(this.server, (name, version) => this.processes.flatMap(({ lane, workflows }) => (workflows.some((one) => one.name === name && one.version === version) ? [lane] : [])))
    options.spoil?.(this.server)
  }

  note(what: string): void {
    this.#trace = hashText(`${this.#trace}${this.time.now()}${what}`)
  }

  async run(): Promise<ClusterResult> {
    const workers = 2 + Math.floor(this.random.next() * 3)
    for (let worker = 0; worker < workers; worker++) this.spawn()
    for (const [index, shape] of this.options.shapes.entries()) for (let run = 0; run < (this.options.runs ?? 1); run++) this.#start(index, `${shape.name}-${run}`)
    const mischief = new Mischief(this)
    mischief.begin()
    const steps = await this.#turn()
    this.monitor.end()
    for (const { clock } of this.processes) clock.die()
    const violations = [...this.monitor.violations, ...(await judge(joinServer(this.server), this.options, { acknowledged: this.acknowledged, effects: this.#effects, cancels: this.cancels, cancelBy: (asked) => this.monitor.takenOverBy(asked) + this.leaseMs / 2 }))]
    return { seed: this.options.seed, trace: this.#trace, steps, takeovers: this.monitor.takeovers, faults: { ...mischief.count, lost: this.network.lost }, violations }
  }

  /** A process starts; `knowsAll`: every workflow, else most of them. */
  spawn({ lane = this.server.newName('lane'), knowsAll = false }: { lane?: string; knowsAll?: boolean } = {}): void {
    const { time, random, options } = this
    const clock = new ProcessClock(time, { rate: 1 + (random.next() * 2 - 1) * DRIFT, interleaved: true })
    const joined = joinServer(this.server, { lane, clock, link: this.network.link(clock) })
    const store = options.wrap?.(joined) ?? joined
    const world: World = { random, effects: this.#seen(lane), wait: (ms) => new Promise((resolve) => clock.timer(ms, resolve)) }
    const versions = options.shapes.flatMap((shape) => [shape.make(world), ...(shape.versions?.(world) ?? [])])
    const workflows = [...versions.filter(() => knowsAll || random.next() < 0.8), ...options.shapes.flatMap((shape) => shape.others?.(world) ?? [])]
    const process: Process = { clock, lane, workflows, engine: null }
    this.processes.push(process)
    this.note(`spawn${lane}`)
    const given = seededRandom(Math.floor(random.next() * 2 ** 32))
    openEngine({ store, clock, random: given, workflows, note: (what) => this.note(`${lane}${what}`) }).then(
      (engine) => { process.engine = engine },
      () => {
        this.remove(process)
        time.timer(500, () => this.spawn({ lane, knowsAll }))
      },
    )
  }

  /** A process is gone, whatever it was doing. */
  remove(process: Process): void {
    process.clock.die()
    this.processes = this.processes.filter((other) => other !== process)
  }

  /** A process that can be asked for something. */
  pick(knows?: string): Process | undefined {
    const usable = this.processes.filter(({ engine, clock, workflows }) => engine !== null && !clock.paused && (knows === undefined || workflows.some(({ name }) => name === knows)))
    return usable[Math.floor(this.random.next() * usable.length)]
  }

  /** A client asks one worker after another until its start is acknowledged. */
  #start(index: number, key: string): void {
    const shape = this.options.shapes[index]
    if (shape === undefined || this.acknowledged.has(key)) return
    const process = this.pick(shape.name)
    const versions = process?.workflows.filter(({ name }) => name === shape.name) ?? []
    const workflow = versions[versions.length < 2 ? 0 : Math.floor(this.random.next() * versions.length)]
    if (workflow !== undefined) process?.engine?.start(workflow, shape.input, { key }).then(({ run }) => this.#accepted(key, run, shape), () => undefined)
    this.time.timer(100 + this.random.next() * 1500, () => this.#start(index, key))
  }

  #accepted(key: string, run: string, shape: Shape): void {
    this.note(`accepted${key}`)
    const known = this.acknowledged.get(key)
    if (known !== undefined && known !== run) this.acknowledged.set(`${key}!`, run)
    else if (known === undefined) {
      this.acknowledged.set(key, run)
      this.#send(run, sendsOf(shape), 0)
    }
  }

  /** A client asks one worker after another until what it sends is acknowledged, then sends the next. */
  #send(run: string, sends: ReturnType<typeof sendsOf>, index: number): void {
    const send = sends[index]
    if (send === undefined) return
    let isOver = false
    const once = (next: () => void) => (): void => {
      if (!isOver) next()
      isOver = true
    }
    const engine = this.pick()?.engine
    if (engine != null) void send(engine, run).then(
      once(() => this.#send(run, sends, index + 1)),
      (thrown: unknown) => (thrown instanceof RunFinishedError ? once(() => undefined)() : undefined),
    )
    this.time.timer(100 + this.random.next() * 1500, once(() => this.#send(run, sends, index)))
  }

  async #turn(): Promise<number> {
    await settle()
    for (let steps = 0; ; steps++) {
      const { calmAt } = this.monitor
      if (steps % 10 === 0 && calmAt !== null && this.#isDone()) return steps
      if (steps > MOST_STEPS || (calmAt !== null && this.time.now() > calmAt + END_MS) || !this.time.step()) {
        this.monitor.violations.push(`K7 ${steps} steps, and ${this.time.now() - (calmAt ?? 0)} ms after the faults: not everything has ended`)
        return steps
      }
      await settle()
    }
  }

  #isDone(): boolean {
    const plan = this.options.shapes.length * (this.options.runs ?? 1)
    if (this.acknowledged.size < plan) return false
    for (const { row } of this.server.tables.runs.values()) if (row.finishedAt === null && row.error?.code !== 'RUN_QUARANTINED') return false
    return true
  }

  #seen(lane: string): Effect[] {
    const seen: Effect[] = []
    seen.push = (...effects) => {
      for (const effect of effects) {
        this.note(`${lane}${effect.path}${effect.attempt}${effect.input}`)
        this.monitor.began(lane, effect)
      }
      return this.#effects.push(...effects)
    }
    return seen
  }
}
