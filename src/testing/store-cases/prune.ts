// Conformance: definitions, which are stored once, and the deletion of what is old.
import assert from 'node:assert/strict'
import { blobPayload } from '../../model/payload.ts'
import type { StoreCase } from './subject.ts'
import { ask, collect, finish, keyOf, mark, record, release, runId, send, start, startWithKey } from './samples.ts'

const blob = (key: string): string => blobPayload({ blob: key, bytes: 3, sha256: '00' })

export const pruneCases: readonly StoreCase[] = [
  {
    name: 'a definition is stored under its hash once, and never changed',
    async run({ store }) {
      const lane = await store.openLane()
      const define = { op: 'definition', hash: 'h1', workflow: 'onboard', body: '{"steps":1}', at: 5 } as const
      assert.equal(await store.definition('h1'), undefined)
      assert.equal(await ask(lane, define), undefined)
      assert.equal(await ask(lane, { ...define, body: '{"steps":2}' }), undefined)
      assert.equal(await store.definition('h1'), '{"steps":1}')
      assert.equal(await store.definition('h2'), undefined)
    },
  },
  {
    name: 'prune deletes ended runs that finished before a time, with all that belongs to them',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([
        start(1), record(1, 1), mark(1), send(1, 'a'), finish(1, { inboxSeen: 1, finishedAt: 99 }), start(2), finish(2, { finishedAt: 100 }), start(3), start(4), release(4),
      ])
      assert.deepEqual(await ask(lane, { op: 'prune', space: 0, before: 100, limit: 10 }), { answer: 'pruned', runs: 1, blobs: [] })
      assert.equal(await store.load(keyOf(1)), undefined)
      assert.deepEqual((await store.listRuns({})).runs.map(({ run }) => run), [runId(4), runId(3), runId(2)])
      await lane.flush([start(1)])
      const again = await store.load(keyOf(1))
      assert.deepEqual([again?.journal, again?.marks, again?.mail, again?.run.inboxCount], [[], [], [], 0])
    },
  },
  {
    name: 'prune keeps to its space and its limit, the oldest first',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([3, 1, 2].flatMap((number) => [start(number), finish(number, { finishedAt: 10 })]))
      const there = start(1, { space: 4 })
      await lane.flush([there, { ...finish(1, { finishedAt: 10 }), run: { space: 4, run: runId(1) } }])
      assert.deepEqual(await ask(lane, { op: 'prune', space: 0, before: 100, limit: 2 }), { answer: 'pruned', runs: 2, blobs: [] })
      assert.deepEqual((await store.listRuns({ space: 0 })).runs.map(({ run }) => run), [runId(3)])
      assert.equal((await store.listRuns({ space: 4 })).runs.length, 1)
      assert.deepEqual(await ask(lane, { op: 'prune', space: 0, before: 100, limit: 2 }), { answer: 'pruned', runs: 1, blobs: [] })
      assert.deepEqual(await ask(lane, { op: 'prune', space: 9, before: 100, limit: 2 }), { answer: 'pruned', runs: 0, blobs: [] })
    },
  },
  {
    name: 'prune names the blobs of what it deleted, each once',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([
        start(1, { input: blob('in') }), record(1, 1, { input: blob('step-in'), output: blob('step-out') }), record(1, 2, { output: blob('step-out') }),
        send(1, 'a', { body: blob('mail') }), finish(1, { output: blob('step-out'), inboxSeen: 1, finishedAt: 10 }), start(2, { input: blob('kept') }),
      ])
      const answer = await ask(lane, { op: 'prune', space: 0, before: 100, limit: 10 })
      assert.equal(answer?.answer, 'pruned')
      assert.deepEqual([...answer.blobs].sort(), ['in', 'mail', 'step-in', 'step-out'])
      assert.deepEqual(await collect(store.blobReferences()), ['kept'])
    },
  },
  {
    name: 'prune deletes keys that have expired, and keeps the others even when their run is gone',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([
        startWithKey(1, 'old', { expiresAt: 100 }), finish(1, { finishedAt: 10 }), startWithKey(2, 'young', { expiresAt: 101 }), finish(2, { finishedAt: 10 }),
      ])
      assert.deepEqual(await ask(lane, { op: 'prune', space: 0, before: 100, limit: 10 }), { answer: 'pruned', runs: 2, blobs: [] })
      assert.equal(await store.findKey(0, 'old'), undefined)
      assert.deepEqual(await store.findKey(0, 'young'), { run: runId(2), hash: 'h1' })
      assert.deepEqual(await collect(store.check()), [])
    },
  },
]
