// Blobs of the memory store: a map. They live as long as the store object does.
import { StoreRowError } from '../../errors.ts'
import type { Blobs } from '../port.ts'

/** Makes the blobs of a memory store; `now` gives their age. */
export function memoryBlobs(now: () => number): Blobs {
  const blobs = new Map<string, { readonly data: Uint8Array; readonly at: number }>()
  return {
    async put(key, data) {
      if (blobs.has(key)) throw new StoreRowError(`the blob ${key} exists already; keys are never used twice`)
      blobs.set(key, { data: data.slice(), at: now() })
    },
    async get(key) {
      return blobs.get(key)?.data.slice()
    },
    async delete(key) {
      blobs.delete(key)
    },
    async *list() {
      const time = now()
      for (const [key, { data, at }] of [...blobs]) yield { key, ageMs: Math.max(0, time - at), bytes: data.length }
    },
  }
}
