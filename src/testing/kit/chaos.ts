// What a simulation may let go wrong, and how its options are read.
import { ConfigInvalidError } from '../../errors.ts'
import { didYouMean } from '../../shared/nearest.ts'
import { parseDuration } from '../../shared/duration.ts'
import type { Duration } from '../../shared/duration.ts'

/** What may go wrong. */
export interface Faults {
  /**
   * Processes that die, at most, at moments that the seed picks: 0 to 3, default 3. After more of them a run could be set aside as one that
   * kills its process (RUN_QUARANTINED), whatever its workflow does.
   */
  readonly deaths?: number
  /** The chance, 0 to 1, that an attempt fails before its body runs; only of attempts that another one follows. Default 0.1. */
  readonly failures?: number
  /** How long a body takes in virtual time, at most. Keep it below the steps' timeouts. Default 100 ms. */
  readonly delay?: Duration
}

/** The same with everything filled in. */
export interface Chaos {
  readonly deaths: number
  readonly failures: number
  readonly delayMs: number
}

const KEYS = ['deaths', 'failures', 'delay']

/** Throws ConfigInvalidError for what is none. */
export function readChaos(faults: Faults): Chaos {
  const strange = Object.keys(faults).find((key) => !KEYS.includes(key))
  if (strange !== undefined) throw refused(strange, `is not known.${didYouMean(strange, KEYS)} Known: ${KEYS.join(', ')}`)
  const { deaths = 3, failures = 0.1, delay = 100 } = faults
  if (!Number.isInteger(deaths) || deaths < 0 || deaths > 3) throw refused('deaths', `expected a whole number from 0 to 3, got ${String(deaths)}`)
  if (!(failures >= 0 && failures <= 1)) throw refused('failures', `expected a chance from 0 to 1, got ${String(failures)}`)
  return { deaths, failures, delayMs: parseDuration(delay, 'faults.delay') }
}

/** Reads which seeds are meant. */
export function seedsOf(seeds: number | readonly number[]): readonly number[] {
  const list = typeof seeds === 'number' ? Array.from({ length: Number.isInteger(seeds) && seeds > 0 ? seeds : 0 }, (_, index) => index + 1) : seeds
  if (list.length > 0 && list.every((seed) => Number.isInteger(seed) && seed > 0)) return list
  throw new ConfigInvalidError(`simulate: seeds: expected how many, from 1, or a list of whole numbers from 1, got ${JSON.stringify(seeds)}`, { path: 'seeds' })
}

function refused(path: string, message: string): ConfigInvalidError {
  return new ConfigInvalidError(`simulate: faults.${path}: ${message}`, { path: `faults.${path}` })
}
