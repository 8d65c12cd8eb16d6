// What must hold of every journal, whatever went wrong while it was written: nothing lost, nothing twice, everything in order.
import type { RunDetails } from '../../engine/inspect.ts'

/** What does not hold, in words. */
export function journalProblems(run: RunDetails): string[] {
  const problems: string[] = []
  const seen = new Set<string>()
  let last = 0
  for (const { path, seq, gen, startedAt, finishedAt } of run.steps) {
    if (seen.has(path)) problems.push(`${path} is recorded twice`)
    seen.add(path)
    if (seq <= last) problems.push(`${path} has number ${seq} after number ${last}`)
    else if (seq !== last + 1 && run.gen === 1) problems.push(`between ${last} and ${seq} a record is missing`)
    if (gen > run.gen) problems.push(`${path} belongs to generation ${gen}, the run is in ${run.gen}`)
    if (finishedAt < startedAt) problems.push(`${path} ended before it began`)
    last = seq
  }
  return problems
}
