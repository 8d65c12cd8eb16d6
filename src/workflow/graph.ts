// Makes a graph that runs out of a model: checks the whole of it, pins its templates, gives it its version. The builder and
// YAML come here too, so there is one set of checks.
import { DefinitionError, TemplateNotFoundError } from '../errors.ts'
import type { WorkflowModel } from '../model/workflow.ts'
import type { AnyTemplate, MaybePromise } from '../template/contract.ts'
import { labelOf } from '../template/callable.ts'
import { publishSchema } from '../template/publish.ts'
import { createRegistry } from '../template/registry.ts'
import { canonicalModel, versionOf } from './canonical.ts'
import type { Surroundings } from './compilation.ts'
import { compileWorkflow } from './compile.ts'
import type { GraphWorkflow } from './contract.ts'
import { inputCheck, type AnySchema } from './input.ts'
import { graphSource } from './interpreter.ts'
import { madeOf } from './input-schema.ts'
import { compileJsonSchema } from './json-schema.ts'
import type { ProblemCode } from './problem-codes.ts'
import { Problems } from './problems.ts'
import { checkShape } from './shape.ts'
import { respelled } from './spelling.ts'
import { checkTypes } from './types/check-graph.ts'
import { typeOfSchema } from './types/from-schema.ts'
import { UNKNOWN, type Type } from './types/type.ts'

/** Where a graph's templates are found: a registry, or the templates themselves. */
export type TemplateSource = { resolve(reference: string): AnyTemplate } | Iterable<AnyTemplate>

/**
 * Makes a graph from a model: parsed JSON, in the shape of WorkflowModel.
 * Throws DefinitionError that tells all problems at once, sorted by path: in shape, names, expressions, templates, cycles.
 */
export function fromModel(model: unknown, templates: TemplateSource): GraphWorkflow<unknown> {
  return makeGraph(model, templates, { schema: null, problems: new Problems() })
}

/**
 * Makes a graph from a definition that was accepted before, for runs that go on with it: its types are not checked again. It keeps
 * the version under which it was stored, whatever would be hashed today.
 */
export function fromStored(model: unknown, templates: TemplateSource, version?: string): GraphWorkflow<unknown> {
  return makeGraph(model, templates, { schema: null, problems: new Problems(), accepted: true, ...(version === undefined ? {} : { version }) })
}

/** What the builder knows besides the model. */
export interface GraphExtras {
  /** Checks inputs in place of the model's JSON Schema. */
  readonly schema: AnySchema | null
  /** What was found wrong before: told together with the rest. */
  readonly problems: Problems
  /** Accepted before: types are left unchecked. Default false. */
  readonly accepted?: boolean
  /** The version under which it is known. Default: the hash of its logic. */
  readonly version?: string
}

/** Like fromModel, with what the builder knows besides. */
export function makeGraph(given: unknown, templates: TemplateSource, { schema: own, problems, accepted = false, version }: GraphExtras): GraphWorkflow<unknown> {
  const schema = own === null || madeOf(own) !== undefined ? null : own // made of the very JSON Schema that the model says
  const subject = subjectOf(given)
  const model = canonicalModel(given)
  const wrong = checkShape(model, problems)
  if (typeof model !== 'object' || model === null) problems.throwIfAny(subject)
  const pins = new Map<string, AnyTemplate>()
  const template = templateFinder(templates, problems, pins)
  const plan = compileWorkflow(model, { problems, wrong, template })
  const check = checkOf(model, schema, { problems, wrong })
  if (!accepted) checkTypes(plan, inputType(model, schema, wrong), problems)
  problems.throwIfAny(subject)
  const pinned = respelled(canonicalModel(model, (uses, path) => labelled(pins.get(path)) ?? uses))
  const { name, description, timeout, onFailure = 'stop', onCancel, cleanUpTimeout } = model
  return Object.freeze({
    form: 'graph' as const,
    name,
    version: version ?? versionOf(pinned),
    ...(description === undefined ? {} : { description }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(onCancel === undefined ? {} : { onCancel }),
    schemas: Object.freeze({ input: model.input ?? {} }),
    check,
    definition: JSON.stringify(pinned),
    templates: new Map([...pins.values()].map((one) => [labelOf(one.meta), one])),
    ...(plan.onError === null && plan.final === null ? {} : { closing: { onError: plan.onError !== null, final: plan.final !== null, ...(cleanUpTimeout === undefined ? {} : { timeout: cleanUpTimeout }) } }),
    source: (cut) => graphSource(plan, onFailure, cut),
  })
}

/** How inputs are checked: by the builder's schema, by the model's, or not at all. */
function checkOf(model: WorkflowModel, schema: AnySchema | null, { problems, wrong }: Pick<Surroundings, 'problems' | 'wrong'>): (input: unknown) => MaybePromise<unknown> {
  if (schema !== null) return inputCheck(model.name, schema)
  const compiled = model.input === undefined || wrong.has('input') ? undefined : compileJsonSchema(model.name, model.input, problems)
  return compiled ?? ((input) => input)
}

/** The type of what a run sees as its input: the schema's word, after defaults and transformations. */
function inputType(model: WorkflowModel, schema: AnySchema | null, wrong: ReadonlySet<string>): Type {
  if (schema === null) return model.input === undefined || wrong.has('input') ? UNKNOWN : typeOfSchema(model.input, { defaults: true })
  try {
    return typeOfSchema(publishSchema(schema, { owner: model.name, what: 'output' }), { defaults: false })
  } catch {
    return UNKNOWN // a transformation whose result JSON Schema cannot say
  }
}

function labelled(template: AnyTemplate | undefined): string | undefined {
  return template === undefined ? undefined : labelOf(template.meta)
}

function subjectOf(model: unknown): string {
  const name: unknown = typeof model === 'object' && model !== null ? (model as { readonly name?: unknown }).name : undefined
  return typeof name === 'string' ? `workflow "${name}"` : 'workflow'
}

function codeOf(thrown: DefinitionError | TemplateNotFoundError): ProblemCode {
  if (!(thrown instanceof TemplateNotFoundError)) return 'INVALID_VALUE'
  return thrown.details?.['versions'] !== undefined && thrown.details['near'] === undefined ? 'UNKNOWN_VERSION' : 'UNKNOWN_TEMPLATE'
}

/** Finds templates and remembers, by the path of the step or case, which one was meant. */
function templateFinder(templates: TemplateSource, problems: Problems, pins: Map<string, AnyTemplate>): (uses: string, path: string) => AnyTemplate | undefined {
  const registry = Symbol.iterator in templates ? createRegistry(templates) : templates
  return (uses, path) => {
    try {
      const template = registry.resolve(uses)
      pins.set(path, template)
      return template
    } catch (thrown) {
      if (!(thrown instanceof TemplateNotFoundError || thrown instanceof DefinitionError)) throw thrown
      problems.add(codeOf(thrown), `${path}.uses`, thrown.message, { remedy: thrown.remedy })
      return undefined
    }
  }
}
