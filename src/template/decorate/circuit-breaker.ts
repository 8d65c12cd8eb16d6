// Stops asking a service that fails again and again, and asks once, after a while, whether it is back. The state machine is cockatiel's.
import { BrokenCircuitError, type CircuitBreakerPolicy, CircuitState, ConsecutiveBreaker, SamplingBreaker, circuitBreaker, handleWhen } from 'cockatiel'
import { LRUCache } from 'lru-cache'
import { AbortedError, CircuitOpenError, DefinitionError, type WumboError } from '../../errors.ts'
import { formatDuration } from '../../shared/duration.ts'
import type { Logger } from '../contract.ts'
import { asFailure } from '../failure.ts'
import { untilAborted } from '../heed.ts'
import { checkKnown } from '../known-options.ts'
import { RANKS, type Decorator } from './decorator.ts'
import { functionOf, keyOf, timeOf, wholeFrom } from './options.ts'

/** A change of a circuit. */
export interface CircuitChange {
  readonly state: 'open' | 'half-open' | 'closed'
  /** Of which input's circuit; the empty text where there is one for all. */
  readonly key: string
  readonly template: string
}

/** When a circuit opens, and for how long. */
export interface CircuitBreakerOptions<I> {
  /** Opens after so many failures in a row. Default 5. Not with `rate`. */
  readonly failures?: number
  /** Opens when so large a part of the executions within `window` has failed, more than 0 and at most 1, of at least `minimum`. */
  readonly rate?: number
  /** Default 30 s. Only with `rate`. */
  readonly window?: number | string
  /** Executions in the window below which it stays closed. Default 10. Only with `rate`. */
  readonly minimum?: number
  /** How long it stays open before one execution may try. Default 30 s. */
  readonly openFor?: number | string
  /** One circuit for each text that it gives: for each host, for each customer. At most 10,000 are kept, the longest unused go first. Default: one for all. */
  readonly key?: (input: I) => string
  /** Which failures count. Default: all but those that are the caller's fault, and aborts. */
  readonly counts?: (error: WumboError) => boolean
  /** Told of each change, once. A throw is logged. */
  readonly onChange?: (change: CircuitChange) => void
}

const MOST_CIRCUITS = 10_000

/** A circuit, and the log of whoever asked it last: a change is told by the execution that made it. */
interface Circuit {
  readonly policy: CircuitBreakerPolicy
  log: Logger
}

/** Fails at once with CIRCUIT_OPEN while the circuit is open. Half open, one execution tries and others wait for what comes of it. */
export function withCircuitBreaker<I>(options: CircuitBreakerOptions<I> = {}): Decorator<I> {
  checkKnown('circuitBreaker', options, ['failures', 'rate', 'window', 'minimum', 'openFor', 'key', 'counts', 'onChange'])
  const { rate } = options
  if (rate !== undefined && options.failures !== undefined) throw new DefinitionError('circuitBreaker: expected failures or rate, got both', { path: 'circuitBreaker.rate' })
  if (rate !== undefined && !(typeof rate === 'number' && rate > 0 && rate <= 1)) throw new DefinitionError(`circuitBreaker.rate: expected a number of more than 0 and at most 1, got ${String(rate)}`, { path: 'circuitBreaker.rate' })
  for (const key of ['window', 'minimum'] as const) if (rate === undefined && options[key] !== undefined) throw new DefinitionError(`circuitBreaker.${key}: belongs to rate, but there is none`, { path: `circuitBreaker.${key}` })
  const failures = wholeFrom(1, options.failures ?? 5, 'circuitBreaker.failures')
  const windowMs = timeOf(options.window ?? '30s', 'circuitBreaker.window')
  const minimum = wholeFrom(1, options.minimum ?? 10, 'circuitBreaker.minimum')
  const openForMs = timeOf(options.openFor ?? '30s', 'circuitBreaker.openFor')
  const counts = functionOf(options.counts, 'circuitBreaker.counts') ?? isTheirs
  const onChange = functionOf(options.onChange, 'circuitBreaker.onChange')
  const keyFor = keyOf(options.key, 'circuitBreaker.key')
  // At least `minimum` executions in a window, told as a rate a second.
  const makeBreaker = (): SamplingBreaker | ConsecutiveBreaker => (rate === undefined ? new ConsecutiveBreaker(failures) : new SamplingBreaker({ threshold: rate === 1 ? 1 - Number.EPSILON : rate, duration: windowMs, minimumRps: minimum / (windowMs / 1000) }))

  return {
    name: 'circuitBreaker', rank: RANKS.circuitBreaker,
    wrap: (next, { meta }) => {
      const label = `${meta.name}@${meta.version}`
      const circuits = new LRUCache<string, Circuit>({ max: MOST_CIRCUITS })
      const circuitOf = (key: string, log: Logger): CircuitBreakerPolicy => {
        const known = circuits.get(key)
        if (known !== undefined) {
          known.log = log
          return known.policy
        }
        const made: Circuit = { log, policy: circuitBreaker(handleWhen((thrown) => counts(asFailure(thrown, label))), { halfOpenAfter: openForMs, breaker: makeBreaker() }) }
        if (onChange !== undefined) made.policy.onStateChange((state) => {
          if (state === CircuitState.Isolated) return
          try {
            onChange({ state: state === CircuitState.Open ? 'open' : state === CircuitState.HalfOpen ? 'half-open' : 'closed', key, template: meta.name })
          } catch (thrown) {
            made.log.error(`${meta.name}: onChange of a circuit threw`, { error: asFailure(thrown, label).message })
          }
        })
        circuits.set(key, made)
        return made.policy
      }
      return async (input, context) => {
        const key = keyFor(input)
        const circuit = circuitOf(key, context.log)
        try {
          return await untilAborted(circuit.execute(() => next(input, context), context.signal), context.signal)
        } catch (thrown) {
          if (!(thrown instanceof BrokenCircuitError)) throw thrown
          const last = circuit.lastFailure
          throw new CircuitOpenError(`${label} is not asked: its circuit${key === '' ? '' : ` of ${key}`} is open for ${formatDuration(openForMs)}`, { details: { key }, ...(last !== undefined && 'error' in last ? { cause: last.error } : {}) })
        }
      }
    },
  }
}

/** What is not the caller's own fault. */
function isTheirs(error: WumboError): boolean {
  return error.fault !== 'user' && !(error instanceof AbortedError)
}
