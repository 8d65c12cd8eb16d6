// Reads types out of JSON Schemas. What a schema says in ways that are not understood here is unknown, never wrong: then nothing is
// checked before a run. Compositions: a choice is a union; of parts that must all hold, the fields are put together.
import type { JsonSchema } from '../../template/contract.ts'
import { BOOLEAN, listOf, NEVER, NULL, NUMBER, STRING, typeOf, unionOf, UNKNOWN, type Alternative, type Field, type Scalar, type Shape, type Type } from './type.ts'

/** How a schema is read. */
export interface Reading {
  /** True where missing values are filled in from the schema before anybody reads them: the input of a workflow. */
  readonly defaults: boolean
}

type Part = Readonly<Record<string, unknown>>

const MAX_REFERENCES = 20
/** Beyond so many constants of one kind nothing is said of them one by one. */
const MAX_VALUES = 1000
/** Beyond so many objects and lists among constants nothing is said of any. */
const MAX_OTHERS = 100
const known: Readonly<Record<'filled' | 'given', WeakMap<object, Type>>> = { filled: new WeakMap(), given: new WeakMap() }

/** The type of the values that a schema accepts. The same schema gives the same type. */
export function typeOfSchema(schema: JsonSchema, { defaults }: Reading): Type {
  const memory = known[defaults ? 'filled' : 'given']
  let type = memory.get(schema)
  if (type === undefined) memory.set(schema, (type = new Reader(schema, { defaults }).read(schema, 0)))
  return type
}

/** The part of a document that a reference such as `#/$defs/order` means; undefined when it is not in the document. */
export function referred(root: unknown, reference: string): unknown {
  if (reference === '#') return root
  if (!reference.startsWith('#/')) return undefined
  let part = root
  for (const segment of reference.slice(2).split('/')) {
    let key = segment
    try {
      key = decodeURIComponent(segment)
    } catch {
      // taken as it is written
    }
    key = key.replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof part !== 'object' || part === null || !Object.hasOwn(part, key)) return undefined
    part = (part as Part)[key]
  }
  return part
}

class Reader {
  readonly #root: JsonSchema
  readonly #reading: Reading
  readonly #parts = new Map<object, Type>()

  constructor(root: JsonSchema, reading: Reading) {
    this.#root = root
    this.#reading = reading
  }

  read(schema: unknown, references: number): Type {
    if (schema === false) return NEVER
    if (typeof schema !== 'object' || schema === null) return UNKNOWN
    const done = this.#parts.get(schema)
    if (done !== undefined) return done
    this.#parts.set(schema, UNKNOWN) // a schema that consists of itself says nothing
    const type = this.#part(schema as Part, references)
    this.#parts.set(schema, type)
    return type
  }

  #part(schema: Part, references: number): Type {
    if (Object.hasOwn(schema, 'const')) return typeOfValue(schema['const'])
    if (Array.isArray(schema['enum'])) return typeOfValues(schema['enum'])
    const { $ref, $dynamicRef, allOf, anyOf, oneOf } = schema
    if ($dynamicRef !== undefined) return UNKNOWN
    if (typeof $ref === 'string') return references >= MAX_REFERENCES ? UNKNOWN : this.read(referred(this.#root, $ref), references + 1)
    if (Array.isArray(allOf)) return this.#all([...(saysKind(schema) ? [this.#own(schema)] : []), ...allOf.map((part) => this.read(part, references))])
    const choice = Array.isArray(anyOf) ? anyOf : Array.isArray(oneOf) ? oneOf : undefined
    if (choice !== undefined && !saysKind(schema)) return unionOf(NEVER, ...choice.map((part: unknown) => this.read(part, references)))
    return this.#own(schema)
  }

  #own(schema: Part): Type {
    const { type } = schema
    const kinds = typeof type === 'string' ? [type] : Array.isArray(type) ? (type as string[]) : undefined
    if (kinds === undefined) return schema['properties'] === undefined ? UNKNOWN : this.#object(schema)
    return unionOf(NEVER, ...kinds.map((kind) => this.#kind(kind, schema)))
  }

  #kind(kind: string, schema: Part): Type {
    switch (kind) {
      case 'null':
        return NULL
      case 'boolean':
        return BOOLEAN
      case 'string':
        return STRING
      case 'number':
      case 'integer':
        return NUMBER
      case 'array':
        return this.#list(schema)
      case 'object':
        return this.#object(schema)
      default:
        return UNKNOWN
    }
  }

  #list(schema: Part): Type {
    const { items, prefixItems } = schema
    const first = Array.isArray(prefixItems) ? prefixItems : []
    const rest = items === undefined && first.length === 0 ? true : items
    return listOf(() => unionOf(...first.map((part) => this.read(part, 0)), ...(rest === undefined || rest === false ? (first.length > 0 && rest === undefined ? [UNKNOWN] : [NEVER]) : [this.read(rest, 0)])))
  }

