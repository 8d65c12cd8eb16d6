// Finds steps that wait for each other. Without recursion, so that a chain of any length is no matter.
import type { Edge } from './plan.ts'

/** Cycles of a graph, each as the indices of its nodes in the order in which they wait: a waits for b waits for … a. */
export function findCycles(edges: readonly (readonly Edge[])[]): readonly (readonly number[])[] {
  const left = withoutSettled(edges)
  const cycles: number[][] = []
  const seen = new Set<number>()
  for (const start of left) {
    const trail: number[] = []
    const place = new Map<number, number>()
    let at: number | undefined = start
    while (at !== undefined && !seen.has(at) && !place.has(at)) {
      place.set(at, trail.length)
      trail.push(at)
      // What is left waits for something that is left.
      at = edges[at]?.find(({ from }) => left.has(from))?.from
    }
    const turn = at === undefined ? undefined : place.get(at)
    if (turn !== undefined) cycles.push(fromLowest(trail.slice(turn)))
    for (const index of trail) seen.add(index)
  }
  return cycles
}

/** The nodes that never become ready: those in cycles and those behind them. */
function withoutSettled(edges: readonly (readonly Edge[])[]): ReadonlySet<number> {
  const unmet = edges.map((list) => list.length)
  const dependents = edges.map((): number[] => [])
  edges.forEach((list, index) => list.forEach(({ from }) => dependents[from]?.push(index)))
  const ready = [...unmet.keys()].filter((index) => unmet[index] === 0)
  const left = new Set(unmet.keys())
  for (let index = ready.pop(); index !== undefined; index = ready.pop()) {
    left.delete(index)
    for (const dependent of dependents[index] ?? []) {
      unmet[dependent] = (unmet[dependent] ?? 0) - 1
      if (unmet[dependent] === 0) ready.push(dependent)
    }
  }
  return left
}

/** Turns a cycle so that it begins with its first step. */
function fromLowest(cycle: readonly number[]): number[] {
  const lowest = cycle.indexOf(Math.min(...cycle))
  return [...cycle.slice(lowest), ...cycle.slice(0, lowest)]
}
