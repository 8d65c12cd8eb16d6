// Taking over: claims runs that nobody owns and that are due, reads what is known of each and enters it. It runs at start,
// when a wake time comes, when mail arrives for a run outside memory, and when memory has room again; never by polling.
import { WorkflowNotFoundError, errorData } from '../errors.ts'
import type { RunEvent } from '../model/event.ts'
import type { Payload } from '../model/payload.ts'
import { DEFAULT_SPACE, isEnd } from '../model/run.ts'
import type { RunKey, RunRow } from '../model/run.ts'
import type { Cancel } from '../shared/clock.ts'
import type { LoadedRun, OpAnswer, StoreOp } from '../store/port.ts'
import type { AnyWorkflow } from '../workflow/contract.ts'
import type { Flusher } from './flush.ts'
import { buildHistory } from './history.ts'
import type { EngineDeps } from './ports.ts'
import type { History } from './replay.ts'
import type { Departure } from './run-host.ts'

/** What taking over needs of the engine. */
export interface TakeoverHost {
  readonly deps: EngineDeps
  readonly flusher: Flusher
  /** How many more runs may come into memory. */
  room(): number
  read(payload: Payload | null): Promise<unknown>
  emit(event: RunEvent): void
  /** A run left without having been entered. */
  gone(run: string, departure: Departure): void
  enter(row: RunRow, workflow: AnyWorkflow, input: unknown, history: History | null): { onMail(mail: LoadedRun['mail'][number]): void }
}

const BATCH = 200

/** Claims and enters what is due. */
export class Takeover {
  readonly #host: TakeoverHost
  #working: Promise<void> | null = null
  #again = false
  #stopped = false
  #timer: Cancel | null = null
  #nextWake = Number.POSITIVE_INFINITY
  #full = false

  constructor(host: TakeoverHost) {
    this.#host = host
  }

  /** Takes over what an earlier process left behind, and wakes parked runs whose workflow is known again. */
  async begin(): Promise<void> {
    await this.#unpark()
    await this.#round()
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.()
  }

