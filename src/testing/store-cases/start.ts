// Conformance: how runs start, with and without an idempotency key.
import assert from 'node:assert/strict'
import { StoreRowError } from '../../errors.ts'
import type { StoreCase } from './subject.ts'
import type { NewRun } from '../../model/run.ts'
import type { StoreOp } from '../../store/port.ts'
import { ask, claim, finish, keyOf, newRun, pairs, record, refused, release, rowOf, runId, send, start, startWithKey } from './samples.ts'

export const startCases: readonly StoreCase[] = [
  {
    name: 'start inserts a run that the lane owns',
    async run({ store }) {
      const lane = await store.openLane()
      const run = newRun(1, { deadline: 9000, key: 'order-7' })
      assert.deepEqual(pairs(await lane.flush([{ op: 'start', run, key: null }])), [])
      assert.deepEqual(await store.getRun(keyOf(1)), {
        ...run, gen: 1, status: 'running', output: null, error: null, finishedAt: null, wakeAt: null, lane: lane.id, epoch: lane.epoch, inboxCount: 0, crashes: 0,
      })
    },
  },
  {
    name: 'start with a taken key inserts nothing and answers with the run and hash of the key',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([startWithKey(1, 'k')])
      assert.deepEqual(await ask(lane, startWithKey(2, 'k', { hash: 'h2' })), { answer: 'exists', run: runId(1), hash: 'h1' })
      assert.equal(await store.getRun(keyOf(2)), undefined)
      assert.deepEqual(await store.findKey(0, 'k'), { run: runId(1), hash: 'h1' })
    },
  },
  {
    name: 'of two starts with one key in one flush the first wins',
    async run({ store }) {
      const lane = await store.openLane()
      const result = await lane.flush([startWithKey(1, 'k'), startWithKey(2, 'k', { hash: 'h2' })])
      assert.deepEqual(pairs(result), [[1, { answer: 'exists', run: runId(1), hash: 'h1' }]])
      assert.equal(await store.getRun(keyOf(2)), undefined)
    },
  },
  {
    name: 'a key that has expired at the time of the start is replaced',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([startWithKey(1, 'k', { expiresAt: 50 })])
      assert.equal((await ask(lane, startWithKey(49, 'k')))?.answer, 'exists')
      assert.equal(await ask(lane, startWithKey(50, 'k', { hash: 'h2' })), undefined)
      assert.deepEqual(await store.findKey(0, 'k'), { run: runId(50), hash: 'h2' })
    },
  },
  {
    name: 'a key still stands for its run after that has ended',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([startWithKey(1, 'k'), finish(1)])
      assert.equal((await ask(lane, startWithKey(2, 'k')))?.answer, 'exists')
    },
  },
  {
    name: 'spaces share neither run ids nor keys',
    async run({ store }) {
      const lane = await store.openLane()
      const there = startWithKey(1, 'k')
      await lane.flush([startWithKey(1, 'k'), { ...there, run: { ...there.run, space: 7, input: 'j:"there"' } }])
      assert.equal((await rowOf(store, 1)).input, 'j:{"email":"a@b.c"}')
      assert.equal((await store.getRun({ space: 7, run: runId(1) }))?.input, 'j:"there"')
      await lane.flush([{ ...record(1, 1), record: { ...record(1, 1).record, space: 7 } }])
      assert.equal((await store.load(keyOf(1)))?.journal.length, 0)
      assert.equal((await store.load({ space: 7, run: runId(1) }))?.journal.length, 1)
    },
  },
  {
    name: 'what follows a start that found its key taken is about the run that is there under the same id, if there is one',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([startWithKey(1, 'k'), startWithKey(2, 'l'), finish(2), startWithKey(3, 'm')])
      const { answers } = await lane.flush([startWithKey(2, 'l'), send(2, 'a'), startWithKey(3, 'm'), finish(3), startWithKey(4, 'k'), finish(4)])
      assert.deepEqual([...answers].map(([index, { answer }]) => [index, answer]), [[0, 'exists'], [1, 'finished'], [2, 'exists'], [4, 'exists'], [5, 'lost']])
      assert.deepEqual(pairs(await lane.flush([startWithKey(1, 'k'), record(1, 1)])), [[0, { answer: 'exists', run: runId(1), hash: 'h1' }]])
      assert.deepEqual([(await store.load(keyOf(1)))?.journal.length, (await rowOf(store, 3)).status], [1, 'completed'])
    },
  },
  {
    name: 'a second run under one id is refused, and nothing of its flush is kept',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1)])
      const error = await refused(lane.flush([startWithKey(2, 'k'), record(2, 1), start(1)]), StoreRowError)
      assert.equal(error.details?.['index'], 2)
      assert.equal(await store.getRun(keyOf(2)), undefined)
      assert.equal(await store.findKey(0, 'k'), undefined)
      assert.deepEqual(pairs(await lane.flush([startWithKey(2, 'k'), record(2, 1)])), [])
    },
  },
  {
    name: 'a free start is nobody’s: it waits, can be claimed at once, and is whole',
    async run({ store }) {
      const lane = await store.openLane()
      const free = (number: number, change: Partial<NewRun> = {}): StoreOp => ({ ...start(number, change), isFree: true })
      await lane.flush([free(1, { queue: 'mail', deadline: 99, key: 'k', input: 'j:"x"' }), free(2), start(3)])
      const row = await rowOf(store, 1)
      assert.deepEqual([row.status, row.lane, row.epoch, row.wakeAt, row.gen, row.crashes], ['waiting', null, null, null, 1, 0])
      await refused(lane.flush([record(2, 1)]), StoreRowError)
      const answer = await ask(lane, claim(0))
      assert.equal(answer?.answer, 'claimed')
      assert.deepEqual(answer.runs.map(({ run }) => run), [runId(1), runId(2)])
      for (const { fresh, run, space } of answer.runs) {
        if (fresh === undefined) continue
        const { workflow, version, queue, input, createdAt, deadline, key } = await rowOf(store, run === runId(1) ? 1 : 2)
        assert.deepEqual(fresh, { space, run, workflow, version, queue, input, createdAt, deadline, key })
      }
      assert.deepEqual(pairs(await lane.flush([record(1, 1), finish(1), record(2, 1), release(2)])), [])
      const again = await ask(lane, claim(0))
      assert.deepEqual(again, { answer: 'claimed', runs: [keyOf(2)] })
    },
  },
  {
    name: 'a free start under a key that is taken starts nothing, and mail makes a free run no longer fresh',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([{ ...startWithKey(1, 'k'), isFree: true }])
      assert.deepEqual(await ask(lane, { ...startWithKey(2, 'k'), isFree: true }), { answer: 'exists', run: runId(1), hash: 'h1' })
      assert.equal(await store.getRun(keyOf(2)), undefined)
      await lane.flush([send(1, 'm')])
      assert.deepEqual(await ask(lane, claim(1000)), { answer: 'claimed', runs: [keyOf(1)] })
    },
  },
]
