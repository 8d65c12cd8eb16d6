import { expect, test } from 'vitest'
import { frozenCopy } from './frozen-copy.ts'

test('plain data is copied and frozen through and through', () => {
  const given = { list: [{ n: 1 }], text: 'a' }
  const copy = frozenCopy(given)
  expect(copy).toEqual(given)
  expect([copy, copy.list, copy.list[0]].every((part) => Object.isFrozen(part))).toBe(true)
  expect(Object.isFrozen(given)).toBe(false)
})

test('what is not plain stays what it is', () => {
  const given = { client: new URL('http://localhost'), bytes: new Uint8Array(2), log: () => undefined }
  const copy = frozenCopy(given)
  expect(copy.client).toBe(given.client)
  expect(copy.bytes).toBe(given.bytes)
  expect(Object.isFrozen(copy.client)).toBe(false)
})

test('a circle and a dangerous key come out as they went in', () => {
  const circle: { self?: unknown } = {}
  circle.self = circle
  const copy = frozenCopy(circle)
  expect(copy.self).toBe(copy)
  expect(Object.keys(frozenCopy(JSON.parse('{"__proto__":{"a":1}}') as object))).toEqual(['__proto__'])
})
