// Randomness and ids as the engine sees them: handed in, seeded in the simulation.

/** A source of randomness. */
export interface Random {
  /** A number from 0 (included) to 1 (excluded). */
  next(): number
  /** `count` random bytes. */
  bytes(count: number): Uint8Array
}

/** The system's randomness, from its cryptographic generator. */
export function systemRandom(): Random {
  const POOL = 4096
  const pool = new Uint8Array(POOL)
  let used = POOL
  const bytes = (count: number): Uint8Array => {
    if (count > POOL) return crypto.getRandomValues(new Uint8Array(count))
    if (used + count > POOL) {
      crypto.getRandomValues(pool)
      used = 0
    }
    return pool.subarray(used, (used += count))
  }
  return { next: () => Math.random(), bytes }
}

/** A seeded generator (mulberry32): the same seed gives the same numbers. Not for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  return {
    next,
    bytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(next() * 256)),
  }
}
