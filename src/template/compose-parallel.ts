// parallel: several templates side by side on one input, and how their outputs become one. The merge modes are data here;
// what they do is merge.ts.
import { AbortedError, DefinitionError } from '../errors.ts'
import { makeComposite, type Child } from './composite.ts'
import type { AnyTemplate, InferInput, InferOutput, InputOf, MaybePromise, OutputOf, Schema, Template, TemplateContext } from './contract.ts'
import { childContext } from './derived-context.ts'
import { mergeOf, type MergePlan } from './merge.ts'
import { documentOf } from './json-parts.ts'
import { runPool } from './pool.ts'

/** Templates by name. */
export type Branches = Readonly<Record<string, AnyTemplate>>

/** What all of the templates take: one input that suits each. */
export type SharedInput<T extends Branches> = { [K in keyof T]: (input: InputOf<T[K]>) => void }[keyof T] extends (input: infer I) => void ? I : never

/** The outputs by name. */
export type Outputs<T extends Branches> = { readonly [K in keyof T]: OutputOf<T[K]> }

/** Merges the outputs with a function of the user's; `output` checks and publishes what it gives. */
export interface CustomMerge<T extends Branches, Out extends Schema> {
  readonly merge: (outputs: Outputs<T>) => MaybePromise<InferInput<Out>>
  readonly output: Out
}

/** Merges outputs that are numbers: the sum of weight × output over the sum of weights. */
export interface WeightedMerge<T extends Branches> {
  readonly merge: 'weighted-average'
  /** Numbers from 0, one for each template, not all 0. */
  readonly weights: { readonly [K in keyof T]: OutputOf<T[K]> extends number ? number : never }
}

/**
 * Runs templates side by side on the same input. By default it gives their outputs by name; `{ merge: 'first' }` gives the
 * output of the one that succeeds first, `{ merge: 'weighted-average', weights }` that of numbers, and
 * `{ merge: (outputs) => …, output: schema }` whatever a function makes of all.
 *
 * When one fails the others are aborted, and once all have ended its failure is thrown; with `first` only when all fail.
 * It is pure when all of them are, but with `first` never.
 * @example
 * const look = parallel({ credit: checkCredit, fraud: checkFraud })
 * await look({ email: 'ada@example.com' })   // { credit: …, fraud: … }
 */
export function parallel<const T extends Branches>(templates: T, options?: { readonly merge?: 'all' }): Template<SharedInput<T>, Outputs<T>>
export function parallel<const T extends Branches>(templates: T, options: { readonly merge: 'first' }): Template<SharedInput<T>, OutputOf<T[keyof T]>>
export function parallel<const T extends Branches>(templates: T, options: WeightedMerge<T>): Template<SharedInput<T>, number>
export function parallel<const T extends Branches, Out extends Schema>(templates: T, options: CustomMerge<T, Out>): Template<SharedInput<T>, InferOutput<Out>>
export function parallel(templates: Branches, options: unknown = {}): AnyTemplate {
  const children = Object.entries(templates).map(([label, template]): Child => ({ label, template }))
  if (children.length === 0) throw new DefinitionError('parallel: expected at least one template, got none', { path: 'parallel', remedy: 'Write parallel({ name: template, … }).' })
  const merge = mergeOf(children, options)
  const inputs = Object.fromEntries(children.map(({ label, template }) => [label, template.schemas.input]))
  return makeComposite({
    kind: 'parallel',
    description: `${children.map(({ template }) => template.meta.name).join(' and ')} side by side.`,
    children,
    variant: merge.name,
    ...(merge.name === 'first' ? { level: 'effect' as const } : {}),
    input: documentOf(inputs, (part) => ({ allOf: children.map(({ label }) => part(label)) })),
    output: merge.schema,
    check: (input) => checkAll(children, input),
    run: (checked, context) => new Side(children, context, merge).run(checked as readonly unknown[]),
  })
}

function checkAll(children: readonly Child[], input: unknown): MaybePromise<unknown[]> {
  const checked: unknown[] = []
  try {
    for (const { template } of children) checked.push(template.check(input))
  } catch (thrown) {
    // Nobody will wait for the checks that are under way.
    for (const value of checked) if (value instanceof Promise) value.catch(() => undefined)
    throw thrown
  }
  return checked.some((value) => value instanceof Promise) ? Promise.all(checked) : checked
}

/** One execution of children side by side. */
class Side {
  readonly #children: readonly Child[]
  readonly #context: TemplateContext
  readonly #merge: MergePlan
  readonly #siblings = new AbortController()
  readonly #signal: AbortSignal
  readonly #outputs: unknown[] = []
  readonly #failures: unknown[] = []
  #ended = 0

  constructor(children: readonly Child[], context: TemplateContext, merge: MergePlan) {
    this.#children = children
    this.#context = context
    this.#merge = merge
    this.#signal = AbortSignal.any([context.signal, this.#siblings.signal])
  }

  run(checked: readonly unknown[]): MaybePromise<unknown> {
    const count = this.#children.length
    const done = runPool({ count, concurrency: count, onFailure: () => this.#stop('another template of the parallel failed') }, (index) => this.#start(index, checked[index]))
    return done instanceof Promise ? done.then(() => this.#result()) : this.#result()
  }

  #start(index: number, input: unknown): MaybePromise<void> {
    const child = this.#children[index]
    if (child === undefined || this.#won()) return
    const place = { label: child.label, signal: this.#signal, silent: true }
    try {
      const given = child.template.invoke(input, childContext(this.#context, place))
      if (given instanceof Promise) return given.then((output: unknown) => this.#take(index, output), (thrown: unknown) => this.#failed(index, thrown))
      this.#take(index, given)
    } catch (thrown) {
      this.#failed(index, thrown)
    }
  }

  #take(index: number, output: unknown): void {
    if (this.#won()) return
    this.#outputs[index] = output
    this.#context.progress(++this.#ended / this.#children.length)
    if (this.#won()) this.#stop('another template of the parallel was first')
  }

  /** With `first` a failure counts only when all have failed; otherwise it ends all. */
  #failed(index: number, thrown: unknown): void {
    if (this.#merge.name !== 'first') throw thrown
    this.#failures[index] = thrown
  }

  #won(): boolean {
    return this.#merge.name === 'first' && this.#ended > 0
  }

  #stop(why: string): void {
    this.#siblings.abort(new AbortedError(why))
  }

  #result(): MaybePromise<unknown> {
    if (this.#merge.name === 'first' && this.#context.signal.aborted) throw this.#context.signal.reason
    return this.#merge.of(this.#outputs, this.#failures)
  }
}
