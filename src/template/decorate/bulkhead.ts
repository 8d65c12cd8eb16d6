// Bounds how many executions are at work at a time. Those that wait are let in in their order.
import { BulkheadRejectedError, TaskCancelledError, bulkhead } from 'cockatiel'
import { BulkheadFullError } from '../../errors.ts'
import { untilAborted } from '../heed.ts'
import { checkKnown } from '../known-options.ts'
import { RANKS, type Decorator } from './decorator.ts'
import { wholeFrom } from './options.ts'

/** How many may be at work, and how many may wait. */
export interface BulkheadOptions {
  readonly concurrency: number
  /** Above that BULKHEAD_FULL. Default: as many as come. */
  readonly queue?: number
}

/** Bounds the executions of this template in this process. A wait ends with an abort. */
export function withBulkhead(options: BulkheadOptions): Decorator {
  checkKnown('bulkhead', options, ['concurrency', 'queue'])
  const concurrency = wholeFrom(1, options.concurrency, 'bulkhead.concurrency')
  const queue = options.queue === undefined ? Number.POSITIVE_INFINITY : wholeFrom(0, options.queue, 'bulkhead.queue')
  return {
    name: 'bulkhead', rank: RANKS.bulkhead,
    wrap: (next, { meta }) => {
      const slots = bulkhead(concurrency, queue)
      return async (input, context) => {
        try {
          return await untilAborted(slots.execute(() => next(input, context), context.signal), context.signal)
        } catch (thrown) {
          if (thrown instanceof BulkheadRejectedError) throw new BulkheadFullError(`${meta.name}@${meta.version}: ${concurrency} are at work and ${queue} wait`, { details: { concurrency, queue } })
          if (thrown instanceof TaskCancelledError) throw context.signal.reason
          throw thrown
        }
      }
    },
  }
}
