// Conformance: taking over runs that nobody owns.
import assert from 'node:assert/strict'
import { StoreRowError } from '../../errors.ts'
import type { StoreCase } from './subject.ts'
import { ask, claim, claimed, consume, finish, pairs, record, refused, release, rowOf, runId, send, start } from './samples.ts'

export const claimCases: readonly StoreCase[] = [
  {
    name: 'claim takes due runs, the oldest wake first, and those without a wake time before all',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([
        ...[1, 2, 3, 4, 5].map((number) => start(number)),
        release(1, { wakeAt: 300 }), release(2, { wakeAt: 100 }), release(3), release(4, { wakeAt: 200 }), release(5, { wakeAt: 301 }),
      ])
      assert.deepEqual(await claimed(lane, 300), [3, 2, 4, 1])
      assert.deepEqual(await claimed(lane, 300), [])
      assert.deepEqual(await claimed(lane, 301), [5])
    },
  },
  {
    name: 'claim takes no more than its limit and leaves the rest to the next',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([1, 2, 3].flatMap((number) => [start(number), release(number, { wakeAt: number })]))
      assert.deepEqual(await ask(lane, claim(10, 0)), { answer: 'claimed', runs: [] })
      assert.deepEqual(await claimed(lane, 10, 2), [1, 2])
      assert.deepEqual(await claimed(lane, 10, 2), [3])
    },
  },
  {
    name: 'claimed runs are running, owned by the lane, without wake time, and their crashes stay',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), release(1, { wakeAt: 5 })])
      assert.deepEqual(await ask(lane, claim(5)), { answer: 'claimed', runs: [{ space: 0, run: runId(1) }] })
      const row = await rowOf(store, 1)
      assert.deepEqual([row.status, row.wakeAt, row.lane, row.epoch, row.crashes], ['running', null, lane.id, lane.epoch, 0])
      assert.deepEqual(pairs(await lane.flush([record(1, 1), finish(1)])), [])
    },
  },
  {
    name: 'claim finds neither owned nor ended runs, with mail or without',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), send(1, 'a'), start(2), send(2, 'b'), finish(2, { inboxSeen: 1 }), start(3), finish(3)])
      assert.deepEqual(await claimed(lane, Number.MAX_SAFE_INTEGER), [])
    },
  },
  {
    name: 'unread mail makes any live run claimable, whatever its wake time, once',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), send(1, 'a'), release(1, { wakeAt: 8000, inboxSeen: 1 }), start(2), release(2, { wakeAt: 50 }), send(2, 'b', { sentAt: 60 })])
      assert.deepEqual(await claimed(lane, 70), [2, 1])
      await lane.flush([consume(1, [1]), consume(2, [1]), release(1, { wakeAt: 8000, inboxSeen: 1 }), release(2, { wakeAt: 9000, inboxSeen: 1 })])
      assert.deepEqual(await claimed(lane, 7999), [])
      assert.deepEqual(await claimed(lane, 8000), [1])
    },
  },
  {
    name: 'claim sees what came before it in the same flush, and runs of every space',
    async run({ store }) {
      const lane = await store.openLane()
      const { answers } = await lane.flush([start(1), release(1), start(2, { space: 3 }), { ...release(2), run: { space: 3, run: runId(2) } }, claim(0)])
      assert.deepEqual(answers.get(4), { answer: 'claimed', runs: [{ space: 0, run: runId(1) }, { space: 3, run: runId(2) }] })
    },
  },
  {
    name: 'claims of a refused flush are taken back',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), release(1)])
      await refused(lane.flush([claim(0), start(1)]), StoreRowError)
      await refused(lane.flush([record(1, 1)]), StoreRowError)
      assert.deepEqual(await claimed(lane, 0), [1])
    },
  },
]
