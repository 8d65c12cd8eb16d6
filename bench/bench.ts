// The contract between the runner and one benchmark: what a benchmark is told, and what it gives back.
import type { Request } from './arguments.ts'
import type { Verdict } from './goal.ts'
import type { Servers } from './servers.ts'

export interface Context {
  readonly request: Request
  /** An empty folder on the file system that is measured; removed at the end. */
  readonly folder: string
  /** Servers that are opened when they are asked for. */
  readonly servers: Servers
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
  /** The packages that stand beside it. */
  readonly peers: readonly string[]
  run(context: Context): Promise<Outcome>
}
