// The name `Template`, twice: as a type it is what callers hold, as a value the base class for definitions written as
// classes. An instance of such a class is a definition, no template: defineTemplate makes the template of it.
import type { WumboError } from '../errors.ts'
import type { JsonSchema, MaybePromise, RetryPolicy, Schema, StepDefaults, Template as TemplateContract, TemplateContext, TemplateHooks } from './contract.ts'

/** A template: callable, executable, and usable as a step. `I` is what a caller sends, `O` what it gets. */
export type Template<I = never, O = unknown> = TemplateContract<I, O>

/** Typed so that a class which leaves out a field or `execute` does not compile. */
abstract class TemplateBase<I, O, C = undefined> implements TemplateHooks<I, O, C>, StepDefaults {
  abstract readonly name: string
  abstract readonly version: string
  abstract readonly description: string
  declare readonly author?: string
  declare readonly kind?: string
  declare readonly category?: string
  declare readonly tags?: readonly string[]
  declare readonly aliases?: readonly string[]
  abstract readonly input: Schema<unknown, I>
  abstract readonly output: Schema<O>
  // No `config` and no `compensate` here: a class that has one says so by its own field, and one that has none needs no configuration.
  declare readonly pure?: boolean
  declare readonly jsonSchema?: { readonly input?: JsonSchema; readonly output?: JsonSchema; readonly config?: JsonSchema }
  declare readonly retry?: RetryPolicy
  declare readonly timeout?: number | string
  declare readonly heartbeatTimeout?: number | string

  validate?(input: I, context: TemplateContext, config: C): MaybePromise<void>
  preprocess?(input: I, context: TemplateContext, config: C): MaybePromise<I>
  abstract execute(input: I, context: TemplateContext, config: C): MaybePromise<O>
  postprocess?(output: O, context: TemplateContext, config: C): MaybePromise<O>
  package?(output: O, context: TemplateContext, config: C): MaybePromise<O>
  cleanup?(context: TemplateContext, config: C): MaybePromise<void>
  recover?(error: WumboError, input: I, context: TemplateContext, config: C): MaybePromise<O | undefined>
}

/**
 * The base class of templates written as classes: for hooks that share methods, or definitions that inherit. `I` is what the
 * input schema gives, `O` what the output schema takes, `C` what the config schema gives. A hook may call methods of its own
 * class; executions share the instance, so what belongs to one execution is no field.
 * @example
 * const Lead = z.object({ visits: z.int().min(0) })
 * const Score = z.object({ score: z.number() })
 *
 * class ScoreLead extends Template<z.output<typeof Lead>, z.input<typeof Score>> {
 *   readonly name = 'score-lead'
 *   readonly version = '1.0.0'
 *   readonly description = 'Scores a lead between 0 and 1.'
 *   readonly input = Lead
 *   readonly output = Score
 *   execute({ visits }: z.output<typeof Lead>) {
 *     return { score: this.curve(visits) }
 *   }
 *   curve(visits: number) {
 *     return Math.min(visits / 10, 1)
 *   }
 * }
 * export const scoreLead = defineTemplate(ScoreLead)
 */
export const Template: typeof TemplateBase = TemplateBase
