// Makes a graph that runs out of a model: checks the whole of it, pins its templates, gives it its version. The builder and
// YAML come here too, so there is one set of checks.
import { DefinitionError, TemplateNotFoundError } from '../errors.ts'
import { referenceTo } from '../model/inline.ts'
import type { WorkflowModel } from '../model/workflow.ts'
import type { AnyTemplate, MaybePromise } from '../template/contract.ts'
import { labelOf } from '../template/callable.ts'
import { publishSchema } from '../template/publish.ts'
import { createRegistry } from '../template/registry.ts'
import { canonicalModel, versionOf, type Pin } from './canonical.ts'
import type { Surroundings } from './compilation.ts'
import { compileWorkflow } from './compile.ts'
import type { Cut, GraphWorkflow } from './contract.ts'
import { Beside, inlineFinder, inlineSource, type MakeBeside, type WorkflowSource } from './inline-finder.ts'
import { inputCheck, type AnySchema } from './input.ts'
import { graphSource } from './interpreter.ts'
import { madeOf } from './input-schema.ts'
import { compileJsonSchema } from './json-schema.ts'
import { notePart, noteSchema } from './part.ts'
import type { GraphPlan, SubWorkflow } from './plan.ts'
import type { ProblemCode } from './problem-codes.ts'
import { Problems } from './problems.ts'
import { checkShape } from './shape.ts'
import { respelled } from './spelling.ts'
import { cleanUpMsOf, MAX_INLINE_STEPS, MAX_INLINE_WORKFLOWS, measuresOf, type FindInline } from './sub-workflow.ts'
import { checkTypes } from './types/check-graph.ts'
import { typeOfSchema } from './types/from-schema.ts'
import { UNKNOWN, type Type } from './types/type.ts'

/** Where a graph's templates are found: a registry, or the templates themselves. */
export type TemplateSource = { resolve(reference: string): AnyTemplate } | Iterable<AnyTemplate>

/**
 * Makes a graph from a model: parsed JSON, in the shape of WorkflowModel. `workflows` are those that it may run inline.
 * Throws DefinitionError that tells all problems at once, sorted by path: in shape, names, expressions, templates, cycles.
 */
export function fromModel(model: unknown, templates: TemplateSource, workflows: WorkflowSource = []): GraphWorkflow<unknown> {
  return makeGraph(model, templates, { schema: null, problems: new Problems(), workflows })
}

/**
 * Makes a graph from a definition that was accepted before, for runs that go on with it: its types are not checked again. It keeps
 * the version under which it was stored, whatever would be hashed today. What it runs inline is a part of it.
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
  /** Workflows that it may run inline, besides those that the model holds. Default: none. */
  readonly workflows?: WorkflowSource
}

/** Like fromModel, with what the builder knows besides. */
export function makeGraph(given: unknown, templates: TemplateSource, extras: GraphExtras): GraphWorkflow<unknown> {
  const graph = compileGraph(given, templates, extras)
  extras.problems.throwIfAny(subjectOf(given))
  return graph as GraphWorkflow<unknown> // without problems there is one
}

