// Finds the workflows that a graph runs inline: among the definitions that stand beside it, else where its maker says. It refuses what cannot be right
// as a part of another run, and workflows that run each other.
import { partsOf } from '../model/inline.ts'
import type { WorkflowModel } from '../model/workflow.ts'
import { didYouMean } from '../shared/nearest.ts'
import type { AnyWorkflow, GraphWorkflow, OnCancel } from './contract.ts'
import { partOf } from './part.ts'
import type { SubWorkflow } from './plan.ts'
import type { ProblemCode } from './problem-codes.ts'
import { Problems } from './problems.ts'
import { MAX_INLINE_DEPTH, type FindInline } from './sub-workflow.ts'

/** Why a workflow that there is cannot be had. */
export interface Unusable {
  readonly form: 'unusable'
  readonly code: ProblemCode
  readonly message: string
  readonly remedy: string
}

/** Where workflows are found that are run inline. */
export interface InlineSource {
  /** The version that new runs take, or the one that is named. */
  find(name: string, version?: string): AnyWorkflow | Unusable | undefined
  /** Of all that could be found: for telling the nearest. */
  names(): Iterable<string>
}

/** Where workflows are found, or the workflows themselves; the last of a name is its newest. */
export type WorkflowSource = InlineSource | Iterable<AnyWorkflow>

/** What came of looking for a workflow; null when it was told elsewhere that there is none. */
type Found = { readonly graph: GraphWorkflow } | Pick<Unusable, 'code' | 'message'> & { readonly remedy: string | undefined } | null

/** Makes the graph of a definition that stands beside others. */
export type MakeBeside = (model: WorkflowModel, extras: { readonly version: string | undefined; readonly problems: Problems; readonly beside: Beside }) => GraphWorkflow | undefined

/** The definitions that stand beside a graph, for it and for each other: each is made once. */
export class Beside {
  readonly #models: Readonly<Record<string, WorkflowModel>>
  readonly #problems: Problems
  readonly #make: MakeBeside
  readonly #made = new Map<string, Found>()
  /** The names of those that are being made, from the outside in: first that of the graph. */
  readonly #making: string[]

  constructor({ name, workflows = {} }: WorkflowModel, problems: Problems, make: MakeBeside) {
    this.#models = workflows
    this.#problems = problems
    this.#make = make
    this.#making = [name]
  }

