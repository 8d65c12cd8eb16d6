import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { jsonSchema } from './input-schema.ts'
import { schemaPattern } from './schema-regex.ts'

describe('patterns of JSON Schemas', () => {
  test.each([
    ['^[a-z]+$', 'abc', 'aBc'], ['b', 'abc', 'aac'], ['^\\d{3}-\\d{4}$', '123-4567', '1234567'], ['^\\u0041\\u{1F600}$', 'A\u{1F600}', 'A'], ['^(?<year>\\d+)\\/x$', '12/x', '12x'], ['^\\p{Lu}', '\u00c4a', 'a'], ['^[^]$', '\n', ''],
  ])('%s', (pattern, good, bad) => {
    expect([good, bad].map((text) => schemaPattern(pattern).test(text))).toEqual([true, false])
  })

  test('what would take exponential time elsewhere is checked at once', () => { // natively it does not end
    const { '~standard': standard } = jsonSchema({ type: 'string', pattern: '^(a+)+$' })
    expect(standard.validate(`${'a'.repeat(5_000)}b`)).toMatchObject({ issues: [{ message: 'must match pattern "^(a+)+$"' }] })
    expect(standard.validate('a'.repeat(5_000))).toMatchObject({ value: expect.any(String) })
  })

  test('two patterns of one schema stay apart', () => {
    const { '~standard': standard } = jsonSchema({ type: 'object', properties: { a: { pattern: '^x$' }, b: { pattern: '^y$' } }, patternProperties: { '^z': { const: 1 } } })
    expect(standard.validate({ a: 'x', b: 'y', z1: 1 })).toMatchObject({ value: {} })
    expect(standard.validate({ a: 'y', b: 'x', z1: 2 })).toMatchObject({ issues: [{ path: ['a'] }, { path: ['b'] }, { path: ['z1'] }] })
  })

  test('look-around and back references are refused where they stand', () => {
    expect(() => jsonSchema({ properties: { a: { pattern: '^(?=(a+)+$)' } } })).toThrow(/schema\.properties\.a\.pattern: .*\(\?=/)
    expect(() => jsonSchema({ patternProperties: { '(a)\\1': {} } })).toThrow(/schema\.patternProperties\.\(a\)\\1: /)
    expect(() => jsonSchema({ pattern: '(x{1000}){1000}' })).toThrow(/schema\.pattern/)
  })

  test('whatever zod publishes for its formats can be checked', () => {
    const formats = z.object({ e: z.email(), d: z.iso.duration(), t: z.iso.datetime(), h: z.hostname(), u: z.uuid(), m: z.emoji(), i: z.ipv6() })
    const { properties } = z.toJSONSchema(formats) as { properties: Record<string, { pattern?: string }> }
    for (const { pattern } of Object.values(properties)) expect(() => schemaPattern(pattern ?? ''), pattern).not.toThrow()
    const { '~standard': standard } = jsonSchema({ properties: { d: { pattern: properties['d']?.pattern ?? '' }, h: { pattern: properties['h']?.pattern ?? '' } } })
    expect(standard.validate({ d: 'P1W', h: 'a.example' })).toMatchObject({ value: {} })
    expect(standard.validate({ d: 'P1W1D', h: '-' })).toMatchObject({ issues: [{ path: ['d'] }, { path: ['h'] }] })
  })
})
