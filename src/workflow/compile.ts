// Compiles a graph model into a plan and notes everything that is wrong with its meaning: names, expressions, templates, cycles.
// What is wrong in shape was told before and is left alone here. Bodies are compiled in compile-body.ts.
import type { StepModel, WorkflowModel } from '../model/workflow.ts'
import { compileBinding } from './binding.ts'
import { checkLimits, compileBare, usable, type Compilation, type CompiledScope, type Place, type ScopeSource, type Surroundings } from './compilation.ts'
import { compileBody } from './compile-body.ts'
import { checkElse, compileNeeds } from './compile-join.ts'
import { compileRepeating } from './compile-loop.ts'
import { POISONED } from './names-taken.ts'
import { compileClosings, compileHandler } from './compile-handler.ts'
import { findCycles } from './cycles.ts'
import type { Names, ScopeNames } from './frame.ts'
import type { Edge, GraphPlan, NodePlan } from './plan.ts'
import { scopeJoins } from './plan-join.ts'
import type { Problems } from './problems.ts'
import { Uses } from './uses.ts'

const MAX_DEPTH = 16

/** Compiles a whole workflow. Look at the problems before you use the plan. */
export function compileWorkflow(model: WorkflowModel, surroundings: Surroundings): GraphPlan {
  const compilation: Compilation = { ...surroundings, configured: new Map(), inlined: new Set(), scope: compileScope }
  checkLimits({ ...model }, ['timeout', 'cleanUpTimeout'], { path: '' }, compilation)
  const everywhere = new Map<string, string[]>()
  const steps = usable(model, 'steps', { path: '' }, compilation) ?? {}
  collectIds(steps, [], everywhere)
  const names: Names = { scopes: [], items: [], everywhere }
  const { plan } = compileScope({ steps, output: model.output, outputPath: 'output', owner: null }, { path: 'steps', names }, compilation)
  const closings = compileClosings(model, Object.keys(steps), names, compilation)
  return { ...plan, ...closings, inlined: [...compilation.inlined] }
}

function compileScope({ steps, output, outputPath, owner }: ScopeSource, { path, names }: Place, compilation: Compilation): CompiledScope {
  const { problems } = compilation
  const ids = Object.keys(steps)
  const depth = names.scopes.length
  const scope: ScopeNames = { path, ids: new Map(ids.map((id, index) => [id, index])), owner }
  const inner: Names = { ...names, scopes: [...names.scopes, scope] }
  const outer = new Uses()
  if (ids.length === 0 && !compilation.wrong.has(path) && !compilation.wrong.has('')) problems.add('MISSING_KEY', path, 'expected at least one step', { remedy: 'Add a step: an id with uses: name-of-a-template below it.' })
  if (depth >= MAX_DEPTH) {
    problems.add('DEPTH_LIMIT', path, `blocks are nested more than ${MAX_DEPTH} deep`, { remedy: 'Make a workflow of its own of the inner part.' })
    return { plan: { path, depth, ids: [], nodes: [], output: null, leaves: [], joins: null }, outer }
  }
  const compiled = ids.map((id, index) => {
    checkId(id, { path: `${path}.${id}`, names }, problems)
    return compileNode(steps[id] as StepModel, { id, index }, { path: `${path}.${id}`, names: inner }, compilation)
  })
  const edges = compiled.map(({ uses }) => uses.edgesAt(depth))
  reportCycles(ids, edges, path, problems)
  for (const { uses } of compiled) outer.take(uses.outside(depth), 'soft')
  const binding = output === undefined ? null : compileBinding(output, { path: outputPath, names: { ...names, scopes: [...names.scopes, { ...scope, ended: true }] }, problems })
  if (binding !== null) outer.take(new Uses().read(binding.references).outside(depth), 'soft')
  const dependents = edges.map((): number[] => [])
  edges.forEach((list, index) => list.forEach(({ from }) => dependents[from]?.push(index)))
  const nodes = compiled.map(({ node }, index): NodePlan => ({ ...node, edges: edges[index] ?? [], dependents: dependents[index] ?? [] }))
  const joins = nodes.map(({ join }) => join)
  checkElse(joins, { path, ids }, problems)
  return { plan: { path, depth, ids, nodes, output: binding, leaves: [...ids.keys()].filter((index) => dependents[index]?.length === 0), joins: scopeJoins(joins) }, outer }
}