  /** Undefined when there is no such reference. Problems of a definition are noted where it stands. */
  find(reference: string): Found | undefined {
    if (!Object.hasOwn(this.#models, reference)) return undefined
    const known = this.#made.get(reference)
    if (known !== undefined) return known
    const { name } = partsOf(reference)
    if (this.#making.includes(name)) return cycle([...this.#making.slice(this.#making.indexOf(name)), name])
    if (this.#making.length > MAX_INLINE_DEPTH) return TOO_DEEP
    this.#making.push(name)
    const found = this.#found(reference)
    this.#making.pop()
    this.#made.set(reference, found)
    return found
  }

  #found(reference: string): Found {
    const model: unknown = this.#models[reference]
    const { name, version } = partsOf(reference)
    if (typeof model !== 'object' || model === null) return null // told as a wrong shape
    const problems = new Problems()
    const graph = this.#make(model as WorkflowModel, { version, problems, beside: this }) // all of it is checked there
    this.#problems.takeBelow(`workflows.${reference}`, problems)
    if (graph === undefined) return null
    if (graph.name === name) return { graph }
    return { code: 'INVALID_NAME', message: `the definition that stands under ${reference} is called ${graph.name}`, remedy: `Give both the same name: ${graph.name}` }
  }
}

/** What a graph is that runs others inline, and where these are found. */
export interface FinderHost {
  readonly problems: Problems
  readonly model: WorkflowModel
  readonly beside: Beside
  readonly source: InlineSource
}

/** Finds the workflows that one graph runs inline. */
export function inlineFinder({ problems, model, beside, source }: FinderHost): FindInline {
  return (reference, { path, isClosing }) => {
    const at = `${path}.inline.workflow`
    const near = beside.find(reference)
    const found = near === undefined ? foundIn(source, reference) : near
    if (found === null) return undefined
    const made = 'graph' in found ? part(found.graph, { model, isClosing }) : found
    if (!('message' in made)) return made
    problems.add(made.code, at, made.message, { remedy: made.remedy })
    return undefined
  }
}

function part(graph: GraphWorkflow, { model, isClosing }: { readonly model: WorkflowModel; readonly isClosing: boolean }): SubWorkflow | Exclude<Found, null | { readonly graph: GraphWorkflow }> {
  if (graph.name === model.name) return cycle([model.name, model.name])
  const problems = new Problems()
  const sub = partOf(graph, isClosing, problems)
  const [wrong] = problems.sorted
  if (sub === undefined) return { code: 'INLINE_REFUSED', message: `${graph.name} cannot be run inline here: ${wrong?.path ?? ''}: ${wrong?.message ?? ''}`, remedy: wrong?.remedy ?? CHILD }
  const way = sub.inside.get(model.name)
  return way === undefined ? (refusalOf(sub, model) ?? sub) : cycle([model.name, ...way])
}

function foundIn(source: InlineSource, reference: string): Found {
  const { name, version } = partsOf(reference)
  const found = source.find(name, version)
  if (found?.form === 'graph') return { graph: found }
  if (found?.form === 'unusable') return found
  if (found?.form === 'function') return { code: 'INLINE_REFUSED', message: `${name} is a function: a graph runs other graphs inline, which are data and are kept with it`, remedy: CHILD }
  if (version !== undefined && source.find(name) !== undefined) return { code: 'UNKNOWN_VERSION', message: `there is a workflow ${name}, but no version ${version} of it`, remedy: `Name one of its versions, or none for the one that new runs take: wumbo workflow versions ${name}` }
  const known = [...new Set(source.names())].sort()
  return { code: 'UNKNOWN_WORKFLOW', message: `there is no workflow ${JSON.stringify(name)}.${didYouMean(name, known)}`, remedy: known.length === 0 ? 'No workflow is known here: define it in a file or a module of the project, or store it first.' : `Known: ${known.slice(0, 20).join(', ')}${known.length > 20 ? ' …' : ''}.` }
}

const CHILD = 'Run it as a child: child, in place of inline.'
/** What is told of workflows that run each other inline too deep. */
export const TOO_DEEP = { code: 'DEPTH_LIMIT', message: `workflows are run inline more than ${MAX_INLINE_DEPTH} deep`, remedy: CHILD } as const

/** What is told of workflows that run each other: the whole way round. */
export function cycle(names: readonly string[]): { readonly code: 'CYCLE'; readonly message: string; readonly remedy: string } {
  return { code: 'CYCLE', message: `${names.length === 2 ? 'the workflow runs itself' : 'the workflows run each other'}: ${names.join(' → ')}`, remedy: 'Take one of them out. What is to be repeated is a loop; a child run may be of the workflow that starts it.' }
}

/** Why a graph cannot be run as a part of this one; undefined when it can. */
function refusalOf(sub: SubWorkflow, model: WorkflowModel): Omit<Unusable, 'form'> | undefined {
  const { name } = sub
  const onCancel: OnCancel = model.onCancel ?? 'compensate'
  if (sub.model.timeout !== undefined) return { code: 'INLINE_REFUSED', message: `${name} has a timeout, which is that of a run, and inline it has none of its own`, remedy: `Take it out of ${name} and say it at its steps or at this workflow. ${CHILD}` }
  if (sub.onCancel !== onCancel) return { code: 'INLINE_REFUSED', message: `${name} says onCancel: ${sub.onCancel}, and this workflow ${onCancel}: a run is either undone or left`, remedy: `Say the same in both. ${CHILD}` }
  return sub.depth > MAX_INLINE_DEPTH ? TOO_DEEP : undefined
}

/** A source as the finder asks it. */
export function inlineSource(source: WorkflowSource): InlineSource {
  if (!(Symbol.iterator in source)) return source
  const all = [...source]
  return { find: (name, version) => all.findLast((one) => one.name === name && (version === undefined || one.version === version)), names: () => all.map(({ name }) => name) }
}
