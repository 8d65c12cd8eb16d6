// What expressions compute with: JSON data, whole numbers (bigint, as CEL's int), and optional values. What else may lie in data
// (dates, bytes, maps) is handed on by a path and read by nothing here.

/** Why an expression fails; becomes an ExpressionError where its place is known. Whatever else is thrown is a bug. */
export class CelError extends Error {
  override readonly name: string = 'CelError'
  readonly remedy: string | undefined

  constructor(message: string, remedy?: string) {
    super(message)
    this.remedy = remedy
  }
}

/** What `.?` and `[?]` give: a value, or none. */
export class Optional {
  /** Undefined: none. */
  readonly held: unknown

  constructor(held: unknown) {
    this.held = held
  }
}

/** The optional that holds nothing. */
export const NONE = new Optional(undefined)

/** Objects as JSON has them. Instances of classes are none: nothing that a prototype gives is ever read. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** Numbers of both kinds. */
export function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
}

/** The own value below a key of an object or an index of a list; undefined when there is none. */
export function ownValue(value: unknown, key: unknown): unknown {
  if (Array.isArray(value)) {
    const index = typeof key === 'bigint' ? Number(key) : key
    return typeof index === 'number' && index >= 0 && index < value.length ? (value as readonly unknown[])[index] : undefined
  }
  return typeof key === 'string' && isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined
}

/** Names the kind of a value, for messages. */
export function nameOf(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return 'a text'
    case 'number':
    case 'bigint':
      return `the number ${value.toString()}`
    case 'boolean':
      return String(value)
    case 'object':
      if (value === null) return 'null'
      if (Array.isArray(value)) return 'a list'
      if (value instanceof Optional) return 'an optional value'
      return isObject(value) ? 'an object' : `a value of the class ${classOf(value)}`
    default:
      return typeof value
  }
}

function classOf(value: object): string {
  const maker: unknown = (value as { constructor?: unknown }).constructor
  return typeof maker === 'function' ? maker.name : 'unknown'
}
