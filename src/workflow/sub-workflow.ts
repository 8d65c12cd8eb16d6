// A graph as a part of another one: compiled from its own definition alone, so that it is the same in every process that runs what contains it,
// whatever this process has registered under its name.
import type { WorkflowModel } from '../model/workflow.ts'
import { parseDuration } from '../shared/duration.ts'
import { parseJson } from '../shared/parse-json.ts'
import type { BodyPlan, GraphPlan, ScopePlan, SubWorkflow } from './plan.ts'

/** Sub-workflows may be nested so deep. */
export const MAX_INLINE_DEPTH = 16
/** Steps of a graph that runs others inline, theirs included each time that they are: at most so many. */
export const MAX_INLINE_STEPS = 10_000
/** Different workflows that a graph runs inline, those inside of others included: at most so many. */
export const MAX_INLINE_WORKFLOWS = 200

/** Where a workflow is run inline. */
export interface InlineSite {
  /** Of the step or case: `steps.check`. */
  readonly path: string
  /** Among what is run at the end of a run. */
  readonly isClosing: boolean
  /** In a branch, which may be given up while the run goes on. */
  readonly isBranch: boolean
}

/** Finds a workflow that is run inline; notes a problem and gives undefined when there is none. */
export type FindInline = (reference: string, site: InlineSite) => SubWorkflow | undefined

/** The definition of a graph, and those that stand beside it. */
export function definitionOf(definition: string): Pick<SubWorkflow, 'model' | 'beside'> {
  const { workflows = {}, ...model } = parseJson(definition) as WorkflowModel // the definition of a graph that was accepted
  return { model, beside: workflows }
}

/** What follows from the plan of a graph. */
export function measuresOf(name: string, plan: GraphPlan): Pick<SubWorkflow, 'closes' | 'inside' | 'depth' | 'steps'> {
  const { inlined } = plan
  const inside = new Map<string, readonly string[]>()
  for (const one of inlined) {
    inside.set(one.name, [name, one.name])
    for (const [deeper, way] of one.inside) if (!inside.has(deeper)) inside.set(deeper, [name, ...way])
  }
  return {
    inside, closes: { onError: plan.onError !== null || inlined.some(({ closes }) => closes.onError), final: plan.final !== null || inlined.some(({ closes }) => closes.final) },
    depth: 1 + Math.max(0, ...inlined.map(({ depth }) => depth)), steps: stepsOf(plan),
  }
}

/** How long what is done at the end may take: what the workflow says, else the longest that a sub-workflow says. */
export function cleanUpMsOf(own: WorkflowModel['cleanUpTimeout'], { inlined }: GraphPlan): number | null {
  if (own !== undefined) return parseDuration(own, 'cleanUpTimeout')
  const said = inlined.flatMap(({ cleanUpMs }) => cleanUpMs ?? [])
  return said.length === 0 ? null : Math.max(...said)
}

/** The steps of a graph, those of sub-workflows included. */
function stepsOf({ onError, final, ...plan }: GraphPlan): number {
  return inScope(plan) + (onError === null ? 0 : inScope(onError.scope)) + (final === null ? 0 : inScope(final))
}

function inScope({ nodes }: ScopePlan): number {
  return nodes.reduce((sum, { body, handler }) => sum + 1 + inBody(body) + (handler === null || handler.does.kind === 'output' ? 0 : inBody(handler.does)), 0)
}

function inBody(body: BodyPlan): number {
  switch (body.kind) {
    case 'block':
      return inScope(body.scope)
    case 'switch':
      return body.cases.reduce((sum, one) => sum + inBody(one.body), 0)
    case 'parallel':
      return body.branches.reduce((sum, one) => sum + inBody(one.body), 0)
    case 'inline':
      return body.workflow.steps
    default:
      return 0
  }
}
