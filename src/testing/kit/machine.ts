// A machine in memory: one store, one virtual time, and on it one process after another, each of which opens a Wumbo and may die. It lets time
// pass when somebody waits for something that only time brings.
import { AssertionError } from 'node:assert'
import type { AskedStep } from '../../engine/ports.ts'
import type { RunDetails } from '../../engine/inspect.ts'
import { asyncStrategy } from '../../execution/async.ts'
import type { RunEvent } from '../../model/event.ts'
import { DEFAULT_SPACE, isEnd } from '../../model/run.ts'
import { deferred } from '../../shared/deferred.ts'
import type { Deferred } from '../../shared/deferred.ts'
import { seededRandom } from '../../shared/random.ts'
import { memoryStore } from '../../store/memory/index.ts'
import type { MemoryStore } from '../../store/memory/index.ts'
import type { Services } from '../../template/contract.ts'
import type { AnyWorkflow } from '../../workflow/contract.ts'
import type { Wumbo } from '../../wumbo-api.ts'
import { openWumbo } from '../../wumbo.ts'
import { createLogger } from '../../platform/logger.ts'
import { mortalStore } from '../mortal-store.ts'
import type { Mortality } from '../mortal-store.ts'
import { ProcessClock } from '../process-clock.ts'
import { settle } from '../virtual-time.ts'
import type { VirtualTime } from '../virtual-time.ts'
import { Bodies } from './bodies.ts'
import type { TestOptions } from './contract.ts'
import type { Doubles } from './doubles.ts'
import { FreeTime, realWait } from './free-time.ts'
import { detailsOf, findingsOf } from './store-look.ts'
import { refuseStall } from './test-run.ts'

/** What a machine is made of. */
export interface MachineParts {
  readonly options: TestOptions
  readonly services: Services
  readonly doubles: Doubles
  readonly time: VirtualTime
  readonly seed: number
  readonly patienceMs: number
  /** When the first process dies by its calls to the store. */
  readonly death?: Pick<Mortality, 'before' | 'after'>
  /** Told of every event. */
  readonly observe?: (event: RunEvent) => void
  /** A body begins. */
  readonly began?: (run: string, path: string, step: AskedStep) => void
  /** Comes before the body of each attempt, which fails when this does. */
  readonly around?: (step: AskedStep, attempt: number) => Promise<void>
}

interface Life {
  readonly clock: ProcessClock
  readonly died: Deferred<typeof DIED>
  wumbo: Wumbo | null
}

/** In place of an answer that a process did not live to give. */
export const DIED = Symbol('died')

/** Virtual time moves so often without a sign of life before a run is asked what it waits for. */
const QUIET_STEPS = 100

/** Events that are told when an attempt's outcome is durable. */
const RECORDED: ReadonlySet<RunEvent['type']> = new Set(['step.completed', 'step.failed', 'step.retrying'])

/** The machine of one test. */
export class Machine {
  readonly time: VirtualTime
  readonly store: MemoryStore
  readonly bodies: Bodies
  readonly #parts: MachineParts
  #life: Life
  #failure: Error | null = null
  #lastMove = 0
  /** What the next process knows: also what the one before was only handed at a start, since in life that code is still there. */
  #workflows: readonly AnyWorkflow[]
  #turn: Promise<void> = Promise.resolve()
  #closed = false
  /** Bodies that have begun and of which nothing is recorded, by `run path`; true for one that a time limit ends. */
  readonly #atWork = new Map<string, boolean>()
  /** Dies when this step is recorded. */
  #onRecord: { readonly run: string; readonly path: string } | null = null
  deaths = 0

  constructor(parts: MachineParts) {
    this.#parts = parts
    this.time = parts.time
    this.#workflows = parts.options.workflows ?? []
    this.store = memoryStore({ scheduler: (run) => parts.time.event(run), now: () => parts.time.now() })
    this.bodies = new Bodies(parts.patienceMs)
    this.#life = this.#boot()
  }

  /** The Wumbo of the process that lives; null while it opens. */
  get wumbo(): Wumbo | null {
    return this.#life.wumbo
  }

