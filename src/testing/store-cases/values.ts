// Conformance: odd texts and numbers come back as they went in, or are refused; nothing is changed silently.
import assert from 'node:assert/strict'
import { StoreRowError } from '../../errors.ts'
import type { StoreCase } from './subject.ts'
import { finish, keyOf, mark, pairs, record, refused, rowOf, send, start, startWithKey } from './samples.ts'

const ODD = [
  'j:""', 'u:', 'j:"\\ud800"', 'j:"\\u0000"', 'j:"é ß 漢字 🜁 \u2028"', 't:{"$big":"12345678901234567890"}', "j:\"'; drop table runs; --\"", 'j:"\\\\"', 'b', 'j:"\u0000"',
] as const

export const valueCases: readonly StoreCase[] = [
  {
    name: 'odd payloads come back unchanged from every place',
    async run({ store }) {
      const lane = await store.openLane()
      for (const [index, odd] of ODD.entries()) {
        const number = index + 1
        await lane.flush([start(number, { input: odd }), record(number, 1, { input: odd, output: odd }), send(number, 'm', { body: odd }), finish(number, { output: odd, inboxSeen: 1 })])
        const loaded = await store.load(keyOf(number))
        assert.deepEqual([loaded?.run.input, loaded?.run.output, loaded?.journal[0]?.input, loaded?.journal[0]?.output, loaded?.mail[0]?.body], [odd, odd, odd, odd, odd])
      }
    },
  },
  {
    name: 'a payload of 1 MB comes back unchanged, in ASCII and beyond',
    async run({ store }) {
      const lane = await store.openLane()
      const plain = `j:"${'x'.repeat(1 << 20)}"`
      const wide = `j:"${'漢🜁'.repeat(1 << 18)}"`
      await lane.flush([start(1), record(1, 1, { output: plain }), record(1, 2, { output: wide })])
      const outputs = (await store.load(keyOf(1)))?.journal.map(({ output }) => output)
      assert.ok(outputs?.[0] === plain && outputs[1] === wide)
    },
  },
  {
    name: 'paths, keys and names take any text, and are told apart by their letters',
    async run({ store }) {
      const lane = await store.openLane()
      const paths = ['größe[0].prüfen', 'gro\u0308ße', 'A', 'a', 'a ', '漢字#2', 'x\u0000y', 'x', '"', "'"]
      await lane.flush([startWithKey(1, 'schlüssel 🔑'), ...paths.map((path, index) => record(1, index + 1, { path, template: path })), mark(1, { path: 'größe' })])
      const loaded = await store.load(keyOf(1))
      assert.deepEqual(loaded?.journal.map(({ path, template }) => [path, template]), paths.map((path) => [path, path]))
      assert.equal(loaded?.marks[0]?.path, 'größe')
      assert.notEqual(await store.findKey(0, 'schlüssel 🔑'), undefined)
    },
  },
  {
    name: 'text with lone surrogates is refused, wherever it stands',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([start(1)])
      const bad = [
        start(2, { input: 'j:"\ud800"' }), record(1, 1, { output: '\udc00' }), record(1, 1, { path: 'a\ud83d', template: '\ude00b' }), mark(1, { path: '\ud800' }),
        send(1, '\ud800'), finish(1, { output: '\ud800' }), startWithKey(2, '\udfff'),
      ]
      for (const op of bad) {
        const thrown = await refused(lane.flush([start(3), op]), StoreRowError)
        assert.equal(thrown.details?.['index'], 1)
      }
      assert.equal(await store.getRun(keyOf(3)), undefined)
      assert.equal((await rowOf(store, 1)).status, 'running')
    },
  },
  {
    name: 'lone surrogates within errors and lists of paths come back unchanged',
    async run({ store }) {
      const lane = await store.openLane()
      const error = { name: 'E', code: 'X', message: 'half a \ud83d', retryable: false }
      await lane.flush([start(1), record(1, 1, { error, reads: ['\udc00', 'a\u0000'] })])
      const back = (await store.load(keyOf(1)))?.journal[0]
      assert.deepEqual([back?.error, back?.reads], [error, ['\udc00', 'a\u0000']])
    },
  },
  {
    name: 'numbers that are not whole are refused',
    async run({ store }) {
      const lane = await store.openLane()
      for (const value of [1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60]) {
        await refused(lane.flush([start(1, { createdAt: value })]), StoreRowError)
        await refused(lane.flush([start(1), record(1, 1, { seq: value })]), StoreRowError)
        await refused(lane.flush([start(1), { op: 'wake', run: keyOf(1), wakeAt: value }]), StoreRowError)
      }
      assert.deepEqual(pairs(await lane.flush([start(1, { createdAt: 0, deadline: Number.MAX_SAFE_INTEGER }), record(1, 1, { startedAt: -1 })])), [])
      assert.equal((await rowOf(store, 1)).deadline, Number.MAX_SAFE_INTEGER)
    },
  },
  {
    name: 'an error that JSON cannot say is refused',
    async run({ store }) {
      const lane = await store.openLane()
      const error = { name: 'E', code: 'X', message: 'm', retryable: false, details: { big: 1n } }
      await refused(lane.flush([start(1), record(1, 1, { error })]), StoreRowError)
      assert.equal(await store.getRun(keyOf(1)), undefined)
    },
  },
]
