// Conformance: lists, lookups, wake times, and the store's own check.
import assert from 'node:assert/strict'
import { blobPayload } from '../../model/payload.ts'
import type { RunFilter, Store } from '../../store/port.ts'
import type { StoreCase } from './subject.ts'
import { ask, claim, collect, consume, finish, keyOf, record, release, reopen, runId, send, start, startWithKey } from './samples.ts'

const failed = { status: 'failed', output: null } as const

async function numbers(store: Store, filter: RunFilter): Promise<readonly number[]> {
  return (await store.listRuns(filter)).runs.map(({ run }) => Number.parseInt(run.slice(9, 13), 16))
}

export const readCases: readonly StoreCase[] = [
  {
    name: 'what does not exist is undefined',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([startWithKey(1, 'k')])
      for (const key of [keyOf(2), { space: 1, run: runId(1) }]) {
        assert.equal(await store.load(key), undefined)
        assert.equal(await store.getRun(key), undefined)
      }
      assert.equal(await store.findKey(1, 'k'), undefined)
      assert.equal(await store.findKey(0, 'K'), undefined)
    },
  },
  {
    name: 'a flush that has resolved is seen by the next read',
    async run({ store }) {
      const lane = await store.openLane()
      for (let number = 1; number <= 20; number++) {
        await lane.flush([start(number), record(number, 1)])
        assert.equal((await store.load(keyOf(number)))?.journal.length, 1)
      }
    },
  },
  {
    name: 'lists are newest first, by creation and then by insertion, in pages',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(3), start(1), start(2), start(4, { createdAt: 2 }), start(5, { createdAt: 2 })])
      assert.deepEqual(await numbers(store, {}), [3, 5, 4, 2, 1])
      const first = await store.listRuns({ limit: 2 })
      assert.equal(first.next, runId(5))
      const second = await store.listRuns({ limit: 2, after: runId(5) })
      assert.deepEqual([second.runs.map(({ run }) => run), second.next], [[runId(4), runId(2)], runId(2)])
      const third = await store.listRuns({ limit: 2, after: runId(2) })
      assert.deepEqual([third.runs.map(({ run }) => run), third.next], [[runId(1)], null])
      assert.equal((await store.listRuns({ limit: 5 })).next, null)
    },
  },
  {
    name: 'a page goes on where the one before ended, even when its last run was deleted since',
    async run({ store }) {
      const lane = await store.openLane()
      const base = 0x018900000000
      await lane.flush([1, 2, 3].flatMap((number) => [start(number, { createdAt: base + number })]))
      await lane.flush([finish(2, { finishedAt: base + 5 })])
      await lane.flush([finish(3, { finishedAt: base + 9 })])
      await ask(lane, { op: 'prune', space: 0, before: base + 6, limit: 5 })
      assert.deepEqual(await numbers(store, { after: runId(2) }), [1])
    },
  },
  {
    name: 'lists filter by space, workflow, status and time of creation, alone and together',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([
        start(1), finish(1), start(2), finish(2, failed), start(3, { workflow: 'other' }), finish(3, { status: 'cancelled' }), start(4), start(5), release(5, { wakeAt: 9 }),
        start(6), release(6, { status: 'parked' }), start(7, { space: 2 }),
      ])
      assert.deepEqual(await numbers(store, { space: 0 }), [6, 5, 4, 3, 2, 1])
      assert.deepEqual(await numbers(store, { space: 2 }), [7])
      assert.deepEqual(await numbers(store, { space: 3 }), [])
      assert.deepEqual(await numbers(store, {}), [7, 6, 5, 4, 3, 2, 1])
      assert.deepEqual(await numbers(store, { workflow: 'other' }), [3])
      assert.deepEqual(await numbers(store, { status: ['running'] }), [7, 4])
      assert.deepEqual(await numbers(store, { status: ['waiting', 'parked'], space: 0 }), [6, 5])
      assert.deepEqual(await numbers(store, { status: ['failed', 'cancelled'] }), [3, 2])
      assert.deepEqual(await numbers(store, { status: ['completed', 'failed', 'parked'] }), [6, 2, 1])
      assert.deepEqual(await numbers(store, { status: [] }), [])
      assert.deepEqual(await numbers(store, { since: 2, until: 5 }), [4, 3, 2])
      assert.deepEqual(await numbers(store, { since: 2, workflow: 'onboard', status: ['completed', 'failed'], space: 0 }), [2])
      assert.deepEqual(await numbers(store, { status: ['running', 'waiting', 'parked'], after: runId(5) }), [4])
    },
  },
  {
    name: 'a page holds 50 runs by default and 1,000 at most',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush(Array.from({ length: 1010 }, (_, index) => start(index + 1)))
      assert.equal((await store.listRuns({})).runs.length, 50)
      assert.equal((await store.listRuns({ limit: 5000 })).runs.length, 1000)
      assert.equal((await store.listRuns({ limit: 5000 })).next, runId(11))
    },
  },
  {
    name: 'nextWake is when a claim would find a run: 0 for now, null for never',
    async run({ store }) {
      const lane = await store.openLane()
      assert.equal(await store.nextWake(), null)
      await lane.flush([start(1), { op: 'wake', run: keyOf(1), wakeAt: 5 }, start(2), release(2, { status: 'parked' }), start(3), finish(3)])
      assert.equal(await store.nextWake(), null)
      await lane.flush([start(4), release(4, { wakeAt: 700 }), start(5), release(5, { wakeAt: 600 })])
      assert.equal(await store.nextWake(), 600)
      await lane.flush([claim(600)])
      assert.equal(await store.nextWake(), 700)
      await lane.flush([send(2, 'a')])
      assert.equal(await store.nextWake(), 0)
      await lane.flush([claim(0), consume(2, [1]), release(2, { status: 'parked', inboxSeen: 1 })])
      assert.equal(await store.nextWake(), 700)
      await lane.flush([release(1)])
      assert.equal(await store.nextWake(), 0)
    },
  },
  {
    name: 'blobReferences names every blob of every row, once',
    async run({ store }) {
      const lane = await store.openLane()
      const blob = (key: string): string => blobPayload({ blob: key, bytes: 3, sha256: '00' })
      await lane.flush([
        start(1, { input: blob('a') }), record(1, 1, { input: blob('b'), output: blob('c') }), record(1, 2, { output: blob('c') }), send(1, 'm', { body: blob('d') }),
        finish(1, { output: blob('e'), inboxSeen: 1 }), start(2), record(2, 1),
      ])
      assert.deepEqual((await collect(store.blobReferences())).sort(), ['a', 'b', 'c', 'd', 'e'])
    },
  },
  {
    name: 'check finds nothing in a store that did everything a store does',
    async run({ store, nextOwner }) {
      const old = await store.openLane()
      await old.flush([start(1), record(1, 1), finish(1, failed), reopen(1, { baseSeq: 1 }), record(1, 1, { gen: 2 }), startWithKey(2, 'k'), send(2, 'a'), consume(2, [1])])
      await old.flush([start(3), release(3, { wakeAt: 5 }), send(3, 'b'), start(4), record(4, 2, { path: 'later' }), record(4, 1)])
      assert.deepEqual(await collect(store.check()), [])
      const next = await nextOwner()
      await next.openLane()
      assert.deepEqual(await collect(next.check()), [])
    },
  },
  {
    name: 'check finds a hole in the order of a journal, and none in a history that was given up',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), record(1, 1), record(1, 3), start(2), record(2, 1), record(2, 2), record(2, 4), finish(2, failed), reopen(2, { baseSeq: 3 }), record(2, 3, { gen: 2 })])
      const findings = await collect(store.check())
      assert.deepEqual(findings.map(({ code, run }) => [code, run]), [['JOURNAL_GAP', runId(1)]])
    },
  },
]
