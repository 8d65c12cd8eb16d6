// A workflow as a TypeScript module for the builder: the same model, and so the same version, when it is built. Steps and expressions
// that the builder cannot type are written so that they still compile; templates are imported from where their names are exported.
import type { BodyModel, BranchModel, CaseModel, CompensateModel, LoopModel, NeedModel, OnErrorModel, ParallelModel, RunErrorModel, StepModel, WorkflowModel } from '../../model/workflow.ts'
import type { InlineModel } from '../../model/inline.ts'
import { DEFAULT_ITEM, DEFAULT_LAST, defaultCaseName } from '../../model/workflow.ts'
import type { JsonSchema } from '../../template/contract.ts'
import { BRANCHES } from '../compile-parallel.ts'
import { UNDONE_STEP } from '../compile-compensate.ts'
import { BODY_KINDS } from '../compile-body.ts'
import { ERROR_NAME } from '../compile-handler.ts'
import { ANYTHING, type Known } from './ts-schema.ts'
import { BindingWriter, callback, CONDITION, itemsAt, LIST, type Names } from './ts-binding.ts'
import { arrowCode, callCode, dataCode, listCode, objectCode, printCode, textCode, type Chain, type Code } from './ts-code.ts'
import { ChildWriter } from './ts-child.ts'
import { WaitWriter } from './ts-wait.ts'
import { ModuleNames, type Imported } from './ts-names.ts'

/** A template as code names it: what is imported, from a path as code writes it, or from `wumbo`. */
export interface NamedTemplate extends Imported {
  readonly input: JsonSchema
  readonly output: JsonSchema
}

/** Finds the template of a step or a case, by the reference and the path; `configured` when it is given settings there. */
export type FindTemplate = (uses: string, path: string, configured: boolean) => NamedTemplate

/** A graph that is run inline as code names it. */
export interface NamedGraph extends Imported {
  readonly input: JsonSchema
}

/** Finds a graph that is run inline, by the reference and the path. */
export type FindGraph = (reference: string, path: string) => NamedGraph

/** Keys that are written as they are. */
const PLAIN = ['retry', 'timeout', 'totalTimeout', 'heartbeatTimeout', 'level'] as const

/** Where steps are written. */
interface Site {
  readonly path: string
  readonly names: Names
}

/** Writes a model whose templates are pinned. */
export function writeTypeScript(model: WorkflowModel, find: FindTemplate, findGraph: FindGraph): string {
  return new Writer(find, findGraph).module(model)
}

type Entries = readonly (readonly [key: string, value: Code])[]

class Writer {
  readonly #find: FindTemplate
  readonly #findGraph: FindGraph
  readonly #names = new ModuleNames()
  readonly #bindings = new BindingWriter((name) => this.#names.own(name))

  readonly #children = new ChildWriter(this.#bindings)
  readonly #waits = new WaitWriter(this.#bindings, (name) => this.#names.own(name))

  constructor(find: FindTemplate, findGraph: FindGraph) {
    this.#find = find
    this.#findGraph = findGraph
  }

  module(model: WorkflowModel): string {
    const { name, description, input, timeout, onFailure, onCancel, onError, finally: final, cleanUpTimeout, layout, steps, output } = model
    this.#names.own('workflow')
    if (input !== undefined) this.#names.own('jsonSchema')
    const heading: Entries = [
      ...given('description', description),
      ...(input === undefined ? [] : [['input', callCode('jsonSchema', [dataCode(input)])] as const]),
      ...given('timeout', timeout), ...given('onFailure', onFailure), ...given('onCancel', onCancel), ...given('cleanUpTimeout', cleanUpTimeout), ...given('layout', layout),
    ]
    const names: Names = { input, steps: new Map(), item: null, inTurn: false }
    const known = new Map<string, Known>()
    const calls = [
      ...this.#scope({ steps, output }, { path: 'steps', names }, known),
      ...this.#closing('onError', onError, { ...names, steps: known }), ...this.#closing('finally', final, { ...names, steps: known }),
    ]
    const begin = callCode('workflow', [textCode(name), ...(heading.length === 0 ? [] : [objectCode(heading)])])
    const chain = [printCode(begin), ...[...calls, '.build()'].map((call) => `  ${printCode(call, 2)}`)].join('\n')
    return `${this.#names.imports()}\n\nexport const ${this.#names.exported(name)} = ${chain}\n`
  }

