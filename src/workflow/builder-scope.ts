// The builder at work, without its types: it collects steps as model data. builder.ts says what may be called with what; what a
// caller without types hands in wrongly is told as a problem when the workflow is built.
import { DEFAULT_ITEM, DEFAULT_LAST, type BodyModel, type CaseModel, type FinallyModel, type RunErrorModel, type StepModel, type WorkflowModel } from '../model/workflow.ts'
import type { AnyTemplate } from '../template/contract.ts'
import { handlerModel, seeing, withHandler } from './builder-handler.ts'
import { INLINE, inlineModel } from './builder-inline.ts'
import { bindingModel, called, commonModel, expressionText, loopModel, namesAt, newDraft, picked, useModel, type Draft, type Given, type Site } from './builder-steps.ts'
import { APPROVAL, approvalModel, EVENT, eventModel, SIGNAL, signalModel, SLEEP, sleepModel } from './builder-wait.ts'
import { CHILD, childModel, CHILDREN, childrenModel } from './builder-child.ts'
import { parallelModel } from './builder-parallel.ts'
import { canonicalModel } from './canonical.ts'
import type { AnyWorkflow, GraphWorkflow } from './contract.ts'
import { checkDescription, checkKeys, checkName, checkSchema, refuse, shown } from './door.ts'
import { makeGraph } from './graph.ts'
import { inputJsonSchema, type AnySchema } from './input.ts'
import { Problems } from './problems.ts'

type Build = (block: ScopeBuilder, names?: unknown) => unknown

/** What a workflow says of itself. */
interface Heading {
  readonly name: string
  /** Null: anything is taken. */
  readonly input: AnySchema | null
  readonly given: Given
}

/** What a scope has collected. */
interface Collected {
  readonly steps: readonly (readonly [string, StepModel])[]
  readonly output?: { readonly value: unknown }
  /** What is run at the end; only of a workflow. */
  readonly closings?: { readonly onError?: RunErrorModel; readonly finally?: FinallyModel }
  /** What came up with each call; builders that go on from the same one share no more than what was before. */
  readonly drafts: readonly Draft[]
}

const COMMON = ['description', 'needs', 'join', 'if', 'continueOnError']
const USE = ['uses', 'with', 'retry', 'timeout', 'totalTimeout', 'heartbeatTimeout', 'level', 'compensate']
const SWITCH = ['switch']
const PARALLEL = ['parallel', 'merge', 'branchConcurrency']
/** Bodies that are told by one key. */
const KEYS = { sleep: SLEEP, switch: SWITCH, parallel: PARALLEL, inline: ['inline'], signal: ['signal'], event: ['event'], approval: ['approval'], child: ['child'], children: ['children'] } as const
const EACH = ['as', 'concurrency']
const LOOP = ['max', 'until', 'while', 'delay', 'initial', 'as', 'onMax']

/** Begins a workflow: checks what it says of itself. */
export function beginBuilder(name: string, options: unknown): unknown {
  checkName('workflow', name)
  checkKeys('workflow', options, ['input', 'description', 'onFailure', 'onCancel', 'timeout', 'cleanUpTimeout', 'layout'])
  const { input, ...given } = options as Given
  if (input !== undefined) checkSchema('workflow', 'input', input)
  checkDescription('workflow', given['description'])
  const heading: Heading = { name, input: (input as AnySchema | undefined) ?? null, given }
  return new ScopeBuilder({ draft: newDraft(), path: 'steps', loops: [] }, { steps: [], drafts: [] }, heading)
}

class ScopeBuilder {
  readonly #site: Site
  readonly #collected: Collected
  readonly #heading: Heading | null

  constructor(site: Site, collected: Collected, heading: Heading | null) {
    this.#site = site
    this.#collected = collected
    this.#heading = heading
  }

  step(id: string, options: Given): ScopeBuilder {
    const { path, site } = this.#call(id, options, [...COMMON, ...USE])
    return this.#with(id, { ...commonModel(options, path, site), ...useModel(options, path, site) }, site)
  }

  sleep(id: string, duration: unknown, options: Given = {}): ScopeBuilder {
    const { path, site } = this.#call(id, options, COMMON)
    return this.#with(id, { ...commonModel(options, path, site), ...sleepModel(duration, path, site) }, site)
  }