  /** A run will be due at `wakeAt`: 0 for now, null for not by time. */
  due(wakeAt: number | null): void {
    if (wakeAt === null) return
    if (wakeAt <= this.#host.deps.clock.now()) this.soon()
    else this.#watch(wakeAt)
  }

  /** Memory has room again. */
  roomFreed(): void {
    if (this.#full) this.soon()
  }

  /** Looks for due runs, once what is being done now is done. */
  soon(): void {
    if (this.#stopped) return
    this.#again = true
    this.#working ??= this.#rounds()
  }

  /** Reads and enters one run that the lane owns. */
  async resume(key: RunKey): Promise<void> {
    try {
      const loaded = await this.#host.deps.store.load(key)
      if (loaded === undefined || isEnd(loaded.run.status)) return
      await this.#enter(loaded)
    } catch (thrown) {
      await this.#park(key, thrown)
    }
  }

  async #rounds(): Promise<void> {
    try {
      while (this.#again && !this.#stopped) {
        this.#again = false
        await this.#round()
      }
    } catch (thrown) {
      if (!this.#stopped) this.#host.deps.log.error('due runs could not be taken over', { error: String(thrown) })
    } finally {
      this.#working = null
    }
  }

  async #round(): Promise<void> {
    for (;;) {
      const room = Math.min(BATCH, this.#host.room())
      this.#full = room <= 0
      if (this.#full || this.#stopped) return
      const answer = await this.#claim(room)
      const runs = answer?.answer === 'claimed' ? answer.runs : []
      await Promise.all(runs.map((key) => this.resume(key)))
      if (runs.length < room) break
    }
    const next = await this.#host.deps.store.nextWake()
    if (next !== null) this.due(next)
  }

  #claim(limit: number): Promise<OpAnswer | undefined> {
    return new Promise((resolve, reject) => {
      this.#host.flusher.add({ op: 'claim', limit, now: this.#host.deps.clock.now() }, null, 0, (answer, error) => (error === undefined ? resolve(answer) : reject(error)))
    })
  }

  async #enter(loaded: LoadedRun): Promise<void> {
    const { deps, flusher } = this.#host
    const { run } = loaded
    const workflow = await this.#workflowOf(run)
    const history = await buildHistory(loaded, (payload) => this.#host.read(payload))
    const input = await this.#host.read(run.input)
    const unread = loaded.mail.filter((mail) => mail.consumedAt === null)
    const resumed = unread.filter((mail) => mail.kind === 'resume').map((mail) => mail.number)
    if (resumed.length > 0) flusher.add({ op: 'consume', run: { space: run.space, run: run.run }, numbers: resumed, at: deps.clock.now() }, run.run, 0, null)
    const entered = this.#host.enter(withDeadline(loaded), workflow, input, history)
    for (const mail of unread) if (mail.kind !== 'resume') entered.onMail(mail)
  }

  async #workflowOf(run: RunRow): Promise<AnyWorkflow> {
    const { workflows, store } = this.#host.deps
    const known = workflows.find(run.workflow, run.version)
    if (known !== undefined) return known
    const body = await store.definition(run.version)
    const rebuilt = body === undefined ? undefined : workflows.rebuild(body)
    if (rebuilt !== undefined) return rebuilt
    throw new WorkflowNotFoundError(`run ${run.run} needs workflow ${run.workflow} in version ${run.version}, which is not registered here`, {
      details: { workflow: run.workflow, version: run.version }, remedy: 'Register that version beside the new one and start again, or cancel the run.',
    })
  }

  /** A run that cannot be entered: parked with the reason, or ended if somebody has asked to cancel it. */
  async #park(key: RunKey, thrown: unknown): Promise<void> {
    const { deps, flusher } = this.#host
    const error = errorData(thrown)
    const row = await deps.store.getRun(key)
    if (row === undefined || isEnd(row.status)) return
    const inboxSeen = row.inboxCount
    const op: StoreOp = inboxSeen > 0
      ? { op: 'finish', run: key, status: 'cancelled', output: null, error, finishedAt: deps.clock.now(), inboxSeen }
      : { op: 'release', run: key, status: 'parked', wakeAt: null, error, inboxSeen }
    deps.log.error('a run cannot go on', { run: key.run, error: error.message, becomes: op.op === 'finish' ? 'cancelled' : 'parked' })
    flusher.add(op, key.run, 100, (answer, failed) => {
      if (failed !== undefined) deps.log.error('a run could not be parked', { run: key.run, error: failed.message })
      else if (answer?.answer === 'mail') void this.#park(key, thrown)
      else {
        const about = { run: key.run, workflow: row.workflow, at: deps.clock.now() } as const
        this.#host.emit(op.op === 'finish' ? { ...about, type: 'run.ended', status: 'cancelled', error } : { ...about, type: 'run.parked', error })
        this.#host.gone(key.run, op.op === 'finish' ? { how: 'ended', status: 'cancelled', output: undefined, error } : { how: 'parked', error })
      }
    })
  }

  /** Runs that were parked for want of their workflow go on when it is registered again. */
  async #unpark(): Promise<void> {
    const { store, workflows, clock } = this.#host.deps
    for (let after: string | null | undefined; after !== null; ) {
      const page = await store.listRuns({ status: ['parked'], limit: 1000, ...(after === undefined ? {} : { after }) })
      for (const run of page.runs) {
        if (run.error?.code !== 'WORKFLOW_NOT_FOUND' || workflows.find(run.workflow, run.version) === undefined) continue
        const mail = { space: DEFAULT_SPACE, run: run.run, id: `${run.run}.resume.${run.inboxCount + 1}`, kind: 'resume', body: null, sentAt: clock.now() } as const
        this.#host.flusher.add({ op: 'send', mail }, null, 100, null)
      }
      after = page.next
    }
  }

  #watch(wakeAt: number): void {
    const { clock } = this.#host.deps
    if (wakeAt >= this.#nextWake || this.#stopped) return
    this.#timer?.()
    this.#nextWake = wakeAt
    this.#timer = clock.timer(Math.max(0, wakeAt - clock.now()), () => {
      this.#nextWake = Number.POSITIVE_INFINITY
      this.soon()
    })
  }
}

/** A retried run gets its whole time again, counted from the retry. */
function withDeadline(loaded: LoadedRun): RunRow {
  const { run, generations } = loaded
  const reopened = generations.find(({ gen }) => gen === run.gen)
  if (run.deadline === null || reopened === undefined) return run
  return { ...run, deadline: reopened.at + (run.deadline - run.createdAt) }
}
