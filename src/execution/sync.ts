// The `sync` strategy: a handler runs at once, in its caller's turn, with no queue and no bound. For handlers that are
// short; one that waits is not forbidden, it is only not held back.
import { systemClock, type Clock } from '../shared/clock.ts'
import type { ExecutionStrategy } from './contract.ts'
import { asyncStrategy } from './async.ts'

/** Makes a `sync` strategy: the `async` one without its bound. */
export function syncStrategy(options: { readonly clock?: Pick<Clock, 'timer'> } = {}): ExecutionStrategy {
  const unbounded = asyncStrategy({ concurrency: Number.POSITIVE_INFINITY, clock: options.clock ?? systemClock({ keepAlive: false }) })
  return {
    name: 'sync',
    execute: (handler, payload, abort) => unbounded.execute(handler, payload, abort),
    metrics: () => unbounded.metrics(),
    shutdown: (deadlineMs) => unbounded.shutdown(deadlineMs),
  }
}
