// Copies plain data into data that cannot be changed. What is no plain object and no list (a class instance, a function, a
// buffer) stays what it is, shared and unfrozen: it belongs to whoever made it.

/** A copy of the plain objects and lists in a value, frozen through and through. */
export function frozenCopy<T>(value: T, seen: Map<object, object> = new Map()): T {
  if (typeof value !== 'object' || value === null || !isPlain(value)) return value
  const known = seen.get(value)
  if (known !== undefined) return known as T
  const copy: object = Array.isArray(value) ? [] : {}
  seen.set(value, copy)
  for (const [key, part] of Object.entries(value)) Object.defineProperty(copy, key, { value: frozenCopy(part as unknown, seen), enumerable: true })
  return Object.freeze(copy) as T
}

function isPlain(value: object): boolean {
  if (Array.isArray(value)) return true
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
