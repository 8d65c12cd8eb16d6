// The slow path of the codec, forth: turns a value that JSON alone cannot say into a tree that it can, with tags,
// or refuses it with the exact path. The way back is codec-revive.ts; what the tags mean is in codec-types.ts.
import { PayloadTooLargeError, ValueNotStorableError } from '../errors.ts'
import { toBase64 } from './base64.ts'
import { isPlainObject } from './codec-plain.ts'
import { describeRefused, notStorable, type PathStep, pathText } from './codec-refusal.ts'
import { type AnyCodecType, type CodecType, OWN_TYPE, TAG, typedArrays } from './codec-types.ts'
import { isDate, isMap, isSet } from './frozen.ts'

/** What the walk is bound by. */
export interface TagOptions {
  /** The name that the value has in messages. */
  readonly root: string
  readonly maxDepth: number
  readonly maxSize: number
  readonly types: readonly AnyCodecType[]
}

/** The result of a walk. */
export interface TaggedTree {
  readonly tree: unknown
  /** True when the value holds bytes, which cannot be frozen. */
  readonly mutable: boolean
}

/** Turns a value into a tree for JSON.stringify. Throws ValueNotStorableError and PayloadTooLargeError. */
export function tagTree(value: unknown, options: TagOptions): TaggedTree {
  const walk = new TagWalk(options)
  return { tree: walk.encode(value), mutable: walk.mutable }
}

function tagged(name: string, ...data: unknown[]): unknown {
  return { [TAG]: [name, ...data] }
}

class TagWalk {
  readonly #options: TagOptions
  /** The containers that the walk is inside of, outermost first: finds cycles. */
  readonly #inside = new Set<object>()
  readonly #steps: PathStep[] = []
  #spent = 0
  mutable = false

  constructor(options: TagOptions) {
    this.#options = options
  }

  encode(value: unknown): unknown {
    switch (typeof value) {
      case 'string':
        this.#spend(value.length + 2)
        return value
      case 'boolean':
        return value
      case 'number':
        if (Object.is(value, -0)) return tagged('number', '-0')
        return Number.isFinite(value) ? value : tagged('number', String(value))
      case 'bigint':
        return tagged('bigint', String(value))
      case 'undefined':
        return tagged('undefined')
      case 'object':
        return value === null ? null : this.#container(value)
      default:
        return this.#refuse(value)
    }
  }

