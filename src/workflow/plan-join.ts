// The edges of a scope made ready to run, where steps say more of them than that a step must have completed: what must have become of the
// step that an edge leaves, conditions, and how many edges let a step begin. Scopes whose steps say nothing of it have none of this.
import type { JoinRule, NeedModel } from '../model/workflow.ts'
import type { Expression } from './expression.ts'

/** One entry of `needs`. */
export interface JoinEdge {
  /** The index of the step that it leaves. */
  readonly from: number
  readonly on: NonNullable<NeedModel['on']>
  readonly condition: Expression | null
  readonly isElse: boolean
}

/** How a step is let in by its edges. */
export interface JoinPlan {
  readonly rule: JoinRule
  readonly edges: readonly JoinEdge[]
}

/** What the steps of a scope together say of edges. */
export interface ScopeJoins {
  /** By step: the edges with a condition that leave it. */
  readonly choices: ReadonlyMap<number, readonly JoinEdge[]>
  /** By step: the steps that react to its failure. */
  readonly reactions: ReadonlyMap<number, readonly number[]>
  /** A step of the scope may begin after a failure. */
  readonly hasLate: boolean
}

/** True for an edge that may be taken because something has failed. */
export function isLate({ on }: JoinEdge): boolean {
  return on === 'failure' || on === 'always'
}

/** The steps that may not have completed when the step begins that has these edges. */
export function looseOf({ rule, edges }: Pick<JoinPlan, 'rule' | 'edges'>): ReadonlySet<number> {
  const isSure = ({ on }: JoinEdge): boolean => rule === 'all' && on === 'success'
  const sure = new Set(edges.filter(isSure).map(({ from }) => from))
  return new Set(edges.filter((edge) => !isSure(edge) && !sure.has(edge.from)).map(({ from }) => from))
}

/** Joins the edges of a scope; null when no step says more than that others must have completed. */
export function scopeJoins(joins: readonly (JoinPlan | null)[]): ScopeJoins | null {
  const choices = new Map<number, JoinEdge[]>()
  const reactions = new Map<number, number[]>()
  const add = <T>(map: Map<number, T[]>, key: number, value: T): void => void map.set(key, [...(map.get(key) ?? []), value])
  let hasLate = false
  for (const [index, join] of joins.entries()) {
    if (join === null) continue
    hasLate ||= join.rule === 'always' || join.edges.some(isLate)
    for (const edge of join.edges) {
      if (edge.condition !== null) add(choices, edge.from, edge)
      if (edge.on === 'failure' && reactions.get(edge.from)?.includes(index) !== true) add(reactions, edge.from, index)
    }
  }
  return joins.every((join) => join === null) ? null : { choices, reactions, hasLate }
}
