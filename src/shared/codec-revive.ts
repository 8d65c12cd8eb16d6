// The slow path of the codec, back: makes frozen values of a tree with tags. The text may come from anywhere, so
// every shape is checked; whatever is not exactly what codec-tags.ts writes is PayloadCorruptError.
import { PayloadCorruptError } from '../errors.ts'
import { fromBase64 } from './base64.ts'
import { type AnyCodecType, type CodecType, OWN_TYPE, TAG, typedArrays } from './codec-types.ts'
import { frozenDate, frozenMap, frozenSet } from './frozen.ts'

/** What a tree is read with. */
export interface ReviveOptions {
  readonly maxDepth: number
  readonly types: readonly AnyCodecType[]
}

/** Makes the value of a tree that JSON.parse gave. */
export function reviveTree(tree: unknown, options: ReviveOptions): unknown {
  try {
    return revive(tree, options.maxDepth, options)
  } catch (thrown) {
    throw thrown instanceof PayloadCorruptError ? thrown : corrupt('it says something that cannot be made', thrown)
  }
}

/** The failure for a payload that says something impossible. */
export function corrupt(what: string, cause?: unknown): PayloadCorruptError {
  return new PayloadCorruptError(`a stored payload is damaged: ${what}`, cause === undefined ? {} : { cause })
}

function revive(tree: unknown, depth: number, options: ReviveOptions): unknown {
  if (typeof tree !== 'object' || tree === null) return tree
  const scalar = Array.isArray(tree) ? undefined : reviveScalar(tree)
  if (scalar !== undefined) return scalar.value
  if (depth === 0) throw corrupt(`expected data nested at most ${options.maxDepth} levels, got more`)
  if (Array.isArray(tree)) return Object.freeze(tree.map((item) => revive(item, depth - 1, options)))
  const tag = tagOf(tree)
  return tag === undefined ? revivePlain(tree, depth, options) : reviveTag(tag, depth, options)
}

/** The parts of a tag, or undefined for an object that is none. */
function tagOf(tree: object): readonly unknown[] | undefined {
  const keys = Object.keys(tree)
  if (keys.length !== 1 || keys[0] !== TAG) return undefined
  const tag = (tree as Record<string, unknown>)[TAG]
  if (!Array.isArray(tag) || typeof tag[0] !== 'string') throw corrupt('expected a tag with a name, got none')
  return tag as readonly unknown[]
}

/** Reads the tags that stand for a value without depth, wherever they are. */
function reviveScalar(tree: object): { readonly value: unknown } | undefined {
  const [name, data] = tagOf(tree) ?? []
  if (name === 'undefined') return { value: undefined }
  if (name === 'number' && (data === '-0' || data === 'NaN' || data === 'Infinity' || data === '-Infinity')) return { value: Number(data) }
  if (name === 'bigint' && typeof data === 'string' && /^-?\d+$/.test(data)) return { value: BigInt(data) }
  return undefined
}

function revivePlain(tree: object, depth: number, options: ReviveOptions): Readonly<Record<string, unknown>> {
  const value: Record<string, unknown> = {}
  for (const [key, item] of Object.entries(tree)) {
    if (key === '__proto__') throw corrupt('expected no key named __proto__, got one')
    value[key] = revive(item, depth - 1, options)
  }
  return Object.freeze(value)
}

function reviveTag(tag: readonly unknown[], depth: number, options: ReviveOptions): unknown {
  const [name, data] = tag as [string, unknown]
  const inner = (item: unknown): unknown => revive(item, depth - 1, options)
  switch (name) {
    case 'number':
    case 'bigint':
      break
    case 'date':
      if (data === null) return frozenDate(Number.NaN)
      if (Number.isInteger(data) && Math.abs(data as number) <= 8.64e15) return frozenDate(data as number)
      break
    case 'map':
      if (Array.isArray(data) && data.every((entry) => Array.isArray(entry) && entry.length === 2)) {
        return frozenMap((data as [unknown, unknown][]).map(([key, item]) => [inner(key), inner(item)] as const))
      }
      break
    case 'set':
      if (Array.isArray(data)) return frozenSet(data.map(inner))
      break
    case 'object':
      if (isRecord(data)) return revivePlain(data, depth, options)
      break
    case 'bytes':
      return reviveBytes(data, tag[2])
    case 'error':
      if (isRecord(data)) return reviveError(data, depth, options)
      break
    default:
      return reviveOwn(name, data, inner, options)
  }
  throw corrupt(`expected the data of a tag "${name}", got something else`)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function reviveBytes(name: unknown, text: unknown): unknown {
  const bytes = typeof text === 'string' ? fromBase64(text) : undefined
  if (bytes === undefined) throw corrupt('expected bytes as base64, got something else')
  if (name === 'ArrayBuffer') return bytes.buffer
  const type = typeof name === 'string' ? typedArrays.get(name) : undefined
  if (type === undefined) throw corrupt(`expected the name of a typed array that this platform has, got ${JSON.stringify(name)}`)
  try {
    return new type(bytes.buffer)
  } catch (cause) {
    throw corrupt(`expected whole elements of a ${String(name)}, got ${bytes.length} bytes`, cause)
  }
}

function reviveError(data: Readonly<Record<string, unknown>>, depth: number, options: ReviveOptions): Error {
  const { name, message, cause, errors, data: own } = data
  if (typeof name !== 'string' || typeof message !== 'string') throw corrupt('expected the name and message of an error, got something else')
  const error = new Error(message)
  const hidden: Record<string, unknown> = { stack: name === '' ? message : `${name}: ${message}` }
  if (name !== 'Error') hidden['name'] = name
  if (Object.hasOwn(data, 'cause')) hidden['cause'] = revive(cause, depth - 1, options)
  if (Object.hasOwn(data, 'errors')) hidden['errors'] = revive(errors, depth - 1, options)
  for (const [key, value] of Object.entries(hidden)) Object.defineProperty(error, key, { value, configurable: true })
  if (own !== undefined) {
    if (!isRecord(own)) throw corrupt('expected the own data of an error, got something else')
    for (const [key, value] of Object.entries(revivePlain(own, depth, options))) Object.defineProperty(error, key, { value, enumerable: true, configurable: true })
  }
  return Object.freeze(error)
}

function reviveOwn(tag: string, data: unknown, inner: (item: unknown) => unknown, options: ReviveOptions): unknown {
  const name = tag.startsWith(OWN_TYPE) ? tag.slice(OWN_TYPE.length) : undefined
  const type = options.types.find((candidate) => candidate.name === name) as CodecType | undefined
  if (type === undefined) throw corrupt(name === undefined ? `expected a known tag, got ${JSON.stringify(tag)}` : `it holds a value of the type "${name}", which this codec was not given`)
  const decoded = inner(data)
  try {
    const value = type.decode(decoded)
    return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) ? Object.freeze(value) : value
  } catch (cause) {
    throw corrupt(`the type "${type.name}" could not read its data`, cause)
  }
}
