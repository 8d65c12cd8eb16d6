// What the simulation and the crash-point sweep share: shapes of workflows, engines that are opened on a store one after
// another, starts that are repeated until they are acknowledged, and the verdict at the end.
import { Engine } from '../engine/engine.ts'
import { FLUSH_LIMITS } from '../engine/flush.ts'
import { runDetails } from '../engine/inspect.ts'
import type { RunDetails } from '../engine/inspect.ts'
import { readValue } from '../engine/payloads.ts'
import type { EngineDeps, EngineLimits } from '../engine/ports.ts'
import { RunFinishedError } from '../errors.ts'
import type { PublishOptions } from '../engine/publishing.ts'
import { verifyStore } from '../engine/verify.ts'
import { asyncStrategy } from '../execution/async.ts'
import { parentOf } from '../model/child.ts'
import { mailOf } from '../model/record.ts'
import { DEFAULT_SPACE } from '../model/run.ts'
import { hashText } from '../shared/hash.ts'
import { clockAt } from '../shared/clock.ts'
import type { Random } from '../shared/random.ts'
import { isShared, type Store } from '../store/port.ts'
import type { Logger } from '../template/contract.ts'
import { services } from '../template/services.ts'
import type { AnyWorkflow } from '../workflow/contract.ts'
import type { Effect } from './effect.ts'
import { judgeChildren } from './judge-children.ts'
import { judgeUndoing } from './judge-undoing.ts'
import { knownChild } from './known-child.ts'
import type { ProcessClock } from './process-clock.ts'

/** What a world's bodies may use: waiting (virtual in a simulation), seeded chance, and a log that outlives the process. */
export interface World {
  readonly random: Random
  readonly effects: Effect[]
  /** Waits so many milliseconds; never resolves when the process dies meanwhile. */
  wait(ms: number): Promise<void>
}

/** A workflow shape to simulate, made anew for each world. */
export interface Shape {
  readonly name: string
  readonly make: (world: World) => AnyWorkflow
  /** Other versions of the same workflow, with which runs end alike: in a cluster a worker may know any of them. */
  readonly versions?: (world: World) => readonly AnyWorkflow[]
  /** The workflows that it starts as its children, made anew for each world as well. */
  readonly others?: (world: World) => readonly AnyWorkflow[]
  readonly input: unknown
  /** What is sent to each run once its start is acknowledged, in this order, in every process anew: the ids are the same, so each counts once. */
  readonly signals?: readonly { readonly name: string; readonly payload: unknown }[]
  /** Events that are published for each run before the updates, in the same way: under its id as their key, or under none where the data are made of the id. */
  readonly events?: readonly { readonly topic: string; readonly data: unknown }[] | ((run: string) => readonly { readonly topic: string; readonly data: unknown }[])
  /** Updates that are handed to each run before the signals, in the same way. */
  readonly updates?: readonly { readonly name: string; readonly args: unknown }[]
  /** What it is asked for after that, in each process. */
  readonly asks?: readonly ('pause' | 'resume' | 'cancel')[]
  /** What the run must give; `failed` when it must fail, `cancelled` when it must end so, its clean-up done up to a step `end`. */
  readonly expected: unknown
}

/** What is started in a world. */
export interface Plan {
  readonly shapes: readonly Shape[]
  /** Runs started per shape. Default 1. */
  readonly runs?: number
}

export type { Effect } from './effect.ts'

const SILENT: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }

const LIMITS: EngineLimits = {
  hotRuns: 100, releaseAfterMs: 1000, inlinePayload: 2000, keptInput: 1000, bufferBytes: 64 << 20, pureDelayMs: 1000, pureRecords: 1000,
  pureBytes: 262_144, keyTtlMs: 365 * 86_400_000, retentionMs: null, eventRetentionMs: 7 * 86_400_000, orphanBlobMs: 86_400_000, drainMs: 1000, checkPure: false, flush: FLUSH_LIMITS,
}

/** What an engine of a world is opened with. */
export interface Opening {
  readonly store: Store
  readonly clock: ProcessClock
  readonly random: Random
  readonly workflows: readonly AnyWorkflow[]
  readonly note: (what: string) => void
}

/** The workflows of some shapes, in their order, and after them their other versions and those that they start as children. */
export function workflowsOf(shapes: readonly Shape[], world: World): readonly AnyWorkflow[] {
  return [...shapes.map((shape) => shape.make(world)), ...shapes.flatMap((shape) => [...(shape.versions?.(world) ?? []), ...(shape.others?.(world) ?? [])])]
}

