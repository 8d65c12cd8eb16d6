import { describe, expect, it } from 'vitest'
import { textArray, wholeArray } from './arrays.ts'

/** The elements of an array in PostgreSQL's binary format, as bytes. */
function elements(array: Buffer): (Buffer | null)[] {
  const [dimensions, count] = [array.readInt32BE(0), array.length > 12 ? array.readInt32BE(12) : 0]
  expect(dimensions).toBe(count === 0 ? 0 : 1)
  const found: (Buffer | null)[] = []
  let at = count === 0 ? 12 : 20
  for (let index = 0; index < count; index++) {
    const length = array.readInt32BE(at)
    found.push(length < 0 ? null : array.subarray(at + 4, at + 4 + length))
    at += 4 + Math.max(0, length)
  }
  expect(at).toBe(array.length)
  return found
}

function texts(values: readonly (string | null)[]): (string | null)[] {
  return elements(textArray(values)).map((bytes) => bytes?.toString('utf8') ?? null)
}

describe('textArray', () => {
  it.each([
    [[]], [[null]], [['']], [['a', null, 'a', 'a', null, null, 'a']], [['same', 'same', 'other', 'same']], [['é', 'é', 'é1', 'e']], [['', '', 'x', '']],
    [['x'.repeat(19), 'x'.repeat(20), 'x'.repeat(21), 'x'.repeat(21)]], [['ü'.repeat(20), 'ü'.repeat(21)]], [[`${'a'.repeat(19)}€`, '😀', '😀', 'a😀']], [['\u0001', '~\u007f', '\u0080', '\u07ff\u0800']],
  ])('holds %j', (values) => {
    expect(texts(values)).toEqual(values)
  })

  it('gives each array bytes of its own', () => {
    const first = textArray(['one', 'two'])
    const copy = Buffer.from(first)
    textArray(['three', 'four'])
    expect(first.equals(copy)).toBe(true)
  })

  it('holds more than is kept in between', () => {
    const long = ['y'.repeat(400_000), 'é'.repeat(10), 'y'.repeat(400_000)]
    expect(texts(long)).toEqual(long)
    expect(texts(['short'])).toEqual(['short'])
  })
})

describe('wholeArray', () => {
  it('holds whole numbers of both signs, and nulls', () => {
    const values = [0, 1, -1, null, 2 ** 32, -(2 ** 32) - 1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]
    expect(elements(wholeArray(values)).map((bytes) => (bytes === null ? null : Number(bytes.readBigInt64BE())))).toEqual(values)
  })
})
