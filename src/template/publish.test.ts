import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import * as mini from 'zod/mini'
import { SchemaNotPublishableError, type WumboError } from '../errors.ts'
import type { Schema } from './contract.ts'
import { defineTemplate } from './define.ts'
import { publishSchema } from './publish.ts'

const publish = (schema: Schema, what: 'input' | 'output' = 'input') => publishSchema(schema, { owner: 'a@1.0.0', what })
const refusal = (schema: Schema, what: 'input' | 'output' = 'input'): WumboError => {
  try {
    publish(schema, what)
  } catch (thrown) {
    return thrown as WumboError
  }
  throw new Error('expected a refusal')
}

test('an input is published as it is sent, an output as it is given', () => {
  const schema = z.object({ n: z.number().default(1) })
  expect(publish(schema)).toEqual({ type: 'object', properties: { n: { type: 'number', default: 1 } } })
  expect(publish(schema, 'output')).toMatchObject({ required: ['n'], additionalProperties: false })
})

describe('what JSON Schema cannot say is refused with its path', () => {
  test.each([
    ['a date', z.object({ at: z.date() }), 'input', 'input.at'],
    ['a date in a list', z.object({ visits: z.array(z.object({ at: z.date() })) }), 'input', 'input.visits[].at'],
    ['a bigint in a tuple', z.tuple([z.string(), z.bigint()]), 'input', 'input[1]'],
    ['a map in a record', z.record(z.string(), z.map(z.string(), z.string())), 'input', 'input.*'],
    ['a date in a choice', z.union([z.string(), z.date()]), 'input', 'input (option 2)'],
    ['a custom schema', z.object({ file: z.custom<Buffer>() }), 'input', 'input.file'],
    ['a transform on an output', z.object({ n: z.string().transform(Number) }), 'output', 'output.n'],
  ] as const)('%s', (_case, schema, what, path) => {
    const error = refusal(schema, what)
    expect(error).toBeInstanceOf(SchemaNotPublishableError)
    expect(error.path).toBe(path)
    expect(error.message).toContain(`the ${what} schema of a@1.0.0 has no JSON Schema: ${path}: `)
    expect(error.remedy).toContain('jsonSchema')
  })

  test('all at once', () => {
    expect(refusal(z.object({ at: z.date(), big: z.bigint() })).details).toMatchObject({ problems: [{ path: 'input.at' }, { path: 'input.big' }] })
  })
})

test('a transform on an input is published as what is sent', () => {
  expect(publish(z.object({ n: z.string().transform(Number) }))).toMatchObject({ properties: { n: { type: 'string' } } })
})

test('a schema that cannot tell its JSON Schema needs one by hand', () => {
  const bare: Schema<string> = { '~standard': { version: 1, vendor: 'acme', validate: (value) => ({ value: String(value) }) } }
  expect(refusal(bare).message).toContain('its library (acme) has no `~standard.jsonSchema`')
  const template = defineTemplate({
    name: 'a', version: '1.0.0', description: 'A.', input: bare, output: z.date(), jsonSchema: { input: { type: 'string' }, output: { type: 'string', format: 'date-time' } }, execute: () => new Date(0),
  })
  expect(template.schemas).toEqual({ input: { type: 'string' }, output: { type: 'string', format: 'date-time' }, config: null })
})

test('schemas of zod/mini are published too', () => {
  expect(publish(mini.object({ n: mini.number() }) as unknown as Schema)).toMatchObject({ properties: { n: { type: 'number' } } })
  expect(refusal(mini.object({ at: mini.date() }) as unknown as Schema).path).toBe('input.at')
})
