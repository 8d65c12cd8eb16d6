// Moving runs to another version of their workflow: what is asked for, and whether the journal of a run fits the other version. Nothing of the
// run is begun and nothing is written by looking.
import { IllegalTransitionError, MigrationRefusedError, errorData } from '../errors.ts'
import type { WumboError } from '../errors.ts'
import { effectiveJournal } from '../model/record.ts'
import type { Payload } from '../model/payload.ts'
import { isEnd } from '../model/run.ts'
import type { Mail } from '../model/run.ts'
import type { Clock } from '../shared/clock.ts'
import { defaultCodec } from '../shared/codec.ts'
import { hashText } from '../shared/hash.ts'
import { quietLogger } from '../template/log.ts'
import type { LoadedRun } from '../store/port.ts'
import type { AnyWorkflow, Operation, Source, SourceHost } from '../workflow/contract.ts'
import { cleaningOf, historyFor } from './clean-up.ts'
import { redo } from './function-updates.ts'
import { FunctionSource } from './function-source.ts'
import { buildHistory } from './history.ts'
import type { AskedStep } from './mismatch.ts'
import { Replay } from './replay.ts'
import type { History } from './replay.ts'

/** What mail of kind `migrate` says. */
export interface MigrationBody {
  readonly from: string
  readonly to: string
  readonly by: string
  readonly reason: string
  /** Up to where the journal fitted when it was asked for: a worker without the code of `to` takes that as proof while nothing was added. */
  readonly checked: JournalEnd
}

/** How far a journal goes. */
export interface JournalEnd {
  readonly gen: number
  readonly seq: number
}

/** Whether a run can go on with another version. `drops`: timers and waits that it has begun and that the other version does not ask for. */
export type Fit = { readonly fits: true; readonly drops: readonly string[] } | { readonly fits: false; readonly why: WumboError }

/** What looking needs. */
export interface FitHost {
  readonly clock: Clock
  read(payload: Payload | null): Promise<unknown>
}

/** The path under which a run notes what concerns its version. */
export const VERSION_PATH = '$version'

/** Where the journal of a run ends. */
export function journalEnd({ run, journal, generations }: LoadedRun): JournalEnd {
  return { gen: run.gen, seq: effectiveJournal(journal, generations, run.gen).at(-1)?.seq ?? 0 }
}

/** Mail that asks for another version and that the run has not read. */
export function migrationsIn(loaded: Pick<LoadedRun, 'mail'>): readonly Mail[] {
  return loaded.mail.filter(({ kind, consumedAt }) => kind === 'migrate' && consumedAt === null)
}

/** Looks whether the journal of a run fits a workflow, by giving it the recorded answers. */
export async function fitOf(loaded: LoadedRun, workflow: AnyWorkflow, host: FitHost): Promise<Fit> {
  const { run } = loaded
  const refused = (why: string, more: { readonly path?: string; readonly cause?: WumboError } = {}): Fit => ({
    fits: false,
    why: new MigrationRefusedError(`run ${run.run} cannot go on with version ${workflow.version} of ${workflow.name}: ${why}`, { ...more, details: { run: run.run, from: run.version, to: workflow.version, ...more.cause?.details } }),
  })
  if (isEnd(run.status)) return refused(`it has ${run.status === 'completed' ? 'completed' : `ended as ${run.status}`}`)
  if (cleaningOf(loaded) !== undefined) return refused('it is cancelled and cleans up')
  const all = await buildHistory(loaded, (payload) => host.read(payload), host.clock.now())
  if (all.undoing !== null) return refused('its steps are being undone')
  const history = historyFor(all, run.gen, false)
  const input = await host.read(run.input)
  if (workflow.form === 'graph') {
    const problem = await inputProblem(workflow, input)
    if (problem !== null) return refused(`its input is none that the version takes: ${problem.message}`, { cause: problem })
  }
  const replayed = await replayInto(workflow, { loaded, history, input }, host.clock)
  if (replayed.mismatch !== null) return refused(replayed.mismatch.message, { ...(replayed.mismatch.path === undefined ? {} : { path: replayed.mismatch.path }), cause: replayed.mismatch })
  const left = leftBehind(loaded, history, replayed.asked)
  const [begun] = left.begun
  if (begun !== undefined) return refused(`step ${begun} has begun, and the version does not ask for it where the run stands`, { path: begun })
  return { fits: true, drops: left.waits }
}

