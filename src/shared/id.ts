// Ids: UUID version 7 (RFC 9562), whose first 48 bits are the time, so that new rows land at the end of an index.
// Within one millisecond a counter in the next 12 bits keeps the order of creation.
import type { Clock } from './clock.ts'
import type { Random } from './random.ts'

/** Makes a generator of UUIDv7 strings that never step back, even when the clock does. */
export function uuidv7Generator(clock: Pick<Clock, 'now'>, random: Random): () => string {
  let lastTime = 0
  let counter = 0
  let prefix = ''
  const at = (time: number): void => {
    lastTime = time
    const hex = time.toString(16).padStart(12, '0')
    prefix = `${hex.slice(0, 8)}-${hex.slice(8)}-7`
  }
  return () => {
    const now = clock.now()
    if (now > lastTime) {
      at(now)
      counter = Math.floor(random.next() * 0x400)
    } else if (++counter > 0xfff) {
      at(lastTime + 1)
      counter = 0
    }
    const tail = random.bytes(8)
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = tail
    // One call for the whole tail: joined pieces would each stay in memory as long as the id.
    return prefix + String.fromCharCode(
      digit(counter >> 8), digit(counter >> 4), digit(counter), DASH, digit(8 | ((a >> 4) & 3)), digit(a), digit(b >> 4), digit(b), DASH,
      digit(c >> 4), digit(c), digit(d >> 4), digit(d), digit(e >> 4), digit(e), digit(f >> 4), digit(f), digit(g >> 4), digit(g), digit(h >> 4), digit(h),
    )
  }
}

const DASH = 45

/** The character code of the last hexadecimal digit of a number. */
function digit(value: number): number {
  const nibble = value & 15
  return nibble < 10 ? 48 + nibble : 87 + nibble
}

/** The creation time, in milliseconds since 1970, that a UUIDv7 carries. */
export function timeOfUuid(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)
}

/** A random UUID (version 4) of 16 random bytes. */
export function uuidv4(bytes: Uint8Array): string {
  const hex = Array.from(bytes, (byte, index) => (index === 6 ? (byte & 0x0f) | 0x40 : index === 8 ? (byte & 0x3f) | 0x80 : byte).toString(16).padStart(2, '0')).join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
