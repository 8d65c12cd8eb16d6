// The steps that are run when those of a run, or of a sub-workflow, have come to an end. They are ordinary operations, under paths of their own.
import { FINALLY, ON_ERROR } from './closing-paths.ts'
import { failureOf, hasCode, withAnother } from './failure.ts'
import type { Frame } from './frame.ts'
import type { Done, Result, RunCore } from './interpreter-run.ts'
import type { GraphPlan, ScopePlan } from './plan.ts'

/** How the steps of a run have come to their end. */
export interface Ended {
  /** What the steps of the run see, and so those at its end. */
  readonly frame: Frame
  readonly outcome: 'completed' | 'failed' | 'cancelled'
  /** What the run gives, or why it gives nothing. */
  readonly result: Result
  /** What stands before their paths; nothing for the run itself. */
  readonly prefix?: string
}

/** Runs what is to be run at the end of a run; `done` gets how the run ends. */
export function runClosings(core: RunCore, { onError, final }: GraphPlan, { frame, outcome, result, prefix = '' }: Ended, done: Done): void {
  const failure = outcome === 'failed' && result.status === 'failed' ? failureOf(result.error) : null
  const finish = (reached: Result): void => {
    if (final === null) done(reached)
    else runClosing(core, { scope: final, prefix: prefix + FINALLY, frame: closingFrame(frame, [failure, outcome]) }, attached(reached, 'finally', done))
  }
  if (onError === null || failure === null || !hasCode(failure, onError.codes)) finish(result)
  else runClosing(core, { scope: onError.scope, prefix: prefix + ON_ERROR, frame: closingFrame(frame, [failure]) }, attached(result, 'onError', finish))
}

function runClosing(core: RunCore, { scope, prefix, frame }: { readonly scope: ScopePlan; readonly prefix: string; readonly frame: Frame }, done: Done): void {
  core.scope(scope, { prefix: `${prefix}.`, path: null, frame, above: null }, done)
}

/** The end of the run stays what it was; a failure on the way goes with it, or takes the place of a result. */
function attached(reached: Result, key: 'onError' | 'finally', done: Done): Done {
  return (result) => {
    if (result.status !== 'failed') done(reached)
    else done(reached.status === 'failed' ? { status: 'failed', error: withAnother(reached.error, key, result.error) } : result)
  }
}

function closingFrame(frame: Frame, items: readonly unknown[]): Frame {
  return { ...frame, items: items.map((item) => ({ item, index: 0, reads: [] })) }
}
