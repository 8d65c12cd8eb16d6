// A first look at a JSON Schema that people wrote: words, types and formats that nobody would check, each told at its place with the
// nearest right one. What the words mean together is for the compiler of schemas.
import { didYouMean } from '../shared/nearest.ts'
import { formats } from './formats.ts'
import type { Problems } from './problems.ts'
import { schemaPattern } from './schema-regex.ts'

const TYPES = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null']
/** Keywords whose value is a schema. */
const ONE = ['items', 'contains', 'additionalProperties', 'propertyNames', 'if', 'then', 'else', 'not', 'unevaluatedItems', 'unevaluatedProperties']
/** Keywords whose value is a list of schemas. */
const LIST = ['prefixItems', 'allOf', 'anyOf', 'oneOf']
/** Keywords whose value is a map of names to schemas. */
const MAP = ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas']
const OTHERS = [
  'type', 'const', 'enum', 'multipleOf', 'maximum', 'exclusiveMaximum', 'minimum', 'exclusiveMinimum', 'maxLength', 'minLength', 'pattern', 'maxItems', 'minItems', 'uniqueItems', 'maxContains', 'minContains',
  'maxProperties', 'minProperties', 'required', 'dependentRequired', 'format', 'title', 'description', 'default', 'deprecated', 'readOnly', 'writeOnly', 'examples', '$id', '$schema', '$ref', '$anchor', '$dynamicRef', '$dynamicAnchor', '$comment',
  'contentEncoding', 'contentMediaType', 'contentSchema',
]
const KNOWN: ReadonlySet<string> = new Set([...ONE, ...LIST, ...MAP, ...OTHERS])
const MAX_DEPTH = 60

/** A schema has at most so many parts: compiling takes a fraction of a millisecond for each. */
const MAX_PARTS = 1000

/** Tells the words of a schema that are not known; true when all are. */
export function checkSchemaWords(schema: unknown, path: string, problems: Problems): boolean {
  const count = { parts: 0 }
  const right = checkPart(schema, path, problems, { depth: 0, count })
  if (count.parts <= MAX_PARTS) return right
  problems.add('SIZE_LIMIT', path, `the schema has more than ${MAX_PARTS.toLocaleString('en')} parts`, { remedy: 'Say less of the input, and let a template check the rest.' })
  return false
}

interface Walk {
  readonly depth: number
  readonly count: { parts: number }
}

function checkPart(schema: unknown, path: string, problems: Problems, { depth, count }: Walk): boolean {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema) || depth > MAX_DEPTH || ++count.parts > MAX_PARTS) return true
  let right = true
  for (const [key, value] of Object.entries(schema as Readonly<Record<string, unknown>>)) {
    const at = `${path}.${key}`
    if (!KNOWN.has(key)) {
      problems.add('INVALID_SCHEMA', at, `${JSON.stringify(key)} is no keyword of JSON Schema.${didYouMean(key, [...KNOWN])}`, { remedy: depth === 0 ? 'The fields of the input stand under properties.' : 'Correct it, or leave it out: what is not checked is refused.', on: 'key' })
      right = false
    } else if (key === 'type') right = checkType(value, at, problems) && right
    else if (key === 'format' && typeof value === 'string' && !Object.hasOwn(formats, value)) {
      const known = Object.keys(formats)
      problems.add('INVALID_SCHEMA', at, `there is no format ${JSON.stringify(value)}.${didYouMean(value, known)}`, { remedy: `Formats are: ${known.join(', ')}.` })
      right = false
    } else if (key === 'pattern' && typeof value === 'string') right = checkPattern(value, at, problems, 'value') && right
    else if (MAP.includes(key) && typeof value === 'object' && value !== null && Object.hasOwn(value, '__proto__')) {
      problems.add('INVALID_NAME', `${at}.__proto__`, 'a key named __proto__ is no data', { remedy: 'Choose another name.', on: 'key' })
      right = false
    } else {
      if (key === 'patternProperties' && typeof value === 'object' && value !== null) for (const name of Object.keys(value)) right = checkPattern(name, `${at}.${name}`, problems, 'key') && right
      for (const [where, part] of partsOf(key, value)) right = checkPart(part, at + where, problems, { depth: depth + 1, count }) && right
    }
  }
  return right
}

function checkType(value: unknown, path: string, problems: Problems): boolean {
  let right = true
  for (const [index, type] of (Array.isArray(value) ? value : [value]).entries()) {
    if (typeof type === 'string' && TYPES.includes(type)) continue
    const near = typeof type === 'string' ? didYouMean(type, TYPES) : ''
    problems.add('INVALID_SCHEMA', Array.isArray(value) ? `${path}[${index}]` : path, `there is no type ${JSON.stringify(type)}.${near}`, { remedy: `Types are: ${TYPES.join(', ')}.` })
    right = false
  }
  return right
}

function checkPattern(text: string, path: string, problems: Problems, on: 'key' | 'value'): boolean {
  try {
    schemaPattern(text)
    return true
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown)
    problems.add('INVALID_SCHEMA', path, `this is no pattern that can be checked: ${why}`, { remedy: 'Patterns are regular expressions of JavaScript without look-around and back references, so that no input takes long to check.', ...(on === 'key' ? { on } : {}) })
    return false
  }
}

function partsOf(key: string, value: unknown): readonly (readonly [where: string, part: unknown])[] {
  if (ONE.includes(key)) return [['', value]]
  if (LIST.includes(key)) return Array.isArray(value) ? value.map((part, index) => [`[${index}]`, part]) : []
  if (!MAP.includes(key) || typeof value !== 'object' || value === null) return []
  return Object.entries(value).map(([name, part]) => [`.${name}`, part])
}
