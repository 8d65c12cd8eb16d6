// Plain JSON values: a checked copy of one that came from outside, and whether two are the same. The order of keys counts: for the
// steps of a workflow it is logic.
import { DefinitionError } from '../../errors.ts'
import { pathText } from '../shape.ts'
import { MAX_DEPTH } from './tokens.ts'

/** An object of plain JSON. */
export type JsonObject = Readonly<Record<string, unknown>>

/** Copies a value; keys without a value are left out. Throws DefinitionError for what is no JSON. */
export function plainJson(value: unknown, path: readonly (string | number)[] = []): unknown {
  if (path.length > MAX_DEPTH) throw refusal(path, `nested more than ${MAX_DEPTH} deep`)
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      if (Number.isFinite(value)) return value
      throw refusal(path, `expected a finite number, got ${value}`)
    case 'object':
      if (value === null) return null
      return Array.isArray(value) ? value.map((item, index) => plainJson(item, [...path, index])) : plainObject(value, path)
    default:
      throw refusal(path, `expected JSON, got ${typeof value}`)
  }
}

function plainObject(value: object, path: readonly (string | number)[]): JsonObject {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) throw refusal(path, 'expected JSON, got an object of a class')
  const made: Record<string, unknown> = {}
  for (const [key, inner] of Object.entries(value)) {
    if (key === '__proto__') throw refusal(path, 'a key named __proto__ is no data')
    if (inner !== undefined) made[key] = plainJson(inner, [...path, key])
  }
  return made
}

function refusal(path: readonly (string | number)[], why: string): DefinitionError {
  const at = pathText(path)
  return new DefinitionError(`the model cannot be written as text: ${at === '' ? why : `${at}: ${why}`}`, { path: at, remedy: 'Give plain JSON: texts, finite numbers, true, false, null, lists and objects.' })
}

/** Whether a value is an object of plain JSON, and no list. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether two values are the same, the order of keys and the sign of zero included. */
export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, index) => same(item, b[index]))
  if (!isObject(a) || !isObject(b)) return false
  const [left, right] = [Object.keys(a), Object.keys(b)]
  return left.length === right.length && left.every((key, index) => key === right[index] && same(a[key], b[key]))
}