  /** The calls that add the steps of a scope, and its output. */
  #scope({ steps = {}, output }: BodyModel, { path, names }: Site, known = new Map(names.steps)): Code[] {
    const here = { ...names, steps: known }
    const calls = Object.entries(steps).flatMap(([id, step]) => {
      const site = { path: `${path}.${id}`, names: here }
      const call = this.#step(id, step, site)
      const handler = step.onError === undefined ? [] : [this.#handler(id, step.onError, site)]
      known.set(id, this.#outputOf(step, site.path))
      return [call, ...handler]
    })
    if (output === undefined) return calls
    const { code, reads } = this.#bindings.binding(output, ANYTHING, here)
    return [...calls, callCode('.output', [reads.size === 0 ? arrowCode('', code) : callback({ code, reads })])]
  }

  /** What TypeScript knows of the output of a step. */
  #outputOf({ uses, config, forEach, loop, onError }: StepModel, path: string): Known {
    if (uses === undefined || onError !== undefined || loop?.while !== undefined) return undefined
    const { output } = this.#find(uses, path, config !== undefined)
    return forEach === undefined ? output : { type: 'array', items: output }
  }

  #step(id: string, step: StepModel, site: Site): Code {
    if (step.forEach !== undefined) return this.#each(id, step, step.forEach, site)
    if (step.loop !== undefined) return this.#loop(id, step, step.loop, site)
    const common = this.#common(step, site)
    const options = common.length === 0 ? [] : [objectCode(common)]
    if (step.steps !== undefined) return callCode('.block', [textCode(id), this.#block(step, site), ...options])
    if (step.switch !== undefined) return callCode('.switch', [textCode(id), this.#cases(step.switch, site), ...options])
    if (step.parallel !== undefined) return callCode('.parallel', [textCode(id), this.#branches(step.parallel, site), ...this.#merging(step.parallel, site, common)])
    if (step.inline !== undefined) return callCode('.inline', [textCode(id), objectCode([...common, ...this.#inline(step.inline, site)])])
    if (step.sleep !== undefined) return callCode('.sleep', [textCode(id), this.#wait(step.sleep, site), ...options])
    const wait = this.#waits.of(step, site.names)
    if (wait !== undefined) return callCode(`.${wait.key}`, [textCode(id), objectCode([...common, ...wait.entries])])
    const start = this.#children.of(step, site.names)
    if (start !== undefined) return callCode(`.${start.key}`, [textCode(id), objectCode([...common, ...start.entries])])
    return callCode('.step', [textCode(id), objectCode([...common, ...this.#use(step, site)])])
  }

  /** What a turn sees of the one before is not typed: it stays text. */
  #loop(id: string, step: StepModel, { until, while: before, delay, initial, ...loop }: LoopModel, { path, names }: Site): Code {
    const as = loop.as ?? DEFAULT_LAST
    const hidden = names.item !== null && [as, 'iteration'].includes(names.item.name)
    const inner: Site = { path, names: { ...names, inTurn: true, ...(hidden ? { item: null } : {}) } }
    const options: Entries = [
      ...this.#common(step, { path, names }), ['max', String(loop.max)],
      ...(until === undefined ? [] : [['until', this.#condition(until, inner.names)] as const]),
      ...(before === undefined ? [] : [['while', this.#condition(before, inner.names)] as const]),
      ...(delay === undefined ? [] : [['delay', this.#wait(delay, inner)] as const]),
      ...(initial === undefined ? [] : [['initial', callback(this.#bindings.binding(initial, ANYTHING, names))] as const]),
      // Said in any case inside of a loop or an item: without it the builder may choose another name.
      ...(loop.as === undefined && !names.inTurn && names.item === null ? [] : given('as', as)), ...given('onMax', loop.onMax),
    ]
    return callCode('.loop', [textCode(id), step.steps === undefined ? objectCode(this.#body(step, inner)) : this.#block(step, inner), objectCode(options)])
  }

  #each(id: string, step: StepModel, list: string, { path, names }: Site): Code {
    const { schema, filled } = itemsAt(list, names) ?? { schema: undefined, filled: false }
    const inner: Site = { path, names: { ...names, item: { name: step.as ?? DEFAULT_ITEM, schema, filled } } }
    const items = callback(this.#bindings.expression(list, LIST, names))
    // Said in any case: without it the builder calls the item of a loop in another loop item2.
    const options: Entries = [...this.#common(step, { path, names }), ['as', textCode(step.as ?? DEFAULT_ITEM)], ...given('concurrency', step.concurrency)]
    const said = names.item === null && !names.inTurn && step.as === undefined ? options.filter(([key]) => key !== 'as') : options
    if (step.steps === undefined) return callCode('.forEach', [textCode(id), items, objectCode([...said, ...this.#body(step, inner)])])
    return callCode('.forEach', [textCode(id), items, this.#block(step, inner), ...(said.length === 0 ? [] : [objectCode(said)])])
  }

  /** What stands in the place of a step; what it reads of the failure stays text. */
  #handler(id: string, model: OnErrorModel, { path, names }: Site): Code {
    const inner: Site = { path: `${path}.onError`, names: names.item?.name === ERROR_NAME ? { ...names, item: null } : names }
    const codes = given('codes', model.codes)
    if (model.steps !== undefined) return callCode('.onError', [textCode(id), this.#block(model, inner), ...(codes.length === 0 ? [] : [objectCode(codes)])])
    const isBody = BODY_KINDS.some((kind) => model[kind] !== undefined)
    const body: Entries = isBody ? this.#body(model, inner) : [['output', callback(this.#bindings.binding(model.output, ANYTHING, inner.names))]]
    return callCode('.onError', [textCode(id), objectCode([...body, ...codes])])
  }

  /** What is run at the end of a run. */
  #closing(key: 'onError' | 'finally', model: Partial<RunErrorModel> | undefined, names: Names): Code[] {
    if (model?.steps === undefined) return []
    const codes = given('codes', model.codes)
    return [callCode(`.${key}`, [this.#block({ steps: model.steps }, { path: key, names }), ...(codes.length === 0 ? [] : [objectCode(codes)])])]
  }

  #common({ description, needs, join, continueOnError, if: condition }: StepModel, { names }: Site): Entries {
    return [
      ...given('description', description),
      ...(needs === undefined ? [] : [['needs', this.#needs(needs, names)] as const]),
      ...given('join', join),
      ...(condition === undefined ? [] : [['if', this.#condition(condition, names)] as const]),
      ...given('continueOnError', continueOnError),
    ]
  }

  #needs(needs: NonNullable<StepModel['needs']>, names: Names): Code {
    const all = (Array.isArray(needs) ? needs : [needs]) as readonly (string | NeedModel)[]
    return listCode(all.map((need) => (typeof need === 'string' ? this.#need(need, names) : this.#edge(need, names))))
  }

  #edge({ step, on, if: condition, else: otherwise }: NeedModel, names: Names): Code {
    return objectCode([['step', this.#need(step, names)], ...given('on', on), ...(condition === undefined ? [] : [['if', this.#condition(condition, names)] as const]), ...given('else', otherwise)])
  }

  /** A step that comes below is not known to the builder's types yet. */
  #need(id: string, { steps }: Names): string {
    return steps.has(id) ? textCode(id) : `${textCode(id)} as never`
  }

  #condition(text: string, names: Names): Code {
    return callback(this.#bindings.expression(text, CONDITION, names))
  }

  #block(body: BodyModel, { path, names }: Site): Chain {
    return { head: '(block) => block', calls: this.#scope(body, { path: `${path}.steps`, names }) }
  }

  #cases(cases: readonly CaseModel[], { path, names }: Site): Chain {
    return { head: '(cases) => cases', calls: cases.map((one, index) => this.#case(one, index, { path: `${path}.switch[${index}]`, names })) }
  }

  #case(one: CaseModel, index: number, site: Site): Code {
    const body = one.steps === undefined ? objectCode(this.#body(one, site)) : this.#block(one, site)
    const name = one.name ?? defaultCaseName(one, index)
    const options: Entries = [...(one.else === true ? given('name', one.name) : []), ...given('description', one.description)]
    const more = options.length === 0 ? [] : [objectCode(options)]
    if (one.else === true) return callCode('.otherwise', [body, ...more])
    return callCode('.when', [textCode(name), this.#condition(one.if ?? 'true', site.names), body, ...more])
  }

  #branches({ branches }: ParallelModel, { path, names }: Site): Chain {
    return { head: '(branches) => branches', calls: Object.entries(branches).map(([name, branch]) => this.#branch(name, branch, { path: `${path}.parallel.branches.${name}`, names })) }
  }

  #branch(name: string, branch: BranchModel, site: Site): Code {
    const options: Entries = [...given('description', branch.description), ...given('continueOnError', branch.continueOnError)]
    const body = branch.steps === undefined ? objectCode(this.#body(branch, site)) : this.#block(branch, site)
    return callCode('.branch', [textCode(name), body, ...(options.length === 0 ? [] : [objectCode(options)])])
  }

  /** The options of a parallel; what `merge` reads of branches stays text. */
  #merging(parallel: ParallelModel, site: Site, common: Entries): Code[] {
    const entries = [...common, ...this.#merge(parallel, site, 'concurrency')]
    return entries.length === 0 ? [] : [objectCode(entries)]
  }

  #merge({ merge, concurrency }: ParallelModel, { names }: Site, key: 'concurrency' | 'branchConcurrency'): Entries {
    if (merge === undefined) return given(key, concurrency)
    if (typeof merge === 'string' || !('output' in merge)) return [['merge', dataCode(merge)], ...given(key, concurrency)]
    const output = this.#bindings.binding(merge.output, ANYTHING, { ...names, ...(names.item?.name === BRANCHES ? { item: null } : {}) })
    return [['merge', objectCode([['output', callback(output)]])], ...given(key, concurrency)]
  }

  /** A body that is no block, as the keys of an object. */
  #body(body: BodyModel, site: Site): Entries {
    if (body.switch !== undefined) return [['switch', this.#cases(body.switch, site)]]
    if (body.parallel !== undefined) return [['parallel', this.#branches(body.parallel, site)], ...this.#merge(body.parallel, site, 'branchConcurrency')]
    if (body.inline !== undefined) return [['inline', objectCode(this.#inline(body.inline, site))]]
    if (body.sleep !== undefined) return [['sleep', this.#wait(body.sleep, site)]]
    const wait = this.#waits.of(body, site.names)
    if (wait !== undefined) return [[wait.key, objectCode(wait.entries)]]
    const start = this.#children.of(body, site.names)
    return start === undefined ? this.#use(body, site) : [[start.key, objectCode(start.entries)]]
  }

  #inline({ workflow, input }: InlineModel, { path, names }: Site): Entries {
    const graph = this.#findGraph(workflow, path)
    return [['workflow', this.#names.imported(graph)], ...(input === undefined ? [] : [['input', callback(this.#bindings.binding(input, graph.input, names))] as const])]
  }

  #wait(duration: NonNullable<BodyModel['sleep']>, { names }: Site): Code {
    return this.#waits.sleep(duration, names)
  }

  #use(body: BodyModel, { path, names }: Site): Entries {
    const { uses = '', config, with: input } = body
    const template = this.#find(uses, path, config !== undefined)
    const name = this.#names.imported(template)
    return [
      ['uses', config === undefined ? name : callCode(`${name}.configure`, [dataCode(config)])],
      ...(input === undefined ? [] : [['with', callback(this.#bindings.binding(input, template.input, names))] as const]),
      ...PLAIN.flatMap((key) => given(key, body[key])),
      ...(body.compensate === undefined ? [] : [['compensate', this.#compensate(body.compensate, template, { path: `${path}.compensate`, names })] as const]),
    ]
  }

  #compensate(model: CompensateModel | false, step: NamedTemplate, { path, names }: Site): Code {
    if (model === false) return 'false'
    const template = this.#find(model.uses, path, false)
    const name = this.#names.imported(template)
    const plain = (['retry', 'timeout', 'onUnknown'] as const).flatMap((key) => given(key, model[key]))
    if (model.with === undefined) return plain.length === 0 ? name : objectCode([['uses', name], ...plain])
    const schema: JsonSchema = { type: 'object', properties: { input: step.input, output: step.output, outcome: { type: 'string' } }, required: ['input', 'output', 'outcome'] }
    const inner: Names = { input: names.input, steps: new Map(), item: { name: UNDONE_STEP, called: UNDONE_STEP, schema, filled: false }, inTurn: false }
    const { code, reads } = this.#bindings.binding(model.with, template.input, inner)
    return objectCode([['uses', name], ['with', reads.size === 0 ? arrowCode('', code) : callback({ code, reads })], ...plain])
  }
}

function given(key: string, value: unknown): Entries {
  return value === undefined ? [] : [[key, dataCode(value)]]
}
