// What a flush is planned with that a test sends by hand: numbers far above those of any lane, and the one kind of the samples.
import type { Known } from '../../../src/store/postgres/segment.ts'

let numbers = 10_000_000

export const known: Known = { knownSpaces: new Set([0]), kinds: { idOf: () => 1 }, numbers: { next: () => numbers++, of: () => undefined, leave: () => undefined } }
