// What all compositions share: the metadata and the level that follow from the children, a lifecycle of their own, and names
// for compositions that are registered. How children are run is each composition's own file.
import { DefinitionError } from '../errors.ts'
import type { Level } from '../model/record.ts'
import { hashText } from '../shared/hash.ts'
import { labelOf, makeTemplate } from './callable.ts'
import type { AnyTemplate, Compensate, JsonSchema, MaybePromise, StepDefaults, Template, TemplateContext, TemplateMetadata } from './contract.ts'
import { checkNaming, metadataOf, stepDefaultsOf } from './door.ts'
import { compileLifecycle } from './lifecycle.ts'

/** A child and what tells it apart from its siblings, in every attempt the same. */
export interface Child {
  readonly label: string
  readonly template: AnyTemplate
}

/** What a composition is made of. */
export interface CompositeParts {
  readonly kind: 'pipe' | 'parallel' | 'branch' | 'map-each'
  readonly description: string
  readonly children: readonly Child[]
  /** Whatever else changes what it does: goes into its version. */
  readonly variant?: string
  readonly level?: Level
  readonly input: JsonSchema
  readonly output: JsonSchema
  readonly check: (input: unknown) => MaybePromise<unknown>
  readonly run: (checked: unknown, context: TemplateContext) => MaybePromise<unknown>
}

const MAX_NAME = 100

/** Makes the template of a composition. Its version changes when that of a child does. */
export function makeComposite<I, O>(parts: CompositeParts): Template<I, O> {
  const { kind, children, description, check, run } = parts
  for (const { template } of children) {
    if (template.level !== 'transaction') continue
    throw new DefinitionError(`${kind}: ${labelOf(template.meta)} is a transaction, which commits with the record of a step: it cannot be a part of one`, {
      path: template.meta.name, remedy: 'Make it a step of its own.',
    })
  }
  const names = `${kind}.${children.map(({ template }) => template.meta.name).join('.')}`
  const identity = hashText(JSON.stringify([kind, parts.variant ?? null, ...children.map(({ label, template }) => [label, labelOf(template.meta), template.config ?? null])]))
  const meta: TemplateMetadata = Object.freeze({
    name: names.length <= MAX_NAME ? names : `${kind}.${identity}`, version: `0.0.0-h${identity}`, description, kind: 'composition',
  })
  return makeTemplate<I, O>({
    meta, check,
    level: parts.level ?? (children.every(({ template }) => template.level === 'pure') ? 'pure' : 'effect'),
    defaults: Object.freeze({}),
    schemas: Object.freeze({ input: parts.input, output: parts.output, config: null }),
    config: undefined,
    invoke: compileLifecycle({ name: meta.name, version: meta.version, hooks: { execute: run }, config: undefined, checkOutput: undefined, endsWithAborts: true }),
  })
}

/** What `named` takes. */
export interface NamedOptions extends TemplateMetadata, StepDefaults {}

/**
 * Gives a composition (or any template) metadata of its own, and defaults for its steps: to register it, and to say how the
 * whole is retried. The defaults of its children hold only where a child is a step of its own; what undoes the template itself stays
 * unless `compensate` says otherwise. Throws DefinitionError.
 * @example
 * export const qualify = named(pipe(clean, scoreLead), {
 *   name: 'qualify', version: '1.0.0', description: 'Cleans and scores a lead.', retry: { maxAttempts: 3 },
 * })
 */
export function named<I, O>(template: Template<I, O>, options: NamedOptions & { readonly compensate?: Compensate<NoInfer<I>, NoInfer<O>> }): Template<I, O> {
  const { compensate } = template.defaults
  const given: unknown = compensate === undefined ? options : { compensate, ...options }
  checkNaming(given)
  return makeTemplate<I, O>({
    meta: metadataOf(given), level: template.level, defaults: stepDefaultsOf(given), schemas: template.schemas, config: template.config,
    ...(template.transaction === undefined ? {} : { transaction: template.transaction }),
    check: (input) => template.check(input), invoke: (input, context) => template.invoke(input, context),
  })
}
