// Conformance: records, marks and wake times of runs that the lane owns.
import assert from 'node:assert/strict'
import { StoreRowError } from '../../errors.ts'
import type { ErrorData } from '../../errors.ts'
import type { StoreCase } from './subject.ts'
import { collect, finish, keyOf, mark, record, refused, release, rowOf, start } from './samples.ts'

const error: ErrorData = {
  name: 'StepFailedError', code: 'STEP_FAILED', message: 'the body said "no"', retryable: false, path: 'charge', details: { status: 402, list: [1, null, 'x'] },
  cause: { name: 'Error', code: 'UNKNOWN', message: 'card', retryable: true },
}

export const journalCases: readonly StoreCase[] = [
  {
    name: 'a record comes back as it was written, with every field',
    async run({ store }) {
      const lane = await store.openLane()
      const full = record(1, 1, {
        kind: 'choice', status: 'failed', level: 'pure', error, attempt: 3, reads: ['$input', 'orders[17].charge'], startedAt: 0, finishedAt: 1_790_000_000_000,
      })
      const bare = record(1, 2, { kind: 'timer', status: 'skipped', template: null, templateVersion: null, inputHash: null, input: null, output: null, attempt: 0, reads: [] })
      await lane.flush([start(1), full, bare])
      assert.deepEqual((await store.load(keyOf(1)))?.journal, [full.record, bare.record])
    },
  },
  {
    name: 'records of every kind, status and level come back, and are sound',
    async run({ store }) {
      const lane = await store.openLane()
      const kinds = ['step', 'timer', 'value', 'choice', 'signal', 'approval', 'request', 'child', 'spawn', 'children', 'page', 'update', 'event'] as const
      const all = kinds.flatMap((kind) => (['completed', 'failed', 'skipped'] as const).flatMap((status) => (['effect', 'pure'] as const).map((level) => ({ kind, status, level }))))
      const records = all.map((sort, index) => record(1, index + 1, { ...sort, reads: ['$mail[3]'] }))
      await lane.flush([start(1), ...records])
      assert.deepEqual((await store.load(keyOf(1)))?.journal, records.map((one) => one.record))
      assert.deepEqual(await collect(store.check()), [])
    },
  },
  {
    name: 'records come back by generation and seq, in whatever order they were written',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), record(1, 3), record(1, 1), record(1, 2, { gen: 2 }), record(1, 2)])
      const order = (await store.load(keyOf(1)))?.journal.map(({ gen, seq }) => [gen, seq])
      assert.deepEqual(order, [[1, 1], [1, 2], [1, 3], [2, 2]])
    },
  },
  {
    name: 'a second record of one path and generation is refused, and the first stays as it was',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), record(1, 1)])
      const thrown = await refused(lane.flush([record(1, 2), record(1, 3, { path: 'step1', output: 'j:"other"' })]), StoreRowError)
      assert.equal(thrown.details?.['index'], 1)
      await lane.flush([record(1, 2, { path: 'step1', gen: 2 })])
      assert.deepEqual((await store.load(keyOf(1)))?.journal.map(({ gen, path, output }) => [gen, path, output]), [[1, 'step1', 'j:2'], [2, 'step1', 'j:2']])
    },
  },
  {
    name: 'marks are kept in the order of writing, one per path, kind and attempt',
    async run({ store }) {
      const lane = await store.openLane()
      const marks = [mark(1), mark(1, { kind: 'retry', attempt: 1, error }), mark(1, { kind: 'retry', attempt: 2 }), mark(1, { kind: 'started', attempt: 2, due: null }), mark(1, { gen: 2 })]
      await lane.flush([start(1), ...marks])
      await refused(lane.flush([mark(1, { kind: 'retry', attempt: 2, at: 999 })]), StoreRowError)
      assert.deepEqual((await store.load(keyOf(1)))?.marks, marks.map((each) => each.mark))
    },
  },
  {
    name: 'rows of a run that the lane does not own are refused',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), finish(1), start(2), release(2)])
      for (const number of [1, 2, 3]) {
        await refused(lane.flush([record(number, 1)]), StoreRowError)
        await refused(lane.flush([mark(number)]), StoreRowError)
        await refused(lane.flush([{ op: 'wake', run: keyOf(number), wakeAt: 5 }]), StoreRowError)
      }
      assert.equal((await store.load(keyOf(1)))?.journal.length, 0)
      assert.equal((await rowOf(store, 2)).wakeAt, null)
    },
  },
  {
    name: 'operations take effect in their order: a record before the end is kept, one after it refuses the flush',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), record(1, 1), mark(1), finish(1)])
      assert.equal((await store.load(keyOf(1)))?.journal.length, 1)
      const thrown = await refused(lane.flush([start(2), finish(2), record(2, 1)]), StoreRowError)
      assert.equal(thrown.details?.['index'], 2)
      assert.equal(await store.getRun(keyOf(2)), undefined)
      await lane.flush([start(2), record(2, 1), finish(2)])
      assert.equal((await rowOf(store, 2)).status, 'completed')
    },
  },
  {
    name: 'wake sets the time and leaves the run with the lane',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), { op: 'wake', run: keyOf(1), wakeAt: 777 }])
      const row = await rowOf(store, 1)
      assert.deepEqual([row.wakeAt, row.status, row.lane], [777, 'running', lane.id])
      await lane.flush([{ op: 'wake', run: keyOf(1), wakeAt: null }, record(1, 1)])
      assert.equal((await rowOf(store, 1)).wakeAt, null)
    },
  },
  {
    name: 'what callers change afterwards changes nothing that is stored',
    async run({ store }) {
      const lane = await store.openLane()
      const reads = ['a']
      const details = { list: [1] }
      const row = { ...record(1, 1, { reads, error: { ...error, details } }).record }
      await lane.flush([start(1), { op: 'record', record: row }])
      reads.push('b')
      details.list.push(2)
      row.output = 'j:"changed"'
      const first = await store.load(keyOf(1))
      assert.ok(first !== undefined)
      try {
        Object.assign(first.journal[0] ?? {}, { output: 'j:"changed"' })
        Object.assign(first.run, { status: 'failed' })
      } catch {
        // Frozen is as good as copied.
      }
      const again = await store.load(keyOf(1))
      assert.deepEqual([again?.journal[0]?.reads, again?.journal[0]?.error?.details, again?.journal[0]?.output, again?.run.status], [['a'], { list: [1] }, 'j:2', 'running'])
    },
  },
  {
    name: 'a journal of 10,000 records is written and read whole',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1)])
      for (let from = 1; from <= 10_000; from += 1000) await lane.flush(Array.from({ length: 1000 }, (_, index) => record(1, from + index)))
      const journal = (await store.load(keyOf(1)))?.journal ?? []
      assert.equal(journal.length, 10_000)
      assert.ok(journal.every(({ seq, path }, index) => seq === index + 1 && path === `step${index + 1}`))
    },
  },
]
