// Keys of the ceilings' runs.
import { randomUUID } from 'node:crypto'

/** A UUIDv7: keys in the order of time, as random ones would cost an index up to twice the work. */
export function orderedId(): string {
  const time = Date.now().toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`
}
