// The one codec between values and stored text, used by the journal, threads, remote machines and caches: what it gives back
// equals what went in, or it refuses with the path. Payloads are `j:` plain JSON, `t:` JSON with tags, `u:` undefined. It knows no
// blobs and no compression: whoever adds those to a payload takes them off again before `decode`. The rules: docs/reference/values.md.
import { DefinitionError } from '../errors.ts'
import { copyPlain, freezePlain, NOT_PLAIN, type PlainWalk } from './codec-plain.ts'
import { corrupt, reviveTree } from './codec-revive.ts'
import { tagTree, tooLarge } from './codec-tags.ts'
import type { AnyCodecType, CodecType } from './codec-types.ts'
import { parseJson } from './parse-json.ts'

export type { AnyCodecType, CodecType } from './codec-types.ts'

/** Containers inside containers, at most. */
export const DEFAULT_MAX_DEPTH = 256
/** Characters (UTF-16 code units) of a payload, at most: 64 Mi. */
export const DEFAULT_MAX_SIZE = 64 * 1024 * 1024

/** What a codec is made with. */
export interface CodecOptions {
  /** Own types, asked in their order. Default: none. */
  readonly types?: readonly AnyCodecType[]
  /** Containers inside containers, at most. Default 256. */
  readonly maxDepth?: number
  /** Characters of a payload, at most. Default 64 Mi. */
  readonly maxSize?: number
}

/** What one call may say. */
export interface SnapshotOptions {
  /** The name of the value in messages: `result` makes `result.items[3]`. Default `value`. */
  readonly name?: string
  /** Characters of the payload, at most. Default: the codec's. */
  readonly maxSize?: number
}

/** A value at the moment it was recorded. */
export interface Snapshot {
  /** A deep-frozen copy: exactly what `decode(payload)` gives. */
  readonly value: unknown
  readonly payload: string
  /** True when the value holds typed arrays or buffers, which JavaScript cannot freeze: give each reader a `decode(payload)` of its own. */
  readonly mutable: boolean
}

/** Turns values into payloads and back. */
export interface Codec {
  /** Checks, copies, freezes and encodes. Throws ValueNotStorableError and PayloadTooLargeError. */
  snapshot(value: unknown, options?: SnapshotOptions): Snapshot
  /** The frozen value of a payload. Throws PayloadCorruptError for anything that `snapshot` does not write. */
  decode(payload: string): unknown
}

/** Checks the types of an own type against each other, then forgets them. */
export function codecType<T, D>(type: CodecType<T, D>): AnyCodecType {
  return type as unknown as AnyCodecType // the walk hands each type only what its own `is` and `encode` gave
}

/** Makes a codec. Throws DefinitionError for two types of one name. */
export function codec(options: CodecOptions = {}): Codec {
  const { types = [], maxDepth = DEFAULT_MAX_DEPTH, maxSize = DEFAULT_MAX_SIZE } = options
  const names = new Set(types.map((type) => type.name))
  if (names.size < types.length) throw new DefinitionError(`expected a name of its own for each type of a codec, got ${types.map((type) => type.name).join(', ')}`)
  return {
    snapshot(value, { name = 'value', maxSize: limit = maxSize } = {}) {
      return plainSnapshot(value, maxDepth, limit) ?? taggedSnapshot(value, { root: name, maxDepth, maxSize: limit, types })
    },
    decode: (payload) => decodePayload(payload, maxDepth, types),
  }
}

/** The codec without own types. */
export const defaultCodec: Codec = codec()

function plainSnapshot(value: unknown, maxDepth: number, limit: number): Snapshot | undefined {
  if (value === undefined) return { value, payload: 'u:', mutable: false }
  const walk: PlainWalk = { spent: 2, limit, arrays: [] }
  let copy: unknown
  let payload: string
  try {
    copy = copyPlain(value, maxDepth, walk)
    if (copy === NOT_PLAIN) return undefined
    payload = `j:${JSON.stringify(copy)}`
  } catch {
    return undefined // a getter or a proxy threw, or the text is too long: the slow walk finds out which
  }
  if (payload.length > limit) return undefined
  for (const array of walk.arrays) Object.freeze(array)
  return { value: copy, payload, mutable: false }
}

function taggedSnapshot(value: unknown, options: Parameters<typeof tagTree>[1]): Snapshot {
  const { tree, mutable } = tagTree(value, options)
  const payload = `t:${textOf(tree, options)}`
  if (payload.length > options.maxSize) throw tooLarge(options.root, options.maxSize)
  return { value: reviveTree(tree, options), payload, mutable }
}

function textOf(tree: unknown, options: { readonly root: string; readonly maxSize: number }): string {
  try {
    return JSON.stringify(tree)
  } catch {
    throw tooLarge(options.root, options.maxSize) // the one way to fail that is left: a text longer than the platform can hold
  }
}

function decodePayload(payload: string, maxDepth: number, types: readonly AnyCodecType[]): unknown {
  if (payload === 'u:') return undefined
  const format = payload.slice(0, 2)
  if (format !== 'j:' && format !== 't:') throw corrupt(`expected it to begin with "j:", "t:" or "u:", got ${JSON.stringify(payload.slice(0, 12))}`)
  let tree: unknown
  try {
    tree = parseJson(payload.slice(2))
  } catch (cause) {
    throw corrupt('expected JSON, got something else', cause)
  }
  if (format === 't:') return reviveTree(tree, { maxDepth, types })
  if (freezePlain(tree, maxDepth)) return tree
  throw corrupt(`expected data without a key named __proto__, nested at most ${maxDepth} levels`)
}
