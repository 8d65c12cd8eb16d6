// The types of schemas that are written as JSON Schema: what may be sent, what steps read.
import { expect, expectTypeOf, test } from 'vitest'
import { defineTemplate } from '../../src/template/define.ts'
import type { InferInput, InferOutput } from '../../src/template/contract.ts'
import { workflow } from '../../src/workflow/builder.ts'
import { jsonSchema } from '../../src/workflow/input-schema.ts'

const order = jsonSchema({
  type: 'object', required: ['id', 'lines'],
  properties: {
    id: { type: 'string' }, count: { type: 'integer', default: 1 }, note: { type: ['string', 'null'] }, kind: { enum: ['a', 2] }, fixed: { const: true },
    lines: { type: 'array', items: { type: 'object', properties: { price: { type: 'number' } }, required: ['price'] } },
    names: { type: 'object', additionalProperties: { type: 'string' } }, either: { anyOf: [{ type: 'string' }, { type: 'boolean' }] }, far: { $ref: '#/$defs/x' }, open: {},
  },
  $defs: { x: { type: 'string' } },
})

test('what is sent may leave out what has a default; what is read has it', () => {
  expectTypeOf<InferInput<typeof order>['count']>().toEqualTypeOf<number | undefined>()
  expectTypeOf<InferOutput<typeof order>['count']>().toEqualTypeOf<number>()
  expectTypeOf<InferOutput<typeof order>['id']>().toEqualTypeOf<string>()
  expectTypeOf<InferOutput<typeof order>['note']>().toEqualTypeOf<string | null | undefined>()
  expectTypeOf<InferOutput<typeof order>['kind']>().toEqualTypeOf<'a' | 2 | undefined>()
  expectTypeOf<InferOutput<typeof order>['fixed']>().toEqualTypeOf<true | undefined>()
  expectTypeOf<InferOutput<typeof order>['lines']>().toEqualTypeOf<{ readonly price: number }[]>()
  expectTypeOf<InferOutput<typeof order>['names']>().toEqualTypeOf<{ readonly [key: string]: string } | undefined>()
  expectTypeOf<InferOutput<typeof order>['either']>().toEqualTypeOf<string | boolean | undefined>()
  expectTypeOf<InferOutput<typeof order>['far']>().toEqualTypeOf<unknown>()
  expectTypeOf<InferOutput<typeof order>['open']>().toEqualTypeOf<unknown>()
})

test('a workflow checks by it as the same schema in a text would, and fills in defaults', async () => {
  const { check, schemas } = workflow('x', { input: order }).sleep('a', 1).build()
  expect(schemas.input).toMatchObject({ required: ['id', 'lines'] })
  expect(await check({ id: 'a', lines: [] })).toEqual({ id: 'a', lines: [], count: 1 })
  await expect((async () => check({ id: 1, lines: [{ price: 'x' }] }))()).rejects.toMatchObject({ code: 'INPUT_INVALID', details: { problems: [{ path: 'id' }, { path: 'lines[0].price' }] } })
})

test('a template takes it as its schema', async () => {
  const input = { lines: [], id: 'a' }
  const template = defineTemplate({ name: 'one', version: '1.0.0', description: 'x', input: order, output: jsonSchema({ type: 'number' }), execute: ({ count }) => count })
  expect(template.schemas.input).toMatchObject({ required: ['id', 'lines'] })
  expect(await template(input)).toBe(1)
  expect(input).toEqual({ lines: [], id: 'a' })
  await expect(template({ id: 'a' } as never)).rejects.toMatchObject({ code: 'INPUT_INVALID', message: expect.stringContaining('lines') })
})

test('what is no schema is refused where it is written', () => {
  expect(() => jsonSchema({ type: 'strin' })).toThrow(/schema\.type: there is no type "strin"\. Did you mean "string"\?/)
  expect(() => jsonSchema({ type: 'object', propertees: {} })).toThrow(/schema\.propertees/)
  expect(() => jsonSchema({ type: 'string', pattern: '(' })).toThrow(/schema\.pattern: this is no pattern that can be checked: Invalid regular expression/)
  expect(() => jsonSchema(JSON.parse('{"properties":{"__proto__":{}}}') as object as never)).toThrow(/__proto__ is no data/)
})
