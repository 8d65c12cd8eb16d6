// What PostgreSQL cannot store comes back all the same.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { restored, sought, stored } from './text.ts'

const letters = fc.constantFrom('\u0000', '\u0001', '0', '1', 'a', '漢', '🔑')

test('every well-formed text comes back, and none holds U+0000 while it is stored', () => {
  fc.assert(
    fc.property(fc.string({ unit: letters }), (text) => {
      expect(stored(text)).not.toContain('\u0000')
      expect(restored(stored(text))).toBe(text)
      expect(sought(text)).toBe(stored(text))
    }),
  )
})

test('two texts are stored as two', () => {
  fc.assert(
    fc.property(fc.string({ unit: letters }), fc.string({ unit: letters }), (a, b) => {
      expect(stored(a) === stored(b)).toBe(a === b)
    }),
  )
})

test('broken text is refused', () => {
  expect(() => stored('a\ud800')).toThrow('well-formed')
})
