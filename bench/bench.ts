// The contract between the runner and one benchmark: what a benchmark is told, and what it gives back.
import type { Request } from './arguments.ts'
import type { Verdict } from './goal.ts'

export interface Context {
  readonly request: Request
  /** An empty folder on the file system that is measured; removed at the end. */
  readonly folder: string
  readonly progress: (line: string) => void
}

export interface Outcome {
  readonly verdicts: readonly Verdict[]
  /** Markdown that stands below the verdicts in RESULTS.md: counts, spreads, what differs. */
  readonly details: string
  readonly fsync: readonly string[]
}

export interface Bench {
  readonly id: string
  readonly title: string
  /** Whether Restate stands beside it. */
  readonly peers: boolean
  run(context: Context): Promise<Outcome>
}
