// All stores mean the same: random flushes give the same answers, the same refusals and the same rows on each.
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { WumboError } from '../../../src/errors.ts'
import { memoryStore } from '../../../src/store/memory/index.ts'
import type { Lane, Store, StoreOp } from '../../../src/store/port.ts'
import { postgresStore } from '../../../src/store/postgres/index.ts'
import { sqliteStore } from '../../../src/store/sqlite/index.ts'
import { changeWorkflow, chooseVersion, claim, collect, consume, deleteWorkflow, finish, keyOf, mark, migrate, record, release, reopen, saveWorkflow, send, start, startWithKey, useVersion } from '../../../src/testing/store-cases/samples.ts'
import { storeFile } from './folder.ts'
import { describePostgres, makeSchema } from './postgres-server.ts'

const RUNS = 6

const run = fc.integer({ min: 1, max: RUNS })
const small = fc.integer({ min: 0, max: 4 })
const time = fc.integer({ min: 0, max: 12 }).map((step) => step * 100)
const text = fc.constantFrom('a', 'ä', 'j:"x"', '🔑', 'b\u0000')
const space = fc.constantFrom(0, 0, 0, 3)
const name = fc.constantFrom('onboard', 'onboard', 'b', 'b.c')
const hash = fc.constantFrom('v1', 'v2', 'v3')

/** Moves an operation to a space. */
function inSpace(op: StoreOp, to: number): StoreOp {
  const at = { space: to }
  switch (op.op) {
    case 'start': return { ...op, run: { ...op.run, ...at } }
    case 'record': return { ...op, record: { ...op.record, ...at } }
    case 'mark': return { ...op, mark: { ...op.mark, ...at } }
    case 'send': return { ...op, mail: { ...op.mail, ...at } }
    case 'reopen': return { ...op, generation: { ...op.generation, ...at } }
    case 'wake': case 'release': case 'finish': case 'consume': case 'migrate': return { ...op, run: { ...op.run, ...at } }
    case 'prune': case 'saveWorkflow': case 'useWorkflowVersion': case 'chooseWorkflowVersion': case 'setWorkflowStatus': case 'deleteWorkflow': return { ...op, ...at }
    default: return op
  }
}

const weighted = (weight: number, arbitrary: fc.Arbitrary<StoreOp>): { readonly weight: number; readonly arbitrary: fc.Arbitrary<StoreOp> } => ({ weight, arbitrary })

const anyOp = fc.oneof(
  weighted(4, run.map((number) => start(number))),
  weighted(1, fc.tuple(run, fc.constantFrom('k1', 'k2'), time, time).map(([number, key, createdAt, expiresAt]) => {
    const made = startWithKey(number, key, { hash: `h${number}`, expiresAt })
    return { ...made, run: { ...made.run, createdAt } }
  })),
  weighted(3, fc.tuple(run, small, small, text).map(([number, seq, gen, output]) => record(number, seq, { gen, output }))),
  weighted(1, fc.tuple(run, small, fc.constantFrom('timer', 'retry', 'started'), small).map(([number, gen, kind, attempt]) => mark(number, { gen, kind, attempt }))),
  weighted(1, fc.tuple(run, fc.option(time)).map(([number, wakeAt]) => ({ op: 'wake', run: keyOf(number), wakeAt }))),
  weighted(3, fc.tuple(run, fc.constantFrom('waiting', 'parked'), fc.option(time), small).map(([number, status, wakeAt, seen]) => release(number, { status, wakeAt, inboxSeen: seen % 3 }))),
  weighted(3, fc.tuple(run, fc.constantFrom('completed', 'failed', 'cancelled'), time, small).map(([number, status, late, seen]) => finish(number, { status, finishedAt: 1200 + late, inboxSeen: seen % 3 }))),
  weighted(2, fc.tuple(run, small, time).map(([number, id, sentAt]) => send(number, `m${id}`, { sentAt }))),
  weighted(1, fc.tuple(run, fc.array(small, { maxLength: 3 }), time).map(([number, numbers, at]) => consume(number, numbers, at))),
  weighted(2, fc.tuple(run, fc.integer({ min: 1, max: 4 })).map(([number, gen]) => reopen(number, { gen }))),
  weighted(3, fc.tuple(time, small).map(([now, limit]) => claim(now, limit))),
  weighted(1, fc.tuple(time, small).map(([before, limit]) => ({ op: 'prune', space: 0, before: 1200 + before, limit }))),
  weighted(2, fc.tuple(name, hash, text, time).map(([called, version, source, at]) => saveWorkflow(version, { name: called, source, at }))),
  weighted(1, fc.tuple(name, hash, time).map(([called, version, at]) => useVersion(version, { name: called, at }))),
  weighted(1, fc.tuple(run, hash, small, time).map(([number, version, mail, at]) => migrate(number, version, { mail, at }))),
  weighted(1, fc.tuple(name, fc.option(hash), time).map(([called, version, at]) => chooseVersion(version, { name: called, at }))),
  weighted(2, fc.tuple(name, fc.constantFrom('enabled', 'disabled', 'archived'), time).map(([called, status, at]) => changeWorkflow(status, { name: called, at }))),
  weighted(1, name.map((called) => deleteWorkflow({ name: called }))),
  weighted(1, fc.constantFrom('h1', 'h2').map((hash) => ({ op: 'definition', hash, workflow: 'w', body: `{"${hash}":1}`, at: 1 }))),
)

const op: fc.Arbitrary<StoreOp> = fc.tuple(space, anyOp).map(([to, made]) => inSpace(made, to))

