// Conformance: blobs.
import assert from 'node:assert/strict'
import { StoreRowError } from '../../errors.ts'
import type { StoreCase } from './subject.ts'
import { collect, refused } from './samples.ts'

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)

export const blobCases: readonly StoreCase[] = [
  {
    name: 'a blob comes back byte by byte, however small or large',
    async run({ store: { blobs } }) {
      const large = Uint8Array.from({ length: 3 << 20 }, (_, index) => index * 31)
      await blobs.put('empty', bytes())
      await blobs.put('small', bytes(0, 255, 10, 13))
      await blobs.put('large', large)
      assert.deepEqual([...((await blobs.get('empty')) ?? [1])], [])
      assert.deepEqual([...((await blobs.get('small')) ?? [])], [0, 255, 10, 13])
      assert.ok(Buffer.from((await blobs.get('large')) ?? []).equals(large))
    },
  },
  {
    name: 'a blob that does not exist is undefined, and its deletion harmless',
    async run({ store: { blobs } }) {
      assert.equal(await blobs.get('nothing'), undefined)
      await blobs.delete('nothing')
      assert.deepEqual(await collect(blobs.list()), [])
    },
  },
  {
    name: 'a key is never used twice, and the first blob stays',
    async run({ store: { blobs } }) {
      await blobs.put('once', bytes(1))
      await refused(blobs.put('once', bytes(2)), StoreRowError)
      assert.deepEqual([...((await blobs.get('once')) ?? [])], [1])
    },
  },
  {
    name: 'the list names every blob with age and size, and no deleted one',
    async run({ store: { blobs } }) {
      await Promise.all(Array.from({ length: 40 }, (_, index) => blobs.put(`blob-${index}`, new Uint8Array(index))))
      await blobs.delete('blob-7')
      const listed = (await collect(blobs.list())).sort((a, b) => a.bytes - b.bytes)
      assert.deepEqual(listed.map(({ key }) => key), Array.from({ length: 40 }, (_, index) => `blob-${index}`).filter((key) => key !== 'blob-7'))
      assert.ok(listed.every(({ ageMs, key, bytes: size }) => ageMs >= 0 && ageMs < 60_000 && key === `blob-${size}`))
      assert.equal(await blobs.get('blob-7'), undefined)
    },
  },
  {
    name: 'what callers change afterwards changes nothing that is stored',
    async run({ store: { blobs } }) {
      const data = bytes(1, 2, 3)
      await blobs.put('mine', data)
      data[0] = 9
      const first = await blobs.get('mine')
      if (first !== undefined) first[1] = 9
      assert.deepEqual([...((await blobs.get('mine')) ?? [])], [1, 2, 3])
    },
  },
]
