// Conformance: mail to runs, owned or not, and its reading.
import assert from 'node:assert/strict'
import { StoreRowError } from '../../errors.ts'
import { NEVER } from '../../model/run.ts'
import type { StoreCase } from './subject.ts'
import { ask, claim, claimed, consume, finish, keyOf, migrate, pairs, refused, release, rowOf, send, start } from './samples.ts'

export const inboxCases: readonly StoreCase[] = [
  {
    name: 'a run goes on with another version, and has read the mail that asked for it; claims find it by its new kind',
    async run({ store }) {
      const lane = await store.openLane()
      const before = start(1).run
      await lane.flush([start(1), start(2), send(1, 'a', { kind: 'migrate' }), send(1, 'b')])
      assert.equal(await ask(lane, migrate(1, 'v9')), undefined)
      assert.deepEqual(await rowOf(store, 1), { ...(await rowOf(store, 2)), run: before.run, createdAt: before.createdAt, version: 'v9', inboxCount: 2 })
      assert.deepEqual((await store.mail(keyOf(1), 0)).map(({ consumedAt }) => consumedAt), [450, null])
      await lane.flush([consume(1, [2]), release(1, { inboxSeen: 2, wakeAt: 100 })])
      const { queue, workflow, version } = before
      assert.ok((await store.kinds()).some((kind) => kind.version === 'v9'))
      assert.deepEqual(await ask(lane, claim(1000, 10, [{ queue, workflow, version }])), { answer: 'claimed', runs: [] })
      const answer = await ask(lane, claim(1000, 10, [{ queue, workflow, version: 'v9' }]))
      assert.deepEqual(answer?.answer === 'claimed' ? answer.runs.map(({ run }) => run) : [], [before.run])
      await lane.flush([migrate(1, 'v10', { mail: 7 }), finish(1, { inboxSeen: 2 })])
      assert.equal((await rowOf(store, 1)).version, 'v10')
    },
  },
  {
    name: 'only the owner moves a run to another version',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), release(1), start(2), finish(2)])
      for (const number of [1, 2, 3]) await refused(lane.flush([migrate(number, 'v9')]), StoreRowError)
      assert.equal((await rowOf(store, 1)).version, start(1).run.version)
      await refused(lane.flush([claim(1000), migrate(1, '\ud800')]), StoreRowError)
    },
  },
  {
    name: 'mail to an owned run is numbered in the order of arrival and leaves the run as it is',
    async run({ store }) {
      const lane = await store.openLane()
      const result = await lane.flush([start(1), send(1, 'a', { body: 'j:"why"' }), send(1, 'b', { kind: 'resume', sentAt: 301 })])
      assert.deepEqual(pairs(result), [[1, { answer: 'sent', owned: true }], [2, { answer: 'sent', owned: true }]])
      const loaded = await store.load(keyOf(1))
      assert.deepEqual([loaded?.run.inboxCount, loaded?.run.wakeAt, loaded?.run.status], [2, null, 'running'])
      assert.deepEqual(loaded?.mail, [
        { ...keyOf(1), id: 'a', kind: 'cancel', body: 'j:"why"', sentAt: 300, number: 1, consumedAt: null },
        { ...keyOf(1), id: 'b', kind: 'resume', body: null, sentAt: 301, number: 2, consumedAt: null },
      ])
    },
  },
  {
    name: 'mail to a run that nobody owns wakes it',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), release(1, { wakeAt: 9_000_000 })])
      assert.deepEqual(await ask(lane, send(1, 'a')), { answer: 'sent', owned: false })
      assert.equal((await rowOf(store, 1)).wakeAt, 300)
      assert.deepEqual(await claimed(lane, 0), [1])
    },
  },
  {
    name: 'mail leaves a parked run parked, and the next claim returns it',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), release(1, { status: 'parked', error: { name: 'E', code: 'X', message: 'm', retryable: false } })])
      assert.deepEqual(await ask(lane, send(1, 'a', { kind: 'resume' })), { answer: 'sent', owned: false })
      assert.equal((await rowOf(store, 1)).status, 'parked')
      assert.deepEqual(await claimed(lane, 0), [1])
      const row = await rowOf(store, 1)
      assert.deepEqual([row.status, row.error, row.lane], ['running', null, lane.id])
    },
  },
  {
    name: 'mail leaves a paused run paused; no time wakes it, the next claim after mail returns it',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), release(1, { status: 'paused', wakeAt: null })])
      assert.deepEqual([await store.nextWake(), await claimed(lane, 9_000_000)], [null, []])
      assert.deepEqual((await store.listRuns({ status: ['paused'] })).runs.map(({ run }) => run), [keyOf(1).run])
      assert.deepEqual(await ask(lane, send(1, 'a', { kind: 'resume' })), { answer: 'sent', owned: false })
      assert.equal((await rowOf(store, 1)).status, 'paused')
      assert.deepEqual(await claimed(lane, 0), [1])
    },
  },
  {
    name: 'a run that waits for mail alone is not due at any time',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), release(1, { wakeAt: NEVER })])
      assert.deepEqual([(await rowOf(store, 1)).wakeAt, await store.nextWake(), await claimed(lane, 9_000_000_000_000)], [NEVER, NEVER, []])
    },
  },
  {
    name: 'mail is read from a number on, read and unread, also of a run that has ended',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), start(2), send(1, 'a'), send(2, 'x'), send(1, 'b', { kind: 'signal', body: 'j:{}' }), send(1, 'c'), consume(1, [2])])
      const mail = await store.mail(keyOf(1), 1)
      assert.deepEqual(mail.map(({ id, number, kind, body, consumedAt }) => [id, number, kind, body, consumedAt !== null]), [['b', 2, 'signal', 'j:{}', true], ['c', 3, 'cancel', null, false]])
      assert.deepEqual(mail, (await store.load(keyOf(1)))?.mail.slice(1))
      await lane.flush([finish(1, { inboxSeen: 3 })])
      assert.equal((await store.mail(keyOf(1), 0)).length, 3)
      assert.deepEqual([await store.mail(keyOf(1), 3), await store.mail(keyOf(9), 0)], [[], []])
    },
  },
  {
    name: 'mail to a run that has ended or does not exist is not stored',
    async run({ store }) {
      const lane = await store.openLane()
      const result = await lane.flush([start(1), finish(1), send(1, 'a'), send(2, 'b'), { op: 'send', mail: { ...send(1, 'c').mail, space: 5 } }])
      assert.deepEqual(pairs(result), [[2, { answer: 'finished' }], [3, { answer: 'missing' }], [4, { answer: 'missing' }]])
      const loaded = await store.load(keyOf(1))
      assert.deepEqual([loaded?.run.inboxCount, loaded?.mail.length], [0, 0])
    },
  },
  {
    name: 'mail under an id that the run has already is stored once',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), start(2)])
      await lane.flush([send(1, 'a')])
      assert.deepEqual(pairs(await lane.flush([send(1, 'a'), send(2, 'a')])), [[0, { answer: 'sent', owned: true }], [1, { answer: 'sent', owned: true }]])
      assert.equal((await rowOf(store, 1)).inboxCount, 1)
      assert.equal((await rowOf(store, 2)).inboxCount, 1)
    },
  },
  {
    name: 'mail races release in the order of the flush: before it, it holds the run; after it, it wakes it',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), start(2)])
      const result = await lane.flush([send(1, 'a'), release(1), release(2, { wakeAt: 5000 }), send(2, 'b')])
      assert.deepEqual(pairs(result), [[0, { answer: 'sent', owned: true }], [1, { answer: 'mail' }], [3, { answer: 'sent', owned: false }]])
      assert.deepEqual(await claimed(lane, 0), [2])
    },
  },
  {
    name: 'mail races finish in the order of the flush: before it, it holds the run; after it, it is refused',
    async run({ store }) {
      const lane = await store.openLane()
      const result = await lane.flush([start(1), start(2), send(1, 'a'), finish(1), finish(2), send(2, 'b')])
      assert.deepEqual(pairs(result), [[2, { answer: 'sent', owned: true }], [3, { answer: 'mail' }], [5, { answer: 'finished' }]])
    },
  },
  {
    name: 'consumed mail keeps the time of its first reading and no longer makes the run claimable',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), send(1, 'a'), send(1, 'b'), consume(1, [2], 400)])
      assert.deepEqual((await store.load(keyOf(1)))?.mail.map(({ consumedAt }) => consumedAt), [null, 400])
      await lane.flush([consume(1, [1, 2, 9], 401), release(1, { wakeAt: 5000, inboxSeen: 2 })])
      assert.deepEqual((await store.load(keyOf(1)))?.mail.map(({ consumedAt }) => consumedAt), [401, 400])
      assert.deepEqual(await claimed(lane, 4999), [])
    },
  },
  {
    name: 'only the owner reads mail',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), send(1, 'a'), release(1, { inboxSeen: 1 })])
      await refused(lane.flush([consume(1, [1])]), StoreRowError)
      assert.deepEqual(await claimed(lane, 0), [1])
      assert.deepEqual(pairs(await lane.flush([consume(1, [1])])), [])
    },
  },
  {
    name: 'mail of a refused flush leaves no trace',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), send(1, 'a')])
      await refused(lane.flush([send(1, 'b'), consume(1, [1]), start(1)]), StoreRowError)
      const loaded = await store.load(keyOf(1))
      assert.deepEqual([loaded?.run.inboxCount, loaded?.mail.map(({ id, consumedAt }) => [id, consumedAt])], [1, [['a', null]]])
      assert.deepEqual(pairs(await lane.flush([send(1, 'c'), release(1, { inboxSeen: 2 })])), [[0, { answer: 'sent', owned: true }]])
      assert.equal((await store.load(keyOf(1)))?.mail[1]?.id, 'c')
    },
  },
]
