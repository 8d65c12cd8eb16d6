// Rows for the cases of the store's conformance: small, complete, each with one thing changed. And the little that the
// cases ask again and again.
import assert from 'node:assert/strict'
import type { FailureClass } from '../../errors.ts'
import type { WorkflowStatus } from '../../model/definition.ts'
import type { JournalRecord, Mark } from '../../model/record.ts'
import type { Generation, NewMail, NewRun, RunKey, RunKind, RunRow } from '../../model/run.ts'
import type { FlushResult, Lane, OpAnswer, Store, StoreOp } from '../../store/port.ts'

export type OpOf<Name extends StoreOp['op']> = Extract<StoreOp, { op: Name }>

/** A run id whose time and order are those of `number`. */
export function runId(number: number): string {
  return `01890000-${number.toString(16).padStart(4, '0')}-7000-8000-000000000000`
}

export function keyOf(number: number): RunKey {
  return { space: 0, run: runId(number) }
}

/** The run `number`, created at that many milliseconds. */
export function newRun(number: number, change: Partial<NewRun> = {}): NewRun {
  return { ...keyOf(number), workflow: 'onboard', version: '1.0.0', queue: 'default', input: 'j:{"email":"a@b.c"}', createdAt: number, deadline: null, key: null, ...change }
}

export function start(number: number, change: Partial<NewRun> = {}): OpOf<'start'> {
  return { op: 'start', run: newRun(number, change), key: null }
}

/** A start under an idempotency key. */
export function startWithKey(number: number, key: string, more: { readonly hash?: string; readonly expiresAt?: number } = {}): OpOf<'start'> {
  return { op: 'start', run: newRun(number, { key }), key: { key, hash: more.hash ?? 'h1', expiresAt: more.expiresAt ?? 1_000_000 } }
}

/** The record number `seq` of a run. */
export function record(number: number, seq: number, change: Partial<JournalRecord> = {}): OpOf<'record'> {
  return {
    op: 'record',
    record: {
      ...keyOf(number), gen: 1, path: `step${seq}`, seq, kind: 'step', status: 'completed', level: 'effect', template: 'enrich', templateVersion: '1.2.0',
      inputHash: '0123456789abcd', input: 'j:1', output: 'j:2', error: null, attempt: 1, startedAt: 100, finishedAt: 200, reads: null, ...change,
    },
  }
}

export function mark(number: number, change: Partial<Mark> = {}): OpOf<'mark'> {
  return { op: 'mark', mark: { ...keyOf(number), gen: 1, path: 'wait', kind: 'timer', attempt: 0, at: 100, due: 500, error: null, ...change } }
}

export function release(number: number, change: Partial<OpOf<'release'>> = {}): OpOf<'release'> {
  return { op: 'release', run: keyOf(number), status: 'waiting', wakeAt: null, error: null, inboxSeen: 0, ...change }
}

export function finish(number: number, change: Partial<OpOf<'finish'>> = {}): OpOf<'finish'> {
  return { op: 'finish', run: keyOf(number), status: 'completed', output: 'j:"done"', error: null, finishedAt: 1000 + number, inboxSeen: 0, ...change }
}

export function send(number: number, id: string, change: Partial<NewMail> = {}): OpOf<'send'> {
  return { op: 'send', mail: { ...keyOf(number), id, kind: 'cancel', body: null, sentAt: 300, ...change } }
}

export function consume(number: number, numbers: readonly number[], at = 400): OpOf<'consume'> {
  return { op: 'consume', run: keyOf(number), numbers, at }
}

export function reopen(number: number, change: Partial<Generation> = {}): OpOf<'reopen'> {
  return { op: 'reopen', generation: { ...keyOf(number), gen: 2, baseSeq: 1, at: 5000, by: 'ada', reason: 'mended', ...change } }
}

/** Moves a run to a version of its workflow, in its queue. */
export function migrate(number: number, version: string, change: Partial<OpOf<'migrate'>> = {}): OpOf<'migrate'> {
  const { workflow, queue } = start(number).run
  return { op: 'migrate', run: keyOf(number), to: { workflow, queue, version }, mail: 1, at: 450, ...change }
}

export function claim(now: number, limit = 100, kinds: readonly RunKind[] | null = null): OpOf<'claim'> {
  return { op: 'claim', limit, now, kinds }
}

const CHANGE = { space: 0, name: 'onboard', at: 100, by: 'ada' }

/** The version `hash` of the workflow `onboard`. */
export function saveWorkflow(hash: string, change: Partial<OpOf<'saveWorkflow'>> = {}): OpOf<'saveWorkflow'> {
  return { op: 'saveWorkflow', ...CHANGE, hash, format: 'yaml', body: '{"name":"onboard"}', source: `name: onboard # ${hash}`, ...change }
}

export function useVersion(hash: string, change: Partial<OpOf<'useWorkflowVersion'>> = {}): OpOf<'useWorkflowVersion'> {
  return { op: 'useWorkflowVersion', ...CHANGE, hash, ...change }
}

export function chooseVersion(version: string | null, change: Partial<OpOf<'chooseWorkflowVersion'>> = {}): OpOf<'chooseWorkflowVersion'> {
  return { op: 'chooseWorkflowVersion', ...CHANGE, version, ...change }
}

export function changeWorkflow(status: WorkflowStatus, change: Partial<OpOf<'setWorkflowStatus'>> = {}): OpOf<'setWorkflowStatus'> {
  return { op: 'setWorkflowStatus', ...CHANGE, status, ...change }
}

export function deleteWorkflow(change: Partial<OpOf<'deleteWorkflow'>> = {}): OpOf<'deleteWorkflow'> {
  return { op: 'deleteWorkflow', space: 0, name: 'onboard', ...change }
}

/** The answer to a single operation. */
export async function ask(lane: Lane, op: StoreOp): Promise<OpAnswer | undefined> {
  return (await lane.flush([op])).answers.get(0)
}

/** The numbers of the runs that a claim takes. */
export async function claimed(lane: Lane, now: number, limit = 100): Promise<readonly number[]> {
  const answer = await ask(lane, claim(now, limit))
  assert.equal(answer?.answer, 'claimed')
  return answer.runs.map(({ run }) => Number.parseInt(run.slice(9, 13), 16))
}

/** The answers as plain pairs, for comparing. */
export function pairs(result: FlushResult): readonly (readonly [number, OpAnswer])[] {
  return [...result.answers].sort(([a], [b]) => a - b)
}

/** All that a store iterates over. */
export async function collect<T>(from: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const each of from) all.push(each)
  return all
}

/** A run that must be there. */
export async function rowOf(store: Store, number: number): Promise<RunRow> {
  const row = await store.getRun(keyOf(number))
  assert.ok(row !== undefined, `run ${number} is not stored`)
  return row
}

/** Expects a failure of exactly this class; gives it. */
export async function refused(work: Promise<unknown>, by: FailureClass): Promise<InstanceType<FailureClass>> {
  try {
    await work
  } catch (thrown) {
    assert.ok(thrown instanceof by, `expected ${by.spec.code}, got ${String(thrown)}`)
    return thrown
  }
  assert.fail(`expected ${by.spec.code}, but nothing was refused`)
}
