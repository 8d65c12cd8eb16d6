// What the parts of the interpreter share: how a part of a graph ends, what it may ask of the run, and how a failure keeps the
// parts around it from beginning anything new.
import type { WumboError } from '../errors.ts'
import type { Operation, Outcome } from './contract.ts'
import { COMPLETED, pathOf, readsOf, type Frame, type Reference } from './frame.ts'
import type { Requirement, ScopePlan } from './plan.ts'

/** How a step, an item or a scope ended. `halted`: it was given up because something around it had failed. */
export type Result = Outcome | { readonly status: 'halted' }

/** Takes the end of a part. Called once. */
export type Done = (result: Result) => void

/** A durable wait: for a time, for what is sent to the run, for the end of its children. */
export type Wait = Extract<Operation, { readonly kind: 'timer' | 'signal' | 'event' | 'approval' | 'child' | 'children' }>

/** The run, as its parts see it. */
export interface RunCore {
  /** True when a failure keeps further steps from beginning. */
  readonly stopOnFailure: boolean
  /** Opens an operation; the answer comes later, never before this returns. */
  open(operation: Operation, answered: (outcome: Outcome) => void): void
  /** Opens a wait. It is given up when what stands around it is: nobody waits for a long sleep to learn of a failure. */
  wait(operation: Wait, above: Above, done: Done): void
  /** Something was doomed: waits that stand in it are to be given up. */
  doomed(): void
  /** Nobody waits for what is open under a path any more. */
  giveUp(path: string): void
  /** Begins a scope; `done` gets its output. What it opens goes through `within`, this by default. Gives what its steps see. */
  scope(plan: ScopePlan, spot: ScopeSpot, done: Done, within?: RunCore): Frame
  /** Does something after what is being done now, in the order of the calls. Keeps long chains off the stack. */
  later(task: () => void): void
  /** A sub-workflow has begun that does something at its end; it has done so, or nobody waits for it. */
  entered(inline: ClosingInline): void
  left(inline: ClosingInline): void
}

/** A sub-workflow that does something at its end. */
export interface ClosingInline {
  readonly path: string
  /** True for the paths of what it does at its end, while it does. */
  isClosing(path: string): boolean
  /** What is around it was given up: from now on its end concerns nobody there. */
  leave(): void
  /** What it does goes through another core from now on. What of its steps was about to begin does not. */
  moveTo(core: RunCore): void
  /** Its steps were given up: it does what it does at its end, or ends what it does there, then calls. */
  giveUp(end: { readonly outcome: 'failed' | 'cancelled'; readonly result: Result }, then: () => void): void
}

/** What stands around a part. */
export interface Above {
  /** True when nothing new may begin. */
  readonly halted: boolean
  /** Something has failed that is not tolerated: nothing new may begin here and around, up to where failures are tolerated. */
  doom(): void
}

/** Where a part of the graph runs. */
export interface Spot {
  /** Its path in the run. */
  readonly path: string
  readonly frame: Frame
  readonly above: Above
}

/** Where a scope runs. */
export interface ScopeSpot {
  /** What stands before the ids of its steps in paths. */
  readonly prefix: string
  /** The path under which a failure of the scope's output is recorded; null for the workflow, which fails as a whole. */
  readonly path: string | null
  readonly frame: Frame
  readonly above: Above | null
}

const ignore = (): void => undefined

/** Records that something was skipped, and why: `reads` name what decided it. */
export function recordSkip(core: RunCore, path: string, reads: readonly string[]): void {
  core.open({ kind: 'decision', path, status: 'skipped', output: null, error: null, reads }, ignore)
}

/** Records what was decided, so that people see it. */
export function recordChoice(core: RunCore, path: string, choice: { readonly output: unknown; readonly reads: readonly string[] }): void {
  core.open({ kind: 'decision', path, status: 'completed', output: choice.output, error: null, reads: choice.reads }, ignore)
}

/** Fails a step whose expression failed: recorded first, so that live and after a crash it fails at the same moment. */
export function failDecision(core: RunCore, spot: Spot, failure: { readonly error: WumboError; readonly references: readonly Reference[] }, done: Done): void {
  const { error, references } = failure
  core.open({ kind: 'decision', path: spot.path, status: 'failed', output: null, error, reads: readsOf(spot.frame, references) }, (outcome) => {
    done(outcome.status === 'failed' ? outcome : { status: 'failed', error })
  })
}

/** The paths of the required steps that have not completed. */
export function unmetPaths(frame: Frame, requires: readonly Requirement[]): readonly string[] {
  const paths: string[] = []
  for (const { depth, index } of requires) if (frame.scopes[depth]?.standings[index] !== COMPLETED) paths.push(pathOf(frame, depth, index))
  return paths
}

/** Those of sub-workflows that are no part of what another one does at its end, the last that began first: so those inside of others come before these. */
export function outermostEnds(inlines: Iterable<ClosingInline>): readonly ClosingInline[] {
  const all = [...inlines]
  return all.filter(({ path }) => !all.some((other) => other.isClosing(path))).reverse()
}

/** Lets sub-workflows whose steps were given up do what they do at their end, one after the other, then calls. One that is doing it already may end before its turn. */
export function endAll(ends: readonly ClosingInline[], end: Parameters<ClosingInline['giveUp']>[0], then: () => void): void {
  for (const one of ends) one.leave()
  const next = ([first, ...rest]: readonly ClosingInline[]): void => {
    if (first === undefined) then()
    else first.giveUp(end, () => next(rest))
  }
  next(ends)
}