/** Opens the engine of one process. */
export function openEngine({ store, clock, random, workflows, note }: Opening): Promise<Engine> {
  const deps: EngineDeps = {
    queues: null, worker: null,
    store, clock: isShared(store) ? clockAt(clock, () => store.now()) : clock, random, execution: asyncStrategy({ concurrency: 1000 }), services: services(), log: SILENT,
    sha256: (bytes) => hashText(new TextDecoder().decode(bytes)), limits: LIMITS,
    observers: new Set([(event) => note(`${event.type}${'path' in event ? event.path : ''}`)]),
    workflows: { child: (workflow) => knownChild(workflows, workflow), find: (name, version) => workflows.find((one) => one.name === name && one.version === version), rebuild: () => undefined },
  }
  return Engine.open(deps)
}

/** Starts every run of a plan, under the same keys in every process; notes what was acknowledged. */
export async function startAll(engine: Engine, workflows: readonly AnyWorkflow[], { plan, acknowledged }: { plan: Plan; acknowledged: Map<string, string> }): Promise<void> {
  for (const [index, shape] of plan.shapes.entries()) {
    const workflow = workflows[index]
    if (workflow === undefined) continue
    for (let run = 0; run < (plan.runs ?? 1); run++) {
      const key = `${shape.name}-${run}`
      const accepted = await engine.start(workflow, shape.input, { key })
      const known = acknowledged.get(key)
      acknowledged.set(key, accepted.run)
      if (known !== undefined && known !== accepted.run) acknowledged.set(`${key}!`, accepted.run)
      await sendAll(engine, accepted.run, shape)
    }
  }
}

/** Sends the signals of a run: also while it works, and though it may have ended in an earlier process. */
async function sendAll(engine: Engine, run: string, shape: Shape): Promise<void> {
  for (const send of sendsOf(shape)) {
    await send(engine, run).catch((thrown: unknown) => {
      if (!(thrown instanceof RunFinishedError)) throw thrown
    })
  }
}

/** One event that is published for a run of a shape, and how. */
export function publishedFor(run: string, { events = [] }: Pick<Shape, 'events'>, index: number): { readonly topic: string; readonly data: unknown; readonly options: PublishOptions } | undefined {
  const event = (typeof events === 'function' ? events(run) : events)[index]
  if (event === undefined) return undefined
  return { ...event, options: { id: `${run} ${index}`, ...(typeof events === 'function' ? {} : { key: run }) } }
}

/** What is sent to a run of a shape, one after the other. */
export function sendsOf({ signals = [], asks = [], updates = [], events = [] }: Shape): readonly ((engine: Engine, run: string) => Promise<void>)[] {
  const published = typeof events === 'function' ? events('') : events
  return [
    ...published.map((_, index) => async (engine: Engine, run: string) => {
      const event = publishedFor(run, { events }, index)
      if (event !== undefined) await engine.publish(event.topic, event.data, event.options)
    }),
    ...updates.map(({ name, args }, index) => (engine: Engine, run: string) => engine.postbox.update(run, `update:${index}`, { address: name, payload: args })),
    ...signals.map(({ name, payload }, index) => (engine: Engine, run: string) => engine.postbox.signal(run, name, payload, { id: String(index) })),
    ...asks.map((kind) => (engine: Engine, run: string) => engine.postbox.ask(run, kind, kind)),
  ]
}

/** True when every start is acknowledged and no run lives. */
export async function finished(store: Store, acknowledged: ReadonlyMap<string, string>, plan: Plan): Promise<boolean> {
  if (acknowledged.size < plan.shapes.length * (plan.runs ?? 1)) return false
  const open = await store.listRuns({ status: ['running', 'waiting', 'paused'], limit: 1 })
  return open.runs.length === 0
}

/** What clients and the outside world saw. */
export interface Evidence {
  readonly acknowledged: ReadonlyMap<string, string>
  readonly effects: readonly Effect[]
  /** Runs that somebody asked to cancel, and when the store had accepted it; null while nobody knows that it had. */
  readonly cancels?: ReadonlyMap<string, number | null>
  /** Until when a cancel that was accepted at this time must have been heeded. */
  readonly cancelBy?: (asked: number) => number
  /** What the engines hashed with. Default: the simulation's own. */
  readonly sha256?: (bytes: Uint8Array) => string
}

