// The fast path of the codec: values that JSON says exactly. One walk checks and copies, or gives up; giving up
// is no failure: codec-tags.ts then walks again, slowly, with tags and with the path for a message.

/** What the fast path answers when a value needs the slow one. */
export const NOT_PLAIN: unique symbol = Symbol('not plain')

/** What a walk carries along. */
export interface PlainWalk {
  /** A lower bound of the characters that the payload will have. */
  spent: number
  readonly limit: number
  /** The copied arrays, still to be frozen: JSON.stringify is much slower on frozen arrays, so that waits until after it. */
  readonly arrays: unknown[][]
}

/** True for objects made by `{}`, by JSON.parse or with no prototype, also of another realm. */
export function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return true
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, 'isPrototypeOf')
}

/**
 * A copy of the value, frozen but for the arrays in `walk`, or NOT_PLAIN for anything that JSON would change or refuse
 * or that is nested deeper than `depth`. Properties that are undefined are left out; getters are read once.
 */
export function copyPlain(value: unknown, depth: number, walk: PlainWalk): unknown {
  switch (typeof value) {
    case 'string':
      walk.spent += value.length + 2
      return value
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0) ? value : NOT_PLAIN
    case 'boolean':
      return value
    case 'object':
      if (value === null) return null
      if (depth === 0 || walk.spent > walk.limit) return NOT_PLAIN
      return Array.isArray(value) ? copyArray(value, depth, walk) : copyObject(value, depth, walk)
    default:
      return NOT_PLAIN
  }
}

function copyArray(value: readonly unknown[], depth: number, walk: PlainWalk): unknown {
  if (Object.getPrototypeOf(value) !== Array.prototype) return NOT_PLAIN
  walk.spent += value.length + 1
  if (walk.spent > walk.limit) return NOT_PLAIN
  const copy = value.slice()
  for (let index = 0; index < copy.length; index++) {
    const before = copy[index]
    const after = copyPlain(before, depth - 1, walk)
    if (after === NOT_PLAIN) return NOT_PLAIN
    if (after !== before) copy[index] = after
  }
  walk.arrays.push(copy)
  return copy
}

function copyObject(value: object, depth: number, walk: PlainWalk): unknown {
  if (!isPlainObject(value) || Object.getOwnPropertySymbols(value).length > 0) return NOT_PLAIN
  const copy: Record<string, unknown> = {}
  walk.spent += 1
  for (const key of Object.keys(value)) {
    if (key === '__proto__') return NOT_PLAIN
    const before = (value as Record<string, unknown>)[key]
    if (before === undefined) continue
    walk.spent += key.length + 4
    const after = copyPlain(before, depth - 1, walk)
    if (after === NOT_PLAIN) return NOT_PLAIN
    copy[key] = after
  }
  return Object.freeze(copy)
}

/** Freezes what JSON.parse gave, all the way down; false when it is nested deeper than `depth` or has a key `__proto__`. */
export function freezePlain(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (depth === 0) return false
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object' && !freezePlain(item, depth - 1)) return false
  } else {
    for (const key in value) {
      if (key === '__proto__') return false
      const item = (value as Record<string, unknown>)[key]
      if (typeof item === 'object' && !freezePlain(item, depth - 1)) return false
    }
  }
  Object.freeze(value)
  return true
}
