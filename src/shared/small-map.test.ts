// A SmallMap behaves as a Map does, whatever its size.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SmallMap } from './small-map.ts'

test('behaves as a Map under any series of changes', () => {
  const change = fc.record({ do: fc.constantFrom('set', 'set', 'set', 'delete', 'clear'), key: fc.integer({ min: 0, max: 14 }).map(String), value: fc.nat(99) })
  fc.assert(fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
    const small = new SmallMap<number>()
    const real = new Map<string, number>()
    for (const { do: what, key, value } of changes) {
      if (what === 'clear' && value > 9) continue
      if (what === 'set') {
        small.set(key, value)
        real.set(key, value)
      } else if (what === 'delete') {
        small.delete(key)
        real.delete(key)
      } else {
        small.clear()
        real.clear()
      }
      expect(small.size).toBe(real.size)
      expect([...small.values()]).toEqual([...real.values()])
      for (let k = 0; k < 15; k++) expect(small.get(String(k))).toBe(real.get(String(k)))
    }
  }))
})
