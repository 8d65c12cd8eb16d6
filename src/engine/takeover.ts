// Taking over: claims runs that nobody owns and that are due, reads what is known of each and enters it: at start, when a wake time comes, when mail arrives
// for a run outside memory, when memory has room again, and when a shared store tells of due runs. Runs whose process died go through probation.
import { LaneFencedError, RunQuarantinedError, StoreFailedError, WorkflowNotFoundError } from '../errors.ts'
import type { Payload } from '../model/payload.ts'
import { NEVER, isEnd } from '../model/run.ts'
import type { Mail, NewRun, RunKey, RunKind, RunRow } from '../model/run.ts'
import type { Cancel } from '../shared/clock.ts'
import type { ClaimedRun, Lane, LoadedRun, OpAnswer } from '../store/port.ts'
import type { AnyWorkflow } from '../workflow/contract.ts'
import { closeLoaded } from './child-close.ts'
import { cancelOf, heedCancel, isUndone, type Heeded } from './heed-cancel.ts'
import { goOnWith } from './take-migration.ts'
import { unparkRuns } from './unpark.ts'
import { wholeFork } from './whole-fork.ts'
import { cleanUpAhead, cleanUpOf, cleaningOf, hasCleanUp, historyFor, timeoutOf, type CleanUp, type Cleaning } from './clean-up.ts'
import { buildHistory } from './history.ts'
import { isPaused, outstanding } from './outstanding-mail.ts'
import { patiently } from './patient-read.ts'
import { BLAMED_DEATHS, Probation, type Probationer } from './probation.ts'
import type { History } from './replay.ts'
import type { Trial } from './run-waits.ts'
import { ServedKinds } from './served-kinds.ts'
import { SideExits, type SideExitHost } from './side-exits.ts'

/** What a run is entered with. */
export interface Entering {
  readonly row: RunRow
  readonly workflow: AnyWorkflow
  readonly input: unknown
  /** Null for a run that has just been started. */
  readonly history: History | null
  /** Somebody has paused it. */
  readonly paused: boolean
  /** Its clean-up: what it is entered for, or would be when it is cancelled; null for none. */
  readonly cleanUp: CleanUp | null
  /** Set for a run in probation. */
  readonly trial: Trial | null
}

/** What taking over needs of the engine. */
export interface TakeoverHost extends SideExitHost {
  /** How many more runs may come into memory. */
  room(): number
  read(payload: Payload | null): Promise<unknown>
  enter(entering: Entering): { onMail(mail: LoadedRun['mail'][number]): void }
  /** Reads mail that has come since the run was loaded. */
  readMail(key: RunKey, after: number): void
  /** The lane, as long as it is not lost. */
  lane(): Lane | null
  isHot(run: string): boolean
}

const BATCH = 1000
/** Owned and in-memory runs are compared so often, in milliseconds. */
const RECONCILE_MS = 60_000
/** A store that cannot be read is asked again after this time, in milliseconds. */
const READ_AGAIN_MS = 500
/** More than a store holds. */
const ALL = 1_000_000_000

/** Claims and enters what is due. */
export class Takeover {
  readonly #host: TakeoverHost
  readonly #served: ServedKinds
  readonly #probation: Probation
  readonly #exits: SideExits
  /** Runs that this lane owns and that are on their way into memory, with the number of the reading that counts: the last, as an earlier one may bring what the run was before it was entered and left. */
  readonly #coming = new Map<string, number>()
  #reads = 0
  /** Runs that were claimed beside the one that was meant, and are not entered. */
  readonly #aside = new Set<string>()
  #working: Promise<void> | null = null
  #again = false
  #stopped = false
  #timer: Cancel | null = null
  #nextWake = Number.POSITIVE_INFINITY
  #full = false
  #astray: ReadonlySet<string> = new Set()
  #reconciling: Cancel | null = null

  constructor(host: TakeoverHost) {
    this.#host = host
    this.#served = new ServedKinds(host.deps)
    this.#probation = new Probation(host.deps.clock)
    this.#exits = new SideExits(host, (key) => void this.resume(key))
  }

