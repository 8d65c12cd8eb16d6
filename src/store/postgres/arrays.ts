// Arrays as parameters, in PostgreSQL's binary format: nothing is quoted here and nothing is parsed there. One dimension, from 1.
const TEXT_OID = 25
const INT8_OID = 20

/** Bytes before the first element of an array with one dimension, and of one without any element. */
const HEAD_BYTES = 20
const EMPTY_HEAD_BYTES = 12
/** Bytes of the length before each element, and of a whole number. */
const LENGTH_BYTES = 4
const INT8_BYTES = 8
/** The length that stands for null. */
const NULL_LENGTH = -1

const HIGH = 2 ** 32

/** A UTF-16 unit takes at most so many bytes in UTF-8. */
const UNIT_BYTES = 3
/** Up to this length letter by letter is faster than a call out of JavaScript. */
const SHORT = 20
const ASCII_END = 0x80
/** Longer arrays are written into memory of their own: what is kept for the next one stays small. */
const KEPT_BYTES = 1 << 20

/** Where arrays are put together before their length is known. */
let kept = Buffer.allocUnsafeSlow(1 << 16)

const EMPTY_TEXTS = head(Buffer.alloc(EMPTY_HEAD_BYTES), 0, TEXT_OID)
const EMPTY_WHOLES = head(Buffer.alloc(EMPTY_HEAD_BYTES), 0, INT8_OID)

/**
 * A parameter of type text[]. Texts must be such that PostgreSQL takes them: see text.ts. Columns of a flush are short texts, and many say the
 * same over and over: those are copied from the one before.
 */
export function textArray(values: readonly (string | null)[]): Buffer {
  if (values.length === 0) return EMPTY_TEXTS
  const to = room(values)
  head(to, values.length, TEXT_OID)
  let at = HEAD_BYTES
  let last: string | null = null
  let lastAt = 0
  let lastLength = 0
  for (const value of values) {
    if (value === null) {
      at = to.writeInt32BE(NULL_LENGTH, at)
      continue
    }
    const start = at + LENGTH_BYTES
    if (value !== last) lastLength = writeText(to, value, start)
    else for (let byte = 0; byte < lastLength; byte++) to[start + byte] = to[lastAt + byte] as number // it is there
    last = value
    lastAt = start
    to.writeInt32BE(lastLength, at)
    at = start + lastLength
  }
  return Buffer.from(to.subarray(0, at))
}

/** Memory that holds the array whatever its letters are. */
function room(values: readonly (string | null)[]): Buffer {
  let most = HEAD_BYTES
  for (const value of values) most += LENGTH_BYTES + (value === null ? 0 : value.length * UNIT_BYTES)
  if (most <= kept.length) return kept
  const made = Buffer.allocUnsafeSlow(most)
  if (most <= KEPT_BYTES) kept = made
  return made
}

/** Writes a text as UTF-8, and gives its bytes. */
function writeText(to: Buffer, value: string, at: number): number {
  if (value.length > SHORT) return to.write(value, at)
  for (let unit = 0; unit < value.length; unit++) {
    const code = value.charCodeAt(unit)
    if (code >= ASCII_END) return to.write(value, at)
    to[at + unit] = code
  }
  return value.length
}

/** A parameter of type bigint[]. The numbers must be whole and safe. */
export function wholeArray(values: readonly (number | null)[]): Buffer {
  if (values.length === 0) return EMPTY_WHOLES
  const to = head(Buffer.allocUnsafe(HEAD_BYTES + values.length * (LENGTH_BYTES + INT8_BYTES)), values.length, INT8_OID)
  let at = HEAD_BYTES
  for (const value of values) {
    if (value === null) {
      at = to.writeInt32BE(NULL_LENGTH, at)
      continue
    }
    at = to.writeInt32BE(INT8_BYTES, at)
    at = to.writeInt32BE(Math.floor(value / HIGH), at)
    at = to.writeUInt32BE(value >>> 0, at)
  }
  return to.subarray(0, at)
}

/** Writes the number of dimensions, whether nulls may come, the type of the elements, and the bounds. */
function head(to: Buffer, length: number, oid: number): Buffer {
  let at = to.writeInt32BE(length === 0 ? 0 : 1, 0)
  at = to.writeInt32BE(1, at)
  at = to.writeInt32BE(oid, at)
  if (length === 0) return to
  at = to.writeInt32BE(length, at)
  to.writeInt32BE(1, at)
  return to
}
