// What a run does about failures: what stands in the place of a step that has failed, and the steps that are run when those of the run
// have come to an end. Both are ordinary operations, under paths of their own.
import type { WumboError } from '../errors.ts'
import { FINALLY, ON_ERROR } from './closing-paths.ts'
import { failureOf, hasCode, withAnother, type Failure } from './failure.ts'
import { readsOf, type Frame } from './frame.ts'
import { runBody } from './interpreter-body.ts'
import { recordChoice, recordSkip, unmetPaths, type Done, type Result, type RunCore, type Spot } from './interpreter-run.ts'
import type { GraphPlan, HandlerPlan, ScopePlan } from './plan.ts'
import { taken } from './taken.ts'

/** Takes the end of a step; when it has failed, its handler is tried first. A failure that is not handled stays what it was. */
export function handled(core: RunCore, handler: HandlerPlan | null, spot: Spot, done: Done): Done {
  if (handler === null) return done
  return (result) => {
    const failure = result.status === 'failed' ? failureOf(result.error) : null
    // Where nothing new may begin, no handler does.
    if (result.status !== 'failed' || failure === null || !hasCode(failure, handler.codes) || spot.above.halted) done(result)
    else handle(core, handler, { spot, error: result.error, failure }, done)
  }
}

interface Failed {
  readonly spot: Spot
  readonly error: WumboError
  readonly failure: Failure
}

function handle(core: RunCore, { does, requires }: HandlerPlan, { spot, error, failure }: Failed, done: Done): void {
  const path = `${spot.path}.${ON_ERROR}`
  const unmet = unmetPaths(spot.frame, requires)
  if (unmet.length > 0) {
    recordSkip(core, path, unmet)
    done({ status: 'failed', error })
    return
  }
  const frame = seeing(spot.frame, failure, failure.path === '' ? spot.path : failure.path)
  const ended = (result: Result): void => {
    if (result.status === 'completed') done(result)
    else done({ status: 'failed', error: result.status === 'failed' ? withAnother(error, 'onError', result.error) : error })
  }
  if (does.kind !== 'output') {
    runBody(core, does, { path, frame, above: spot.above }, ended)
    return
  }
  const { output } = does
  const reads = readsOf(frame, output.references)
  const value = taken(() => output.evaluate(frame))
  if ('error' in value) core.open({ kind: 'decision', path, status: 'failed', output: null, error: value.error, reads }, ended)
  else {
    recordChoice(core, path, { output: { code: failure.code }, reads: [...new Set([failure.path === '' ? spot.path : failure.path, ...reads])] })
    ended({ status: 'completed', output: value.value })
  }
}

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

function seeing(frame: Frame, item: unknown, read: string): Frame {
  return { ...frame, items: [...frame.items, { item, index: 0, reads: [read] }] }
}

function closingFrame(frame: Frame, items: readonly unknown[]): Frame {
  return { ...frame, items: items.map((item) => ({ item, index: 0, reads: [] })) }
}
