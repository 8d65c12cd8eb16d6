// Work that keeps a processor busy: a fixed number of rounds of a hash, so that two workers that share one processor take twice as long.
import { pbkdf2Sync } from 'node:crypto'

const PROBE_ROUNDS = 50_000

export function burn(rounds: number): string {
  return pbkdf2Sync('wumbo', 'bench', rounds, 32, 'sha256').toString('hex')
}

/** How many rounds take so many milliseconds on this machine, now: the fastest of a few tries. */
export function calibrate(milliseconds: number): number {
  let fastest = Number.POSITIVE_INFINITY
  for (let attempt = 0; attempt < 5; attempt++) {
    const start = performance.now()
    burn(PROBE_ROUNDS)
    fastest = Math.min(fastest, performance.now() - start)
  }
  return Math.round((PROBE_ROUNDS * milliseconds) / fastest)
}
