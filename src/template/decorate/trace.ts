// Tells a tracer of each execution, or the log where there is none.
import type { WumboError } from '../../errors.ts'
import type { Logger, TemplateContext } from '../contract.ts'
import { asFailure } from '../failure.ts'
import { settled } from '../../shared/thenable.ts'
import { RANKS, type Decorator } from './decorator.ts'
import { functionOf } from './options.ts'

/** One execution as a tracer sees it: told once of its end. */
export interface Span {
  end(outcome: { readonly durationMs: number; readonly error: WumboError | null }): void
}

/** Begins a span for an execution. A throw of the tracer is logged and changes nothing. */
export type Tracer = (execution: { readonly template: string; readonly version: string; readonly executionId: string; readonly run: TemplateContext['run']; readonly attempt: number }) => Span

/** Traces executions. Default tracer: the log, at level debug. */
export function withTrace(tracer?: Tracer): Decorator {
  functionOf(tracer, 'trace')
  return {
    name: 'trace', rank: RANKS.trace,
    wrap: (next, { meta }) => (input, context) => {
      const began = performance.now()
      const span = guarded(context.log, () => (tracer ?? logging(context.log))({ template: meta.name, version: meta.version, executionId: context.executionId, run: context.run, attempt: context.attempt }))
      const end = (error: WumboError | null): void => guarded(context.log, () => span?.end({ durationMs: performance.now() - began, error }))
      return settled(() => next(input, context), (value) => {
        end(null)
        return value
      }, (thrown) => {
        end(asFailure(thrown, `${meta.name}@${meta.version}`))
        throw thrown
      })
    },
  }
}

/** What only looks changes nothing: its throw is logged. */
export function guarded<T>(log: Logger, work: () => T): T | undefined {
  try {
    return work()
  } catch (thrown) {
    log.error('a tracer or a sink of metrics threw', { error: asFailure(thrown, 'trace').message })
    return undefined
  }
}

function logging(log: Logger): Tracer {
  return ({ template, version, executionId }) => {
    log.debug(`${template} begins`, { version, executionId })
    return { end: ({ durationMs, error }) => log.debug(`${template} ${error === null ? 'ended' : 'failed'}`, { executionId, durationMs, ...(error === null ? {} : { code: error.code, error: error.message }) }) }
  }
}