type Node = Omit<NodePlan, 'edges' | 'dependents'>

function compileNode(step: StepModel, { id, index }: { readonly id: string; readonly index: number }, place: Place, compilation: Compilation): { readonly node: Node; readonly uses: Uses } {
  const { path } = place
  const uses = new Uses()
  if (compilation.wrong.has(path)) return { node: { id, index, path, requires: [], join: null, condition: null, each: null, loop: null, continueOnError: false, handler: null, body: { kind: 'switch', cases: [] } }, uses }
  const { join, names } = compileNeeds(step, place, uses, compilation)
  const condition = compileBare(usable(step, 'if', place, compilation), { path: `${path}.if`, names }, compilation)
  if (condition !== null) uses.read(condition.references)
  const repeated = compileRepeating(step, { path, names }, compilation)
  uses.take(repeated.uses, 'as-is')
  const { each, loop } = repeated
  const body = compileBody(step, { path, names: repeated.names }, id, compilation)
  uses.take(body.uses, 'as-is')
  const requires = uses.required
  const handler = compileHandler(step, { path, names }, id, compilation)
  if (handler !== null) uses.take(handler.uses, 'soft')
  return { node: { id, index, path, requires, join, condition, each, loop, continueOnError: step.continueOnError === true, handler: handler?.plan ?? null, body: body.plan }, uses }
}

function checkId(id: string, { path, names }: Place, problems: Problems): void {
  if (POISONED.has(id)) problems.add('INVALID_NAME', path, `a step cannot be called ${id}`, { remedy: 'Choose another id.', on: 'key' })
  if (names.scopes.some((scope) => scope.ids.has(id))) problems.add('DUPLICATE_NAME', path, `the id ${id} is used by a step around this one`, { remedy: `Choose another id: inside the block both would be steps.${id}.`, on: 'key' })
}

function reportCycles(ids: readonly string[], edges: readonly (readonly Edge[])[], path: string, problems: Problems): void {
  for (const cycle of findCycles(edges)) {
    const names = [...cycle, cycle[0] ?? 0].map((index) => ids[index] ?? '')
    const message = cycle.length === 1 ? `the step waits for itself: ${names.join(' → ')}` : `the steps wait for each other: ${trail(names)}`
    problems.add('CYCLE', `${path}.${names[0] ?? ''}`, message, { remedy: 'Take one of the references or needs away.', on: 'key' })
  }
}

/** Every id with the blocks that hold it; those of the workflow itself have none. */
function collectIds(steps: unknown, blocks: readonly string[], everywhere: Map<string, string[]>): void {
  if (typeof steps !== 'object' || steps === null || blocks.length > MAX_DEPTH) return
  for (const [id, step] of Object.entries(steps as Readonly<Record<string, unknown>>)) {
    const [outermost] = blocks
    const known = everywhere.get(id) ?? []
    if (outermost !== undefined && !known.includes(outermost)) known.push(outermost)
    everywhere.set(id, known)
    collectInside(step, [...blocks, id], everywhere)
  }
}

function collectInside(body: unknown, blocks: readonly string[], everywhere: Map<string, string[]>): void {
  if (typeof body !== 'object' || body === null) return
  const { steps, switch: cases, parallel, onError } = body as { readonly steps?: unknown; readonly switch?: unknown; readonly parallel?: { readonly branches?: unknown }; readonly onError?: unknown }
  collectIds(steps, blocks, everywhere)
  collectInside(onError, blocks, everywhere)
  if (Array.isArray(cases) && blocks.length <= MAX_DEPTH) for (const one of cases) collectInside(one, blocks, everywhere)
  const branches = parallel?.branches
  if (typeof branches === 'object' && branches !== null && blocks.length <= MAX_DEPTH) for (const one of Object.values(branches)) collectInside(one, blocks, everywhere)
}

/** The steps of a cycle; of a very long one the first and the last. */
function trail(names: readonly string[]): string {
  if (names.length <= MAX_TRAIL) return names.join(' → ')
  return [...names.slice(0, MAX_TRAIL - 3), `… (${names.length - MAX_TRAIL + 1} more)`, ...names.slice(-2)].join(' → ')
}

const MAX_TRAIL = 30
