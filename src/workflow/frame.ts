// What expressions read from at run time: the run's input, the steps of the scope and of those around it, the items of the
// loops around. And at definition, the names of the same things; both are found by depth, from the outside in.
import type { Failure } from './failure.ts'

/** How a step of a run stands. */
export const PENDING = 0
export const COMPLETED = 1
export const SKIPPED = 2
export const FAILED = 3
export type Standing = typeof PENDING | typeof COMPLETED | typeof SKIPPED | typeof FAILED

/** The steps of one scope of a run, by their index in the scope. */
export interface StepsFrame {
  /** What stands before the ids in paths: the empty text, `orders[17].`, `route.vip.`. */
  readonly prefix: string
  readonly ids: readonly string[]
  readonly standings: readonly Standing[]
  readonly outputs: readonly unknown[]
  /** Why those have failed that have. */
  readonly failures: readonly (Failure | undefined)[]
}

/** One item of a `forEach`, or one turn of a loop. */
export interface ItemFrame {
  /** The item; of a loop what the turn before gave. */
  readonly item: unknown
  /** The place of the item, or the number of the turn, from 0. */
  readonly index: number
  /** What the item was made of: whoever reads it has read this. */
  readonly reads: readonly string[]
}

/** All that an expression can see. */
export interface Frame {
  readonly input: unknown
  /** What the input was made of; left out for the input of the run. */
  readonly inputReads?: readonly string[]
  readonly scopes: readonly StepsFrame[]
  readonly items: readonly ItemFrame[]
}

/** For constants: they read nothing. */
export const NO_FRAME: Frame = Object.freeze({ input: undefined, scopes: [], items: [] })

/** Something that an expression reads, resolved to where it stands in a frame. */
export type Reference =
  | { readonly kind: 'input' }
  | { readonly kind: 'step'; readonly id: string; readonly depth: number; readonly index: number; /** It may not have completed where it is read. */ readonly loose?: true; /** Its failure is read, not its output. */ readonly of?: 'error' }
  | { readonly kind: 'item'; readonly name: string; readonly depth: number }
  | { readonly kind: 'index'; readonly name: string; readonly depth: number }

/** Tells apart what is read. */
export function referenceKey(reference: Reference): string {
  if (reference.kind === 'input') return 'input'
  return reference.kind === 'step' ? `step ${reference.depth} ${reference.index} ${reference.of ?? 'output'}` : `${reference.kind} ${reference.depth}`
}

/** The names of one scope. */
export interface ScopeNames {
  /** Where the scope's steps stand in the definition: `steps`, `steps.orders.steps`. */
  readonly path: string
  /** Each step's index by its id. */
  readonly ids: ReadonlyMap<string, number>
  /** The step of the scope around that holds this scope; null for the outermost. */
  readonly owner: string | null
  /** Steps of the scope that may not have completed when the one begins that sees these names. */
  readonly loose?: ReadonlySet<number>
  /** All of its steps have come to their end where these names are seen. */
  readonly ended?: true
}

/** The names of one `forEach`: its item and `index`; of one loop: `last` and `iteration`; of a failure that is handled: `error` alone. */
export interface ItemNames {
  readonly item: string
  readonly index: string | null
}

/** All names that an expression can use. */
export interface Names {
  readonly scopes: readonly ScopeNames[]
  /** What the loops around call their values, from the outside in. */
  readonly items: readonly ItemNames[]
  /** Every id of the definition with the blocks that hold it: for telling why a step is not seen. */
  readonly everywhere: ReadonlyMap<string, readonly string[]>
}

/** The path of a step in a run. */
export function pathOf(frame: Frame, depth: number, index: number): string {
  const scope = frame.scopes[depth]
  return scope === undefined ? '' : scope.prefix + (scope.ids[index] ?? '')
}

/** The paths that a reader of these references has read, each once. */
export function readsOf(frame: Frame, references: readonly Reference[]): readonly string[] {
  if (references.length === 0) return NOTHING
  const paths = new Set<string>()
  for (const reference of references) {
    if (reference.kind === 'input') for (const path of frame.inputReads ?? RUN_INPUT) paths.add(path)
    else if (reference.kind === 'step') paths.add(pathOf(frame, reference.depth, reference.index))
    else for (const path of frame.items[reference.depth]?.reads ?? NOTHING) paths.add(path)
  }
  return [...paths]
}

const NOTHING: readonly string[] = Object.freeze([])
const RUN_INPUT: readonly string[] = Object.freeze(['$input'])
