import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseJson } from './parse-json.ts'

describe('parseJson', () => {
  test('K1: an escaped key is read as it was written, whatever was read before', () => {
    const keys = ['\n', '\\', '\t', '"', '\r', '\b', 'a\\', 'a\n', 'a"', '\u0000', 'n', '__proto__', '\\\\']
    for (const before of keys) {
      for (const key of keys) {
        parseJson(`{"":1,${JSON.stringify(before)}:2}`)
        const text = `{"":[${JSON.stringify(before)}], ${JSON.stringify(key)} : {${JSON.stringify(key)}:[",\\n"]}}`
        expect(JSON.stringify(parseJson(text)), text).toBe(`{"":[${JSON.stringify(before)}],${JSON.stringify(key)}:{${JSON.stringify(key)}:[",\\n"]}}`)
      }
    }
  })

  test('what is written is read again', () => {
    const text = fc.string({ unit: fc.constantFrom('\\', '"', '\n', '~', '0', ':', ',', '{', '}', 'a', ' ', '\ud800', '\u2028') , maxLength: 5 })
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof({ depthSize: 'small' }, text, fc.constantFrom<unknown>(null, true, 1.5), fc.array(tie('value'), { maxLength: 4 }), fc.dictionary(text, tie('value'), { maxKeys: 4, noNullPrototype: true })),
    }))
    fc.assert(fc.property(value, fc.constantFrom(undefined, 2), (one, indent) => {
      const written = JSON.stringify(one, null, indent)
      expect(JSON.stringify(parseJson(written), null, indent)).toBe(written)
    }), { numRuns: 2000 })
  })

  test('what was made to hurt is read in time: marks that are taken, deep nesting, long texts', () => {
    const taken = Array.from({ length: 100_000 }, (_, number) => `~${number}~`).join('')
    expect(Object.keys(parseJson(`{"a\\n":1,"b":"${taken}"}`) as object)).toEqual(['a\n', 'b'])
    expect(Object.keys(parseJson(`{"a\\n":${'['.repeat(50_000)}${']'.repeat(50_000)}}`) as object)).toEqual(['a\n'])
    expect(Object.keys(parseJson(`{"a\\n":"${'\\n'.repeat(2_000_000)}"}`) as object)).toEqual(['a\n'])
  })

  test('of two equal keys the later counts', () => {
    expect(parseJson('{"\\u0061\\n":1,"a\\n":2}')).toEqual({ 'a\n': 2 })
  })

  test.each(['{"a\\n":}', '{"a\\n":1', '"\\', '{"\\x":1}', '', '{a\\:1}', '{"a\\n" "b":1}'])('refuses %j as JSON.parse does', (text) => {
    let expected: unknown
    try {
      JSON.parse(text)
    } catch (thrown) {
      expected = thrown
    }
    expect(() => parseJson(text)).toThrow(expected)
  })
})
