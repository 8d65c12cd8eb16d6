// Sends an update to a run and waits for what came of it. The run is entered beside itself, as for a query, and schema and validator are asked: what they
// refuse is not stored. What they take goes to the inbox of the run, whoever owns it, and its record is looked for in the store.
import { PayloadCorruptError, RunFinishedError, RunNotFoundError, RunParkedError, UpdateFailedError, UpdateNotFoundError, UpdateRefusedError, WaitTimeoutError, errorFromData } from '../errors.ts'
import { effectiveJournal, mailOf } from '../model/record.ts'
import type { JournalRecord } from '../model/record.ts'
import { DEFAULT_SPACE, isEnd } from '../model/run.ts'
import type { Mail } from '../model/run.ts'
import type { Cancel, Clock } from '../shared/clock.ts'
import { parseDuration } from '../shared/duration.ts'
import type { Duration } from '../shared/duration.ts'
import type { LoadedRun } from '../store/port.ts'
import { cleaningOf } from './clean-up.ts'
import type { RecordedUpdate } from './function-updates.ts'
import { checkSignalId } from './mail-waits.ts'
import { readValue } from './payloads.ts'
import type { EngineDeps } from './ports.ts'
import type { Postbox } from './postbox.ts'
import { enterBeside, knownWorkflow } from './query.ts'
import { UPDATE, keptArguments } from './run-updates.ts'
import { DECISION } from './undo-paths.ts'
import type { UpdateWaiters } from './update-waiters.ts'

/** What the store is asked again after, in milliseconds: at first, and at most. */
const LOOK_MS = { first: 2, most: 250 }

/** How an update is sent. */
export interface UpdateSendOptions {
  /** The sender's own id of the update: the same id for the same run is done once, and each sender is given the same answer. 1 to 200 characters. */
  readonly id?: string
  /** How long the answer is waited for. What is accepted stays so: ask again under the same id. Default 30 s. */
  readonly timeout?: Duration
}

/** An update on its way. */
export interface UpdateToSend extends UpdateSendOptions {
  readonly name: string
  readonly args: unknown
}

/** What sending needs of the engine. */
export interface UpdatingEngine {
  readonly postbox: Pick<Postbox, 'update' | 'newId'>
  readonly updates: Pick<UpdateWaiters, 'add'>
}

type Deps = Pick<EngineDeps, 'store' | 'clock' | 'workflows' | 'sha256' | 'limits'>

/** Sends an update. Gives what its handler gave, or throws what became of it: see RunHandle.update. */
export async function updateRun(deps: Deps, { postbox, updates }: UpdatingEngine, run: string, { name, args, id, timeout = '30s' }: UpdateToSend): Promise<unknown> {
  const until = deps.clock.monotonic() + parseDuration(timeout, 'timeout')
  const mailId = id === undefined ? `sent:${postbox.newId()}` : `update:${checkSignalId(id)}`
  const loaded = await load(deps, run)
  if (!loaded.mail.some((mail) => mail.id === mailId)) {
    const kept = keptArguments(name, args, deps.limits.inlinePayload)
    await examine(deps, loaded, name, kept)
    await postbox.update(run, mailId, { address: name, payload: kept })
  }
  const news = new News()
  const stop = updates.add(run, () => news.came())
  try {
    for (let pause = LOOK_MS.first; ; pause = Math.min(pause * 2, LOOK_MS.most)) {
      news.seen()
      const found = await outcome(deps, await load(deps, run), mailId)
      if (found !== undefined) return found.value
      const left = until - deps.clock.monotonic()
      if (left <= 0) throw late(name, run, id)
      await news.next(deps.clock, Math.min(pause, left))
    }
  } finally {
    stop()
  }
}

/** What this process is told of itself, between two looks at the store. */
class News {
  #isNew = false
  #wake: () => void = () => undefined

  came(): void {
    this.#isNew = true
    this.#wake()
  }

  seen(): void {
    this.#isNew = false
  }

  /** Resolves when something has come since it was seen, at the latest after `ms`: other processes tell nothing. */
  async next(clock: Clock, ms: number): Promise<void> {
    if (this.#isNew) return
    let cancel: Cancel | null = null
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      cancel = clock.timer(ms, resolve)
    })
    ;(cancel as Cancel | null)?.()
  }
}

