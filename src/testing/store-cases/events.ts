// Conformance: events by topic, who listens to them, and what is sent to whom.
import assert from 'node:assert/strict'
import { StoreRowError } from '../../errors.ts'
import type { NewEvent } from '../../model/topic.ts'
import type { Lane, Store } from '../../store/port.ts'
import { ask, claimed, consume, finish, keyOf, pairs, refused, release, rowOf, send, start } from './samples.ts'
import type { OpOf } from './samples.ts'
import type { StoreCase } from './subject.ts'

/** Ahead of any clock, since a shared store makes no event older than its own time. */
const LATE = 4_000_000_000_000

function publish(id: string, change: Partial<NewEvent> = {}): OpOf<'publish'> {
  return { op: 'publish', event: { space: 0, topic: 'order.paid', id, key: null, body: `j:"${id}"`, at: LATE + 500, ...change } }
}

function listen(number: number, change: Partial<OpOf<'listen'>> = {}): OpOf<'listen'> {
  return { op: 'listen', run: keyOf(number), topic: 'order.paid', key: null, since: 0, limit: 100, ...change }
}

function unlisten(number: number, change: Partial<OpOf<'unlisten'>> = {}): OpOf<'unlisten'> {
  return { op: 'unlisten', run: keyOf(number), topic: 'order.paid', key: null, ...change }
}

/** The events that a run was sent, by id, in their order. */
async function got(store: Store, number: number): Promise<readonly string[]> {
  return (await store.mail(keyOf(number), 0)).map(({ id }) => id.replace(/^event:order\.paid /, ''))
}

/** How many runs got an event; undefined when it was there already. */
async function published(lane: Lane, op: OpOf<'publish'>): Promise<number | undefined> {
  const answer = await ask(lane, op)
  assert.equal(answer?.answer, 'published')
  return answer.isNew ? answer.runs : undefined
}

