// branch: one of two templates, as a condition on the input says. Only the one that is chosen checks the input and runs.
import { DefinitionError, TemplateFailedError } from '../errors.ts'
import { makeComposite } from './composite.ts'
import type { AnyTemplate, InputOf, MaybePromise, OutputOf, Template, TemplateContext } from './contract.ts'
import { childContext } from './derived-context.ts'
import { shown } from './door.ts'
import { untilAborted } from './heed.ts'
import { isThenable } from '../shared/thenable.ts'
import { documentOf } from './json-parts.ts'

/** Decides on the input as it was sent, before any schema has seen it. May be async. Must be a pure function where the branch is to be pure. */
export type Condition<I> = (input: I, context: TemplateContext) => MaybePromise<boolean>

/**
 * Chooses between two templates. It is pure when both are.
 * @example
 * const follow = branch((lead) => lead.score > 0.5, callBack, sendBrochure)
 */
export function branch<Y extends AnyTemplate, N extends AnyTemplate>(
  condition: Condition<InputOf<Y> & InputOf<N>>, yes: Y, no: N,
): Template<InputOf<Y> & InputOf<N>, OutputOf<Y> | OutputOf<N>> {
  if (typeof condition !== 'function') throw new DefinitionError(`branch: expected a condition (input) => boolean, got ${shown(condition)}`, { path: 'branch.condition', remedy: 'Write branch((input) => …, yes, no).' })
  const decide = condition as (input: unknown, context: TemplateContext) => unknown
  const name = `branch of ${yes.meta.name} and ${no.meta.name}`

  const follow = (chosen: unknown, input: unknown, context: TemplateContext): MaybePromise<unknown> => {
    if (typeof chosen !== 'boolean') throw new TemplateFailedError(`${name}: the condition gave ${shown(chosen)}, not true or false`, { path: 'condition', retryable: false, remedy: 'Return a boolean from the condition.' })
    const template = chosen ? yes : no
    const child = childContext(context, { label: chosen ? 'yes' : 'no' })
    const checked = template.check(input)
    return checked instanceof Promise ? checked.then((value: unknown) => template.invoke(value, child)) : template.invoke(checked, child)
  }

  return makeComposite({
    kind: 'branch',
    description: `${yes.meta.name} or ${no.meta.name}, as a condition says.`,
    children: [{ label: 'yes', template: yes }, { label: 'no', template: no }],
    input: documentOf({ yes: yes.schemas.input, no: no.schemas.input }, (part) => ({ anyOf: [part('yes'), part('no')] })),
    output: documentOf({ yes: yes.schemas.output, no: no.schemas.output }, (part) => ({ anyOf: [part('yes'), part('no')] })),
    check: (input) => input,
    run: (input, context) => {
      const chosen = decide(input, context)
      if (!isThenable(chosen)) return follow(chosen, input, context)
      return untilAborted(chosen, context.signal).then((value) => follow(value, input, context))
    },
  })
}