async function inputProblem(workflow: AnyWorkflow, input: unknown): Promise<WumboError | null> {
  try {
    await workflow.check(input)
    return null
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown ? (thrown as WumboError) : new MigrationRefusedError(errorData(thrown).message, { cause: thrown })
  }
}

interface Replayed {
  readonly mismatch: WumboError | null
  /** What the version asks for and has no answer. */
  readonly asked: ReadonlySet<string>
}

/** Gives a workflow the recorded answers, one at a time, each when it has come to rest. */
async function replayInto(workflow: AnyWorkflow, { loaded, history, input }: { readonly loaded: LoadedRun; readonly history: History; readonly input: unknown }, clock: Clock): Promise<Replayed> {
  const replay = new Replay(history)
  let hasEnded = false
  const end = (): void => void (hasEnded = true)
  const host: SourceHost = { open: (operation) => replay.asked(operation, askedStep(operation)), drop: (path) => replay.drop(path), complete: end, fail: end }
  const source = sourceOf(workflow, { loaded, replay, host })
  try {
    source.begin(input, host)
    for (;;) {
      await new Promise<void>((rest) => clock.defer(rest))
      const unasked = hasEnded ? replay.unasked() : null
      if (unasked !== null) return { mismatch: unasked, asked: new Set() }
      const next = hasEnded ? ({ kind: 'done' } as const) : replay.next()
      if (next.kind === 'mismatch') return { mismatch: next.error, asked: new Set() }
      if (next.kind === 'done') return { mismatch: null, asked: new Set(replay.unanswered.map(({ path }) => path)) }
      if (next.kind === 'later') await next.ready
      else if (next.kind === 'answer') source.deliver(next.path, next.outcome)
      else {
        const error = redo(source.updates, next.record, next.given)
        if (error !== null) return { mismatch: error, asked: new Set() }
      }
    }
  } finally {
    source.abandon?.(() => new IllegalTransitionError('the run was entered to see whether it fits another version'))
  }
}

function sourceOf(workflow: AnyWorkflow, { loaded, replay, host }: { readonly loaded: LoadedRun; readonly replay: Replay; readonly host: SourceHost }): Source {
  if (workflow.form === 'graph') return workflow.source()
  const source = new FunctionSource(workflow, quietLogger)
  source.attach({ ...host, row: { ...loaded.run, version: workflow.version }, replaying: true, replay, beat: () => undefined })
  return source
}

/** A step that is compared with its record and never begun. */
function askedStep(operation: Operation): AskedStep | null {
  if (operation.kind !== 'step') return null
  const step = { operation, inputHash: '', encodeInput: (): void => { step.inputHash = hashText(defaultCodec.snapshot(operation.input).payload) } }
  return step
}

/** What the run has begun and the version does not ask for: steps, whose effects may be there, and timers and waits, which can be let go. */
function leftBehind({ run }: LoadedRun, { marks, tried, begun }: History, asked: ReadonlySet<string>): { readonly begun: readonly string[]; readonly waits: readonly string[] } {
  const open = [...marks.values()].filter(({ gen, path }) => gen === run.gen && !asked.has(path))
  const steps = [...open.flatMap(({ kind, path }) => (kind === 'retry' ? [path] : [])), ...tried.keys(), ...begun.keys()].filter((path) => !asked.has(path))
  return { begun: steps, waits: open.flatMap(({ kind, path }) => (kind === 'retry' ? [] : [path])) }
}
