import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { misfit } from './json-fit.ts'
import { publishSchema } from './publish.ts'

const fit = (given: z.ZodType, wanted: z.ZodType) =>
  misfit(publishSchema(given, { owner: 'a', what: 'output' }), publishSchema(wanted, { owner: 'b', what: 'input' }))

describe('what can never fit is told with its path', () => {
  test.each([
    ['types', z.string(), z.number(), { path: '', expected: 'number', given: 'string' }],
    ['a property that is never there', z.object({ a: z.string() }), z.object({ b: z.string() }), { path: 'b', expected: 'a property that is required', given: 'no such property' }],
    ['types of a property', z.object({ a: z.object({ n: z.string() }) }), z.object({ a: z.object({ n: z.boolean() }) }), { path: 'a.n', expected: 'boolean', given: 'string' }],
    ['constants', z.object({ kind: z.literal('a') }), z.object({ kind: z.enum(['b', 'c']) }), { path: 'kind', expected: '"b" or "c"', given: '"a"' }],
  ])('%s', (_case, given, wanted, expected) => {
    expect(fit(given, wanted)).toEqual(expected)
  })
})

describe('what might fit is never refused', () => {
  test.each([
    ['a narrower number', z.number(), z.int()],
    ['more than is wanted', z.object({ a: z.string(), b: z.string() }), z.object({ a: z.string() })],
    ['what is optional on either side', z.object({ a: z.string().optional() }), z.object({ a: z.number().optional() })],
    ['a default', z.object({}), z.object({ a: z.number().default(1) })],
    ['loose objects', z.looseObject({}), z.object({ a: z.number() })],
    ['records', z.record(z.string(), z.number()), z.object({ a: z.number() })],
    ['choices', z.union([z.string(), z.number()]), z.number()],
    ['anything', z.unknown(), z.number()],
    ['what may be null', z.string().nullable(), z.string()],
  ])('%s', (_case, given, wanted) => {
    expect(fit(given, wanted)).toBeUndefined()
  })

  test('a value that both schemas accept is proof that they fit', () => {
    const leaf = fc.constantFrom<z.ZodType>(z.string(), z.number(), z.int(), z.boolean(), z.null(), z.literal('a'), z.literal(1), z.enum(['a', 'b']), z.string().nullable(), z.unknown())
    const field = fc.tuple(leaf, fc.boolean()).map(([schema, optional]) => (optional ? schema.optional() : schema))
    const object = fc.dictionary(fc.constantFrom('a', 'b'), field, { maxKeys: 2 }).map((shape) => z.object(shape))
    const schema = fc.oneof(leaf, object, object.map((inner) => z.object({ a: inner })))
    const value = fc.letrec((tie) => ({
      leaf: fc.constantFrom('a', 'b', 'text', 1, 0.5, true, null),
      any: fc.oneof(tie('leaf'), fc.dictionary(fc.constantFrom('a', 'b'), tie('leaf'), { maxKeys: 2 })),
    })).any
    fc.assert(
      fc.property(schema, schema, value, (given, wanted, sample) => {
        const output = given.safeParse(sample)
        if (output.success && wanted.safeParse(output.data).success) expect(fit(given, wanted)).toBeUndefined()
      }),
      { numRuns: 2000 },
    )
  })
})
