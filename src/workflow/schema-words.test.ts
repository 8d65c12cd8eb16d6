import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compileSchema } from './json-schema.ts'
import { Problems } from './problems.ts'
import { checkSchemaWords } from './schema-words.ts'

const told = (schema: unknown): string[] => {
  const problems = new Problems()
  checkSchemaWords(schema, 'input', problems)
  return problems.sorted.map(({ path, message }) => `${path}: ${message}`)
}

test.each<[schema: object, ...problems: string[]]>([
  [{ type: 'strin' }, 'input.type: there is no type "strin". Did you mean "string"?'],
  [{ type: ['string', 'nul'] }, 'input.type[1]: there is no type "nul". Did you mean "null"?'],
  [{ type: 5 }, 'input.type: expected a type, or a list of different types, got 5'],
  [{ type: [] }, 'input.type: expected a type, or a list of different types, got []'],
  [{ type: 'object', required: 'name' }, 'input.required: expected a list of different names, got "name"'],
  [{ required: ['a', 'a'] }, 'input.required: expected a list of different names, got ["a","a"]'],
  [{ properties: { a: 'string' } }, 'input.properties: expected an object of schemas by name, got {"a":"string"}'],
  [{ properties: { a: { minLength: -1 }, b: { maximum: '5' } } }, 'input.properties.a.minLength: expected a whole number from 0, got -1', 'input.properties.b.maximum: expected a number, got "5"'],
  [{ items: [{ type: 'string' }] }, 'input.items: expected a schema (an object, true or false), got [{"type":"string"}]'],
  [{ enum: 'a' }, 'input.enum: expected a list of at least one value, got "a"'],
  [{ format: 'emial' }, expect.stringContaining('input.format: there is no format "emial". Did you mean "email"?')],
  [{ propertees: {} }, 'input.propertees: "propertees" is no keyword of JSON Schema. Did you mean "properties"?'],
  [{ allOf: [{ anyOf: [{ nothing: 1 }] }] }, 'input.allOf[0].anyOf[0].nothing: "nothing" is no keyword of JSON Schema.'],
  [JSON.parse('{"properties":{"__proto__":{}}}') as object, 'input.properties.__proto__: a key named __proto__ is no data'],
])('%j', (schema, ...problems) => {
  expect(told(schema)).toEqual(problems)
})

test('whatever the meta-schema refuses is refused', () => {
  const meta = new Ajv2020({ strict: false, logger: false })
  const keywords = ['type', 'required', 'properties', 'items', 'enum', 'const', 'minLength', 'maximum', 'multipleOf', 'pattern', 'format', 'allOf', 'dependentRequired', 'uniqueItems', '$id', '$ref', 'prefixItems', 'description', 'if', 'additionalProperties', 'contains', 'minContains', 'examples', 'patternProperties']
  const { schema } = fc.letrec<{ schema: unknown }>((tie) => ({
    schema: fc.oneof({ depthSize: 'small' }, fc.boolean(), fc.dictionary(fc.constantFrom(...keywords), fc.oneof(tie('schema'), fc.array(tie('schema'), { maxLength: 2 }), fc.dictionary(fc.constantFrom('a', 'b'), tie('schema')),
      fc.constantFrom<unknown>(null, 0, -1, 1.5, true, 'string', 'object', '', 'date', '(', '^a', ['a'], ['a', 'a'], ['string', 'null'], [], {}, { a: ['b'] })), { maxKeys: 3, noNullPrototype: true })),
  }))
  let refused = 0
  fc.assert(fc.property(schema, (one) => {
    if (typeof one !== 'object') return
    if (meta.validateSchema(one as object) === true) return
    refused++
    const problems = new Problems()
    compileSchema(one as Record<string, unknown>, 'input', problems)
    expect(problems.any, JSON.stringify(one)).toBe(true)
  }), { numRuns: 3000 })
  expect(refused).toBeGreaterThan(500)
})