  #at(step: PathStep, value: unknown): unknown {
    this.#steps.push(step)
    const encoded = this.encode(value)
    this.#steps.pop()
    return encoded
  }

  #container(value: object): unknown {
    if (this.#inside.has(value)) throw notStorable(this.#path(), 'a cycle: it contains itself', 'Refer to the other object by an id, or leave the reference back out.')
    if (this.#inside.size >= this.#options.maxDepth) throw notStorable(this.#path(), `data nested deeper than ${this.#options.maxDepth} levels`, 'Make it flatter: a list whose items name their parents.')
    this.#spend(1)
    this.#inside.add(value)
    try {
      return this.#object(value)
    } catch (thrown) {
      if (thrown instanceof ValueNotStorableError || thrown instanceof PayloadTooLargeError) throw thrown
      throw notStorable(this.#path(), 'something that failed while it was read', 'See the cause: a getter or a proxy in the value threw.', thrown)
    } finally {
      this.#inside.delete(value)
    }
  }

  #object(value: object): unknown {
    if (Array.isArray(value) && Object.getPrototypeOf(value) === Array.prototype) return this.#array(value)
    if (isPlainObject(value)) return this.#plain(value)
    const own = this.#options.types.find((type) => type.is(value)) as CodecType | undefined
    if (own !== undefined) return tagged(OWN_TYPE + own.name, this.#at({ text: `.<${own.name}>` }, own.encode(value)))
    if (isDate(value)) return tagged('date', Number.isNaN(value.getTime()) ? null : value.getTime())
    if (isMap(value)) return tagged('map', Array.from(value, ([key, item], index) => [this.#at({ text: `.keys()[${index}]` }, key), this.#at({ text: `.get(${keyText(key)})` }, item)]))
    if (isSet(value)) return tagged('set', Array.from(value, (item, index) => this.#at({ text: `.values()[${index}]` }, item)))
    if (value instanceof Error || Object.prototype.toString.call(value) === '[object Error]') return this.#error(value as Error)
    return this.#bytes(value) ?? this.#refuse(value)
  }

  #array(value: readonly unknown[]): unknown {
    this.#spend(value.length)
    const tree: unknown[] = []
    for (let index = 0; index < value.length; index++) {
      if (!(index in value)) throw notStorable(`${this.#path()}[${index}]`, 'a hole in a sparse array', 'Fill the array: Array.from(value) puts undefined into holes.')
      tree.push(this.#at(index, value[index]))
    }
    return tree
  }

  #plain(value: object): unknown {
    const [symbol] = Object.getOwnPropertySymbols(value)
    if (symbol !== undefined) throw notStorable(this.#path(), `an object with a symbol (${symbol.description ?? ''}) as key`, 'Use strings as keys.')
    const tree: Record<string, unknown> = {}
    for (const key of Object.keys(value)) {
      if (key === '__proto__') throw notStorable(`${this.#path()}["__proto__"]`, 'an own key named __proto__', 'Rename the key: it is refused because it changes the prototype in too many programs.')
      const item = (value as Record<string, unknown>)[key]
      if (item === undefined) continue
      this.#spend(key.length + 4)
      tree[key] = this.#at(key, item)
    }
    return isTag(tree) ? tagged('object', tree) : tree
  }

  /** Own properties that are no storable data (a socket, a request) are left out: an error is worth more than what hangs on it. */
  #error(value: Error): unknown {
    const { name, cause } = value
    const message = textOf(value.message)
    this.#spend(message.length)
    const tree: Record<string, unknown> = { name: typeof name === 'string' ? name : 'Error', message }
    if (cause !== undefined) tree['cause'] = this.#at('cause', cause)
    const errors: unknown = value instanceof AggregateError ? value.errors : undefined
    if (errors !== undefined) tree['errors'] = this.#at('errors', errors)
    const data: Record<string, unknown> = {}
    const code = (value as { code?: unknown }).code
    for (const [key, item] of Object.entries({ ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}), ...(value as object as Record<string, unknown>) })) {
      if (item === undefined || key === '__proto__' || ERROR_FIELDS.has(key)) continue
      const depth = this.#steps.length
      try {
        data[key] = this.#at(key, item)
      } catch (thrown) {
        if (!(thrown instanceof ValueNotStorableError)) throw thrown
        this.#steps.length = depth
      }
    }
    if (Object.keys(data).length > 0) tree['data'] = data
    return tagged('error', tree)
  }

  #bytes(value: object): unknown {
    if (value instanceof ArrayBuffer) return this.#binary('ArrayBuffer', new Uint8Array(value))
    if (!ArrayBuffer.isView(value)) return undefined
    const name = (value as unknown as { readonly [Symbol.toStringTag]: string })[Symbol.toStringTag]
    return typedArrays.has(name) ? this.#binary(name, new Uint8Array(value.buffer, value.byteOffset, value.byteLength)) : undefined
  }

  #binary(name: string, bytes: Uint8Array): unknown {
    this.#spend(Math.ceil(bytes.length / 3) * 4)
    this.mutable = true
    return tagged('bytes', name, toBase64(bytes))
  }

  #spend(characters: number): void {
    this.#spent += characters
    if (this.#spent > this.#options.maxSize) throw tooLarge(this.#options.root, this.#options.maxSize)
  }

  #path(): string {
    return pathText(this.#options.root, this.#steps)
  }

  #refuse(value: unknown): never {
    const { found, remedy } = describeRefused(value)
    throw notStorable(this.#path(), found, remedy)
  }
}

/** Own properties of an error that have a place of their own, or none: stacks are not stored. */
const ERROR_FIELDS: ReadonlySet<string> = new Set(['name', 'message', 'stack', 'cause', 'errors'])

/** True for an object that reads like a tag: with the key `$` alone. */
function isTag(tree: object): boolean {
  const keys = Object.keys(tree)
  return keys.length === 1 && keys[0] === TAG
}

function keyText(key: unknown): string {
  if (typeof key === 'string') return JSON.stringify(key.slice(0, 100))
  return typeof key === 'number' || typeof key === 'bigint' || typeof key === 'boolean' || key == null ? String(key) : '…'
}

/** A message as text: the platform lets a subclass set anything. */
function textOf(message: unknown): string {
  return typeof message === 'string' ? message : ''
}

/** The failure for a payload over the limit. */
export function tooLarge(root: string, maxSize: number): PayloadTooLargeError {
  return new PayloadTooLargeError(`${root}: expected at most ${maxSize} characters when encoded, got more`, { path: root, details: { maxSize } })
}