type Step = { readonly do: 'flush'; readonly ops: readonly StoreOp[] } | { readonly do: 'restart' }

const flush: fc.Arbitrary<Step> = fc.array(op, { maxLength: 8 }).map((ops) => ({ do: 'flush', ops }))
const restart: fc.Arbitrary<Step> = fc.constant({ do: 'restart' })
const steps = fc.array(fc.oneof({ weight: 12, arbitrary: flush }, { weight: 1, arbitrary: restart }), { maxLength: 14 })

/** What a flush did, without what may differ: the words of a refusal. */
async function outcome(lane: Lane, ops: readonly StoreOp[]): Promise<unknown> {
  try {
    return [...(await lane.flush(ops)).answers].map(([index, answer]) => [index, answer.answer === 'pruned' ? { ...answer, blobs: [...answer.blobs].sort() } : answer])
  } catch (thrown) {
    if (!(thrown instanceof WumboError)) throw thrown
    return { code: thrown.code, index: thrown.details?.['index'] }
  }
}

async function everything(store: Store): Promise<unknown> {
  const page = await store.listRuns({ limit: 1000 })
  return {
    runs: page.runs.map(({ space: its, run: id }) => `${its}/${id}`),
    loaded: await Promise.all(page.runs.map(async (row) => {
      const loaded = await store.load(row)
      return loaded === undefined ? undefined : { ...loaded, run: withoutEpoch(loaded.run) }
    })),
    failed: (await store.listRuns({ status: ['failed', 'cancelled'], limit: 3 })).runs.map(({ run: id }) => id),
    wake: await store.nextWake(),
    keys: await Promise.all(['k1', 'k2'].flatMap((key) => [store.findKey(0, key), store.findKey(3, key)])),
    definitions: await Promise.all([store.definition('h1'), store.definition('h2')]),
    workflows: await Promise.all([0, 3].map(async (each) => {
      const { workflows } = await store.listWorkflows({ space: each })
      return Promise.all(workflows.map(async (row) => ({ row, versions: await Promise.all((await store.workflowVersions(row)).map(({ hash: version }) => store.workflowVersion(row, version))) })))
    })),
    findings: (await collect(store.check())).map(({ code, run: id }) => `${code} ${String(id)}`).sort(),
  }
}

function withoutEpoch<T extends { readonly epoch: number | null }>(row: T): unknown {
  return { ...row, epoch: row.epoch === null ? null : 'some' }
}

/** Ends everything that a case has left, so that the next begins with an empty store in the same file. */
async function empty(lane: Lane, store: Store): Promise<void> {
  const { runs } = await store.listRuns({ limit: 1000 })
  const ops = runs.flatMap((row): StoreOp[] => {
    const key = { space: row.space, run: row.run }
    const end: StoreOp = { op: 'finish', run: key, status: 'completed', output: null, error: null, finishedAt: 0, inboxSeen: row.inboxCount }
    if (row.finishedAt !== null) return []
    const mail: StoreOp = { op: 'send', mail: { ...key, id: 'end', kind: 'resume', body: null, sentAt: 0 } }
    return row.lane === null ? [mail] : [end]
  })
  await lane.flush([...ops, claim(Number.MAX_SAFE_INTEGER, 1000)])
  const rest = (await store.listRuns({ status: ['running', 'waiting', 'parked'], limit: 1000 })).runs
  await lane.flush(rest.map((row) => ({ op: 'finish', run: { space: row.space, run: row.run }, status: 'completed', output: null, error: null, finishedAt: 0, inboxSeen: row.inboxCount }) as const))
  for (const each of [0, 3]) {
    await lane.flush([{ op: 'prune', space: each, before: Number.MAX_SAFE_INTEGER, limit: 1000 }])
    const { workflows } = await store.listWorkflows({ space: each })
    await lane.flush(workflows.flatMap(({ name: called }) => [changeWorkflow('archived', { name: called, space: each }), deleteWorkflow({ name: called, space: each })]))
  }
}

/** Compares a store, which is empty, with the memory store. */
async function compare(store: Store): Promise<void> {
  const definitions = (['h1', 'h2'] as const).map((hash) => ({ op: 'definition', hash, workflow: 'w', body: `{"${hash}":1}`, at: 1 }) as const)
  let theirs = await store.openLane()
  await theirs.flush(definitions)
  await fc.assert(
    fc.asyncProperty(steps, async (given) => {
      const memory = memoryStore()
      let ours = await memory.openLane()
      await ours.flush(definitions)
      await empty(theirs, store)
      for (const step of given) {
        if (step.do === 'restart') {
          await Promise.all([ours.close(), theirs.close()])
          ours = await memory.openLane()
          theirs = await store.openLane()
        } else {
          expect(await outcome(theirs, step.ops)).toEqual(await outcome(ours, step.ops))
        }
      }
      expect(await everything(store)).toEqual(await everything(memory))
    }),
    { numRuns: 80, endOnFailure: true },
  )
  await theirs.close()
}

test('random flushes mean the same in memory and in SQLite', { timeout: 120_000 }, async () => {
  const sqlite = await sqliteStore({ file: storeFile() })
  await compare(sqlite)
  await sqlite.close()
})

describePostgres('with a PostgreSQL server', () => {
  test('random flushes mean the same in memory and in PostgreSQL', { timeout: 120_000 }, async () => {
    const { url, schema, drop } = makeSchema()
    onTestFinished(drop)
    const postgres = await postgresStore({ url, schema, lane: 'main' })
    onTestFinished(() => postgres.close())
    await compare(postgres)
  })
})
