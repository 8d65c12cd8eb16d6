// Dates, maps and sets that refuse to change: recorded values are shared by everyone who depends on them, and
// Object.freeze does not reach inside these three. They pass for the built-in classes: instanceof, `constructor`,
// structuredClone and printing see a Date, a Map, a Set. Not for typed arrays, which JavaScript cannot freeze.

function refuse(kind: string): () => never {
  return () => {
    throw new TypeError(`this ${kind} is a recorded value and cannot be changed; copy it first: new ${kind}(value)`)
  }
}

function sealed<T extends { readonly prototype: object }>(base: T, methods: readonly string[]): object {
  const kind = (base as unknown as { name: string }).name
  const properties: PropertyDescriptorMap = { constructor: { value: base } }
  for (const method of methods) properties[method] = { value: refuse(kind) }
  return Object.freeze(Object.create(base.prototype, properties)) as object
}

const setters = Object.getOwnPropertyNames(Date.prototype).filter((name) => name.startsWith('set'))
const datePrototype = sealed(Date, setters)
const mapPrototype = sealed(Map, ['set', 'delete', 'clear'])
const setPrototype = sealed(Set, ['add', 'delete', 'clear'])

/** A date that cannot be changed; NaN makes an invalid one. */
export function frozenDate(time: number): Date {
  return Object.freeze(Object.setPrototypeOf(new Date(time), datePrototype) as Date)
}

/** A map that cannot be changed, with the entries in their order. */
export function frozenMap(entries: Iterable<readonly [unknown, unknown]>): ReadonlyMap<unknown, unknown> {
  return Object.freeze(Object.setPrototypeOf(new Map(entries), mapPrototype) as Map<unknown, unknown>)
}

/** A set that cannot be changed, with the values in their order. */
export function frozenSet(values: Iterable<unknown>): ReadonlySet<unknown> {
  return Object.freeze(Object.setPrototypeOf(new Set(values), setPrototype) as Set<unknown>)
}

/** True for a Date, made here or not; false for subclasses of a user. */
export function isDate(value: object): value is Date {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Date.prototype || prototype === datePrototype
}

/** True for a Map, made here or not; false for subclasses of a user. */
export function isMap(value: object): value is Map<unknown, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Map.prototype || prototype === mapPrototype
}

/** True for a Set, made here or not; false for subclasses of a user. */
export function isSet(value: object): value is Set<unknown> {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Set.prototype || prototype === setPrototype
}