  #object(schema: Part): Type {
    const properties = (typeof schema['properties'] === 'object' && schema['properties'] !== null ? schema['properties'] : {}) as Part
    const required = new Set(Array.isArray(schema['required']) ? (schema['required'] as string[]) : [])
    const { additionalProperties: more, patternProperties } = schema
    const declared = schema['properties'] !== undefined && Object.keys(properties).length > 0
    const patterns = typeof patternProperties === 'object' && patternProperties !== null ? Object.values(patternProperties) : []
    const open = !declared && patterns.length === 0 && (more === undefined || more === true)
    const rest = open || isAnything(more) ? () => UNKNOWN : more === undefined || more === false ? null : () => this.read(more, 0)
    const shape: Shape = {
      names: Object.keys(properties),
      field: (name) => {
        if (!Object.hasOwn(properties, name)) return undefined
        const part = properties[name]
        const filled = this.#reading.defaults && typeof part === 'object' && part !== null && Object.hasOwn(part, 'default')
        return { type: this.read(part, 0), optional: !required.has(name) && !filled }
      },
      rest: patterns.length === 0 ? rest : () => unionOf(...patterns.map((part) => this.read(part, 0)), ...(rest === null ? [] : [rest()])),
      open: open || (isAnything(more) && patterns.length === 0),
      strict: more === false && patterns.length === 0,
    }
    return typeOf({ kind: 'object', shape })
  }

  /** What all of the types allow: the fields of objects put together; otherwise the first that says something. */
  #all(types: readonly Type[]): Type {
    const said = types.filter((type) => !type.unknown)
    const shapes = said.map(({ alternatives: [one, more] }) => (one?.kind === 'object' && more === undefined ? one.shape : undefined))
    if (said.length > 1 && shapes.every((shape) => shape !== undefined)) return typeOf({ kind: 'object', shape: together(shapes) })
    return said[0] ?? UNKNOWN
  }
}

/** The fields of several shapes that hold at once. */
function together(shapes: readonly Shape[]): Shape {
  const rest = shapes.find((shape) => shape.rest !== null)?.rest ?? null
  return {
    names: [...new Set(shapes.flatMap(({ names }) => names))],
    field: (name) => {
      const fields = shapes.flatMap((shape) => shape.field(name) ?? [])
      const [first] = fields
      return first === undefined ? undefined : { type: fields.find(({ type }) => !type.unknown)?.type ?? first.type, optional: fields.every(({ optional }) => optional) }
    },
    rest,
    open: shapes.every(({ open }) => open),
    strict: false,
  }
}

/** True when a schema says by itself, not by its choices, what kind its values are of. */
function saysKind(schema: Part): boolean {
  return schema['type'] !== undefined || schema['properties'] !== undefined
}

function isAnything(schema: unknown): boolean {
  return schema === true || (typeof schema === 'object' && schema !== null && Object.keys(schema).length === 0)
}

/** The type of any of several values of JSON. */
function typeOfValues(values: readonly unknown[]): Type {
  const scalars = new Map<string, Set<Scalar>>()
  const others: Type[] = []
  for (const value of values) {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      const known = scalars.get(typeof value)
      if (known === undefined) scalars.set(typeof value, new Set([value]))
      else known.add(value)
    } else if (others.length <= MAX_OTHERS) others.push(typeOfValue(value))
  }
  if (others.length > MAX_OTHERS) return UNKNOWN
  // A choice of very many is any value of its kind.
  const choices = [...scalars].map(([kind, found]) => typeOf({ kind: kind as 'string' | 'number' | 'boolean', ...(found.size > MAX_VALUES ? {} : { values: [...found] }) }))
  return unionOf(NEVER, ...choices, ...others)
}

/** The type of one value of JSON. */
export function typeOfValue(value: unknown): Type {
  if (value === null) return NULL
  switch (typeof value) {
    case 'boolean':
    case 'string':
    case 'number':
      return typeOf({ kind: typeof value as 'boolean' | 'string' | 'number', values: [value] })
    case 'object': {
      if (Array.isArray(value)) return listOf(() => typeOfValues(value))
      const entries = Object.entries(value)
      const fields = new Map<string, Field>(entries.map(([key, child]) => [key, { type: typeOfValue(child), optional: false }]))
      const one: Alternative = { kind: 'object', shape: { names: [...fields.keys()], field: (name) => fields.get(name), rest: null, open: false, strict: false } }
      return typeOf(one)
    }
    default:
      return UNKNOWN
  }
}
