// Conformance: the kinds of runs, and claims that choose by them.
import assert from 'node:assert/strict'
import type { RunKind } from '../../model/run.ts'
import type { StoreCase } from './subject.ts'
import { ask, claim, claimed, collect, finish, keyOf, release, rowOf, runId, send, start } from './samples.ts'

const kind = (change: Partial<RunKind> = {}): RunKind => ({ queue: 'default', workflow: 'onboard', version: '1.0.0', ...change })

export const kindCases: readonly StoreCase[] = [
  {
    name: 'claim takes only runs of the kinds it is given: queue, workflow and version must be the same',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([
        start(1), start(2, { queue: 'mail' }), start(3, { workflow: 'bill' }), start(4, { version: '2.0.0' }), start(5),
        ...[1, 2, 3, 4, 5].map((number) => release(number, { wakeAt: number })),
      ])
      const of = async (kinds: readonly RunKind[], limit = 100): Promise<unknown> => ask(lane, claim(10, limit, kinds))
      assert.deepEqual(await of([]), { answer: 'claimed', runs: [] })
      assert.deepEqual(await of([kind({ queue: 'bill' }), kind({ workflow: 'mail' })]), { answer: 'claimed', runs: [] })
      assert.deepEqual(await of([kind({ version: '2.0.0' }), kind({ queue: 'mail' })]), { answer: 'claimed', runs: [keyOf(2), keyOf(4)] })
      assert.deepEqual(await of([kind(), kind({ workflow: 'bill' })], 2), { answer: 'claimed', runs: [keyOf(1), keyOf(3)] })
      assert.deepEqual(await claimed(lane, 10), [5])
    },
  },
  {
    name: 'unread mail makes a run claimable only to those who ask for its kind',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), release(1, { wakeAt: 9000 }), send(1, 'a')])
      assert.deepEqual(await ask(lane, claim(10, 100, [kind({ queue: 'mail' })])), { answer: 'claimed', runs: [] })
      assert.deepEqual(await ask(lane, claim(1000, 100, [kind({ queue: 'mail' }), kind()])), { answer: 'claimed', runs: [keyOf(1)] })
    },
  },
  {
    name: 'a claim of kinds sees what came before it in the same flush',
    async run({ store }) {
      const lane = await store.openLane()
      const { answers } = await lane.flush([start(1, { queue: 'new' }), release(1), claim(0, 10, [kind({ queue: 'new' })])])
      assert.deepEqual(answers.get(2), { answer: 'claimed', runs: [keyOf(1)] })
    },
  },
  {
    name: 'kinds names those of runs that live, and a run keeps its queue',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1, { queue: 'mail' }), start(2, { version: 'odd \u0001 \u0000 "' }), start(3), release(3, { status: 'parked' })])
      const kinds = await store.kinds()
      for (const expected of [kind({ queue: 'mail' }), kind({ version: 'odd \u0001 \u0000 "' }), kind()]) assert.ok(kinds.some((each) => JSON.stringify(each) === JSON.stringify(expected)))
      await lane.flush([finish(1)])
      assert.equal((await rowOf(store, 1)).queue, 'mail')
      assert.deepEqual((await store.load(keyOf(1)))?.run.queue, 'mail')
      assert.deepEqual((await store.listRuns({})).runs.map(({ queue }) => queue).sort(), ['default', 'default', 'mail'])
    },
  },
  {
    name: 'getRuns gives those that exist',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), start(2), finish(2), start(3, { space: 4 })])
      const rows = await store.getRuns([keyOf(1), keyOf(2), keyOf(3), { space: 4, run: runId(3) }, keyOf(9)])
      assert.deepEqual(rows.map(({ run, space, status }) => [run, space, status]).sort(), [[runId(1), 0, 'running'], [runId(2), 0, 'completed'], [runId(3), 4, 'running']])
      assert.deepEqual(await store.getRuns([]), [])
      assert.deepEqual(await collect(store.check()), [])
    },
  },
]
