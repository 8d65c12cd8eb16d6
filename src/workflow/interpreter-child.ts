// Runs what starts runs of other workflows: one child, or many and the reading of what they gave, page by page.
import { errorFromData, ExpressionError, type ErrorData } from '../errors.ts'
import { childPath, PAGE, pageOf, type ChildrenEnd, type PagedResult } from './children.ts'
import { INPUTS_REMEDY } from './compile-child.ts'
import { shown } from './door.ts'
import { failureOf } from './failure.ts'
import { readsOf } from './frame.ts'
import { failDecision, type Done, type RunCore, type Spot } from './interpreter-run.ts'
import type { ChildPlan, ChildrenPlan } from './plan.ts'
import { taken } from './taken.ts'

/** Starts a child, and waits for its end unless the step does not. */
export function runChild(core: RunCore, { workflow, input, close, queue, waits }: ChildPlan, spot: Spot, done: Done): void {
  const { path, frame } = spot
  const value = taken(() => input.evaluate(frame))
  if ('error' in value) {
    failDecision(core, spot, { error: value.error, references: input.references }, done)
    return
  }
  const start = { workflow, input: value.value, close, queue }
  const reads = readsOf(frame, input.references)
  if (waits) core.wait({ kind: 'child', path, start, run: null, reads }, spot.above, done)
  else core.open({ kind: 'spawn', path, start, reads }, done)
}

/** Starts a child for each input, and waits until all have ended. */
export function runChildren(core: RunCore, plan: ChildrenPlan, spot: Spot, done: Done): void {
  const { workflow, inputs, close, queue, concurrency, goesOn, collect } = plan
  const { path, frame } = spot
  const list = taken(() => listOf(inputs.evaluate(frame), plan.path))
  if ('error' in list) {
    failDecision(core, spot, { error: list.error, references: inputs.references }, done)
    return
  }
  core.wait({ kind: 'children', path, workflow, inputs: list.value, close, queue, concurrency, mustComplete: !goesOn, reads: readsOf(frame, inputs.references) }, spot.above, (result) => {
    if (result.status !== 'completed') {
      done(result)
      return
    }
    const end = result.output as ChildrenEnd // as the engine records it
    const { count, completed, failed } = end
    if (collect === null) done({ status: 'completed', output: { count, completed, failed } })
    else collectPages({ core, spot, end, done: (pages) => done({ status: 'completed', output: { count, completed, failed, [collect]: collect === 'outputs' ? pages.map(outputOf) : pages.map((one, index) => resultOf(childPath(path, index), one, index)) } }), failed: done })
  })
}

function listOf(value: unknown, path: string): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw new ExpressionError(`${path}.inputs: expected a list, got ${shown(value)}`, { path: `${path}.inputs`, remedy: INPUTS_REMEDY })
}

interface Collecting {
  readonly core: RunCore
  readonly spot: Spot
  readonly end: ChildrenEnd
  readonly done: (results: readonly PagedResult[]) => void
  readonly failed: Done
}

/** Reads the results of all children, one page after the other. */
function collectPages({ core, spot, end, done, failed }: Collecting): void {
  const results: PagedResult[] = []
  const next = (page: number): void => {
    const from = page * PAGE
    if (from >= end.count) {
      done(results)
      return
    }
    core.open({ kind: 'page', path: `${spot.path}.page[${page}]`, runs: pageOf(spot.path, end, from) }, (outcome) => {
      if (outcome.status !== 'completed') {
        failed(outcome)
        return
      }
      for (const one of outcome.output as readonly PagedResult[]) results.push(one)
      if (spot.above.halted) failed({ status: 'halted' })
      else next(page + 1)
    })
  }
  next(0)
}

/** Expressions know no undefined. */
function outputOf({ output }: PagedResult): unknown {
  return output ?? null
}

function resultOf(path: string, { run, status, output, error }: PagedResult, index: number): Readonly<Record<string, unknown>> {
  return { index, run, status, output: output ?? null, error: error === null ? null : failureOf(errorFromData({ ...(error as ErrorData), path })) } // as child-page.ts makes it
}
