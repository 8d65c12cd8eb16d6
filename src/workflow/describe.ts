// Describes a graph for those who draw it: steps, what depends on what, and which scope holds which steps. Not how a run of it
// stands; the paths are those of a run without the numbers of items.
import { labelOf } from '../template/callable.ts'
import type { ParentClose } from '../model/child.ts'
import type { JoinRule } from '../model/workflow.ts'
import { FINALLY, INLINE, ON_ERROR } from './closing-paths.ts'
import type { GraphWorkflow } from './contract.ts'
import { partMade } from './part.ts'
import type { BodyPlan, GraphPlan, NodePlan, ScopePlan } from './plan.ts'
import { Problems } from './problems.ts'

/** A graph as it is drawn. */
export interface GraphDescription {
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly GraphEdge[]
  readonly scopes: readonly GraphScope[]
}

/** A step. */
export interface GraphNode {
  /** `orders.charge`: unique in the graph. */
  readonly path: string
  readonly id: string
  /** The path of the scope that holds it; the empty text for the workflow itself. */
  readonly scope: string
  /** Which of its edges let it begin. */
  readonly join: JoinRule
  /** The condition, if there is one. */
  readonly if: string | null
  readonly forEach: { readonly list: string; readonly as: string; readonly concurrency: number } | null
  readonly loop: { readonly max: number; readonly until: string | null; readonly while: string | null; readonly delay: string | number | null; readonly onMax: 'fail' | 'continue' } | null
  readonly continueOnError: boolean
  /** What stands in its place when it has failed: a body, or null for an output alone. `codes` is null for any failure. */
  readonly onError: { readonly codes: readonly string[] | null; readonly body: GraphBody | null } | null
  readonly body: GraphBody
  /** Paths of the steps that must have completed for this one to begin, those of outer scopes included. */
  readonly requires: readonly string[]
}

/** What a step or a case does. */
export type GraphBody =
  | { readonly kind: 'step'; readonly template: string }
  | { readonly kind: 'block'; readonly scope: string }
  /** Another graph: its steps are those of the scope. */
  | { readonly kind: 'inline'; readonly workflow: string; readonly version: string; readonly scope: string }
  /** `duration`: as the definition says it. */
  | { readonly kind: 'sleep'; readonly duration: string | number }
  /** Sleeps until a moment, as the definition says it. */
  | { readonly kind: 'sleep'; readonly until: string | number }
  /** `timeout`: as the definition says it; null for as long as it takes. */
  | { readonly kind: 'signal'; readonly name: string; readonly timeout: string | number | null; readonly onTimeout: 'fail' | 'continue' }
  | { readonly kind: 'event'; readonly topic: string; readonly where: string | null; readonly timeout: string | number | null; readonly onTimeout: 'fail' | 'continue' }
  | { readonly kind: 'approval'; readonly timeout: string | number | null; readonly onTimeout: 'fail' | 'continue' }
  /** A run of another workflow; `waits`: for its end. */
  | { readonly kind: 'child'; readonly workflow: string; readonly waits: boolean; readonly parentClose: ParentClose }
  | { readonly kind: 'children'; readonly workflow: string; readonly concurrency: number; readonly onFailure: 'fail' | 'continue'; readonly parentClose: ParentClose }
  /** `weights` by branch, where outputs are weighed. */
  | { readonly kind: 'parallel'; readonly merge: 'all' | 'any' | 'first' | 'weighted' | 'output'; readonly weights?: Readonly<Record<string, number>>; readonly concurrency: number; readonly branches: readonly { readonly name: string; readonly continueOnError: boolean; readonly body: GraphBody }[] }
  | { readonly kind: 'switch'; readonly cases: readonly { readonly name: string; readonly if: string | null; readonly body: GraphBody }[] }

/** One step waits for another of the same scope; a block waits for what its steps read outside. `data`: it reads the output; `order`: it only comes after. */
export interface GraphEdge {
  readonly from: string
  readonly to: string
  readonly kind: 'data' | 'order'
  /** What must have become of the step, where an edge says it. */
  readonly on?: 'success' | 'failure' | 'skipped' | 'always'
  readonly if?: string
  readonly else?: true
}

/**
 * A scope: the workflow, a block, a case, a workflow that is run inline, what is done about a failure (`charge.$onError`), and at the end of a run (`$onError`,
 * `$finally`) or of what is run inline (`check.$inline.$finally`).
 */
export interface GraphScope {
  readonly path: string
  /** Null for the workflow. */
  readonly parent: string | null
  readonly steps: readonly string[]
}

/** Describes a graph. */
export function describeGraph(graph: Pick<GraphWorkflow, 'definition' | 'templates'>): GraphDescription {
  const problems = new Problems()
  const { plan } = partMade(graph, problems)
  problems.throwIfAny('definition')
  const drawing = new Drawing()
  drawing.graph(plan)
  return { nodes: drawing.nodes, edges: drawing.edges, scopes: drawing.scopes }
}

class Drawing {
  readonly nodes: GraphNode[] = []
  readonly edges: GraphEdge[] = []
  readonly scopes: GraphScope[] = []
  /** The scopes around, from the outside in: what stands before their ids, and the ids. */
  #around: { readonly prefix: string; readonly ids: readonly string[] }[] = []

