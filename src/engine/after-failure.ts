// What people do with a run after its failure: retry it, from its failure or from any step, or fork it into a new run. Both build on the
// records before a step and begin anew from there.
import { ForkRefusedError, RunNotFoundError, RunNotRetryableError, StepNotFoundError, WorkflowNotFoundError } from '../errors.ts'
import { effectiveJournal } from '../model/record.ts'
import type { JournalRecord } from '../model/record.ts'
import type { Payload } from '../model/payload.ts'
import { DEFAULT_SPACE } from '../model/run.ts'
import type { RunKey, RunRow } from '../model/run.ts'
import { defaultCodec } from '../shared/codec.ts'
import { didYouMean } from '../shared/nearest.ts'
import type { LoadedRun, OpAnswer, StoreOp } from '../store/port.ts'
import { isClosing } from '../workflow/closing-paths.ts'
import type { AnyWorkflow } from '../workflow/contract.ts'
import { retryBase, undoneSteps } from './history.ts'
import { inherited, lineageKey } from './lineage.ts'
import type { Lineage } from './lineage.ts'
import { settlePayload } from './payloads.ts'
import type { PayloadHost } from './payloads.ts'
import type { EngineDeps } from './ports.ts'
import { reasonFrom } from './retry-reason.ts'
import { DECISION } from './undo-paths.ts'

/** Why a run is retried. */
export interface RetryOptions {
  readonly by: string
  readonly reason: string
  /** The step to begin anew with, whether or not it failed. Left out: the failed one. */
  readonly from?: string
}

/** How a run is forked. */
export interface ForkOptions {
  /** The step to begin anew with: its path, or that of a block or loop around it. */
  readonly at: string
  /** In place of the run's own; undefined counts when the key is there. */
  readonly input?: unknown
  /** In place of the run's own. */
  readonly workflow?: AnyWorkflow
}

/** What both need of the engine. */
export interface AfterFailureHost {
  readonly deps: EngineDeps
  readonly payloads: PayloadHost
  op(op: StoreOp, owner: string | null, bytes: number): Promise<OpAnswer | undefined>
  newRow(workflow: AnyWorkflow, given: { input: Payload; key: string | null; queue: string; now: number }): RunRow
  saveDefinition(workflow: AnyWorkflow): void
  read(payload: Payload | null): Promise<unknown>
  reopened(run: string): void
  started(row: RunRow): void
  /** Enters a run that this process owns, or leaves it to the store when the memory is full. */
  enter(key: RunKey): Promise<void>
}

/** Reopens a failed, cancelled or parked run under a new generation; gives its number. */
export async function retryRun(run: string, { by, reason, from }: RetryOptions, host: AfterFailureHost): Promise<number> {
  const loaded = await loadedOf(run, host)
  const { status, gen } = loaded.run
  if (status !== 'failed' && status !== 'cancelled' && status !== 'parked') {
    throw new RunNotRetryableError(`run ${run} is ${status}`, status === 'completed' ? { remedy: `A completed run stays as it is. Fork it: wumbo fork ${run} --at STEP` } : {})
  }
  const effective = effectiveOf(loaded)
  const baseSeq = from === undefined ? retryBase(loaded.run, effective) : Math.min(seqOf(from, loaded, effective), firstUndone(effective)?.seq ?? Number.POSITIVE_INFINITY)
  const key: RunKey = { space: DEFAULT_SPACE, run }
  const generation = { ...key, gen: gen + 1, baseSeq, at: host.deps.clock.now(), by, reason: from === undefined ? reason : reasonFrom(from, reason) }
  // What asked the run to end has been heard. A run that is parked has not ended: there it stands.
  const heard = status === 'parked' ? [] : loaded.mail.flatMap(({ kind, number, consumedAt }) => (kind === 'cancel' && consumedAt === null ? [number] : []))
  const [answer] = await Promise.all([host.op({ op: 'reopen', generation }, run, 100), ...(heard.length === 0 ? [] : [host.op({ op: 'consume', run: key, numbers: heard, at: generation.at }, run, 0).catch(() => undefined)])])
  if (answer?.answer === 'refused') throw new RunNotRetryableError(`run ${run}: ${answer.because}`)
  host.reopened(run)
  await host.enter(key)
  return gen + 1
}

