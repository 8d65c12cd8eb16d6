// The way of the values through a run, as its details tell it. By itself, since the command line knows it at its start.
import type { RunDetails } from './inspect.ts'

/** One step of a value's way: who wrote or read which value, and when. */
export interface PathEntry {
  readonly node: string
  readonly action: 'write' | 'read'
  /** `$input`, or the path of the step that wrote the value. */
  readonly key: string
  readonly at: number
}

/** The way of the values through a run, in order: each step reads what it was made of and writes its own. */
export function executionPath(run: RunDetails): readonly PathEntry[] {
  const entries: PathEntry[] = [{ node: '$input', action: 'write', key: '$input', at: run.createdAt }]
  for (const step of run.steps) {
    for (const key of step.reads ?? []) entries.push({ node: step.path, action: 'read', key, at: step.startedAt })
    if (step.status === 'completed' && step.kind !== 'timer') entries.push({ node: step.path, action: 'write', key: step.path, at: step.finishedAt })
  }
  return entries
}
