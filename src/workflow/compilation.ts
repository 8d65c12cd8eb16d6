// What the parts of the compiler share: where they stand, what they may look at, where they tell problems.
import type { StepModel } from '../model/workflow.ts'
import { parseDuration } from '../shared/duration.ts'
import type { AnyTemplate } from '../template/contract.ts'
import { compileExpression, type Expression } from './expression.ts'
import type { Names } from './frame.ts'
import { bareExpression } from './interpolation.ts'
import type { ScopePlan, SubWorkflow } from './plan.ts'
import type { FindInline } from './sub-workflow.ts'
import type { Problems } from './problems.ts'
import type { Uses } from './uses.ts'

/** What compiling needs to know of its surroundings. */
export interface Surroundings {
  readonly problems: Problems
  /** Paths of values whose shape is wrong. */
  readonly wrong: ReadonlySet<string>
  /** Finds a template; notes a problem and gives undefined when there is none. */
  readonly template: (uses: string, path: string) => AnyTemplate | undefined
  /** Finds a workflow that is run inline; notes a problem and gives undefined when there is none. */
  readonly inline: FindInline
  /** What is compiled is run at the end of a run: it is never undone. */
  readonly isClosing?: true
}

/** The surroundings, and how a scope inside a body is compiled. */
export interface Compilation extends Surroundings {
  /** Configured templates of this graph, by template and settings: the same settings twice are one template. */
  readonly configured: Map<string, AnyTemplate>
  readonly scope: (source: ScopeSource, place: Place, compilation: Compilation) => CompiledScope
  /** The workflows that are run inline. */
  readonly inlined: Set<SubWorkflow>
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
  return Object.hasOwn(model, key) && !wrong.has(pathOf(path, key)) ? model[key] : undefined
}

/** Tells limits of time that leave none: whatever they limit would always fail. */
export function checkLimits(model: Readonly<Record<string, unknown>>, keys: readonly string[], place: Pick<Place, 'path'>, surroundings: Surroundings): void {
  for (const key of keys) {
    const given = usable(model, key, place, surroundings)
    if (given === undefined || parseDuration(given as number | string) > 0) continue // a duration: its shape was checked
    surroundings.problems.add('INVALID_DURATION', pathOf(place.path, key), `nothing is done in no time: expected more than 0, got ${JSON.stringify(given)}`, { remedy: 'Write for example 30s, or leave it out for no limit.' })
  }
}

function pathOf(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`
}

/** Compiles an expression that stands alone, with or without `${{ }}`. */
export function compileBare(text: string | undefined, { path, names }: Place, { problems }: Surroundings): Expression | null {
  if (text === undefined) return null
  const bare = bareExpression(text)
  return compileExpression(bare.text, { path, names, problems, offset: bare.offset }) ?? null
}
