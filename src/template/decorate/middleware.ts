// Middlewares: what is done before the work, after it in reverse order, and on a failure. They may change what goes in and what comes out.
import { DefinitionError, type WumboError } from '../../errors.ts'
import type { MaybePromise, TemplateContext } from '../contract.ts'
import { shown } from '../door.ts'
import { asFailure } from '../failure.ts'
import { checkKnown } from '../known-options.ts'
import { RANKS, type Decorator, type Invoke } from './decorator.ts'
import { functionOf } from './options.ts'

/** One middleware. Each part is optional; undefined as an answer changes nothing. */
export interface Middleware<I, O> {
  /** For the log. */
  readonly name?: string
  /** May give another input, or throw to refuse: then nothing begins. */
  readonly before?: (input: I, context: TemplateContext) => MaybePromise<I | undefined>
  /** May give another output. The work is done: what it throws is logged, and the output stays. */
  readonly after?: (output: O, input: I, context: TemplateContext) => MaybePromise<O | undefined>
  /** May give an output in place of the failure. What it throws is logged, and the failure stays. */
  readonly onError?: (error: WumboError, input: I, context: TemplateContext) => MaybePromise<O | undefined>
}

/** Puts middlewares around a template: `before` in their order, `after` and `onError` in the reverse one. */
export function withMiddleware<I = unknown, O = never>(...middlewares: readonly Middleware<I, O>[]): Decorator<I, O> {
  if (middlewares.length === 0) throw new DefinitionError(`middleware: expected at least one, got ${shown(middlewares)}`, { path: 'middleware' })
  for (const [index, one] of middlewares.entries()) {
    checkKnown(`middleware[${index}]`, one, ['name', 'before', 'after', 'onError'])
    for (const part of ['before', 'after', 'onError'] as const) functionOf(one[part], `middleware[${index}].${part}`)
  }
  // Inside, values are unknown.
  const all = middlewares as unknown as readonly Middleware<unknown, unknown>[]
  return { name: 'middleware', rank: RANKS.middleware, wrap: (next) => all.reduceRight<Invoke>((inner, one) => around(one, inner), next) }
}

function around({ name = 'a middleware', before, after, onError }: Middleware<unknown, unknown>, next: Invoke): Invoke {
  return async (given, context) => {
    const input = (await before?.(given, context)) ?? given
    /** Undefined too when it throws, which is logged. */
    const answer = async (part: string, work: () => unknown): Promise<unknown> => {
      try {
        return await work()
      } catch (thrown) {
        context.log.error(`${name}: ${part} threw; the outcome stays as it is`, { error: asFailure(thrown, name).message })
        return undefined
      }
    }
    let output: unknown
    try {
      output = await next(input, context)
    } catch (thrown) {
      const error = asFailure(thrown, name)
      if (onError === undefined || context.signal.aborted) throw error
      const instead = await answer('onError', () => onError(error, input, context))
      if (instead === undefined) throw error
      return instead
    }
    return (await answer('after', () => after?.(output, input, context))) ?? output
  }
}
