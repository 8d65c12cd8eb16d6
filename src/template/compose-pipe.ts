// pipe: one template after the other, each with the output of the one before. Each child checks its input and runs its
// complete lifecycle; as long as all are synchronous no promise is made.
import { DefinitionError } from '../errors.ts'
import { labelOf } from './callable.ts'
import { makeComposite, type Child } from './composite.ts'
import type { AnyTemplate, InputOf, MaybePromise, OutputOf, Template, TemplateContext } from './contract.ts'
import { childContext, type ChildPlace } from './derived-context.ts'
import { misfit } from './json-fit.ts'

/** The templates as they are where each takes what the one before gives; where not, the template that is expected there. */
export type Chain<T extends readonly AnyTemplate[]> = T extends readonly [infer A extends AnyTemplate, infer B extends AnyTemplate, ...infer Rest extends readonly AnyTemplate[]]
  ? [OutputOf<A>] extends [InputOf<B>]
    ? readonly [A, ...Chain<readonly [B, ...Rest]>]
    : readonly [A, Template<OutputOf<A>>, ...Rest]
  : T

type First<T extends readonly AnyTemplate[]> = T extends readonly [infer A extends AnyTemplate, ...unknown[]] ? A : never
type Last<T extends readonly AnyTemplate[]> = T extends readonly [...unknown[], infer Z extends AnyTemplate] ? Z : never

/**
 * Joins templates: the output of each is the input of the next. It is pure when all of them are. A template that cannot take
 * what the one before gives does not compile; where the JSON Schemas show that nothing can ever fit, DefinitionError.
 * @example
 * const qualify = pipe(clean, enrich, scoreLead)
 * await qualify({ email: 'ada@example.com' })   // what scoreLead gives
 */
export function pipe<const T extends readonly [AnyTemplate, ...AnyTemplate[]]>(...templates: T extends Chain<T> ? T : Chain<T>): Template<InputOf<First<T>>, OutputOf<Last<T>>> {
  const all = templates as readonly AnyTemplate[]
  const [first, last] = [all[0], all.at(-1)]
  if (first === undefined || last === undefined) throw new DefinitionError('pipe: expected at least one template, got none', { path: 'pipe', remedy: 'Write pipe(first, second, …).' })
  for (const [index, template] of all.entries()) refuseMisfit(all[index - 1], template, index)
  const children = labelled(all)
  const stages = children.map(({ template, label }, index): Stage => ({
    template, place: { label, span: [index / all.length, (index + 1) / all.length] },
  }))
  return makeComposite({
    kind: 'pipe',
    description: `${all.map(({ meta }) => meta.name).join(', then ')}.`,
    children,
    input: first.schemas.input,
    output: last.schemas.output,
    check: (input) => first.check(input),
    run: (checked, context) => new Passage(stages, context).from(0, checked),
  })
}

/** Labels children by name; the second of a name is `name#2`. */
export function labelled(templates: readonly AnyTemplate[]): Child[] {
  const seen = new Map<string, number>()
  return templates.map((template) => {
    const { name } = template.meta
    const count = (seen.get(name) ?? 0) + 1
    seen.set(name, count)
    return { template, label: count === 1 ? name : `${name}#${count}` }
  })
}

function refuseMisfit(before: AnyTemplate | undefined, template: AnyTemplate, index: number): void {
  if (before === undefined) return
  const wrong = misfit(before.schemas.output, template.schemas.input)
  if (wrong === undefined) return
  const where = wrong.path === '' ? '' : `${wrong.path}: `
  throw new DefinitionError(`pipe: ${labelOf(template.meta)} cannot take what ${labelOf(before.meta)} gives: ${where}expected ${wrong.expected}, got ${wrong.given}`, {
    path: `pipe[${index}]`, remedy: 'Put a template between them that turns the one into the other.',
    details: { output: before.schemas.output, input: template.schemas.input },
  })
}

interface Stage {
  readonly template: AnyTemplate
  readonly place: ChildPlace
}

/** One value on its way through the stages. */
class Passage {
  readonly #stages: readonly Stage[]
  readonly #context: TemplateContext

  constructor(stages: readonly Stage[], context: TemplateContext) {
    this.#stages = stages
    this.#context = context
  }

  /** Goes on at stage `index` with an input that it has checked. */
  from(index: number, checked: unknown): MaybePromise<unknown> {
    let value = checked
    for (let at = index; ; at++) {
      const stage = this.#stages[at]
      if (stage === undefined) return value
      const given = stage.template.invoke(value, childContext(this.#context, stage.place))
      if (given instanceof Promise) return given.then((output: unknown) => this.#after(at, output))
      const next = this.#stages[at + 1]
      if (next === undefined) return given
      const input = next.template.check(given)
      if (input instanceof Promise) return input.then((value: unknown) => this.from(at + 1, value))
      value = input
    }
  }

  /** Goes on after a stage that took its time, unless the execution was aborted meanwhile. */
  #after(at: number, output: unknown): MaybePromise<unknown> {
    const next = this.#stages[at + 1]
    if (next === undefined) return output
    if (this.#context.signal.aborted) throw this.#context.signal.reason
    this.#context.progress((at + 1) / this.#stages.length)
    const input = next.template.check(output)
    return input instanceof Promise ? input.then((value: unknown) => this.from(at + 1, value)) : this.from(at + 1, input)
  }
}
