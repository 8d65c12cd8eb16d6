// A JSON Schema as a Standard Schema, for those who write a schema as data: the builder takes it as an input like any other, and
// checks by it just as a definition in YAML with the same schema would.
import type { JsonSchema, Schema, SchemaIssue } from '../template/contract.ts'
import { frozenCopy } from '../template/frozen-copy.ts'
import { compileSchema } from './json-schema.ts'
import { Problems } from './problems.ts'
import type { ReadBy, SentBy } from './schema-type.ts'

const made = new WeakMap<object, JsonSchema>()

/**
 * Makes a Standard Schema of a JSON Schema (2020-12); its types follow from what is written, as far as types can tell. Defaults are
 * filled in on a copy. Throws DefinitionError for what is no schema, or has keywords or formats that nobody would check.
 * @example
 * const order = jsonSchema({ type: 'object', properties: { id: { type: 'string' }, count: { type: 'integer', default: 1 } }, required: ['id'] })
 * workflow('ship', { input: order }) // sent: { id: string, count?: number }; read: { id: string, count: number }
 */
export function jsonSchema<const S extends JsonSchema>(schema: S): Schema<SentBy<S>, ReadBy<S>> {
  const problems = new Problems()
  const own = frozenCopy(schema)
  const check = compileSchema(own, 'schema', problems)
  problems.throwIfAny('jsonSchema')
  const validate = (value: unknown): { readonly value: ReadBy<S> } | { readonly issues: readonly SchemaIssue[] } => {
    const checked = check?.(value) ?? { value }
    return 'errors' in checked ? { issues: checked.errors.map(({ path, message }) => ({ path, message })) } : { value: checked.value as ReadBy<S> } // what the schema accepts
  }
  const published = (): Record<string, unknown> => ({ ...own })
  const standard = { version: 1 as const, vendor: 'wumbo', validate, jsonSchema: { input: published, output: published } }
  const result: Schema<SentBy<S>, ReadBy<S>> = Object.freeze({ '~standard': Object.freeze(standard) })
  made.set(result, own)
  return result
}

/** The JSON Schema of which `jsonSchema` made a schema; undefined for other schemas. */
export function madeOf(schema: object): JsonSchema | undefined {
  return made.get(schema)
}
