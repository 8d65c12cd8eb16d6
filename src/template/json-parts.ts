// Builds JSON Schemas out of others. References are relative to the document they stand in, so a schema that is put into
// another brings its definitions along under names of its own.
import type { JsonSchema } from './contract.ts'
import { frozenCopy } from './frozen-copy.ts'

/** A JSON Schema document with the schemas that `place` puts where it wants them. */
export function documentOf(parts: Readonly<Record<string, JsonSchema>>, place: (embedded: (key: string) => unknown) => Record<string, unknown>): JsonSchema {
  const definitions: Record<string, unknown> = {}
  const embedded = (key: string): unknown => embed(parts[key] ?? {}, `part-${Object.keys(parts).indexOf(key)}`, definitions)
  const document = place(embedded)
  return frozenCopy(Object.keys(definitions).length === 0 ? document : { ...document, $defs: definitions })
}

/** The schema without references of its own document: they point to definitions that carry `prefix` in their names. */
function embed(schema: JsonSchema, prefix: string, definitions: Record<string, unknown>): unknown {
  const { $defs, ...rest } = schema
  const own = ($defs ?? {}) as Readonly<Record<string, unknown>>
  let refersToItself = false
  const rewrite = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(rewrite)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, part]) => {
      if (key !== '$ref' || typeof part !== 'string') return [key, rewrite(part)]
      if (part === '#') {
        refersToItself = true
        return [key, `#/$defs/${prefix}`]
      }
      return [key, part.startsWith('#/$defs/') ? `#/$defs/${prefix}.${part.slice('#/$defs/'.length)}` : part]
    }))
  }
  const body = rewrite(rest)
  for (const [name, definition] of Object.entries(own)) definitions[`${prefix}.${name}`] = rewrite(definition)
  if (!refersToItself) return body
  definitions[prefix] = body
  return { $ref: `#/$defs/${prefix}` }
}