/** Starts a new run that has the records of another before a step; gives its id. */
export async function forkRun(run: string, options: ForkOptions, host: AfterFailureHost): Promise<string> {
  const loaded = await loadedOf(run, host)
  const effective = effectiveOf(loaded)
  const baseSeq = seqOf(options.at, loaded, effective)
  const undone = firstUndone(effective)
  if (undone !== null && undone.seq < baseSeq) {
    throw new ForkRefusedError(`run ${run} cannot be forked at ${options.at}: step ${undone.path} before it was undone, so its result is no longer true`, { path: undone.path, remedy: `Fork at that step or before it: --at ${undone.path}` })
  }
  const workflow = options.workflow ?? (await workflowOf(loaded.run, host.deps))
  const hasOwnInput = Object.hasOwn(options, 'input')
  const input = hasOwnInput || options.workflow !== undefined ? await checkedInput(workflow, hasOwnInput ? options.input : await host.read(loaded.run.input), host) : loaded.run.input
  const lineage: Lineage = { run, gen: loaded.run.gen, at: options.at, baseSeq, hasOwnInput }
  const row = host.newRow(workflow, { input, key: lineageKey(lineage), queue: loaded.run.queue, now: host.deps.clock.now() })
  host.saveDefinition(workflow)
  const records = inherited(lineage, effective, row)
  // In this order: a death in between leaves a run that knows what it is made of, and whoever enters it completes it.
  await Promise.all([host.op({ op: 'start', run: row, key: null }, row.run, 200 + input.length), ...records.map((record) => host.op({ op: 'record', record }, row.run, bytesOf(record)))])
  host.started(row)
  await host.enter({ space: row.space, run: row.run })
  return row.run
}

/** The records that a fork still lacks of the run that it was made of; none for one that is whole. */
export async function missingRecords(lineage: Lineage, fork: LoadedRun, deps: EngineDeps): Promise<readonly JournalRecord[]> {
  const have = new Set(fork.journal.flatMap(({ gen, seq }) => (gen === 1 ? [seq] : [])))
  const wanted = Array.from({ length: lineage.baseSeq - 1 }, (_, index) => index + 1)
  if (wanted.every((seq) => have.has(seq))) return []
  const source = await deps.store.load({ space: fork.run.space, run: lineage.run })
  if (source === undefined) throw new RunNotFoundError(`run ${lineage.run}, which this one was forked from, is gone before all of its records were taken over`, { remedy: 'Cancel this run, and start a new one.' })
  return inherited(lineage, effectiveJournal(source.journal, source.generations, lineage.gen), fork.run).filter(({ seq }) => !have.has(seq))
}

/** Roughly. */
export function bytesOf({ input, output }: JournalRecord): number {
  return 120 + (input?.length ?? 0) + (output?.length ?? 0)
}

async function loadedOf(run: string, { deps }: AfterFailureHost): Promise<LoadedRun> {
  const loaded = await deps.store.load({ space: DEFAULT_SPACE, run })
  if (loaded === undefined) throw new RunNotFoundError(`there is no run ${run}`)
  return loaded
}

function effectiveOf({ journal, generations, run }: LoadedRun): readonly JournalRecord[] {
  return effectiveJournal(journal, generations, run.gen)
}

/** The number from which everything is done anew when a step is: its own, or that of the first record in a block or loop. */
function seqOf(step: string, { run, marks }: LoadedRun, effective: readonly JournalRecord[]): number {
  const own = effective.filter(({ path }) => !path.startsWith('$'))
  const inside = own.filter(({ path }) => path === step || path.startsWith(`${step}.`) || path.startsWith(`${step}[`))
  if (inside.length > 0) return Math.min(...inside.map(({ seq }) => seq))
  // Begun and not recorded: all that is recorded came before it.
  const isBegun = marks.some(({ path, gen }) => gen === run.gen && (path === step || path.startsWith(`${step}.`) || path.startsWith(`${step}[`)))
  if (isBegun) return effective.find(({ path }) => path === DECISION || isClosing(path))?.seq ?? (effective.at(-1)?.seq ?? 0) + 1
  const known = [...new Set(own.map(({ path }) => path))]
  throw new StepNotFoundError(`run ${run.run} has no step ${JSON.stringify(step)}, or never reached it.${didYouMean(step, known)}`, {
    path: step, details: { steps: known.slice(0, 100) }, remedy: known.length === 0 ? 'The run has recorded no step yet.' : `Name one of its steps: ${known.slice(0, 10).join(', ')}${known.length > 10 ? ' …' : ''}. See wumbo runs show ${run.run}`,
  })
}

/** The first step, in the order of the journal, whose result is undone. */
function firstUndone(effective: readonly JournalRecord[]): JournalRecord | null {
  const undone = undoneSteps(effective)
  return effective.find(({ path }) => undone.has(path)) ?? null
}

async function workflowOf({ run, workflow, version }: RunRow, { workflows, store }: EngineDeps): Promise<AnyWorkflow> {
  const known = workflows.find(workflow, version)
  if (known !== undefined) return known
  const body = await store.definition(version)
  const made = body === undefined ? undefined : workflows.rebuild(body, version)
  if (made !== undefined) return made
  throw new WorkflowNotFoundError(`run ${run} has workflow ${workflow} in version ${version}, which is not registered here`, { details: { workflow, version }, remedy: 'Register that version, or name another workflow for the fork.' })
}

async function checkedInput(workflow: AnyWorkflow, input: unknown, host: AfterFailureHost): Promise<Payload> {
  return settlePayload(defaultCodec.snapshot(await workflow.check(input)).payload, host.payloads)
}
