// The types of branches in the builder: how they are merged, and to what. Types only.
import type { From, Value, Visible } from './builder-types.ts'

/** Any way to merge, where the branches are not known by type: say what they give with `typed`. */
export type AnyMerge<V extends Visible> = 'all' | 'any' | 'first' | { readonly weighted: Readonly<Record<string, number>> } | { readonly output: From<SeesBranches<V, Readonly<Record<string, unknown>>>, unknown> }

/** How what branches give becomes one output: all but an expression. */
export interface MergeOptions<O, M> {
  /** `all`: the outputs by name; `any`: that of the first that succeeds; `first`: of the first that ends; `weighted`: an average of numbers; `output`: what is made of `branches`. Default `all`. */
  readonly merge?: M & Merge<O>
  /** Branches at work at a time, at most. Default: all. */
  readonly concurrency?: number
}

/** The ways to merge by name or by weights. */
export type Merge<O> = 'all' | 'any' | 'first' | { readonly weighted: { readonly [K in keyof O]: number } }

/** An expression that makes one output of what branches give. */
export interface MergeByOutput<V extends Visible, O, B> {
  readonly merge: { readonly output: From<SeesBranches<V, O>, B> }
  readonly concurrency?: number
}

/** What a merging can read besides. */
export type SeesBranches<V extends Visible, O> = Omit<V, 'input' | 'steps' | 'branches'> & { readonly input: V['input']; readonly steps: V['steps']; readonly branches: O }

/** What branches are merged to. */
export type Merged<O, M> = M extends 'any' | 'first' ? O[keyof O] : M extends { readonly weighted: unknown } ? number : M extends { readonly output: infer B } ? Value<B extends (names: never) => infer R ? R : B> : O

/** What a branch says besides its body. */
export interface BranchOptions {
  readonly description?: string
  /** A branch that fails counts as skipped. Default false. */
  readonly continueOnError?: boolean
}
