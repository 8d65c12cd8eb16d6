// A workflow's input schema at work, when it is a Standard Schema: checking an input, and the JSON Schema that is published.
// JSON Schemas that come with a graph's text are compiled in json-schema.ts.
import { InputInvalidError } from '../errors.ts'
import type { JsonSchema, MaybePromise, Schema } from '../template/contract.ts'
import { publishSchema } from '../template/publish.ts'
import { compileCheck } from '../template/validator.ts'
import { madeOf } from './input-schema.ts'

/** A schema whose types are not known here. */
export type AnySchema = Schema<never, unknown>

/** Makes `check` of a workflow: sync when the schema is. Throws InputInvalidError with each problem and its path. */
export function inputCheck(workflow: string, schema: AnySchema): (input: unknown) => MaybePromise<unknown> {
  return compileCheck(schema, { owner: `workflow "${workflow}"`, what: 'input', failure: InputInvalidError })
}

/**
 * The JSON Schema (2020-12) of what is sent; the empty one when the schema's library cannot tell.
 * Throws SchemaNotPublishableError for a schema that JSON Schema cannot say.
 */
export function inputJsonSchema(workflow: string, schema: AnySchema): JsonSchema {
  const own = madeOf(schema)
  if (own !== undefined) return own
  const publisher: unknown = (schema['~standard'] as { readonly jsonSchema?: { readonly input?: unknown } }).jsonSchema?.input
  if (typeof publisher !== 'function') return Object.freeze({})
  return publishSchema(schema, { owner: `workflow "${workflow}"`, what: 'input' })
}