  signal(id: string, options: Given): ScopeBuilder {
    const { path, site } = this.#call(id, options, [...COMMON, ...SIGNAL])
    return this.#with(id, { ...commonModel(options, path, site), ...signalModel(picked(options, SIGNAL), path, site) }, site)
  }

  event(id: string, options: Given): ScopeBuilder {
    const { path, site } = this.#call(id, options, [...COMMON, ...EVENT])
    return this.#with(id, { ...commonModel(options, path, site), ...eventModel(picked(options, EVENT), path, site) }, site)
  }

  approval(id: string, options: Given = {}): ScopeBuilder {
    const { path, site } = this.#call(id, options, [...COMMON, ...APPROVAL])
    return this.#with(id, { ...commonModel(options, path, site), ...approvalModel(picked(options, APPROVAL), path, site) }, site)
  }

  child(id: string, options: Given): ScopeBuilder {
    const { path, site } = this.#call(id, options, [...COMMON, ...CHILD])
    return this.#with(id, { ...commonModel(options, path, site), ...childModel(picked(options, CHILD), path, site) }, site)
  }

  children(id: string, options: Given): ScopeBuilder {
    const { path, site } = this.#call(id, options, [...COMMON, ...CHILDREN])
    return this.#with(id, { ...commonModel(options, path, site), ...childrenModel(picked(options, CHILDREN), path, site) }, site)
  }

  inline(id: string, options: Given): ScopeBuilder {
    const { path, site } = this.#call(id, options, [...COMMON, ...INLINE])
    return this.#with(id, { ...commonModel(options, path, site), ...inlineModel(picked(options, INLINE), path, site) }, site)
  }

  block(id: string, build: Build, options: Given = {}): ScopeBuilder {
    const { path, site } = this.#call(id, options, COMMON)
    return this.#with(id, { ...commonModel(options, path, site), ...blockModel(build, path, site) }, site)
  }

  forEach(id: string, items: unknown, body: Given | Build, options: Given = {}): ScopeBuilder {
    const inBlock = typeof body === 'function'
    const said = inBlock ? options : body
    const { path, site } = this.#call(id, said, [...COMMON, ...EACH, ...(inBlock ? [] : bodyKeys(said))])
    const as = typeof said['as'] === 'string' ? said['as'] : freeName(site, DEFAULT_ITEM)
    const inner: Site = { ...site, loops: [...site.loops, { item: { name: as }, index: { name: 'index' } }] }
    const each = { forEach: expressionText(called(items, site), `${path}.forEach`, site), ...(as === DEFAULT_ITEM ? {} : { as }), ...picked(said, ['concurrency']) }
    return this.#with(id, { ...commonModel(said, path, site), ...each, ...bodyModel(body, path, inner) }, site)
  }

  loop(id: string, body: Given | Build, options: Given): ScopeBuilder {
    const { path, site } = this.#call(id, options, [...COMMON, ...LOOP])
    if (typeof body !== 'function') checkKeys(`workflow: ${path}`, body, bodyKeys(body))
    const as = typeof options['as'] === 'string' ? options['as'] : freeName(site, DEFAULT_LAST)
    const inner: Site = { ...site, loops: [...site.loops, { last: { name: as }, iteration: { name: 'iteration' } }] }
    return this.#with(id, { ...commonModel(options, path, site), loop: loopModel(options, as, { path, site, inner }), ...bodyModel(body, path, inner) }, site)
  }

  switch(id: string, build: unknown, options: Given = {}): ScopeBuilder {
    const { path, site } = this.#call(id, options, COMMON)
    return this.#with(id, { ...commonModel(options, path, site), ...switchModel(build, path, site) }, site)
  }

  parallel(id: string, build: unknown, options: Given = {}): ScopeBuilder {
    const { path, site } = this.#call(id, options, [...COMMON, 'merge', 'concurrency'])
    return this.#with(id, { ...commonModel(options, path, site), ...parallelModel({ merge: options['merge'], branchConcurrency: options['concurrency'], parallel: build }, path, site, bodyOf) }, site)
  }