export const eventCases: readonly StoreCase[] = [
  {
    name: 'an event is stored, and sent to every run that listens to its topic, owned or not; others get nothing',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), start(2), start(3), start(4), listen(1), listen(2), listen(3, { topic: 'order' }), release(2, { wakeAt: 9_000_000 })])
      const answer = await ask(lane, publish('a', { body: 'j:"why"', at: LATE + 700 }))
      assert.ok(answer?.answer === 'published' && answer.isNew && answer.runs === 2)
      assert.ok(store.isShared || JSON.stringify(answer.owned) === JSON.stringify([keyOf(1)]))
      assert.deepEqual(await store.mail(keyOf(1), 0), [{ ...keyOf(1), id: 'event:order.paid a', kind: 'event', body: 'j:"why"', sentAt: LATE + 700, number: 1, consumedAt: null }])
      assert.deepEqual([await got(store, 2), await got(store, 3), await got(store, 4)], [['a'], [], []])
      assert.equal((await rowOf(store, 2)).wakeAt, LATE + 700)
      assert.equal((await rowOf(store, 1)).wakeAt, null)
      assert.deepEqual(await claimed(lane, 0), [2])
      assert.deepEqual((await store.listEvents({ space: 0 })).events.map(({ topic, id, key, body, at }) => ({ topic, id, key, body, at })), [{ topic: 'order.paid', id: 'a', key: null, body: 'j:"why"', at: LATE + 700 }])
    },
  },
  {
    name: 'an id is taken once per topic: published again it changes nothing',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), listen(1)])
      assert.deepEqual([await published(lane, publish('a')), await published(lane, publish('a', { body: 'j:"other"' })), await published(lane, publish('a', { topic: 'order' }))], [1, undefined, 0])
      assert.deepEqual((await store.mail(keyOf(1), 0)).map(({ body }) => body), ['j:"a"'])
      const result = await lane.flush([publish('b'), publish('b')])
      assert.deepEqual(pairs(result).map(([, answer]) => answer.answer === 'published' && answer.isNew), [true, false])
    },
  },
  {
    name: 'whoever listens to a key gets the events of that key alone; whoever listens to all of them gets each once',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), start(2), start(3), listen(1, { key: '42' }), listen(2), listen(3), listen(3, { key: '42' })])
      assert.equal(await published(lane, publish('a', { key: '42' })), 3)
      assert.equal(await published(lane, publish('b', { key: '7' })), 2)
      assert.equal(await published(lane, publish('c')), 2)
      assert.deepEqual([await got(store, 1), await got(store, 2), await got(store, 3)], [['a'], ['a', 'b', 'c'], ['a', 'b', 'c']])
      assert.equal((await rowOf(store, 3)).inboxCount, 3)
    },
  },
  {
    name: 'whoever begins to listen gets what was published before, from a time on, in the order of publishing',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([publish('old', { at: LATE + 100 }), publish('b', { at: LATE + 900, key: '42' }), publish('a', { at: LATE + 500 }), publish('z', { topic: 'order', at: LATE + 900 })])
      await lane.flush([start(1), start(2)])
      assert.deepEqual(await ask(lane, listen(1, { since: LATE + 500 })), { answer: 'listening', mails: 2, isWhole: true })
      assert.deepEqual(await ask(lane, listen(1, { since: 0 })), { answer: 'listening', mails: 0, isWhole: true })
      assert.deepEqual(await ask(lane, listen(2, { key: '42', since: 0 })), { answer: 'listening', mails: 1, isWhole: true })
      assert.deepEqual([await got(store, 1), await got(store, 2)], [['b', 'a'], ['b']])
      assert.deepEqual(await ask(lane, release(1)), { answer: 'mail' })
    },
  },
  {
    name: 'what was missed comes in pieces: until all has come the run does not listen yet, and nothing comes twice',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), ...[1, 2, 3, 4, 5].map((number) => publish(`e${number}`))])
      assert.deepEqual(await ask(lane, listen(1, { limit: 2 })), { answer: 'listening', mails: 2, isWhole: false })
      assert.equal(await published(lane, publish('e6')), 0)
      assert.deepEqual(await ask(lane, listen(1, { limit: 2 })), { answer: 'listening', mails: 2, isWhole: false })
      assert.deepEqual(await ask(lane, listen(1, { limit: 2 })), { answer: 'listening', mails: 2, isWhole: true })
      assert.equal(await published(lane, publish('e7')), 1)
      assert.deepEqual(await got(store, 1), ['e1', 'e2', 'e3', 'e4', 'e5', 'e6', 'e7'])
    },
  },
  {
    name: 'who has ceased to listen gets nothing, and what was missed meanwhile on listening again',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), listen(1), publish('a'), unlisten(1), unlisten(1), unlisten(1, { topic: 'order' })])
      assert.equal(await published(lane, publish('b')), 0)
      assert.deepEqual(await got(store, 1), ['a'])
      assert.deepEqual(await ask(lane, listen(1, { since: LATE + 9000 })), { answer: 'listening', mails: 1, isWhole: true })
      await lane.flush([unlisten(1), listen(1), publish('c')])
      assert.deepEqual(await got(store, 1), ['a', 'b', 'c'])
    },
  },
  {
    name: 'a run that has ended listens no more; one that was opened again begins anew, and gets nothing twice',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), listen(1), publish('a'), consume(1, [1]), finish(1, { status: 'failed', inboxSeen: 1 })])
      assert.equal(await published(lane, publish('b')), 0)
      await lane.flush([{ op: 'reopen', generation: { ...keyOf(1), gen: 2, baseSeq: 1, at: 5000, by: 'ada', reason: 'mended' } }, listen(1), publish('c')])
      assert.deepEqual(await got(store, 1), ['a', 'b', 'c'])
    },
  },
  {
    name: 'only the owner of a run has it listen, or cease to',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), release(1), start(2), finish(2)])
      for (const number of [1, 2, 3]) {
        await refused(lane.flush([start(4), listen(number)]), StoreRowError)
        await refused(lane.flush([unlisten(number)]), StoreRowError)
      }
      assert.equal(await store.getRun(keyOf(4)), undefined)
    },
  },
  {
    name: 'a flush that fails publishes nothing and has nobody listen',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), start(2), listen(2)])
      await refused(lane.flush([listen(1), publish('a'), publish('\ud800')]), StoreRowError)
      assert.deepEqual((await store.listEvents({ space: 0 })).events, [])
      assert.equal(await published(lane, publish('b')), 1)
      assert.deepEqual([await got(store, 1), await got(store, 2)], [[], ['b']])
    },
  },
  {
    name: 'events come between other mail in the order of a flush, and their texts as they were',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), listen(1, { key: 'ä\u0000\u0001' }), send(1, 'm'), publish('ö\u0000', { key: 'ä\u0000\u0001', body: 'j:"\u0000"' }), send(1, 'n')])
      assert.deepEqual((await store.mail(keyOf(1), 0)).map(({ id, number, body }) => [id, number, body]), [['m', 1, null], ['event:order.paid ö\u0000', 2, 'j:"\u0000"'], ['n', 3, null]])
      const [event] = (await store.listEvents({ space: 0, topic: 'order.paid', key: 'ä\u0000\u0001' })).events
      assert.deepEqual([event?.id, event?.key, event?.body], ['ö\u0000', 'ä\u0000\u0001', 'j:"\u0000"'])
    },
  },
  {
    name: 'events are listed newest first, by topic and key, in pages; another space has its own',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([publish('a', { key: '1' }), publish('b', { topic: 'order' }), publish('c', { key: '2' }), publish('d', { key: '1' }), publish('a', { space: 7 })])
      const ids = async (filter: Parameters<Store['listEvents']>[0]): Promise<readonly string[]> => (await store.listEvents(filter)).events.map(({ id }) => id)
      assert.deepEqual(await ids({ space: 0 }), ['d', 'c', 'b', 'a'])
      assert.deepEqual(await ids({ space: 0, topic: 'order.paid' }), ['d', 'c', 'a'])
      assert.deepEqual(await ids({ space: 0, topic: 'order.paid', key: '1' }), ['d', 'a'])
      assert.deepEqual(await ids({ space: 0, topic: 'nothing' }), [])
      assert.deepEqual(await ids({ space: 7 }), ['a'])
      const page = await store.listEvents({ space: 0, limit: 3 })
      assert.equal(page.events.length, 3)
      assert.deepEqual(await ids({ space: 0, limit: 3, before: page.next ?? 0 }), ['a'])
      assert.equal((await store.listEvents({ space: 0, limit: 4 })).next, null)
    },
  },
  {
    name: 'old events are pruned, the oldest first; who listens keeps on, and a cursor keeps its place',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), listen(1), publish('a', { at: LATE + 100 }), publish('b', { at: LATE + 200 }), publish('c', { at: LATE + 300 }), publish('a', { space: 7, at: LATE + 100 }), unlisten(1)])
      const prune = (before: number, limit: number): OpOf<'pruneEvents'> => ({ op: 'pruneEvents', space: 0, before, limit })
      assert.deepEqual(await ask(lane, prune(LATE + 300, 1)), { answer: 'prunedEvents', events: 1 })
      assert.deepEqual((await store.listEvents({ space: 0 })).events.map(({ id }) => id), ['c', 'b'])
      assert.deepEqual(await ask(lane, prune(LATE + 1000, 10)), { answer: 'prunedEvents', events: 2 })
      assert.deepEqual((await store.listEvents({ space: 7 })).events.length, 1)
      await lane.flush([publish('d'), listen(1), publish('e')])
      assert.deepEqual(await got(store, 1), ['a', 'b', 'c', 'd', 'e'])
      await lane.flush([consume(1, [1, 2, 3, 4, 5]), finish(1, { inboxSeen: 5 }), prune(0, 0)])
      assert.equal(await published(lane, publish('f')), 0)
    },
  },
  {
    name: 'whoever is pruned listens no more, and leaves nothing to a run that comes later',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1), start(2), listen(2), finish(2, { finishedAt: 99 })])
      assert.deepEqual(await ask(lane, { op: 'prune', space: 0, before: 100, limit: 10 }), { answer: 'pruned', runs: 1, blobs: [] })
      await lane.close()
      // A store may give its numbers of runs again.
      const next = await store.openLane()
      await next.flush([start(3)])
      assert.equal(await published(next, publish('a')), 0)
      await next.flush([listen(3)])
      assert.deepEqual(await got(store, 3), ['a'])
    },
  },
]
