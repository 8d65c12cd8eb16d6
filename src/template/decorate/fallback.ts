// Gives something else in place of a failure.
import { DefinitionError, errorData, type WumboError } from '../../errors.ts'
import type { MaybePromise, Template, TemplateContext } from '../contract.ts'
import { childContext } from '../derived-context.ts'
import { asFailure, isRecoverable } from '../failure.ts'
import { settled } from '../../shared/thenable.ts'
import { checkKnown } from '../known-options.ts'
import { RANKS, type Decorator } from './decorator.ts'
import { functionOf } from './options.ts'

/** What stands in for a failure: exactly one of `value`, `of` and `template`. */
export interface FallbackOptions<I, O> {
  readonly value?: O
  /** Makes it of the failure and the input. */
  readonly of?: (error: WumboError, input: I) => MaybePromise<O>
  /** Another template, which is given the same input. */
  readonly template?: Template<I, O>
  /** Only failures with one of these codes, of their own or of a cause. Default: all but aborts and defects. */
  readonly codes?: readonly string[]
}

/** Gives a value, what a function makes, or what another template gives when the template has failed. The failure is logged. */
export function withFallback<I, O>(options: FallbackOptions<I, O>): Decorator<I, O> {
  checkKnown('fallback', options, ['value', 'of', 'template', 'codes'])
  const said = (['value', 'of', 'template'] as const).filter((key) => Object.hasOwn(options, key))
  if (said.length !== 1) throw new DefinitionError(`fallback: expected exactly one of value, of and template, got ${said.length === 0 ? 'none' : said.join(' and ')}`, { path: 'fallback' })
  functionOf(options.of, 'fallback.of')
  const { codes } = options
  const other = async (error: WumboError, input: unknown, context: TemplateContext): Promise<unknown> => {
    if (options.of !== undefined) return options.of(error, input as I) // the checked input is what the schema gives
    if (options.template === undefined) return options.value
    return options.template.invoke(await options.template.check(input), childContext(context, { label: 'fallback' }))
  }
  return {
    name: 'fallback', rank: RANKS.fallback,
    wrap: (next, { meta }) => (input, context) => settled(() => next(input, context), (value) => value, (thrown) => {
      const error = asFailure(thrown, `${meta.name}@${meta.version}`)
      if (context.signal.aborted || !isRecoverable(error) || (codes !== undefined && !isNamed(codes, error))) throw error
      context.log.info(`${meta.name} failed; its fallback stands in`, { error: error.message, code: error.code })
      return other(error, input, context)
    }),
  }
}

function isNamed(codes: readonly string[], error: WumboError): boolean {
  for (let data: ReturnType<typeof errorData> | undefined = errorData(error); data !== undefined; data = data.cause) if (codes.includes(data.code)) return true
  return false
}
