// What is said about types in a payload: the own types that a user adds to a codec, and the names of the tags
// that the built-in ones are stored under. A tagged value is an object with the one key `$`: `{"$":["date",0]}`.

/** An own type that a codec carries. It is asked about class instances only, never about plain data. */
export interface CodecType<T = unknown, D = unknown> {
  /** The name that is stored with each value: keep it for as long as payloads with it live. */
  readonly name: string
  /** True for the values of this type. */
  readonly is: (value: unknown) => value is T
  /** Gives plain data (or anything else that the codec carries) that says everything about the value. */
  readonly encode: (value: T) => D
  /** Makes an equal value of that data, which is frozen. What it gives is frozen at its top level. */
  readonly decode: (data: D) => T
}

/** An own type whose types are not known here: what a codec holds. Made by `codecType`, which checks them. */
export type AnyCodecType = CodecType<never, never>

/** The key of a tagged value. A plain object with this key alone is stored under the tag `object`. */
export const TAG = '$'

/** Before the name of an own type, so that none can take the name of a built-in one. */
export const OWN_TYPE = 'type:'

type BytesConstructor = new (buffer: ArrayBuffer) => ArrayBufferView<ArrayBuffer>

const float16 = (globalThis as { Float16Array?: BytesConstructor }).Float16Array

/** The typed arrays by their names. Float16Array is there where the platform has it (Node 24). */
export const typedArrays: ReadonlyMap<string, BytesConstructor> = new Map<string, BytesConstructor>([
  ...[Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array]
    .map((type): [string, BytesConstructor] => [type.name, type]),
  ...(float16 === undefined ? [] : [['Float16Array', float16] as [string, BytesConstructor]]),
])
