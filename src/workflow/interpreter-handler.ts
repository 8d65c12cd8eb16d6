// What stands in the place of a step that has failed: ordinary operations, under paths of their own.
import type { WumboError } from '../errors.ts'
import { ON_ERROR } from './closing-paths.ts'
import { failureOf, hasCode, withAnother, type Failure } from './failure.ts'
import { readsOf, type Frame } from './frame.ts'
import { runBody } from './interpreter-body.ts'
import { recordChoice, recordSkip, unmetPaths, type Done, type Result, type RunCore, type Spot } from './interpreter-run.ts'
import type { HandlerPlan } from './plan.ts'
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

function seeing(frame: Frame, item: unknown, read: string): Frame {
  return { ...frame, items: [...frame.items, { item, index: 0, reads: [read] }] }
}