  /** Takes over what an earlier process left behind, and wakes parked runs whose workflow is known again. */
  async begin(): Promise<void> {
    await this.#refresh()
    await this.unpark()
    await this.#round()
    if (this.#host.deps.store.isShared) this.#reconcileLater()
  }

  /** Other workflows are known now: wakes parked runs whose workflow is among them. */
  async workflowsChanged(): Promise<void> {
    if (this.#stopped) return
    this.#served.forget()
    await this.#refresh()
    await this.unpark()
    this.soon()
  }

  /** Kinds of runs have come that were not there before. */
  async kindsChanged(): Promise<void> {
    if (this.#stopped || this.#served.takesNothing) return
    // What is told once must not be lost because the store was away at that moment.
    await this.#patiently(() => this.#refresh())
    this.soon()
  }

  /** Nobody can run these, and they have waited for long: in this worker's queues they are parked with the reason. */
  async parkUnserved(kinds: readonly RunKind[]): Promise<void> {
    const mine = kinds.filter(({ queue }) => this.#served.hasQueue(queue))
    if (mine.length === 0 || this.#stopped) return
    const answer = await this.#claim(BATCH, mine)
    if (answer?.answer === 'claimed') await Promise.all(answer.runs.map((key) => this.resume(key)))
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.()
    this.#reconciling?.()
  }

  /** The lane is lost: nothing that it owned is entered any more. */
  laneLost(): void {
    this.#probation.clear()
    this.#coming.clear()
    this.#timer?.()
    this.#nextWake = Number.POSITIVE_INFINITY
    this.#again = false
  }

  #reconcileLater(): void {
    this.#reconciling?.()
    this.#reconciling = this.#host.deps.clock.timer(RECONCILE_MS, () => {
      this.#reconcileLater()
      this.reconcile().catch((thrown: unknown) => this.#troubled(thrown))
    })
  }

  /** Enters runs that the lane owns and that are not in memory: twice seen, so that none is meant that is just coming or going. */
  async reconcile(): Promise<void> {
    const lane = this.#host.lane()
    if (lane?.owned === undefined) return
    const astray = (await lane.owned()).filter(({ run }) => !this.#host.isHot(run) && !this.#coming.has(run))
    const again = astray.filter(({ run }) => this.#astray.has(run))
    this.#astray = new Set(astray.map(({ run }) => run))
    if (again.length > 0) this.#host.deps.log.warn('runs of this worker were not in its memory; they are entered again', { runs: again.length })
    await Promise.all(again.map((key) => this.resume(key)))
    // Another may have parked a run for want of its workflow just when this worker had begun, which can run it.
    await this.unpark()
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

  /** Reads and enters one run that the lane owns; one that nobody has worked on need not be read. */
  async resume(key: ClaimedRun): Promise<void> {
    const reading = ++this.#reads
    this.#coming.set(key.run, reading)
    const lane = this.#host.lane()
    const isComing = await this.#patiently(async () => {
      // Asked again after the lane was lost it is none of ours, though no other lane is there yet.
      if (lane === null || lane !== this.#host.lane()) return false
      const loaded = key.fresh === undefined ? await this.#host.deps.store.load(key) : untouched(key.fresh, lane)
      if (loaded === undefined || isEnd(loaded.run.status) || lane !== this.#host.lane()) return false
      return this.#enter(loaded, lane, reading).then(() => true, async (thrown: unknown) => {
        if (this.#isAway(thrown)) throw thrown
        // The lane ended meanwhile: that is no fault of the run, and whoever has it now enters it.
        if (lane !== this.#host.lane() || thrown instanceof LaneFencedError) return false
        await this.#exits.park(key, thrown)
        return false
      })
    })
    if (isComing !== true && this.#coming.get(key.run) === reading) this.#coming.delete(key.run)
  }

  /** The store could not be asked: nothing is known by it of what was asked for. */
  #isAway(thrown: unknown): boolean {
    return this.#host.deps.store.isShared && thrown instanceof StoreFailedError
  }

  /** A shared store that is away is no news, and tells by itself what is due once it is back. */
  #troubled(thrown: unknown): void {
    if (!this.#stopped && !this.#isAway(thrown) && !(thrown instanceof LaneFencedError)) this.#host.deps.log.error('due runs could not be taken over', { error: String(thrown) })
  }

  /** A shared store that cannot be read at the moment is asked again, for as long as the lane is the same. */
  async #patiently<T>(read: () => Promise<T>): Promise<T | undefined> {
    const { clock } = this.#host.deps
    const lane = this.#host.lane()
    for (;;) {
      try {
        return await read()
      } catch (thrown) {
        if (!this.#isAway(thrown)) throw thrown
        if (this.#stopped || lane !== this.#host.lane()) return undefined
        await new Promise<void>((resolve) => clock.timer(READ_AGAIN_MS, resolve))
      }
    }
  }

  /** For an engine that takes nothing over: claims all that is due and enters only `key`; the rest is given back when the lane ends. */
  async only(key: RunKey): Promise<void> {
    // Others may be at work on the rest: the mail will be read by whoever owns the run, or claims it.
    if (this.#host.deps.store.isShared) return
    const answer = await this.#claim(ALL, null)
    if (answer?.answer === 'claimed') for (const { run } of answer.runs) this.#aside.add(run)
    if (this.#aside.delete(key.run)) await this.resume(key)
  }

  async #rounds(): Promise<void> {
    try {
      while (this.#again && !this.#stopped) {
        this.#again = false
        await this.#round()
      }
    } catch (thrown) {
      this.#troubled(thrown)
    } finally {
      this.#working = null
    }
  }

  async #refresh(): Promise<void> {
    const lane = this.#host.lane()
    if (lane !== null) await this.#served.refresh(lane)
  }

  async #round(): Promise<void> {
    if (this.#served.takesNothing || this.#host.lane() === null) return
    // A process alone learns of new kinds by its own starts only.
    if (!this.#host.deps.store.isShared) await this.#refresh()
    for (;;) {
      const room = Math.min(BATCH, this.#host.room() - this.#coming.size)
      this.#full = room <= 0
      if (this.#full || this.#stopped) return
      const answer = this.#served.served?.length === 0 ? undefined : await this.#claim(room, this.#served.served)
      const runs = answer?.answer === 'claimed' ? answer.runs : []
      await Promise.all(runs.map((key) => this.resume(key)))
      if (runs.length < room) break
    }
    // A shared store tells by itself what is due.
    if (this.#host.deps.store.isShared) return
    const next = await this.#host.deps.store.nextWake()
    if (next !== null) this.due(next)
  }

  #claim(limit: number, kinds: readonly RunKind[] | null): Promise<OpAnswer | undefined> {
    return new Promise((resolve, reject) => {
      this.#host.flusher.add({ op: 'claim', limit, now: this.#host.deps.clock.now(), kinds }, null, 0, (answer, error) => (error === undefined ? resolve(answer) : reject(error)))
    })
  }

  async #enter(loaded: LoadedRun, lane: Lane | null, reading: number): Promise<void> {
    const whole = await this.#migrated(await wholeFork(loaded, this.#host))
    if (whole === null) return
    if (cancelOf(whole) !== undefined) await closeLoaded(whole, this.#host)
    const cleaning = await this.#cleaning(whole)
    const heeded: Heeded = cleaning === undefined || isUndone(whole) ? await heedCancel(whole, this.#host) : { ends: null, loaded: whole }
    if (heeded.ends === null) {
      await this.#enterLoaded(heeded.loaded, { lane, cleaning, reading })
      return
    }
    this.#exits.cancelled(loaded.run, heeded.ends)
    this.#coming.delete(loaded.run.run)
  }

  /** The run with the version that it was asked to go on with, if it fits; null when others are to go on with it. */
  async #migrated(loaded: LoadedRun): Promise<LoadedRun | null> {
    const { deps, flusher } = this.#host
    const find = (workflow: string, version: string): Promise<AnyWorkflow | undefined> => this.#find({ workflow, version })
    const migrated = await goOnWith(loaded, { deps, flusher, find, read: (payload) => this.#host.read(payload), emit: (event) => this.#host.emit(event), giveBack: (run, isPaused) => this.#exits.giveBack(run, isPaused) })
    if (migrated === null) this.#coming.delete(loaded.run.run)
    return migrated
  }

  /** The clean-up of a run that was cancelled, or of a graph that has reached its timeout; undefined for a run that is not to be cleaned up. */
  async #cleaning(loaded: LoadedRun): Promise<Cleaning | undefined> {
    const cleaning = cleaningOf(loaded)
    const mail = cancelOf(loaded)
    if (cleaning !== undefined || mail === undefined || !hasCleanUp(loaded) || isUndone(loaded)) return cleaning
    // As if it had been in memory: from now on it counts as cancelled, also where its code is not known.
    return this.#exits.beginCleanUp(loaded.run, { mail, timeoutMs: timeoutOf(await this.#find(loaded.run)) })
  }

  async #enterLoaded(loaded: LoadedRun, { lane, cleaning, reading }: { readonly lane: Lane | null; readonly cleaning: Cleaning | undefined; readonly reading: number }): Promise<void> {
    const { run } = loaded
    const workflow = await this.#workflowOf(run)
    const isCleaning = cleaning !== undefined
    const read = (payload: Payload | null): Promise<unknown> => this.#host.read(payload)
    const all = await buildHistory(loaded, read, this.#host.deps.clock.now(), (payload) => patiently(this.#host.deps, () => read(payload), () => lane === this.#host.lane()))
    const history = workflow.form === 'graph' ? all : historyFor(all, run.gen, isCleaning)
    const code = isCleaning && workflow.form === 'function' ? cleanUpOf(workflow, all) : workflow
    const cleanUp: CleanUp | null = cleaning === undefined ? cleanUpAhead(workflow, loaded) : { when: 'now', ...cleaning }
    const input = await this.#host.read(run.input)
    const mail = outstanding(loaded, all)
    const go = (trial: Trial | null): void => {
      // Read twice at once, it is entered once: two of it would write the same rows.
      if (this.#coming.get(run.run) !== reading) return
      this.#coming.delete(run.run)
      if (this.#stopped || lane !== this.#host.lane() || this.#host.isHot(run.run)) return
      this.#go(loaded, mail, { workflow: code, input, history, trial, cleanUp, paused: !isCleaning && isPaused(loaded.mail) })
    }
    // Also of one that was parked for it and is claimed by mail: only a retry tries it again.
    const [worst] = [...history.tried].sort(([, a], [, b]) => b.alone - a.alone || b.blame - a.blame)
    if (worst !== undefined && worst[1].alone >= BLAMED_DEATHS) {
      throw new RunQuarantinedError(`the process died ${worst[1].blame} times soon after step ${worst[0]} of run ${run.run} began, ${worst[1].alone} times with no other run to blame`, {
        path: worst[0], details: { deaths: worst[1].blame, alone: worst[1].alone },
      })
    }
    if (run.crashes === 0) {
      go(null)
      return
    }
    const probationer: Probationer = {
      blame: Math.max(0, ...[...history.tried.values()].map(({ blame }) => blame)),
      enter: (isAlone) => go({ tried: history.tried, isAlone, discharge: () => this.#probation.discharge(probationer) }),
    }
    this.#probation.admit(probationer)
  }

  #go(loaded: LoadedRun, outstandingMail: readonly Mail[], entering: Omit<Entering, 'row'>): void {
    const { run } = loaded
    const entered = this.#host.enter({ row: withDeadline(loaded, entering.cleanUp), ...entering })
    for (const mail of outstandingMail) entered.onMail(mail)
    // In probation it may have waited for its turn.
    if (entering.trial !== null) this.#host.readMail({ space: run.space, run: run.run }, run.inboxCount)
  }

  /** The workflow of a run, registered or made from its stored definition. */
  async #find(run: Pick<RunRow, 'workflow' | 'version'>): Promise<AnyWorkflow | undefined> {
    const { workflows, store } = this.#host.deps
    const known = workflows.find(run.workflow, run.version)
    if (known !== undefined) return known
    const body = await store.definition(run.version)
    return body === undefined ? undefined : workflows.rebuild(body, run.version)
  }

  async #workflowOf(run: RunRow): Promise<AnyWorkflow> {
    const found = await this.#find(run)
    if (found !== undefined) return found
    throw new WorkflowNotFoundError(`run ${run.run} needs workflow ${run.workflow} in version ${run.version}, which is not registered here`, {
      details: { workflow: run.workflow, version: run.version }, remedy: 'Register that version beside the new one and start again, or cancel the run.',
    })
  }

  /** Runs that were parked for want of their workflow go on when it is registered again, or its definition finds its templates again. */
  unpark(): Promise<void> {
    const { deps, flusher } = this.#host
    return unparkRuns({ deps, flusher, find: (run) => this.#find(run), hasQueue: (queue) => this.#served.hasQueue(queue), sent: () => this.soon(), take: (kind) => this.parkUnserved([kind]) })
  }

  #watch(wakeAt: number): void {
    const { clock } = this.#host.deps
    if (wakeAt >= this.#nextWake || wakeAt >= NEVER || this.#stopped) return
    this.#timer?.()
    this.#nextWake = wakeAt
    this.#timer = clock.timer(Math.max(0, wakeAt - clock.now()), () => {
      this.#nextWake = Number.POSITIVE_INFINITY
      this.soon()
    })
  }
}

/** All that there is of a run that nobody has worked on. */
function untouched(run: NewRun, lane: Lane | null): LoadedRun {
  return {
    run: { ...run, gen: 1, status: 'running', output: null, error: null, finishedAt: null, wakeAt: null, lane: lane?.id ?? null, epoch: lane?.epoch ?? null, inboxCount: 0, crashes: 0 },
    journal: [], marks: [], mail: [], generations: [],
  }
}

/** A retried run gets its whole time again, counted from the retry. */
function withDeadline(loaded: LoadedRun, cleanUp: CleanUp | null): RunRow {
  const { run, generations } = loaded
  if (cleanUp?.when === 'now') return { ...run, deadline: cleanUp.due }
  const reopened = generations.find(({ gen }) => gen === run.gen)
  if (run.deadline === null || reopened === undefined) return run
  return { ...run, deadline: reopened.at + (run.deadline - run.createdAt) }
}
