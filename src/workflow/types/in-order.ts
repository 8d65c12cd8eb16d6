// The order in which the steps of a scope are checked.
import type { ScopePlan } from '../plan.ts'

/** The steps of a scope, each after those that it waits for; those of a cycle, which was told before, come last. */
export function inOrder({ nodes }: ScopePlan): readonly number[] {
  const unmet = nodes.map(({ edges }) => edges.length)
  const order = nodes.flatMap((_, index) => (unmet[index] === 0 ? [index] : []))
  for (let at = 0; at < order.length; at++) {
    for (const dependent of nodes[order[at] ?? 0]?.dependents ?? []) {
      unmet[dependent] = (unmet[dependent] ?? 0) - 1
      if (unmet[dependent] === 0) order.push(dependent)
    }
  }
  return order.length === nodes.length ? order : [...order, ...nodes.keys()].filter((index, at, all) => all.indexOf(index) === at)
}
