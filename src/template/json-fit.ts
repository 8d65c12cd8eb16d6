// Tells when no value of one JSON Schema can be a value of another: types without overlap, a required property that is never
// there, constants that differ. It never refuses what might fit; whatever it does not understand might.
import type { JsonSchema } from './contract.ts'

/** Why nothing fits, and where. */
export interface Misfit {
  /** A path in the value; the empty text is the value itself. */
  readonly path: string
  readonly expected: string
  readonly given: string
}

type Part = Readonly<Record<string, unknown>>

/** Why no value that `given` describes is accepted by `wanted`, or undefined when one might be. */
export function misfit(given: JsonSchema, wanted: JsonSchema, path = ''): Misfit | undefined {
  if (!plain(given) || !plain(wanted)) return undefined
  const wrong = typeMisfit(given, wanted) ?? constantMisfit(given, wanted)
  if (wrong !== undefined) return { path, ...wrong }
  return onlyType(given, 'object') && onlyType(wanted, 'object') ? propertiesMisfit(given, wanted, path) : undefined
}

/** True for a schema that says what it means by `type`, `enum`, `const` and `properties`: nothing refers elsewhere or offers a choice. */
function plain(schema: Part): boolean {
  return !['$ref', '$dynamicRef', 'anyOf', 'oneOf', 'allOf', 'not', 'if'].some((key) => key in schema)
}

function typeMisfit(given: Part, wanted: Part): Omit<Misfit, 'path'> | undefined {
  const have = typesOf(given)
  const want = typesOf(wanted)
  if (have === undefined || want === undefined) return undefined
  const overlap = have.some((type) => want.includes(type) || (type === 'integer' && want.includes('number')) || (type === 'number' && want.includes('integer')))
  return overlap ? undefined : { expected: want.join(' or '), given: have.join(' or ') }
}

function constantMisfit(given: Part, wanted: Part): Omit<Misfit, 'path'> | undefined {
  const have = constantsOf(given)
  const want = constantsOf(wanted)
  if (have === undefined || want === undefined || have.some((value) => want.includes(value))) return undefined
  return { expected: want.join(' or '), given: have.join(' or ') }
}

function propertiesMisfit(given: Part, wanted: Part, path: string): Misfit | undefined {
  const have = (given['properties'] ?? {}) as Readonly<Record<string, JsonSchema>>
  const want = (wanted['properties'] ?? {}) as Readonly<Record<string, JsonSchema>>
  const always = listOf(given['required'])
  for (const key of listOf(wanted['required'])) {
    const at = path === '' ? key : `${path}.${key}`
    const own = Object.hasOwn(have, key) ? have[key] : undefined
    if (own === undefined) {
      if (given['additionalProperties'] === false && given['patternProperties'] === undefined) return { path: at, expected: 'a property that is required', given: 'no such property' }
    } else if (always.includes(key) && want[key] !== undefined) {
      const inner = misfit(own, want[key], at)
      if (inner !== undefined) return inner
    }
  }
  return undefined
}

function typesOf(schema: Part): string[] | undefined {
  const type = schema['type']
  if (typeof type === 'string') return [type]
  return Array.isArray(type) ? (type as string[]) : undefined
}

function onlyType(schema: Part, type: string): boolean {
  const types = typesOf(schema)
  return types?.length === 1 && types[0] === type
}

/** The only values that a schema allows, as JSON; undefined when it does not list them or lists objects. */
function constantsOf(schema: Part): string[] | undefined {
  const values = 'const' in schema ? [schema['const']] : schema['enum']
  if (!Array.isArray(values) || values.some((value) => typeof value === 'object' && value !== null)) return undefined
  return values.map((value) => JSON.stringify(value))
}

function listOf(value: unknown): string[] {
  return Array.isArray(value) ? (value as string[]) : []
}
