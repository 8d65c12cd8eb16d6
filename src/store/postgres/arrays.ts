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

const EMPTY_TEXTS = head(Buffer.alloc(EMPTY_HEAD_BYTES), 0, TEXT_OID)
const EMPTY_WHOLES = head(Buffer.alloc(EMPTY_HEAD_BYTES), 0, INT8_OID)

/** A parameter of type text[]. Texts must be such that PostgreSQL takes them: see text.ts. */
export function textArray(values: readonly (string | null)[]): Buffer {
  if (values.length === 0) return EMPTY_TEXTS
  let size = HEAD_BYTES
  for (const value of values) size += LENGTH_BYTES + (value === null ? 0 : Buffer.byteLength(value))
  const to = head(Buffer.allocUnsafe(size), values.length, TEXT_OID)
  let at = HEAD_BYTES
  for (const value of values) {
    const written = value === null ? 0 : to.write(value, at + LENGTH_BYTES)
    to.writeInt32BE(value === null ? NULL_LENGTH : written, at)
    at += LENGTH_BYTES + written
  }
  return to
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