function late(name: string, run: string, id: string | undefined): WaitTimeoutError {
  return new WaitTimeoutError(`update ${name} was accepted, and run ${run} has not taken it in time`, { path: name, remedy: id === undefined ? 'It is still taken. Send updates with an id of your own: then you can ask again for the answer.' : 'It is still taken. Send it again under the same id for the answer.' })
}

async function load({ store }: Deps, run: string): Promise<LoadedRun> {
  const loaded = await store.load({ space: DEFAULT_SPACE, run })
  if (loaded === undefined) throw new RunNotFoundError(`there is no run ${run}`)
  return loaded
}

/** Asks schema and validator beside the run. */
async function examine(deps: Deps, loaded: LoadedRun, name: string, args: unknown): Promise<void> {
  const { run } = loaded
  if (isEnd(run.status)) throw new RunFinishedError(`run ${run.run} has ended; it takes no update ${name}`)
  if (run.status === 'parked') throw parked(loaded, `it takes no update ${name} until it goes on`)
  if (cleaningOf(loaded) !== undefined) throw new UpdateRefusedError(`run ${run.run} is cancelled and cleans up; it takes no updates`, { path: name })
  if (effectiveJournal(loaded.journal, loaded.generations, run.gen).some(({ path }) => path === DECISION)) throw new UpdateRefusedError(`run ${run.run} is being undone; it takes no updates`, { path: name })
  const workflow = knownWorkflow(deps, loaded)
  if (workflow.form === 'graph') throw new UpdateNotFoundError(`run ${run.run} is one of the graph ${run.workflow}: a graph has no updates`, { path: name, remedy: 'Let a step wait for a signal, and send that.' })
  await enterBeside(deps, loaded, workflow, async (source) => {
    const bound = source.updates?.get(name)
    if (bound === undefined) {
      const known = source.updates?.names ?? []
      throw new UpdateNotFoundError(`run ${run.run} takes no update ${JSON.stringify(name)}; ${known.length === 0 ? 'its code has set none so far' : `it takes ${known.join(', ')}`}`, { path: name })
    }
    const checked = bound.check === null ? args : await bound.check(args)
    source.updates?.validate(name, bound, keptArguments(name, checked, deps.limits.inlinePayload))
  })
}

/** What became of an update; undefined while nothing has. */
async function outcome(deps: Deps, loaded: LoadedRun, mailId: string): Promise<{ readonly value: unknown } | undefined> {
  const { run, mail } = loaded
  const sent = mail.find(({ id }) => id === mailId)
  if (sent === undefined || sent.kind === 'taken') throw new UpdateFailedError(`run ${run.run} has continued as new since the update came, and keeps no answer of it`, { remedy: 'Ask the run with a query how it stands.' })
  const record = effectiveJournal(loaded.journal, loaded.generations, run.gen).find((one) => one.kind === 'update' && mailOf(one) === sent.number)
  if (record !== undefined) return { value: await resultOf(deps, record) }
  const refused = loaded.marks.find(({ kind, path, attempt }) => kind === 'refused' && attempt === sent.number && path.startsWith(UPDATE))
  if (refused?.error != null) throw new UpdateRefusedError(refused.error.message, { path: refused.error.path ?? refused.path.slice(UPDATE.length), cause: errorFromData(refused.error), ...(refused.error.details === undefined ? {} : { details: refused.error.details }) })
  if (isEnd(run.status)) throw new RunFinishedError(`run ${run.run} has ended before it took the update`, { remedy: 'It is shown as left over; should the run be retried, it is taken then.' })
  if (run.status === 'parked' && isSeen(sent)) throw parked(loaded, 'the update is taken when it goes on')
  return undefined
}

function isSeen({ consumedAt }: Mail): boolean {
  return consumedAt !== null
}

async function resultOf({ store, sha256 }: Deps, { path, output, error }: JournalRecord): Promise<unknown> {
  const recorded = (await readValue(output, { blobs: store.blobs, sha256 })) as RecordedUpdate | undefined // as run-updates.ts records it
  if (recorded === undefined) throw new PayloadCorruptError(`the record of update ${path} holds nothing`, { path })
  if (error === null) return recorded.value
  throw new UpdateFailedError(`update ${recorded.name} failed: ${error.message}`, { path: recorded.name, cause: errorFromData(error) })
}

function parked({ run }: LoadedRun, words: string): RunParkedError {
  return new RunParkedError(`run ${run.run} is parked: ${words}`, run.error === null ? {} : { cause: errorFromData(run.error) })
}
