// Conformance: leaving an end, which only an explicit retry does.
import assert from 'node:assert/strict'
import { StoreRowError } from '../../errors.ts'
import type { StoreCase } from './subject.ts'
import { ask, claimed, finish, keyOf, record, refused, release, reopen, rowOf, send, start } from './samples.ts'

const failed = { status: 'failed', output: null, error: { name: 'E', code: 'X', message: 'm', retryable: false } } as const

export const reopenCases: readonly StoreCase[] = [
  {
    name: 'reopen leaves failed, cancelled and parked, under the next generation, owned by the lane',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), record(1, 1), finish(1, failed), start(2), finish(2, { status: 'cancelled' }), start(3), release(3, { status: 'parked', error: failed.error })])
      for (const number of [1, 2, 3]) {
        assert.equal(await ask(lane, reopen(number)), undefined)
        const row = await rowOf(store, number)
        assert.deepEqual(
          [row.status, row.gen, row.output, row.error, row.finishedAt, row.wakeAt, row.lane, row.epoch],
          ['running', 2, null, null, null, null, lane.id, lane.epoch],
        )
        assert.deepEqual((await store.load(keyOf(number)))?.generations, [reopen(number).generation])
      }
    },
  },
  {
    name: 'a reopened run takes records of the new generation and keeps those of the old',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), record(1, 1), finish(1, failed), reopen(1), record(1, 1, { gen: 2 }), finish(1)])
      assert.deepEqual((await store.load(keyOf(1)))?.journal.map(({ gen, path }) => [gen, path]), [[1, 'step1'], [2, 'step1']])
      assert.equal((await rowOf(store, 1)).status, 'completed')
    },
  },
  {
    name: 'reopen is refused for a run that lives, has completed, is in another generation or does not exist',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), start(2), finish(2), start(3), finish(3, failed), start(4), release(4)])
      for (const op of [reopen(1), reopen(2), reopen(3, { gen: 3 }), reopen(3, { gen: 1 }), reopen(4), reopen(5)]) {
        assert.equal((await ask(lane, op))?.answer, 'refused')
      }
      assert.deepEqual([(await rowOf(store, 2)).status, (await rowOf(store, 3)).status, (await rowOf(store, 3)).gen], ['completed', 'failed', 1])
      assert.equal((await store.load(keyOf(3)))?.generations.length, 0)
    },
  },
  {
    name: 'of two reopenings the second is refused',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), finish(1, failed)])
      const { answers } = await lane.flush([reopen(1), reopen(1, { by: 'bob' })])
      assert.equal(answers.get(0), undefined)
      assert.equal(answers.get(1)?.answer, 'refused')
      await lane.flush([finish(1, failed)])
      assert.equal(await ask(lane, reopen(1, { gen: 3 })), undefined)
      assert.deepEqual((await store.load(keyOf(1)))?.generations.map(({ gen }) => gen), [2, 3])
    },
  },
  {
    name: 'mail that an end left unread counts for the reopened run',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), send(1, 'a'), finish(1, { ...failed, inboxSeen: 1 }), reopen(1)])
      assert.deepEqual(await ask(lane, release(1)), { answer: 'mail' })
      assert.equal(await ask(lane, release(1, { inboxSeen: 1, wakeAt: 9000 })), undefined)
      assert.deepEqual(await claimed(lane, 0), [1])
    },
  },
  {
    name: 'a reopening of a refused flush leaves the run ended',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), finish(1, failed)])
      await refused(lane.flush([reopen(1), start(1)]), StoreRowError)
      assert.deepEqual([(await rowOf(store, 1)).status, (await store.load(keyOf(1)))?.generations.length], ['failed', 0])
      await refused(lane.flush([record(1, 1, { gen: 2 })]), StoreRowError)
    },
  },
]
