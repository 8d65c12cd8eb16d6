// Keeps what a template has given, for inputs that are the same. In this process; LRU, with a time to live, one execution for all who ask at once.
import { LRUCache } from 'lru-cache'
import { AbortedError, DefinitionError } from '../../errors.ts'
import { defaultCodec } from '../../shared/codec.ts'
import { sha256 } from '../../shared/sha256.ts'
import { shown } from '../door.ts'
import { frozenCopy } from '../frozen-copy.ts'
import { untilAborted } from '../heed.ts'
import { checkKnown } from '../known-options.ts'
import { RANKS, type Decorator } from './decorator.ts'
import { functionOf, timeOf, wholeFrom } from './options.ts'

/** What is kept, and how long. */
export interface CacheOptions<I> {
  /** How long an output is given again. Default: as long as there is room. */
  readonly ttl?: number | string
  /** Outputs kept at most; the longest unused go first. Default 1,000. */
  readonly max?: number
  /** What tells inputs apart. Default: all of the input, which the codec must carry. */
  readonly key?: (input: I) => string
  /** One execution for all who ask for the same at once; a failure is given to all of them. Default true. */
  readonly singleFlight?: boolean
}

/** Gives what was given before for the same input. Failures are not kept. Outputs are frozen, as many hold them. */
export function withCache<I>(options: CacheOptions<I> = {}): Decorator<I> {
  checkKnown('cache', options, ['ttl', 'max', 'key', 'singleFlight'])
  const ttl = options.ttl === undefined ? undefined : timeOf(options.ttl, 'cache.ttl')
  const max = wholeFrom(1, options.max ?? 1000, 'cache.max')
  if (!Number.isFinite(max)) throw new DefinitionError('cache.max: expected a number of outputs, got Infinity', { path: 'cache.max' })
  const key = functionOf(options.key, 'cache.key')
  const { singleFlight = true } = options
  if (typeof singleFlight !== 'boolean') throw new DefinitionError(`cache.singleFlight: expected true or false, got ${shown(singleFlight)}`, { path: 'cache.singleFlight' })
  const keyFor = (input: unknown): string => (key === undefined ? shortened(defaultCodec.snapshot(input).payload) : key(input as I)) // the checked input is what the schema gives
  return {
    name: 'cache', rank: RANKS.cache,
    wrap: (next, { meta }) => {
      const kept = new LRUCache<string, { readonly value: unknown }>({ max, ...(ttl === undefined ? {} : { ttl }) })
      const flights = new Map<string, Promise<unknown>>()
      return async (input, context) => {
        const found = keyFor(input)
        for (;;) {
          const known = kept.get(found)
          if (known !== undefined) {
            context.log.debug(`${meta.name}: found in its cache`)
            return known.value
          }
          const flight = flights.get(found)
          if (flight === undefined) break
          try {
            return await untilAborted(flight, context.signal)
          } catch (thrown) {
            // Whoever had begun was aborted; whoever still waits asks for itself.
            if (context.signal.aborted || !(thrown instanceof AbortedError)) throw thrown
          }
        }
        const work = async (): Promise<unknown> => {
          const value = frozenCopy(await next(input, context))
          kept.set(found, { value })
          return value
        }
        const flight = work()
        if (!singleFlight) return flight
        flights.set(found, flight)
        try {
          return await flight
        } finally {
          flights.delete(found)
        }
      }
    },
  }
}

/** Long inputs are told apart by a hash that nobody can make collide. */
function shortened(payload: string): string {
  return payload.length <= 200 ? payload : sha256(payload)
}
