// Ids: UUID version 7 (RFC 9562), whose first 48 bits are the time, so that new rows land at the end of an index.
// Within one millisecond a counter in the next 12 bits keeps the order of creation.
import type { Clock } from './clock.ts'
import type { Random } from './random.ts'

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Makes a generator of UUIDv7 strings that never step back, even when the clock does. */
export function uuidv7Generator(clock: Pick<Clock, 'now'>, random: Random): () => string {
  let lastTime = 0
  let counter = 0
  return () => {
    const now = clock.now()
    if (now > lastTime) {
      lastTime = now
      counter = Math.floor(random.next() * 0x400)
    } else if (++counter > 0xfff) {
      lastTime += 1
      counter = 0
    }
    const time = lastTime.toString(16).padStart(12, '0')
    const tail = random.bytes(8)
    const hex = (index: number): string => HEX[tail[index] ?? 0] ?? '00'
    const variant = HEX[((tail[0] ?? 0) & 0x3f) | 0x80] ?? '80'
    return `${time.slice(0, 8)}-${time.slice(8)}-7${counter.toString(16).padStart(3, '0')}-${variant}${hex(1)}-${hex(2)}${hex(3)}${hex(4)}${hex(5)}${hex(6)}${hex(7)}`
  }
}

/** The creation time, in milliseconds since 1970, that a UUIDv7 carries. */
export function timeOfUuid(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)
}
