// A usual flush is one call; what a call would do in another order is cut.
import { expect, test } from 'vitest'
import { claim, consume, finish, record, release, reopen, send, start, startWithKey } from '../../testing/store-cases/samples.ts'
import type { StoreOp } from '../port.ts'
import { doubtOf, plan } from './plan.ts'

const known = { knownSpaces: new Set<number>(), kinds: { idOf: () => 1 }, numbers: { next: () => 1, of: () => undefined, leave: () => undefined } }

/** How many operations each part has. */
function sizes(...ops: StoreOp[]): number[] {
  return plan(ops, { ...known, doubt: null }).map(({ size }) => size)
}

test('a flush of nothing is one part, which proves the lane', () => {
  expect(sizes()).toEqual([0])
})

test('runs that start, record and end, mail that comes and is read, and a claim behind it all are one part', () => {
  expect(sizes(
    startWithKey(1, 'a'), record(1, 1), start(2), send(1, 'm'), record(2, 1), consume(1, [1]), record(1, 2), finish(1), record(3, 1), release(3), release(2), claim(5),
  )).toEqual([12])
})

test.each<[string, StoreOp[], number[]]>([
  ['a second run under one key', [startWithKey(1, 'a'), startWithKey(2, 'a')], [1, 1]],
  ['a start of a run that was spoken of', [send(1, 'm'), start(1)], [1, 1]],
  ['mail after a run has ended', [finish(1), send(1, 'm')], [1, 1]],
  ['a second end', [finish(1), record(2, 1), finish(1)], [2, 1]],
  ['mail after mail was read', [consume(1, [1]), send(1, 'm')], [1, 1]],
  ['anything after a claim', [claim(1), record(1, 1)], [1, 1]],
  ['what is rare', [record(1, 1), reopen(2), record(2, 1)], [1, 1, 1]],
])('%s comes in the next part', (_, ops, expected) => {
  expect(sizes(...ops)).toEqual(expected)
})

test('what no store takes is refused with its index before anything is sent', () => {
  expect(() => plan([start(1), record(1, 1.5)], { ...known, doubt: null })).toThrow('operation 1 (record)')
})

test('a part in which a row is at fault is cut smaller and smaller, and no other', () => {
  const ops = Array.from({ length: 1000 }, (_, index) => record(1, index + 1))
  const sizesOf = (doubt: ReturnType<typeof doubtOf>): number[] => plan(ops, { ...known, doubt }).map(({ size }) => size)
  const whole = plan(ops, { ...known, doubt: null })
  let at = whole[0]!
  let calls = 1
  for (let passes = 1; at.size > 1; passes++) {
    const doubt = doubtOf(at)
    const parts = plan(ops, { ...known, doubt })
    expect(sizesOf(doubt).reduce((sum, size) => sum + size)).toBe(1000)
    at = parts.findLast((part) => part.first <= 777)!
    expect(at.size).toBeLessThanOrEqual(doubt.size)
    calls += parts.length
    expect(passes).toBeLessThan(8)
  }
  expect(at.first).toBe(777)
  expect(calls).toBeLessThan(70)
})
