// Conformance: how a lane gives runs up and ends them, and that unread mail keeps it from both.
import assert from 'node:assert/strict'
import { StoreRowError, type ErrorData } from '../../errors.ts'
import type { StoreCase } from './subject.ts'
import { ask, claimed, finish, pairs, record, refused, release, rowOf, send, start } from './samples.ts'

const error: ErrorData = { name: 'RunFailedError', code: 'RUN_FAILED', message: 'it broke', retryable: false }

export const exitCases: readonly StoreCase[] = [
  {
    name: 'release with a wake time leaves the run to whoever claims it then',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), release(1, { wakeAt: 500 })])
      const row = await rowOf(store, 1)
      assert.deepEqual([row.status, row.wakeAt, row.lane, row.epoch], ['waiting', 500, null, null])
      assert.deepEqual(await claimed(lane, 499), [])
      assert.deepEqual(await claimed(lane, 500), [1])
    },
  },
  {
    name: 'release as waiting without a wake time makes the run claimable at once',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), release(1)])
      assert.deepEqual(await claimed(lane, 0), [1])
    },
  },
  {
    name: 'release as parked keeps the reason, and no claim finds the run',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), release(1, { status: 'parked', error })])
      const row = await rowOf(store, 1)
      assert.deepEqual([row.status, row.error, row.lane], ['parked', error, null])
      assert.deepEqual(await claimed(lane, Number.MAX_SAFE_INTEGER), [])
    },
  },
  {
    name: 'release and finish change nothing while there is mail that the caller has not seen',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), start(2), send(1, 'm1'), send(2, 'm2')])
      const result = await lane.flush([release(1, { wakeAt: 9 }), finish(2)])
      assert.deepEqual(pairs(result), [[0, { answer: 'mail' }], [1, { answer: 'mail' }]])
      for (const number of [1, 2]) {
        const row = await rowOf(store, number)
        assert.deepEqual([row.status, row.lane, row.wakeAt], ['running', lane.id, null])
      }
      assert.deepEqual(pairs(await lane.flush([record(1, 1), release(1, { inboxSeen: 1 }), finish(2, { inboxSeen: 1 })])), [])
    },
  },
  {
    name: 'finish ends the run, with output or error, and gives it up',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), start(2), start(3), finish(1), finish(2, { status: 'failed', output: null, error }), finish(3, { status: 'cancelled', output: null })])
      const [one, two, three] = [await rowOf(store, 1), await rowOf(store, 2), await rowOf(store, 3)]
      assert.deepEqual([one.status, one.output, one.error, one.finishedAt, one.lane, one.epoch, one.wakeAt], ['completed', 'j:"done"', null, 1001, null, null, null])
      assert.deepEqual([two.status, two.output, two.error], ['failed', null, error])
      assert.deepEqual([three.status, three.output, three.error], ['cancelled', null, null])
    },
  },
  {
    name: 'finish and release of a run that the lane does not own answer that it is lost, and change nothing',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), finish(1), start(2), release(2, { wakeAt: 5 })])
      const lost = { answer: 'lost' }
      const again = { status: 'failed', output: null, error } as const
      assert.deepEqual(pairs(await lane.flush([finish(1, again), finish(2, again), finish(3, again), release(1), release(2), release(3)])).map(([, answer]) => answer), [lost, lost, lost, lost, lost, lost])
      assert.equal((await rowOf(store, 1)).status, 'completed')
      assert.deepEqual([(await rowOf(store, 2)).status, (await rowOf(store, 2)).wakeAt], ['waiting', 5])
    },
  },
  {
    name: 'a run has one end: of two in one flush the first counts',
    async run({ store }) {
      const lane = await store.openLane()
      assert.deepEqual(pairs(await lane.flush([start(1), finish(1), finish(1, { status: 'failed' })])), [[2, { answer: 'lost' }]])
      assert.equal((await rowOf(store, 1)).status, 'completed')
    },
  },
  {
    name: 'a flush that writes to a run which it has given up or ended before is refused',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), start(2)])
      await refused(lane.flush([release(1), record(1, 1)]), StoreRowError)
      await refused(lane.flush([finish(2), record(2, 1)]), StoreRowError)
      assert.deepEqual(pairs(await lane.flush([record(1, 1), release(1), record(2, 1), finish(2)])), [])
    },
  },
  {
    name: 'what a refused flush ended or gave up is still the lane’s',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), start(2)])
      await lane.flush([finish(1), release(2), send(1, 'm'), record(3, 1)]).catch(() => undefined)
      assert.deepEqual(pairs(await lane.flush([record(1, 1), record(2, 1), finish(1), release(2)])), [])
      assert.equal(await ask(lane, start(3)), undefined)
    },
  },
]
