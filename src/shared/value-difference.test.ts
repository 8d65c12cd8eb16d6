import { expect, test } from 'vitest'
import { valueDifferences } from './value-difference.ts'

test('names the places where two values differ, with what stands there', () => {
  const recorded = { order: { items: [{ price: 1 }, { price: 2 }], 'a b': 1, gone: 0 }, same: [1] }
  const now = { order: { items: [{ price: 1 }, { price: 3 }], 'a b': 2, added: 'x' }, same: [1] }
  expect(valueDifferences(recorded, now)).toEqual([
    { at: 'order.items[1].price', recorded: '2', now: '3' },
    { at: 'order["a b"]', recorded: '1', now: '2' },
    { at: 'order.gone', recorded: '0', now: 'nothing' },
    { at: 'order.added', recorded: 'nothing', now: '"x"' },
  ])
})

test.each([
  [1, 2, '(whole)'], [{ a: [1] }, { a: { 0: 1 } }, 'a'], [{ a: new Date(1) }, { a: new Date(2) }, 'a'], [{ a: 1n }, { a: 2n }, 'a'], [{ a: undefined }, {}, 'a'],
])('two values differ (%#)', (recorded, now, at) => {
  expect(valueDifferences(recorded, now).map((one) => one.at)).toEqual([at])
})

test('stops after five places, and cuts what is long', () => {
  const found = valueDifferences(Array.from({ length: 9 }, () => 'x'.repeat(200)), Array.from({ length: 9 }, () => 'y'))
  expect(found).toHaveLength(5)
  expect(found[0]?.recorded).toHaveLength(60)
})

test('finds nothing between equal values', () => {
  expect(valueDifferences({ a: [Number.NaN, new Date(1)] }, { a: [Number.NaN, new Date(1)] })).toEqual([])
})
