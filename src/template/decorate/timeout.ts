// Ends an execution that takes too long: its signal aborts, and it has failed.
import { StepTimeoutError } from '../../errors.ts'
import { formatDuration } from '../../shared/duration.ts'
import { childContext } from '../derived-context.ts'
import { untilAborted } from '../heed.ts'
import { isThenable } from '../../shared/thenable.ts'
import { RANKS, type Decorator } from './decorator.ts'
import { timeOf } from './options.ts'

/** Fails with STEP_TIMEOUT after so long. What does not heed its signal goes on in vain; its clean-up runs at once. */
export function withTimeout(duration: number | string): Decorator {
  const ms = timeOf(duration, 'timeout')
  return {
    name: 'timeout', rank: RANKS.timeout,
    wrap: (next, { meta }) => (input, context) => {
      const controller = new AbortController()
      const timer = setTimeout(() => controller.abort(new StepTimeoutError(`${meta.name}@${meta.version} took longer than ${formatDuration(ms)}`)), ms)
      const signal = AbortSignal.any([context.signal, controller.signal])
      try {
        const given = next(input, childContext(context, { label: null, signal }))
        if (isThenable(given)) return untilAborted(given, signal).finally(() => clearTimeout(timer))
        clearTimeout(timer)
        return given
      } catch (thrown) {
        clearTimeout(timer)
        throw thrown
      }
    },
  }
}
