// What a JSON Schema demands, without what it only says to people: two schemas that differ in their words alone have the same logic.

/** What a JSON Schema says to people, not to a validator. */
const ANNOTATIONS = new Set(['title', 'description', 'examples', '$comment', 'deprecated', 'readOnly', 'writeOnly'])
/** Keywords whose value is a map of names to schemas: their keys are names, never annotations. */
const MAPS = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'])
/** Keywords whose value is data. */
const DATA = new Set(['const', 'enum', 'default'])

/** A schema without what it says to people. */
export function schemaLogic(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(schemaLogic)
  if (!isPlain(schema)) return schema
  const kept = Object.entries(schema).filter(([key]) => !ANNOTATIONS.has(key))
  return Object.fromEntries(kept.map(([key, value]) => [key, DATA.has(key) ? value : MAPS.has(key) ? eachOf(value) : schemaLogic(value)]))
}

function eachOf(schemas: unknown): unknown {
  return isPlain(schemas) ? Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, schemaLogic(schema)])) : schemas
}

/** True for an object that is a map of names, and nothing that was made of a class. */
export function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
