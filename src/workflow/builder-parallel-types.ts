// The types of branches in the builder: what they are made of, and what they are merged to. Types only.
import type { AnyTemplate } from '../template/contract.ts'
import type { Builder, SwitchOption } from './builder.ts'
import type { From, Inner, Names, OutputOf, Scope, ScopeOutput, SleepOption, UseOptions, Value, Visible } from './builder-types.ts'

/** Branches side by side, as the body of a loop, a case or a branch. `O` is what they give by name, `M` how it is merged. */
export interface ParallelOption<V extends Visible, O, M extends AnyMerge<V>> {
  readonly parallel: ParallelOf<V, O>
  readonly merge?: M
  /** Branches at work at a time, at most. Default: all. */
  readonly branchConcurrency?: number
}

/** Any way to merge, where the branches are not known by type: say what they give with `typed`. */
export type AnyMerge<V extends Visible> = 'all' | 'any' | 'first' | { readonly weighted: Readonly<Record<string, number>> } | { readonly output: From<SeesBranches<V, Readonly<Record<string, unknown>>>, unknown> }

/** A function that adds the branches of a parallel. */
export type ParallelOf<V extends Visible, O> = (branches: BranchList<V, object>) => BranchList<V, O>

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

/** Adds branches. A name is part of the paths of what the branch does. */
export interface BranchList<V extends Visible, O> {
  /** A branch that uses a template. */
  branch<const K extends string, X extends AnyTemplate>(name: K, body: UseOptions<V, X>, options?: BranchOptions): BranchList<V, O & { readonly [I in K]: OutputOf<X> }>
  /** A branch that waits. */
  branch<const K extends string>(name: K, body: SleepOption<V>, options?: BranchOptions): BranchList<V, O & { readonly [I in K]: null }>
  /** A branch that is a switch. */
  branch<const K extends string, P>(name: K, body: SwitchOption<V, P>, options?: BranchOptions): BranchList<V, O & { readonly [I in K]: P }>
  /** A branch that is a parallel again. */
  branch<const K extends string, P, const M extends AnyMerge<V> = 'all'>(name: K, body: ParallelOption<V, P, M>, options?: BranchOptions): BranchList<V, O & { readonly [I in K]: Merged<P, M> }>
  /** A branch that is a block. */
  branch<const K extends string, B extends Scope>(name: K, build: (block: Builder<Inner<V>>, names: Names<V>) => Builder<B>, options?: BranchOptions): BranchList<V, O & { readonly [I in K]: ScopeOutput<B> }>
  /** Carries the types only; never set. */
  readonly outputs?: O
}
