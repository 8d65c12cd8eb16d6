// A fast, portable, non-cryptographic hash of text: 64 bits from two 32-bit lanes of multiply and mix.
// It tells changed input from unchanged input; it proves nothing against someone who wants a collision.

/** Hashes text to 16 hexadecimal digits. The empty text has a hash too. */
export function hashText(text: string, seed = 0): string {
  let a = 0xdeadbeef ^ seed
  let b = 0x41c6ce57 ^ seed
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    a = Math.imul(a ^ unit, 2654435761)
    b = Math.imul(b ^ unit, 1597334677)
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909)
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909)
  // Number.prototype.toString takes four times as long.
  return String.fromCharCode(
    digit(a >>> 28), digit(a >>> 24), digit(a >>> 20), digit(a >>> 16), digit(a >>> 12), digit(a >>> 8), digit(a >>> 4), digit(a),
    digit(b >>> 28), digit(b >>> 24), digit(b >>> 20), digit(b >>> 16), digit(b >>> 12), digit(b >>> 8), digit(b >>> 4), digit(b),
  )
}

/** The character code of the last hexadecimal digit of a number. */
function digit(value: number): number {
  const nibble = value & 15
  return nibble < 10 ? 48 + nibble : 87 + nibble
}
