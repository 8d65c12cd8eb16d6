// What TypeScript knows of a value by the JSON Schema of it, where both surely say the same: plain objects with required keys, lists and
// scalars. Of everything else nothing is claimed, and an expression is written as text in place of a reference.
import type { JsonSchema } from '../../template/contract.ts'

/** Part of a JSON Schema; undefined where nothing is known. */
export type Known = JsonSchema | undefined

/** What takes every value. */
export const ANYTHING: JsonSchema = Object.freeze({})

const MAX_DEPTH = 20
const UNCLEAR = ['$ref', '$dynamicRef', 'allOf', 'anyOf', 'oneOf', 'not', 'if', 'const', 'enum', 'prefixItems', 'patternProperties'] as const

/** What is known of a key that is surely there. `filled`: defaults are filled in before it is read. */
export function memberOf(schema: Known, key: string | number, { filled }: { readonly filled: boolean }): Known {
  if (schema === undefined || !isClear(schema)) return undefined
  if (typeof key === 'number') return schema['type'] === 'array' ? partOf(schema['items']) : undefined
  if (schema['type'] !== 'object') return undefined
  const property = ownPart(schema['properties'], key)
  const isSure = requires(schema, key) || (filled && property !== undefined && Object.hasOwn(property, 'default'))
  return isSure ? property : undefined
}

/** What a place inside of a value takes: the type of a key, whether it must be given or not. */
export function placeOf(schema: Known, key: string | number): Known {
  if (schema === undefined || isAnything(schema)) return schema
  if (!isClear(schema)) return undefined
  if (typeof key === 'number') return schema['type'] === 'array' ? partOf(schema['items']) : undefined
  return schema['type'] === 'object' ? (ownPart(schema['properties'], key) ?? partOf(schema['additionalProperties'])) : undefined
}

/** The items of a list; undefined when it is none, or nothing is known of them. */
export function itemsOf(schema: Known): Known {
  return schema !== undefined && isClear(schema) && schema['type'] === 'array' ? partOf(schema['items']) : undefined
}

/** `string`, `number` or `boolean` where a schema says just that. */
export function scalarOf(schema: Known): 'string' | 'number' | 'boolean' | undefined {
  if (schema === undefined || !isClear(schema)) return undefined
  const { type } = schema
  if (type === 'integer') return 'number'
  return type === 'string' || type === 'number' || type === 'boolean' ? type : undefined
}

/** True where TypeScript surely lets a value of the one stand where the other is wanted. */
export function surelyFits(found: Known, wanted: Known, depth = 0): boolean {
  if (found === undefined || wanted === undefined || depth > MAX_DEPTH) return false
  if (isAnything(wanted)) return true
  const [from, to] = [choicesOf(found), choicesOf(wanted)]
  if (to !== undefined) return from !== undefined && from.every((value) => to.includes(value))
  if (from !== undefined) return from.every((value) => typeof value === scalarOf(wanted))
  if (!isClear(found) || !isClear(wanted)) return false
  const kind = scalarOf(wanted)
  if (kind !== undefined) return scalarOf(found) === kind
  if (wanted['type'] === 'array') return surelyFits(itemsOf(found), itemsOf(wanted), depth + 1)
  return wanted['type'] === 'object' && found['type'] === 'object' && fieldsFit(found, wanted, depth + 1)
}

/** Each key that is wanted is there and fits; one that may be left out may be missing. Records fit records. */
function fieldsFit(found: JsonSchema, wanted: JsonSchema, depth: number): boolean {
  const names = keysOf(wanted)
  if (names.length === 0) {
    const values = partOf(wanted['additionalProperties'])
    return values !== undefined && keysOf(found).length === 0 && surelyFits(partOf(found['additionalProperties']), values, depth)
  }
  if (partOf(wanted['additionalProperties']) !== undefined) return false
  return names.every((name) => {
    const own = ownPart(found['properties'], name)
    if (own === undefined) return !requires(wanted, name) && found['additionalProperties'] === false
    return (requires(found, name) || !requires(wanted, name)) && surelyFits(own, ownPart(wanted['properties'], name), depth)
  })
}

function keysOf(schema: JsonSchema): readonly string[] {
  const { properties } = schema
  return typeof properties === 'object' && properties !== null ? Object.keys(properties) : []
}

function requires(schema: JsonSchema, name: string): boolean {
  return Array.isArray(schema['required']) && schema['required'].includes(name)
}

/** The texts, numbers and booleans that a schema names one by one. */
export function choicesOf(schema: Known): readonly unknown[] | undefined {
  const { enum: some, const: one } = schema ?? {}
  const values: readonly unknown[] | undefined = Array.isArray(some) ? some : one === undefined ? undefined : [one]
  return values?.every((value) => typeof value !== 'object') === true ? values : undefined
}

/** True for the schema that takes everything. */
export function isAnything(schema: Known): boolean {
  return schema !== undefined && Object.keys(schema).length === 0
}

function isClear(schema: JsonSchema): boolean {
  return UNCLEAR.every((word) => !Object.hasOwn(schema, word))
}

function ownPart(parts: unknown, key: string): Known {
  return typeof parts === 'object' && parts !== null && Object.hasOwn(parts, key) ? partOf((parts as Record<string, unknown>)[key]) : undefined
}

function partOf(part: unknown): Known {
  return typeof part === 'object' && part !== null ? (part as JsonSchema) : undefined
}
