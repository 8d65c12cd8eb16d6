// What is known of a value before there is one: the kinds that it may be of, the fields of an object, the items of a list. A type is
// a list of alternatives, or unknown when nothing is known; then everything is allowed and a run decides. Only data and words.

/** A scalar of JSON. */
export type Scalar = string | number | boolean

/** One kind of value that a type allows. Items and fields are found when they are asked for, since schemas may contain themselves. */
export type Alternative =
  | { readonly kind: 'null' }
  /** `values`: the only ones there are. */
  | { readonly kind: 'boolean' | 'string' | 'number'; readonly values?: readonly Scalar[] }
  /** The language's own integers: literals, sizes. Data has only numbers. */
  | { readonly kind: 'int' }
  | { readonly kind: 'list'; readonly item: () => Type }
  | { readonly kind: 'object'; readonly shape: Shape }
  /** What `a.?b` gives. */
  | { readonly kind: 'optional'; readonly inner: () => Type }

/** The fields of an object. */
export interface Shape {
  readonly names: readonly string[]
  /** A declared field. */
  readonly field: (name: string) => Field | undefined
  /** The type of fields that are not declared; null when there are none. */
  readonly rest: (() => Type) | null
  /** Nothing is said of the fields: each may be there, none must be guarded. */
  readonly open: boolean
  /** The schema says that there may be no other fields; an object with more is refused. */
  readonly strict: boolean
}

/** A field: its type, and whether it may be missing. */
export interface Field {
  readonly type: Type
  readonly optional: boolean
}

/** A field that is always there. */
export function field(type: Type): Field {
  return { type, optional: false }
}

/** A type. */
export interface Type {
  readonly unknown: boolean
  /** None and not unknown: there is no such value, like an item of an empty list. */
  readonly alternatives: readonly Alternative[]
}

/** Beyond so many alternatives nothing is claimed. */
const MAX_ALTERNATIVES = 24

export const UNKNOWN: Type = Object.freeze({ unknown: true, alternatives: [] })
export const NEVER: Type = Object.freeze({ unknown: false, alternatives: [] })
export const NULL: Type = typeOf({ kind: 'null' })
export const BOOLEAN: Type = typeOf({ kind: 'boolean' })
export const STRING: Type = typeOf({ kind: 'string' })
export const NUMBER: Type = typeOf({ kind: 'number' })
export const INT: Type = typeOf({ kind: 'int' })

/** A type of one alternative. */
export function typeOf(alternative: Alternative): Type {
  return { unknown: false, alternatives: [alternative] }
}

/** A list of items. */
export function listOf(item: Type | (() => Type)): Type {
  return typeOf({ kind: 'list', item: typeof item === 'function' ? item : () => item })
}

/** A value that may be missing, as `a.?b` gives it. */
export function optionalOf(inner: Type): Type {
  return typeOf({ kind: 'optional', inner: () => inner })
}

/** An object with these fields and no others. */
export function objectOf(fields: ReadonlyMap<string, Field>): Type {
  return typeOf({ kind: 'object', shape: { names: [...fields.keys()], field: (name) => fields.get(name), rest: null, open: false, strict: false } })
}

/** What is of one of the types. */
export function unionOf(...types: readonly Type[]): Type {
  if (types.length === 1) return types[0] ?? NEVER
  const found: Alternative[] = []
  for (const type of types) {
    if (type.unknown) return UNKNOWN
    for (const one of type.alternatives) addTo(found, one)
  }
  return found.length > MAX_ALTERNATIVES ? UNKNOWN : { unknown: false, alternatives: found }
}

function addTo(found: Alternative[], one: Alternative): void {
  const at = found.findIndex((known) => known.kind === one.kind && (one.kind !== 'object' || (known as typeof one).shape === one.shape))
  const known = found[at]
  if (known === undefined) found.push(one)
  else if (one.kind === 'list') found[at] = { kind: 'list', item: () => unionOf((known as typeof one).item(), one.item()) }
  else if (one.kind === 'optional') found[at] = { kind: 'optional', inner: () => unionOf((known as typeof one).inner(), one.inner()) }
  else if (one.kind === 'boolean' || one.kind === 'string' || one.kind === 'number') found[at] = withBoth(known as typeof one, one)
}

type Valued = Extract<Alternative, { values?: readonly Scalar[] }>

function withBoth(a: Valued, b: Valued): Valued {
  if (a.values === undefined || b.values === undefined) return { kind: a.kind }
  return { kind: a.kind, values: [...new Set([...a.values, ...b.values])] }
}

/** The type without the alternatives that a test refuses. */
export function without(type: Type, refuse: (one: Alternative) => boolean): Type {
  return type.unknown ? type : { unknown: false, alternatives: type.alternatives.filter((one) => !refuse(one)) }
}

/** True when a value of the type may be null. Of an unknown type nothing is said. */
export function mayBeNull(type: Type): boolean {
  return type.alternatives.some(({ kind }) => kind === 'null')
}

const WORDS: Readonly<Record<Alternative['kind'], string>> = { null: 'null', boolean: 'true or false', string: 'a text', number: 'a number', int: 'a number', list: 'a list', object: 'an object', optional: 'a value that may be missing' }

/** Names a type for messages: `a text or null`. */
export function wordsFor(type: Type): string {
  if (type.unknown) return 'anything'
  if (type.alternatives.length === 0) return 'nothing'
  return [...new Set(type.alternatives.map(wordFor))].join(' or ')
}

function wordFor(one: Alternative): string {
  if ('values' in one && one.values !== undefined && one.values.length <= 5) return one.values.map((value) => JSON.stringify(value)).join(' or ')
  return WORDS[one.kind]
}