/** Holds the store against what clients and the outside world saw; gives each broken promise in words. */
export async function judge(store: Store, plan: Plan, evidence: Evidence): Promise<string[]> {
  const broken: string[] = []
  const sha256 = evidence.sha256 ?? ((bytes: Uint8Array): string => hashText(new TextDecoder().decode(bytes)))
  for (const [key, run] of evidence.acknowledged) {
    const shape = plan.shapes.find(({ name }) => name === key.slice(0, key.lastIndexOf('-')))
    if (key.endsWith('!')) broken.push(`K2 ${key}: one key gave two runs`)
    const loaded = await store.load({ space: DEFAULT_SPACE, run })
    if (loaded === undefined) {
      broken.push(`K1 ${key}: the acknowledged run ${run} is not in the store`)
      continue
    }
    const details = await runDetails(loaded, { read: (payload) => readValue(payload, { blobs: store.blobs, sha256 }), definition: (hash) => store.definition(hash) })
    const asked = evidence.cancels?.get(run)
    broken.push(...judgeUndoing(key, details, evidence.effects))
    if (asked !== undefined && details.status === 'cancelled') continue
    // Three deaths during one step set a run aside, also when it was not to blame.
    if (details.status === 'parked' && details.error?.code === 'RUN_QUARANTINED') continue
    if (asked != null && (details.finishedAt ?? 0) > (evidence.cancelBy?.(asked) ?? asked)) broken.push(`K9 ${key}: it was asked to cancel at ${asked} and went on until ${details.finishedAt}`)
    broken.push(...judgeRun(key, details, shape?.expected), ...judgeEffects(key, details, evidence.effects))
  }
  const all = (await store.listRuns({ limit: 1000 })).runs
  broken.push(...(await judgeChildren(store, all)))
  const runs = all.filter((run) => parentOf(run) === null)
  const expected = plan.shapes.length * (plan.runs ?? 1)
  if (runs.length !== expected) broken.push(`K2: ${expected} starts gave ${runs.length} runs`)
  for await (const finding of verifyStore(store, { sha256 })) broken.push(`verify: ${finding.code} ${finding.message}`)
  return broken
}

/** The last step of what runs when a run is cancelled: of a function's clean-up, of a graph's finally. */
const ENDS: ReadonlySet<string | undefined> = new Set(['$cancel.end', '$finally.end'])

function judgeRun(key: string, run: RunDetails, expected: unknown): string[] {
  if (expected === 'failed') return run.status === 'failed' ? [] : [`K5 ${key}: expected the run to fail, it is ${run.status}`]
  if (expected === 'cancelled') {
    if (run.status !== 'cancelled') return [`K5 ${key}: expected the run to be cancelled, it is ${run.status}`]
    // Of a run that nobody had begun there is nothing to clean up.
    return run.steps.length === 0 || ENDS.has(run.steps.at(-1)?.path) ? [] : [`K9 ${key}: the run ended as cancelled after ${run.steps.at(-1)?.path ?? 'nothing'}, not after its clean-up`]
  }
  if (run.status !== 'completed') return [`K1 ${key}: the run is ${run.status} (${run.error?.message ?? 'no error'}), expected completed`]
  const taken = run.steps.flatMap((step) => mailOf(step) ?? [])
  if (new Set(taken).size !== taken.length) return [`K9 ${key}: a signal was taken twice: ${taken.join(', ')}`]
  const got = JSON.stringify(run.output)
  return got === JSON.stringify(expected) ? [] : [`K3 ${key}: expected ${JSON.stringify(expected)}, got ${got}`]
}

function judgeEffects(key: string, run: RunDetails, effects: readonly Effect[]): string[] {
  const broken: string[] = []
  const mine = effects.filter((effect) => effect.run === run.id)
  for (const step of run.steps) {
    // Pure bodies leave no trace in the world: they may run any number of times.
    if (step.kind !== 'step' || step.attempt === 0 || step.level === 'pure') continue
    const calls = mine.filter(({ path }) => path === step.path)
    if (calls.length === 0) broken.push(`K4 ${key}: ${step.path} is recorded but its body never ran`)
    if (new Set(calls.map((call) => call.key)).size > 1) broken.push(`K4 ${key}: attempts of ${step.path} had different idempotency keys`)
    if (new Set(calls.map((call) => call.input)).size > 1) broken.push(`K3 ${key}: attempts of ${step.path} saw different inputs: ${[...new Set(calls.map((call) => call.input))].join(' | ')}`)
  }
  return broken
}