  /** A graph: what is drawn, or at a path what it runs inline. */
  graph(plan: GraphPlan, path = '', parent: string | null = null): void {
    const [prefix, closing] = path === '' ? ['', ''] : [`${path}.`, `${path}.${INLINE}.`]
    this.scope(plan, path, parent)
    this.#around.push({ prefix, ids: plan.ids })
    if (plan.onError !== null) this.scope(plan.onError.scope, closing + ON_ERROR, path)
    if (plan.final !== null) this.scope(plan.final, closing + FINALLY, path)
    this.#around.pop()
  }

  /** Its steps see nothing of what is around. */
  #inline(plan: GraphPlan, path: string, parent: string): void {
    const around = this.#around
    this.#around = []
    this.graph(plan, path, parent)
    this.#around = around
  }

  scope(plan: ScopePlan, path: string, parent: string | null): void {
    const prefix = path === '' ? '' : `${path}.`
    this.scopes.push({ path, parent, steps: plan.ids.map((id) => prefix + id) })
    this.#around.push({ prefix, ids: plan.ids })
    for (const node of plan.nodes) {
      const own = prefix + node.id
      for (const { from, kind } of node.edges) for (const said of saidOf(node, from)) this.edges.push({ from: prefix + (plan.ids[from] ?? ''), to: own, kind, ...said })
      this.nodes.push(this.#node(node, own, path))
      this.#inside(node.body, own, path)
      const does = node.handler?.does
      if (does !== undefined && does.kind !== 'output') this.#inside(does, `${own}.${ON_ERROR}`, path)
    }
    this.#around.pop()
  }

  #node({ id, join, condition, each, loop, continueOnError, handler, body, requires }: NodePlan, path: string, scope: string): GraphNode {
    return {
      path, id, scope, continueOnError,
      join: join?.rule ?? 'all',
      if: condition?.text ?? null,
      forEach: each === null ? null : { list: each.list.text, as: each.as, concurrency: each.concurrency },
      loop: loop === null ? null : { max: loop.max, until: loop.until?.text ?? null, while: loop.while?.text ?? null, delay: loop.delay?.text ?? null, onMax: loop.goesOn ? 'continue' : 'fail' },
      onError: handler === null ? null : { codes: handler.codes, body: handler.does.kind === 'output' ? null : bodyOf(handler.does, `${path}.${ON_ERROR}`) },
      body: bodyOf(body, path),
      requires: requires.map(({ depth, index }) => `${this.#around[depth]?.prefix ?? ''}${this.#around[depth]?.ids[index] ?? ''}`),
    }
  }

  #inside(body: BodyPlan, path: string, parent: string): void {
    if (body.kind === 'block') this.scope(body.scope, path, parent)
    else if (body.kind === 'inline') this.#inline(body.workflow.plan, path, parent)
    else if (body.kind === 'switch') for (const one of body.cases) this.#inside(one.body, `${path}.${one.name}`, parent)
    else if (body.kind === 'parallel') for (const one of body.branches) this.#inside(one.body, `${path}.${one.name}`, parent)
  }
}

/** What the edges from one step to another say; of several each is an edge. */
function saidOf({ join }: NodePlan, from: number): readonly Pick<GraphEdge, 'on' | 'if' | 'else'>[] {
  const edges = join?.edges.filter((edge) => edge.from === from) ?? []
  if (edges.length === 0) return [{}]
  return edges.map(({ on, condition, isElse }) => ({ ...(on === 'success' ? {} : { on }), ...(condition === null ? {} : { if: condition.text }), ...(isElse ? { else: true as const } : {}) }))
}

function bodyOf(body: BodyPlan, path: string): GraphBody {
  switch (body.kind) {
    case 'step':
      return { kind: 'step', template: labelOf(body.template.meta) }
    case 'block':
      return { kind: 'block', scope: path }
    case 'inline':
      return { kind: 'inline', workflow: body.workflow.name, version: body.workflow.version, scope: path }
    case 'sleep':
      return body.isMoment ? { kind: 'sleep', until: body.text } : { kind: 'sleep', duration: body.text }
    case 'wait': {
      const bounds = { timeout: body.timeout?.text ?? null, onTimeout: body.fallback === null ? 'fail' as const : 'continue' as const }
      if (body.on === 'event') return { kind: 'event', topic: body.name, where: body.where?.text ?? null, ...bounds }
      return body.on === 'signal' ? { kind: 'signal', name: body.name, ...bounds } : { kind: 'approval', ...bounds }
    }
    case 'child':
      return { kind: 'child', workflow: body.workflow, waits: body.waits, parentClose: body.close }
    case 'children':
      return { kind: 'children', workflow: body.workflow, concurrency: body.concurrency, onFailure: body.goesOn ? 'continue' : 'fail', parentClose: body.close }
    case 'parallel': {
      const { merge, branches, concurrency } = body
      const weights = merge.kind === 'weighted' ? { weights: Object.fromEntries(branches.map(({ name }, index) => [name, merge.weights[index] ?? 0])) } : {}
      return { kind: 'parallel', merge: merge.kind, ...weights, concurrency, branches: branches.map(({ name, continueOnError, body: inner }) => ({ name, continueOnError, body: bodyOf(inner, `${path}.${name}`) })) }
    }
    case 'switch':
      return { kind: 'switch', cases: body.cases.map(({ name, condition, body: inner }) => ({ name, if: condition?.text ?? null, body: bodyOf(inner, `${path}.${name}`) })) }
  }
}
