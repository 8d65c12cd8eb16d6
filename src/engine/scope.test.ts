// Paths: numbers in strict sequence only, keys that stay readable and never collide.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { escapeKey } from '../shared/escape-key.ts'
import { Scope, itemPrefixes } from './scope.ts'

describe('paths of operations', () => {
  test('a name used again in sequence is numbered', () => {
    const scope = new Scope('orders[17].')
    const paths = ['poll', 'poll', 'poll'].map((name) => {
      const path = scope.open(name)
      scope.close()
      return path
    })
    expect(paths).toEqual(['orders[17].poll', 'orders[17].poll#2', 'orders[17].poll#3'])
  })

  test('once two operations have been open together a repeated name is refused, however late', () => {
    const scope = new Scope('')
    scope.open('a')
    scope.open('b')
    scope.close()
    scope.close()
    scope.open('c')
    scope.close()
    expect(() => scope.open('c')).toThrow(expect.objectContaining({ code: 'DUPLICATE_STEP', path: 'c' }))
    expect(scope.open('c', 'second')).toBe('c[second]')
  })

  test('branches that open as one operation leave the scope strictly sequential', () => {
    const scope = new Scope('')
    expect(scope.openAll(['left', 'right'])).toEqual(['left', 'right'])
    scope.close()
    scope.open('x')
    scope.close()
    expect(scope.open('x')).toBe('x#2')
  })

  test.each(['', '1st', 'a b', 'a.b', 'a[0]', 'a#2', 'ä', 'x'.repeat(101), '__proto__.x'])('the name %j is refused', (name) => {
    expect(() => new Scope('').open(name)).toThrow(expect.objectContaining({ code: 'DEFINITION_INVALID' }))
  })

  test('keys never collide and hold no character that means something in a path', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.string({ unit: 'grapheme', maxLength: 40 }), (a, b) => {
      expect(escapeKey(a)).toMatch(/^[A-Za-z0-9_~%-]*$/)
      if (a !== b) expect(escapeKey(a)).not.toBe(escapeKey(b))
    }))
  })

  test('two items of one key are refused', () => {
    expect(itemPrefixes('orders', [1, 'a/b'])).toEqual(['orders[1].', 'orders[a%2Fb].'])
    expect(() => itemPrefixes('orders', [1, '1'])).toThrow(expect.objectContaining({ code: 'DUPLICATE_STEP' }))
  })
})
