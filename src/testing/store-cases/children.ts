// Conformance: what children need of a store. A run that is started once under its id, an end that its parent is told of in the same commit, a run
// that begins anew, and children that stay for as long as their parent may read them.
import assert from 'node:assert/strict'
import { StoreRowError } from '../../errors.ts'
import { parentKey } from '../../model/child.ts'
import type { NewMail } from '../../model/run.ts'
import type { Store } from '../../store/port.ts'
import type { StoreCase } from './subject.ts'
import { ask, claimed, consume, finish, keyOf, mark, pairs, record, refused, release, reopen, rowOf, runId, send, start } from './samples.ts'
import type { OpOf } from './samples.ts'

/** Mail that tells run `parent` of the end of run `child`. */
function told(parent: number, child: number): NewMail {
  return { ...keyOf(parent), id: `child:${runId(child)}`, kind: 'child', body: `j:${child}`, sentAt: 700 + child }
}

const ends = (child: number, parent = 1): OpOf<'finish'> => finish(child, { tell: told(parent, child) })

function goOn(number: number, change: Partial<OpOf<'continue'>> = {}, gen = 2): OpOf<'continue'> {
  return { op: 'continue', generation: { ...keyOf(number), gen, baseSeq: 0, at: 5000, by: 'engine', reason: 'continued' }, input: 'j:"next"', drop: [], blank: [], ...change }
}

async function mailOf(store: Store, number: number): Promise<readonly (readonly [number, string])[]> {
  return (await store.mail(keyOf(number), 0)).map((mail) => [mail.number, mail.id])
}

const child = (number: number, gen = 1): OpOf<'start'> => start(number, { key: parentKey({ run: runId(1), gen, path: 'ship', close: 'cancel' }) })

