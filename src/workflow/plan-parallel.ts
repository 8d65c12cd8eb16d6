// A `parallel` made ready to run: its branches, and what becomes of what they give.
import type { Binding } from './binding.ts'
import type { BodyPlan, Requirement } from './plan.ts'

export interface ParallelPlan {
  readonly kind: 'parallel'
  readonly branches: readonly BranchPlan[]
  readonly merge: MergePlan
  /** Branches at work at a time, at most. */
  readonly concurrency: number
}

export interface BranchPlan {
  readonly name: string
  /** `steps.p.parallel.branches.a`. */
  readonly path: string
  /** Steps that must have completed, else the branch is skipped. */
  readonly requires: readonly Requirement[]
  readonly continueOnError: boolean
  readonly body: BodyPlan
}

/** How the outputs of branches become one. */
export type MergePlan =
  | { readonly kind: 'all' | 'any' | 'first' }
  /** The weights by the places of the branches. */
  | { readonly kind: 'weighted'; readonly weights: readonly number[] }
  /** Reads the outputs of the branches as the innermost item. */
  | { readonly kind: 'output'; readonly output: Binding }