/** The graph of a model; undefined when something is wrong with it, which is noted. `beside`: the definitions among which it stands. */
function compileGraph(given: unknown, templates: TemplateSource, extras: GraphExtras, beside?: Beside): GraphWorkflow<unknown> | undefined {
  const { schema: own, problems, accepted = false, version, workflows = [] } = extras
  const schema = own === null || madeOf(own) !== undefined ? null : own // made of the very JSON Schema that the model says
  const model = canonicalModel(given)
  const wrong = checkShape(model, problems)
  if (typeof model !== 'object' || model === null) return undefined
  if (Object.keys(model.workflows ?? {}).length > MAX_INLINE_WORKFLOWS) {
    problems.add('SIZE_LIMIT', 'workflows', `there are ${Object.keys(model.workflows ?? {}).length.toLocaleString('en-US')} definitions, more than ${MAX_INLINE_WORKFLOWS}`, { remedy: 'Leave out what no step runs inline, and run some of them as children.', on: 'key' })
    return undefined
  }
  const source = inlineSource(workflows) // read once: it may be an iterator
  const registry = Symbol.iterator in templates ? createRegistry(templates) : templates
  const pins = new Map<string, AnyTemplate>()
  const make: MakeBeside = (one, { version: known, problems: inner, beside: all }) => compileGraph(one, registry, { schema: null, problems: inner, workflows: source, accepted, ...(accepted && known !== undefined ? { version: known } : {}) }, all)
  const find = inlineFinder({ problems, model, beside: beside ?? new Beside(model, problems, make), source })
  const inlined = new Map<string, SubWorkflow>()
  const inline: FindInline = (reference, site) => {
    const sub = find(reference, site)
    if (sub !== undefined) inlined.set(site.path, sub)
    return sub
  }
  const plan = compileWorkflow(model, { problems, wrong, template: templateFinder(registry, problems, pins), inline })
  const check = checkOf(model, schema, { problems, wrong })
  const measures = measuresOf(model.name, plan)
  if (plan.inlined.length > 0) checkSize(plan, measures.steps, problems)
  if (!accepted) checkTypes(plan, inputType(model, schema, wrong), problems)
  if (problems.any) return undefined
  const pinned = respelled(pinnedModel(model, plan, (reference, path, kind) => (kind === 'template' ? labelled(pins.get(path)) : referenceOf(inlined.get(path))) ?? reference))
  const { name, description, timeout, onFailure = 'stop', onCancel } = model
  const { closes } = measures
  const cleanUpTimeout = model.cleanUpTimeout ?? cleanUpMsOf(undefined, plan) ?? undefined
  const graph: GraphWorkflow<unknown> = Object.freeze({
    form: 'graph' as const,
    name,
    version: version ?? versionOf(pinned),
    ...(description === undefined ? {} : { description }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(onCancel === undefined ? {} : { onCancel }),
    schemas: Object.freeze({ input: model.input ?? {} }),
    check,
    definition: JSON.stringify(pinned),
    templates: new Map([...pins.values(), ...plan.inlined.flatMap((sub) => [...sub.templates.values()])].map((one) => [labelOf(one.meta), one])),
    ...(closes.onError || closes.final ? { closing: { ...closes, ...(cleanUpTimeout === undefined ? {} : { timeout: cleanUpTimeout }) } } : {}),
    source: (cut?: Cut) => graphSource(plan, onFailure, cut),
  })
  if (schema !== null) noteSchema(graph, schema)
  const { workflows: held = {}, ...alone } = pinned
  // The check of a JSON Schema, or of none, has its answer at once.
  if (schema === null) notePart(graph, { name, version: graph.version, plan, model: alone, beside: held, templates: graph.templates, check, onFailure, onCancel: onCancel ?? 'compensate', cleanUpMs: cleanUpMsOf(model.cleanUpTimeout, plan), ...measures })
  return graph
}

/** The model with its templates and sub-workflows pinned, and the definitions of these beside it. */
function pinnedModel(model: WorkflowModel, { inlined }: GraphPlan, pin: Pin): WorkflowModel {
  const { workflows: _, layout, ...pinned } = canonicalModel(model, pin)
  const beside = Object.assign({}, ...inlined.map((sub) => ({ ...sub.beside, [referenceTo(sub)]: sub.model }))) as NonNullable<WorkflowModel['workflows']>
  const entries = Object.entries(beside).sort(([a], [b]) => (a < b ? -1 : 1))
  return { ...pinned, ...(entries.length === 0 ? {} : { workflows: Object.fromEntries(entries) }), ...(layout === undefined ? {} : { layout }) }
}

function referenceOf(sub: SubWorkflow | undefined): string | undefined {
  return sub === undefined ? undefined : referenceTo(sub)
}

function checkSize({ inlined }: GraphPlan, steps: number, problems: Problems): void {
  const different = new Set(inlined.flatMap((sub) => [referenceTo(sub), ...Object.keys(sub.beside)])).size
  if (different > MAX_INLINE_WORKFLOWS) problems.add('SIZE_LIMIT', 'steps', `the graph runs ${different.toLocaleString('en-US')} different workflows inline, more than ${MAX_INLINE_WORKFLOWS}`, { remedy: 'Run some of them as children: child, in place of inline.' })
  if (steps > MAX_INLINE_STEPS) problems.add('SIZE_LIMIT', 'steps', `the graph has ${steps.toLocaleString('en-US')} steps with those of the workflows that it runs inline, more than ${MAX_INLINE_STEPS.toLocaleString('en-US')}`, { remedy: 'Run some of them as children: child, in place of inline.' })
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
function templateFinder(registry: { resolve(reference: string): AnyTemplate }, problems: Problems, pins: Map<string, AnyTemplate>): (uses: string, path: string) => AnyTemplate | undefined {
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
