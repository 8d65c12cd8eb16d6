// Conformance: lanes, one after another. Each proves its epoch in every flush; what a dead one owned is taken over.
import assert from 'node:assert/strict'
import { IllegalTransitionError, LaneFencedError, StoreClosedError, StoreRowError } from '../../errors.ts'
import type { StoreCase } from './subject.ts'
import { claimed, finish, keyOf, pairs, record, refused, release, rowOf, send, start } from './samples.ts'

export const laneCases: readonly StoreCase[] = [
  {
    name: 'the epoch rises with every lane',
    async run({ store }) {
      const first = await store.openLane()
      await first.close()
      const second = await store.openLane()
      assert.ok(second.epoch > first.epoch)
      assert.equal(second.id, first.id)
    },
  },
  {
    name: 'a lane that was taken over is fenced, and nothing of its flush is written',
    async run({ store, nextOwner }) {
      const old = await store.openLane()
      await old.flush([start(1)])
      const next = await nextOwner()
      const lane = await next.openLane()
      assert.ok(lane.epoch > old.epoch)
      for (const ops of [[start(2)], [record(1, 1)], [finish(1)], []]) await refused(old.flush(ops), LaneFencedError)
      assert.equal(await next.getRun(keyOf(2)), undefined)
      assert.deepEqual([(await rowOf(next, 1)).status, (await next.load(keyOf(1)))?.journal], ['running', []])
      assert.deepEqual(pairs(await lane.flush([start(2)])), [])
    },
  },
  {
    name: 'runs of a dead lane are claimable at once, and their crashes rise',
    async run({ store, nextOwner }) {
      const old = await store.openLane()
      await old.flush([start(1), { op: 'wake', run: keyOf(1), wakeAt: 9_000_000 }, record(1, 1), start(2), finish(2), start(3), release(3, { wakeAt: 9_000_000 })])
      const next = await nextOwner()
      const lane = await next.openLane()
      const row = await rowOf(next, 1)
      assert.deepEqual([row.status, row.lane, row.epoch, row.wakeAt, row.crashes], ['running', null, null, null, 1])
      assert.deepEqual([(await rowOf(next, 2)).crashes, (await rowOf(next, 3)).crashes], [0, 0])
      await refused(lane.flush([record(1, 2)]), StoreRowError)
      assert.deepEqual(await claimed(lane, 0), [1])
      assert.deepEqual(pairs(await lane.flush([record(1, 2), finish(1)])), [])
      assert.equal((await next.load(keyOf(1)))?.journal.length, 2)
    },
  },
  {
    name: 'runs of a lane that ended in order are claimable at once, and their crashes stay',
    async run({ store }) {
      const old = await store.openLane()
      await old.flush([start(1), { op: 'wake', run: keyOf(1), wakeAt: 9_000_000 }])
      await old.close()
      const lane = await store.openLane()
      const row = await rowOf(store, 1)
      assert.deepEqual([row.lane, row.wakeAt, row.crashes], [null, null, 0])
      assert.deepEqual(await claimed(lane, 0), [1])
    },
  },
  {
    name: 'the mail of a run that is taken over still counts',
    async run({ store, nextOwner }) {
      const old = await store.openLane()
      await old.flush([start(1), send(1, 'a')])
      const lane = await (await nextOwner()).openLane()
      assert.deepEqual(await claimed(lane, 0), [1])
      assert.deepEqual(pairs(await lane.flush([finish(1)])), [[0, { answer: 'mail' }]])
      assert.deepEqual(pairs(await lane.flush([send(1, 'b'), finish(1, { inboxSeen: 1 }), finish(1, { inboxSeen: 2 })])), [[0, { answer: 'sent', owned: true }], [1, { answer: 'mail' }]])
    },
  },
  {
    name: 'a closed lane refuses flushes; closing it again is harmless',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.close()
      await lane.close()
      await refused(lane.flush([start(1)]), StoreClosedError)
      assert.equal(await store.getRun(keyOf(1)), undefined)
    },
  },
  {
    name: 'close waits for the flush in flight',
    async run({ store }) {
      const lane = await store.openLane()
      const flight = lane.flush([start(1)])
      await lane.close()
      assert.deepEqual(pairs(await flight), [])
      assert.equal((await rowOf(store, 1)).lane, null)
    },
  },
  {
    name: 'a second flush before the first has settled is refused',
    async run({ store }) {
      const lane = await store.openLane()
      const flight = lane.flush([start(1)])
      await refused(lane.flush([start(2)]), IllegalTransitionError)
      await flight
      assert.deepEqual(pairs(await lane.flush([start(2)])), [])
    },
  },
  {
    name: 'a flush of nothing proves the epoch and resolves',
    async run({ store }) {
      const lane = await store.openLane()
      assert.deepEqual(pairs(await lane.flush([])), [])
    },
  },
]
