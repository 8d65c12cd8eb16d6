// Runs what a step, an item or a case does: opens the step of a template, a wait or a child, enters a block, or chooses a case.
import { evaluateCondition } from './expression.ts'
import type { AnyCompensation } from '../template/contract.ts'
import { readsOf, type Frame, type Reference } from './frame.ts'
import { failDecision, recordChoice, recordSkip, unmetPaths, type Done, type RunCore, type Spot } from './interpreter-run.ts'
import type { BodyPlan, CasePlan, CompensatePlan, StepPlan, SwitchPlan } from './plan.ts'
import { runChild, runChildren } from './interpreter-child.ts'
import { runInline } from './interpreter-inline.ts'
import { runSleep, runWait } from './interpreter-wait.ts'
import { runParallel } from './interpreter-parallel.ts'
import { taken } from './taken.ts'

/** Runs a body. What it opens has the spot's path, or paths below it. */
export function runBody(core: RunCore, body: BodyPlan, spot: Spot, done: Done): void {
  switch (body.kind) {
    case 'step':
      runStep(core, body, spot, done)
      return
    case 'block':
      core.scope(body.scope, { prefix: `${spot.path}.`, path: spot.path, frame: spot.frame, above: spot.above }, done)
      return
    case 'switch':
      runSwitch(core, body, spot, done)
      return
    case 'parallel':
      runParallel({ core, plan: body, spot, run: runBody, done })
      return
    case 'inline':
      runInline(core, body, spot, done)
      return
    case 'sleep':
      runSleep(core, body, spot, done)
      return
    case 'wait':
      runWait(core, body, spot, done)
      return
    case 'child':
      runChild(core, body, spot, done)
      return
    case 'children':
      runChildren(core, body, spot, done)
  }
}

function runStep(core: RunCore, { template, input, options, compensate }: StepPlan, spot: Spot, done: Done): void {
  const value = taken(() => input.evaluate(spot.frame))
  if ('error' in value) failDecision(core, spot, { error: value.error, references: input.references }, done)
  else core.open({ kind: 'step', path: spot.path, template, input: value.value, reads: readsOf(spot.frame, input.references), options: compensate === undefined ? options : { ...options, compensate: undoneBy(compensate, spot.frame) } }, done)
}

/** What undoes the step: made of the step and of the input of its workflow alone, both of which stay what they are. */
function undoneBy({ template, input, options }: CompensatePlan, { input: given }: Frame): AnyCompensation {
  return { ...options, uses: template, prepare: (step) => input.evaluate({ input: given, scopes: [], items: [{ item: step, index: 0, reads: [] }] }) }
}

function runSwitch(core: RunCore, { cases }: SwitchPlan, spot: Spot, done: Done): void {
  const references: Reference[] = []
  for (const one of cases) {
    if (one.condition !== null) {
      const { condition } = one
      references.push(...condition.references)
      const holds = taken(() => evaluateCondition(condition, spot.frame))
      if ('error' in holds) {
        failDecision(core, spot, { error: holds.error, references }, done)
        return
      }
      if (!holds.value) continue
    }
    runCase(core, one, { spot, reads: readsOf(spot.frame, references) }, done)
    return
  }
  recordSkip(core, spot.path, readsOf(spot.frame, references))
  done({ status: 'skipped' })
}

function runCase(core: RunCore, one: CasePlan, { spot, reads }: { readonly spot: Spot; readonly reads: readonly string[] }, done: Done): void {
  const path = `${spot.path}.${one.name}`
  recordChoice(core, spot.path, { output: { case: one.name }, reads })
  const unmet = unmetPaths(spot.frame, one.requires)
  if (unmet.length > 0) {
    recordSkip(core, path, unmet)
    done({ status: 'skipped' })
    return
  }
  runBody(core, one.body, { ...spot, path }, done)
}
