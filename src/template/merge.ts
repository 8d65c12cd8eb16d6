// What becomes of the outputs of templates that ran side by side: all of them by name, the first one, a weighted average,
// or what a function of the user's makes of them.
import { DefinitionError, OutputInvalidError, TemplateFailedError, errorData } from '../errors.ts'
import type { Child } from './composite.ts'
import type { JsonSchema, MaybePromise } from './contract.ts'
import { checkSchema, shown } from './door.ts'
import { isThenable } from '../shared/thenable.ts'
import { documentOf } from './json-parts.ts'
import { publishSchema } from './publish.ts'
import { compileCheck } from './validator.ts'

/** A way to merge. */
export interface MergePlan {
  readonly name: 'all' | 'first' | 'weighted-average' | 'custom'
  /** The JSON Schema of what it gives. */
  readonly schema: JsonSchema
  /** Merges the outputs, in the order of the children; `failures` are those of `first`. */
  of(outputs: readonly unknown[], failures: readonly unknown[]): MaybePromise<unknown>
}

/** The way to merge that options ask for. Throws DefinitionError for what is none. */
export function mergeOf(children: readonly Child[], options: unknown): MergePlan {
  const { merge = 'all', weights, output } = (options ?? {}) as { readonly merge?: unknown; readonly weights?: unknown; readonly output?: unknown }
  if (merge === 'all') return mergeAll(children)
  if (merge === 'first') return mergeFirst(children)
  if (merge === 'weighted-average') return mergeWeighted(children, weightsOf(children, weights))
  if (typeof merge === 'function') return mergeBy(children, merge as (outputs: unknown) => unknown, output)
  throw new DefinitionError(`parallel: merge: expected "all", "first", "weighted-average" or a function, got ${shown(merge)}`, { path: 'merge', remedy: 'Leave it out to get all outputs by name.' })
}

function mergeAll(children: readonly Child[]): MergePlan {
  const names = children.map(({ label }) => label)
  return {
    name: 'all',
    schema: documentOf(schemasOf(children), (part) => ({ type: 'object', properties: Object.fromEntries(names.map((name) => [name, part(name)])), required: names, additionalProperties: false })),
    of: (outputs) => byName(children, outputs),
  }
}

function mergeFirst(children: readonly Child[]): MergePlan {
  return {
    name: 'first',
    schema: documentOf(schemasOf(children), (part) => ({ anyOf: children.map(({ label }) => part(label)) })),
    of: (outputs, failures) => {
      const index = children.findIndex((_, at) => at in outputs)
      if (index >= 0) return outputs[index]
      const told = children.map(({ label }, at) => ({ template: label, ...errorData(failures[at]) }))
      throw new TemplateFailedError(`all ${children.length} templates of the parallel failed: ${told.map(({ template, message }) => `${template}: ${message}`).join('; ')}`, {
        cause: failures[0], retryable: told.some(({ retryable }) => retryable), details: { failures: told },
      })
    },
  }
}

function mergeWeighted(children: readonly Child[], weights: readonly number[]): MergePlan {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return {
    name: 'weighted-average',
    schema: { type: 'number' },
    of: (outputs) => outputs.reduce<number>((sum, output, at) => {
      if (typeof output !== 'number' || !Number.isFinite(output)) {
        throw new OutputInvalidError(`parallel: the weighted average needs numbers, but ${children[at]?.label ?? ''} gave ${shown(output)}`, { path: children[at]?.label ?? '' })
      }
      return sum + ((weights[at] ?? 0) / total) * output
    }, 0),
  }
}

function weightsOf(children: readonly Child[], given: unknown): number[] {
  const known = (typeof given === 'object' && given !== null ? given : {}) as Readonly<Record<string, unknown>>
  const refuse = (path: string, problem: string): DefinitionError =>
    new DefinitionError(`parallel: ${path}: ${problem}`, { path, remedy: `Write weights: { ${children.map(({ label }) => `${label}: 1`).join(', ')} }.` })
  const extra = Object.keys(known).find((key) => children.every(({ label }) => label !== key))
  if (extra !== undefined) throw refuse(`weights.${extra}`, 'there is no template of this name')
  const weights = children.map(({ label }) => {
    const weight = known[label]
    if (typeof weight === 'number' && Number.isFinite(weight) && weight >= 0) return weight
    throw refuse(`weights.${label}`, `expected a number from 0, got ${shown(weight)}`)
  })
  if (weights.every((weight) => weight === 0)) throw refuse('weights', 'expected at least one above 0')
  return weights
}

function mergeBy(children: readonly Child[], merge: (outputs: unknown) => unknown, output: unknown): MergePlan {
  checkSchema({ owner: 'parallel', path: 'output' }, output)
  const check = compileCheck(output, { owner: 'parallel', what: 'output', failure: OutputInvalidError })
  return {
    name: 'custom',
    schema: publishSchema(output, { owner: 'parallel', what: 'output' }),
    of: (outputs) => {
      const merged = merge(byName(children, outputs))
      return isThenable(merged) ? Promise.resolve(merged).then(check) : check(merged)
    },
  }
}

function byName(children: readonly Child[], outputs: readonly unknown[]): Record<string, unknown> {
  return Object.fromEntries(children.map(({ label }, at) => [label, outputs[at]]))
}

function schemasOf(children: readonly Child[]): Record<string, JsonSchema> {
  return Object.fromEntries(children.map(({ label, template }) => [label, template.schemas.output]))
}