  onError(id: string | Build, handler: Given | Build = {}, options: Given = {}): ScopeBuilder {
    if (typeof id === 'function') return this.#closing('onError', id, handler as Given)
    const site = this.#fresh()
    const path = `${site.path}.${id}.onError`
    const onError = handlerModel({ handler, options, path, site, keys: bodyKeys, make: bodyModel })
    return new ScopeBuilder(this.#site, { ...this.#collected, steps: withHandler(this.#collected.steps, id, onError, site), drafts: [...this.#collected.drafts, site.draft] }, this.#heading)
  }

  finally(build: Build): ScopeBuilder {
    return this.#closing('finally', build, {})
  }

  #closing(key: 'onError' | 'finally', build: Build, options: Given): ScopeBuilder {
    if (this.#heading === null) throw refuse('workflow', this.#site.path, `only a workflow has ${key === 'finally' ? 'finally' : 'an onError of its own'}`, key === 'finally' ? 'Call it on what workflow(…) began.' : "Name the step: .onError('fetch', { output: null }).")
    checkKeys(`workflow: ${key}`, options, key === 'onError' ? ['codes'] : [])
    const site = this.#fresh()
    const { closings } = this.#collected
    if (closings?.[key] !== undefined) site.draft.problems.add('DUPLICATE_NAME', key, `the workflow has ${key} already`, { remedy: 'Say all of it in one.', on: 'key' })
    const model = { ...picked(options, ['codes']), ...blockModel(build, key, key === 'onError' ? seeing(site, 'error') : seeing(site, 'error', 'outcome')) } as RunErrorModel // a block has steps
    return new ScopeBuilder(this.#site, { ...this.#collected, closings: { ...closings, [key]: model }, drafts: [...this.#collected.drafts, site.draft] }, this.#heading)
  }

  output(value: unknown): ScopeBuilder {
    const site = this.#fresh()
    const path = this.#heading === null ? site.path.replace(/steps$/, 'output') : 'output'
    const output = { value: bindingModel(called(value, site), path, site) }
    return new ScopeBuilder(this.#site, { ...this.#collected, output, drafts: [...this.#collected.drafts, site.draft] }, this.#heading)
  }

  /** The steps and the output, for the one who asked for a block. */
  get parts(): Pick<BodyModel, 'steps' | 'output'> {
    const { steps, output } = this.#collected
    return { steps: Object.fromEntries(steps), ...(output === undefined ? {} : { output: output.value }) }
  }

  model(): WorkflowModel {
    if (this.#heading === null) throw refuse('workflow', this.#site.path, 'only a workflow has a model', 'Call it on what workflow(…) began.')
    const { name, input, given } = this.#heading
    return canonicalModel({ name, ...(input === null ? {} : { input: inputJsonSchema(name, input) }), ...given, ...this.parts, ...this.#collected.closings })
  }

  build(): GraphWorkflow<unknown> {
    const problems = new Problems()
    const templates = new Set<AnyTemplate>()
    const workflows = new Set<AnyWorkflow>()
    for (const draft of this.#collected.drafts) {
      problems.take(draft.problems)
      for (const template of draft.templates) templates.add(template)
      for (const one of draft.workflows) workflows.add(one)
    }
    return makeGraph(this.model(), templates, { schema: this.#heading?.input ?? null, problems, workflows })
  }

  /** A block notes what comes up for the call that it is part of; a workflow begins anew with each call. */
  #fresh(): Site {
    return this.#heading === null ? this.#site : { ...this.#site, draft: newDraft() }
  }

  #call(id: unknown, options: unknown, keys: readonly string[]): { readonly path: string; readonly site: Site } {
    if (typeof id !== 'string') throw refuse('workflow', this.#site.path, `expected the id of the step, got ${shown(id)}`, "Write .step('fetch', { … }).")
    const path = `${this.#site.path}.${id}`
    const site = this.#fresh()
    checkKeys(`workflow: ${path}`, options, keys)
    if (this.#collected.steps.some(([known]) => known === id)) site.draft.problems.add('DUPLICATE_NAME', path, `the id ${id} is used twice`, { remedy: 'Give each step an id of its own.', on: 'key' })
    return { path, site }
  }

  #with(id: string, step: StepModel, { draft }: Site): ScopeBuilder {
    return new ScopeBuilder(this.#site, { ...this.#collected, steps: [...this.#collected.steps, [id, step]], drafts: [...this.#collected.drafts, draft] }, this.#heading)
  }
}

class CaseBuilder {
  readonly #site: Site
  readonly cases: readonly CaseModel[]

  constructor(site: Site, cases: readonly CaseModel[]) {
    this.#site = site
    this.cases = cases
  }

  when(name: string, condition: unknown, body: Given | Build, options: Given = {}): CaseBuilder {
    const path = this.#path(options, ['description'])
    return this.#with({ name, ...options, if: expressionText(called(condition, this.#site), `${path}.if`, this.#site), ...this.#body(body, path) })
  }

  otherwise(body: Given | Build, options: Given = {}): CaseBuilder {
    const path = this.#path(options, ['name', 'description'])
    return this.#with({ else: true, ...options, ...this.#body(body, path) })
  }

  #path(options: unknown, keys: readonly string[]): string {
    const path = `${this.#site.path}[${this.cases.length}]`
    checkKeys(`workflow: ${path}`, options, keys)
    return path
  }

  #body(body: Given | Build, path: string): BodyModel {
    return bodyOf(body, path, this.#site)
  }

  #with(one: CaseModel): CaseBuilder {
    return new CaseBuilder(this.#site, [...this.cases, one])
  }
}

/** What a body may say that is no block. */
function bodyKeys(body: Given): readonly string[] {
  if (typeof body !== 'object') return USE
  return Object.entries(KEYS).find(([key]) => body[key] !== undefined)?.[1] ?? USE
}

/** The body of a branch or a case, its keys checked. */
function bodyOf(body: Given | Build, path: string, site: Site): BodyModel {
  if (typeof body !== 'function') checkKeys(`workflow: ${path}`, body, bodyKeys(body))
  return bodyModel(body, path, site)
}

/** A template with its input, a wait, a switch, or a block. */
function bodyModel(body: Given | Build, path: string, site: Site): BodyModel {
  if (typeof body === 'function') return blockModel(body, path, site)
  if (body['parallel'] !== undefined) return parallelModel(body, path, site, bodyOf)
  if (body['switch'] !== undefined) return switchModel(body['switch'], path, site)
  if (body['inline'] !== undefined) return inlineModel(body['inline'] as Given, path, site)
  if (body['signal'] !== undefined) return signalModel(body['signal'] as Given, path, site)
  if (body['event'] !== undefined) return eventModel(body['event'] as Given, path, site)
  if (body['approval'] !== undefined) return approvalModel(body['approval'] as Given, path, site)
  if (body['child'] !== undefined) return childModel(body['child'] as Given, path, site)
  if (body['children'] !== undefined) return childrenModel(body['children'] as Given, path, site)
  return body['sleep'] === undefined ? useModel(body, path, site) : sleepModel(body['sleep'], path, site)
}

function switchModel(build: unknown, path: string, site: Site): BodyModel {
  const built: unknown = typeof build === 'function' ? (build as (cases: CaseBuilder) => unknown)(new CaseBuilder({ ...site, path: `${path}.switch` }, [])) : build
  if (!(built instanceof CaseBuilder)) throw refuse('workflow', path, `expected a function that gives the cases, got ${shown(built)}`, 'Write (cases) => cases.when(…).otherwise(…).')
  return { switch: built.cases }
}

function blockModel(build: Build, path: string, site: Site): BodyModel {
  if (typeof build !== 'function') throw refuse('workflow', path, `expected a function, got ${shown(build)}`, 'Write (block) => block.step(…).')
  const inner: Site = { ...site, path: `${path}.steps` }
  const built = build(new ScopeBuilder(inner, { steps: [], drafts: [] }, null), namesAt(inner))
  if (!(built instanceof ScopeBuilder)) throw refuse('workflow', path, `expected the block, got ${shown(built)}`, 'Return it: (block) => block.step(…).')
  return built.parts
}

/** A name for the item of a loop that hides none of the loops around. */
function freeName({ loops }: Pick<Site, 'loops'>, wanted: string): string {
  const taken = new Set(loops.flatMap((names) => Object.values(names)).map(({ name }) => name))
  for (let count = 1; ; count++) {
    const name = count === 1 ? wanted : `${wanted}${count}`
    if (!taken.has(name)) return name
  }
}