export const childCases: readonly StoreCase[] = [
  {
    name: 'a run that is started once is there once, however often it is asked for',
    async run({ store }) {
      const lane = await store.openLane()
      const once = { ...start(1), once: true }
      assert.equal(await ask(lane, once), undefined)
      await lane.flush([record(1, 1)])
      assert.deepEqual(await ask(lane, { ...start(1, { input: 'j:2' }), once: true }), { answer: 'exists', run: runId(1), hash: '' })
      const result = await lane.flush([{ ...once, isFree: true }, { ...start(2), once: true, isFree: true }, record(1, 2)])
      assert.deepEqual(pairs(result), [[0, { answer: 'exists', run: runId(1), hash: '' }]])
      const loaded = await store.load(keyOf(1))
      assert.deepEqual([loaded?.run.input, loaded?.run.lane, loaded?.journal.length], [start(1).run.input, lane.id, 2])
      assert.deepEqual(await claimed(lane, 0), [2])
    },
  },
  {
    name: 'a run that has ended is not started once more',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), finish(1)])
      assert.deepEqual(await ask(lane, { ...start(1), once: true }), { answer: 'exists', run: runId(1), hash: '' })
      assert.equal((await rowOf(store, 1)).status, 'completed')
    },
  },
  {
    name: 'an end tells another run in the same commit, and wakes it when nobody owns it',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), start(2), start(3), send(1, 'a')])
      assert.deepEqual(pairs(await lane.flush([ends(2)])), [])
      const [, mail] = await store.mail(keyOf(1), 0)
      assert.deepEqual(mail, { ...told(1, 2), number: 2, consumedAt: null })
      await lane.flush([consume(1, [1, 2]), release(1, { wakeAt: 9_000_000, inboxSeen: 2 })])
      assert.deepEqual(await claimed(lane, 0), [])
      await lane.flush([ends(3)])
      assert.deepEqual([await mailOf(store, 1), (await rowOf(store, 1)).wakeAt], [[[1, 'a'], [2, `child:${runId(2)}`], [3, `child:${runId(3)}`]], 703])
      assert.deepEqual(await claimed(lane, 0), [1])
    },
  },
  {
    name: 'an end that is not made tells nobody',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), start(2), start(3), send(2, 'a'), finish(3)])
      const result = await lane.flush([ends(2), ends(3), ends(9)])
      assert.deepEqual(pairs(result), [[0, { answer: 'mail' }], [1, { answer: 'lost' }], [2, { answer: 'lost' }]])
      assert.deepEqual(await mailOf(store, 1), [])
    },
  },
  {
    name: 'many ends of one flush are told in their order, each once, also beside other mail',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), start(2), start(3), start(4), start(5)])
      const result = await lane.flush([send(1, 'a'), ends(3), ends(2), send(1, 'b'), finish(5, { tell: told(1, 3) }), ends(4)])
      assert.deepEqual(pairs(result), [[0, { answer: 'sent', owned: true }], [3, { answer: 'sent', owned: true }]])
      assert.deepEqual((await mailOf(store, 1)).map(([number]) => number), [1, 2, 3, 4, 5])
      const order = (await mailOf(store, 1)).map(([, id]) => id)
      assert.deepEqual(order, ['a', `child:${runId(3)}`, `child:${runId(2)}`, 'b', `child:${runId(4)}`])
      assert.equal((await rowOf(store, 1)).inboxCount, 5)
      assert.deepEqual((await store.load(keyOf(1)))?.mail.filter(({ consumedAt }) => consumedAt === null).length, 5)
    },
  },
  {
    name: 'an end is told before the end of the run that it is told to, or not at all after it',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), start(2), start(3)])
      assert.deepEqual(pairs(await lane.flush([ends(2), finish(1)])), [[1, { answer: 'mail' }]])
      assert.deepEqual(pairs(await lane.flush([consume(1, [1]), finish(1, { inboxSeen: 1 }), ends(3)])), [])
      assert.deepEqual([await mailOf(store, 1), (await rowOf(store, 3)).status], [[[1, `child:${runId(2)}`]], 'completed'])
    },
  },
  {
    name: 'an end that is told to a run that is given up in the same flush wakes it',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), start(2)])
      assert.deepEqual(pairs(await lane.flush([release(1, { wakeAt: 9_000_000 }), ends(2)])), [])
      assert.deepEqual(await claimed(lane, 0), [1])
    },
  },
  {
    name: 'a run that continues as new keeps its id, its owner and mail that was not taken, and loses its journal',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1, { key: 'mine' }), record(1, 1), mark(1), send(1, 'a'), send(1, 'b', { body: 'j:1' }), send(1, 'c'), send(1, 'd'), consume(1, [1, 2, 3])])
      assert.deepEqual(pairs(await lane.flush([goOn(1, { drop: [1, 4], blank: [2] })])), [])
      const loaded = await store.load(keyOf(1))
      assert.deepEqual([loaded?.journal, loaded?.marks, loaded?.generations], [[], [], [goOn(1).generation]])
      assert.deepEqual([loaded?.run.gen, loaded?.run.input, loaded?.run.key, loaded?.run.lane, loaded?.run.status, loaded?.run.inboxCount], [2, 'j:"next"', 'mine', lane.id, 'running', 4])
      assert.deepEqual(loaded?.mail.map((mail) => [mail.number, mail.id, mail.kind, mail.body, mail.consumedAt]), [[2, 'b', 'taken', null, 400], [3, 'c', 'cancel', null, 400], [4, 'd', 'cancel', null, null]])
      await lane.flush([record(1, 1, { gen: 2 }), send(1, 'b'), send(1, 'e'), consume(1, [4, 5]), goOn(1, { drop: [2, 3, 4] }, 3)])
      const again = await store.load(keyOf(1))
      assert.deepEqual([again?.mail.map(({ number, id }) => [number, id]), again?.generations.map(({ gen }) => gen), again?.journal], [[[5, 'e']], [3], []])
      await lane.flush([finish(1, { inboxSeen: 5 })])
    },
  },
  {
    name: 'a run of another owner or another generation does not continue as new',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), record(1, 1), start(2), release(2)])
      await refused(lane.flush([goOn(1, {}, 3)]), StoreRowError)
      await refused(lane.flush([goOn(2)]), StoreRowError)
      const loaded = await store.load(keyOf(1))
      assert.deepEqual([loaded?.journal.length, loaded?.run.gen, loaded?.generations], [1, 1, []])
    },
  },
  {
    name: 'prune keeps a child until its parent has ended or continued as new',
    async run({ store }) {
      const lane = await store.openLane()
      const prune = { op: 'prune', space: 0, before: 5000, limit: 10 } as const
      await lane.flush([start(1), child(2), child(3, 2), start(4, { key: '$fork x' }), finish(2), finish(3), finish(4)])
      assert.deepEqual(await ask(lane, prune), { answer: 'pruned', runs: 1, blobs: [] })
      await lane.flush([goOn(1)])
      assert.deepEqual(await ask(lane, prune), { answer: 'pruned', runs: 1, blobs: [] })
      assert.deepEqual([(await store.getRun(keyOf(2)))?.run, (await store.getRun(keyOf(3)))?.run], [undefined, runId(3)])
      await lane.flush([finish(1, { status: 'failed', finishedAt: 9000 })])
      await lane.flush([reopen(1, { gen: 3 })])
      assert.deepEqual(await ask(lane, prune), { answer: 'pruned', runs: 0, blobs: [] })
      await lane.flush([finish(1, { finishedAt: 9000 })])
      assert.deepEqual(await ask(lane, prune), { answer: 'pruned', runs: 1, blobs: [] })
    },
  },
]
