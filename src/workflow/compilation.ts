// What the parts of the compiler share: where they stand, what they may look at, where they tell problems.
import type { StepModel } from '../model/workflow.ts'
import type { AnyTemplate } from '../template/contract.ts'
import { compileExpression, type Expression } from './expression.ts'
import type { Names } from './frame.ts'
import { bareExpression } from './interpolation.ts'
import type { ScopePlan } from './plan.ts'
import type { Problems } from './problems.ts'
import type { Uses } from './uses.ts'

/** What compiling needs to know of its surroundings. */
export interface Surroundings {
  readonly problems: Problems
  /** Paths of values whose shape is wrong. */
  readonly wrong: ReadonlySet<string>
  /** Finds a template; notes a problem and gives undefined when there is none. */
  readonly template: (uses: string, path: string) => AnyTemplate | undefined
}

/** The surroundings, and how a scope inside a body is compiled. */
export interface Compilation extends Surroundings {
  /** Configured templates of this graph, by template and settings: the same settings twice are one template. */
  readonly configured: Map<string, AnyTemplate>
  readonly scope: (source: ScopeSource, place: Place, compilation: Compilation) => CompiledScope
}

/** A place in a definition: its path and what can be seen from it. */
export interface Place {
  readonly path: string
  readonly names: Names
}

/** A scope that is to be compiled. */
export interface ScopeSource {
  readonly steps: Readonly<Record<string, StepModel>>
  readonly output: unknown
  /** Where the output stands, if there is one. */
  readonly outputPath: string
  /** The step that holds the scope; null for the workflow's own. */
  readonly owner: string | null
}

/** A scope, and what its steps use of the scopes around. */
export interface CompiledScope {
  readonly plan: ScopePlan
  readonly outer: Uses
}

/** The value of a key, or undefined when there is none or its shape is wrong. */
export function usable<T extends object, K extends keyof T & string>(model: T, key: K, { path }: Pick<Place, 'path'>, { wrong }: Surroundings): T[K] | undefined {
  const at = path === '' ? key : `${path}.${key}`
  return Object.hasOwn(model, key) && !wrong.has(at) ? model[key] : undefined
}

/** Compiles an expression that stands alone, with or without `${{ }}`. */
export function compileBare(text: string | undefined, { path, names }: Place, { problems }: Surroundings): Expression | null {
  if (text === undefined) return null
  const bare = bareExpression(text)
  return compileExpression(bare.text, { path, names, problems, offset: bare.offset }) ?? null
}