  /** The process dies; the next one begins to open. */
  kill(): void {
    if (this.#closed) return
    this.#workflows = this.#life.wumbo?.workflows ?? this.#workflows
    const { clock, died } = this.#life
    clock.die()
    this.bodies.clear()
    this.#atWork.clear()
    this.#onRecord = null
    this.deaths++
    this.#life = this.#boot()
    died.resolve(DIED)
  }

  /**
   * Resolves when all is done that needs no time; where somebody steps the time event by event, when no promise is left to react. Bodies
   * that do real work are waited for, unless they hang.
   */
  async rest(): Promise<void> {
    const goesOn = this.time instanceof FreeTime
    for (let turns = 0, calm = goesOn ? 0 : 1; calm < 2; turns++) {
      await settle()
      this.#mustStand()
      if (this.bodies.busy) {
        calm = 0
        if (turns > 50) await realWait(1)
      } else calm = !goesOn || this.time.quiet ? calm + 1 : 0
    }
  }

  /** Lets time pass until something is so. `stalled` is asked now and then, when nothing has happened for long, and throws when nothing will. */
  async until(isSo: () => Promise<boolean>, stalled: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    this.#lastMove = 0
    const turn = async (): Promise<boolean> => {
      await this.rest()
      if (await isSo()) return true
      if (this.#lastMove++ % QUIET_STEPS === QUIET_STEPS - 1) await stalled()
      if (this.time.step()) return false
      await stalled()
      throw new AssertionError({ message: 'nothing is left to happen, and what the test waits for has not come' })
    }
    while (!(await this.#alone(turn)));
  }

  /** Moves time forward, doing all that falls due. */
  async advance(ms: number): Promise<void> {
    const until = this.time.now() + ms
    const turn = async (): Promise<boolean> => {
      await this.rest()
      return !this.time.step(until)
    }
    while (!(await this.#alone(turn)));
    await this.time.run({ until })
  }

  /** Only one of those who wait moves the time at once: none may do it while what another has set off still goes on. */
  async #alone<T>(turn: () => Promise<T>): Promise<T> {
    const before = this.#turn
    let leave = (): void => undefined
    this.#turn = new Promise((resolve) => {
      leave = resolve
    })
    await before
    try {
      return await turn()
    } finally {
      leave()
    }
  }

  /** Lets time pass until the promise is settled. */
  async pass<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false
    const settled = (): void => {
      isSettled = true
    }
    promise.then(settled, settled)
    await this.until(() => Promise.resolve(isSettled))
    return promise
  }

  /** The Wumbo of the process that lives, once it is open. */
  async opened(): Promise<Wumbo> {
    for (;;) {
      const { wumbo } = this.#life
      if (wumbo !== null) return wumbo
      await this.rest()
      if (this.#life.wumbo === null && !this.time.step()) await settle()
    }
  }

  /** Asks the process that lives for something; gives DIED when it dies before it has answered. */
  async ask<T>(question: (wumbo: Wumbo) => Promise<T>): Promise<T | typeof DIED> {
    const wumbo = await this.opened()
    return Promise.race([question(wumbo), this.#life.died.promise])
  }

  /** Throws when a run waits for something that time does not bring. */
  async mustGoOn(run: string): Promise<void> {
    const bodies = [...this.#atWork].filter(([one]) => one.startsWith(`${run} `))
    const row = await this.store.getRun({ space: DEFAULT_SPACE, run })
    if (row?.deadline != null || this.bodies.someSleep || bodies.some(([, limited]) => limited)) return
    refuseStall(await this.details(run), bodies.map(([one]) => one.slice(run.length + 1)))
  }

  /** True when a run has ended or is parked. */
  async hasEnded(run: string): Promise<boolean> {
    const row = await this.store.getRun({ space: DEFAULT_SPACE, run })
    return row !== undefined && (isEnd(row.status) || row.status === 'parked')
  }

  /** Everything that is known of a run; read beside the process, which may die at any call of its own. */
  details(run: string): Promise<RunDetails> {
    return detailsOf(this.store, run)
  }

  /** What a check of the whole store finds, in words. */
  findings(): Promise<readonly string[]> {
    return findingsOf(this.store)
  }

  /** Stops in order. */
  async close(): Promise<void> {
    const wumbo = await this.opened()
    this.#closed = true
    await this.pass(wumbo.close())
  }

  /** Stops without any order: nothing of it goes on. */
  abandon(): void {
    this.#closed = true
    this.#life.clock.die()
    this.bodies.clear()
    this.time.forget()
  }

  #mustStand(): void {
    if (this.#failure !== null) throw this.#failure
  }

  #boot(): Life {
    const { options, services, doubles, seed } = this.#parts
    const life: Life = { clock: new ProcessClock(this.time), died: deferred(), wumbo: null }
    const { clock } = life
    const isAlive = (): boolean => clock.alive
    const host = {
      isAlive,
      kill: () => {
        if (isAlive()) this.kill()
      },
      killOnRecord: (run: string, path: string) => {
        this.#onRecord = { run, path }
      },
      began: (run: string, path: string, step: AskedStep) => {
        this.#lastMove = 0
        this.#atWork.set(`${run} ${path}`, isLimited(step))
        this.#parts.began?.(run, path, step)
      },
      ...(this.#parts.around === undefined ? {} : { around: this.#parts.around }),
    }
    openWumbo(
      {
        store: mortalStore(this.store, this.deaths === 0 ? { isAlive, ...this.#parts.death } : { isAlive }),
        workflows: this.#workflows, templates: options.templates ?? [], services, retention: null,
        log: options.log ?? createLogger({ level: 'error' }),
        execution: this.bodies.counted(asyncStrategy({ clock }), clock),
        limits: { checkPure: true, ...options.limits },
      },
      { clock, random: seededRandom(seed + this.deaths * 7919), standIn: (step) => doubles.standIn(step, host), finder: (finder) => doubles.finder(finder) },
    ).then(
      (wumbo) => {
        wumbo.observe((event) => {
          if (isAlive()) this.#heard(event)
        })
        life.wumbo = wumbo
      },
      (thrown: unknown) => {
        if (isAlive()) this.#failure = thrown as Error
      },
    )
    return life
  }

  #heard(event: RunEvent): void {
    this.#lastMove = 0
    this.#parts.observe?.(event)
    if (!('path' in event) || !RECORDED.has(event.type)) return
    this.#atWork.delete(`${event.run} ${event.path}`)
    if (this.#onRecord?.run === event.run && this.#onRecord.path === event.path) this.kill()
  }
}

function isLimited({ options, template: { defaults } }: AskedStep): boolean {
  return (options.timeout ?? defaults.timeout ?? options.heartbeatTimeout ?? defaults.heartbeatTimeout ?? options.totalTimeout) !== undefined
}
