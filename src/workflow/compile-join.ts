// Compiles what a step waits for besides the data that it reads: its `needs`, their conditions, and the rule by which they let it begin.
import type { NeedModel, StepModel } from '../model/workflow.ts'
import { compileBare, usable, type Compilation, type Place } from './compilation.ts'
import { findStep } from './expression-names.ts'
import type { Names, Reference } from './frame.ts'
import { looseOf, type JoinEdge, type JoinPlan } from './plan-join.ts'
import type { Problems } from './problems.ts'
import type { Uses } from './uses.ts'

/** The edges of a step, and the names that the rest of it sees. */
export interface CompiledNeeds {
  readonly join: JoinPlan | null
  readonly names: Names
}

type StepReference = Extract<Reference, { kind: 'step' }>

/** Compiles `needs` and `join`; what they use goes into `uses`. */
export function compileNeeds(step: StepModel, place: Place, uses: Uses, compilation: Compilation): CompiledNeeds {
  const { problems, wrong } = compilation
  const { path, names } = place
  const given = usable(step, 'needs', place, compilation) ?? []
  const needs = (Array.isArray(given) ? given : [given]) as readonly (string | NeedModel)[]
  const rule = usable(step, 'join', place, compilation) ?? 'all'
  if (Object.hasOwn(step, 'join') && needs.length === 0) problems.add('MISSING_KEY', `${path}.join`, 'counts needs, but there are none', { remedy: 'Write needs: with the steps that are counted, or leave out join.', on: 'key' })
  const edges: JoinEdge[] = []
  for (const [at, need] of needs.entries()) {
    const here: Place = { path: `${path}.needs[${at}]`, names }
    if (wrong.has(here.path)) continue
    if (typeof need !== 'string') checkNeed(need, rule, here.path, problems)
    const found = typeof need === 'string' || usable(need, 'step', here, compilation) !== undefined ? source(need, rule, here, compilation) : undefined
    if (found === undefined) continue
    const edge = edgeOf(need, found, here, compilation)
    if (edge.condition !== null) uses.read(edge.condition.references, false)
    if (rule === 'all' && edge.on === 'success') uses.after(found)
    else uses.ended(found)
    edges.push(edge)
  }
  if (rule === 'all' && edges.every(({ on, condition, isElse }) => on === 'success' && condition === null && !isElse)) return { join: null, names }
  const join = { rule, edges }
  return edges.length === 0 ? { join: null, names } : { join, names: withLoose(names, looseOf(join)) }
}

/** The names as a step sees them that may begin without some of the steps that it names. */
function withLoose(names: Names, loose: ReadonlySet<number>): Names {
  const own = names.scopes.at(-1)
  return own === undefined || loose.size === 0 ? names : { ...names, scopes: [...names.scopes.slice(0, -1), { ...own, loose }] }
}

/** The step that an edge leaves. One that says more than order begins in the same scope: what lies outside has ended before a scope begins. */
function source(need: string | NeedModel, rule: JoinPlan['rule'], { path, names }: Place, { problems }: Compilation): StepReference | undefined {
  const id = typeof need === 'string' ? need : need.step
  const at = typeof need === 'string' ? path : `${path}.step`
  const found = findStep(id, names)
  if (!('kind' in found)) {
    problems.add('UNKNOWN_STEP', at, found.message, { remedy: found.remedy })
    return undefined
  }
  if (found.depth === names.scopes.length - 1 || (rule === 'all' && typeof need === 'string')) return found
  problems.add('UNKNOWN_STEP', at, `the step ${id} is outside of this block, and has ended before the block begins`, { remedy: 'Write the join or the condition at the block.' })
  return undefined
}

function edgeOf(need: string | NeedModel, found: StepReference, place: Place, compilation: Compilation): JoinEdge {
  if (typeof need === 'string') return { from: found.index, on: 'success', condition: null, isElse: false }
  const { path, names } = place
  const condition = compileBare(usable(need, 'if', place, compilation), { path: `${path}.if`, names: need.on === undefined || need.on === 'success' ? names : withLoose(names, new Set([found.index])) }, compilation)
  for (const reference of condition?.references ?? []) {
    if (reference.kind !== 'step' || reference.depth < found.depth || reference.index === found.index) continue
    compilation.problems.add('UNKNOWN_NAME', `${path}.if`, `an edge that leaves ${found.id} reads only ${found.id}, not ${reference.id}`, { remedy: `Write the condition at the step: if: …, or at an edge that leaves ${reference.id}.` })
  }
  return { from: found.index, on: usable(need, 'on', place, compilation) ?? 'success', condition, isElse: need.else === true }
}

function checkNeed(need: NeedModel, rule: JoinPlan['rule'], path: string, problems: Problems): void {
  if (Object.hasOwn(need, 'if') && Object.hasOwn(need, 'else')) problems.add('MISPLACED_KEY', path, 'expected either if or else, got both', { remedy: 'Write if: expression, or else: true.' })
  if (rule !== 'noneFailed' && rule !== 'always') return
  for (const key of ['on', 'if', 'else'] as const) {
    if (Object.hasOwn(need, key)) problems.add('MISPLACED_KEY', `${path}.${key}`, `says nothing with join: ${rule}, which counts each step however it ended`, { remedy: 'Leave it out, or write join: all or join: any.', on: 'key' })
  }
}

/** Tells an `else` beside which there is no condition. */
export function checkElse(joins: readonly (JoinPlan | null)[], steps: { readonly path: string; readonly ids: readonly string[] }, problems: Problems): void {
  const conditional = new Set(joins.flatMap((join) => join?.edges.filter(({ condition }) => condition !== null).map(({ from }) => from) ?? []))
  for (const [index, join] of joins.entries()) {
    for (const edge of join?.edges ?? []) {
      if (edge.isElse && !conditional.has(edge.from)) problems.add('MISPLACED_KEY', `${steps.path}.${steps.ids[index] ?? ''}.needs`, `else needs another edge that leaves ${steps.ids[edge.from] ?? ''} and has a condition`, { remedy: `Write if at another edge from ${steps.ids[edge.from] ?? ''}, or leave out else.`, on: 'key' })
    }
  }
}
