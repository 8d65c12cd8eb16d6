// Compiles what is done about failures: what stands in the place of a step that has failed, and the steps that are run when those of the
// run have come to an end.
import type { OnErrorModel, StepModel, WorkflowModel } from '../model/workflow.ts'
import { modelKeys } from '../model/workflow-schema.ts'
import { compileBinding } from './binding.ts'
import { usable, type Compilation, type Place } from './compilation.ts'
import { BODY_KINDS, compileBody, type BodyKind } from './compile-body.ts'
import type { ItemNames, Names } from './frame.ts'
import type { GraphPlan, HandlerPlan, ScopePlan } from './plan.ts'
import { Uses } from './uses.ts'

/** What a failure is called in expressions. */
export const ERROR_NAME = 'error'

/** What the end of the steps is called in the expressions of `finally`. */
export const OUTCOME_NAME = 'outcome'

const ERROR: ItemNames = { item: ERROR_NAME, index: null }
const OUTCOME: ItemNames = { item: OUTCOME_NAME, index: null }

/** Compiles the `onError` of a step: it sees what the step as a whole sees, and the failure. Null when there is none. */
export function compileHandler(step: StepModel, place: Place, owner: string, compilation: Compilation): { readonly plan: HandlerPlan; readonly uses: Uses } | null {
  const model = usable(step, 'onError', place, compilation)
  if (model === undefined) return null
  const path = `${place.path}.onError`
  const here: Place = { path, names: within(place.names, ERROR) }
  const { does, uses } = compileReaction(model, here, owner, compilation)
  return { plan: { path, codes: usable(model, 'codes', { path }, compilation) ?? null, requires: uses.required, does }, uses }
}

function compileReaction(model: OnErrorModel, place: Place, owner: string, compilation: Compilation): { readonly does: HandlerPlan['does']; readonly uses: Uses } {
  const { path, names } = place
  const { problems } = compilation
  const said = Object.keys(model)
  if (said.some((key) => BODY_KINDS.includes(key as BodyKind)) || !(said.includes('output') || said.every((key) => key === 'codes'))) {
    const { plan, uses } = compileBody(model, place, owner, compilation)
    return { does: plan, uses }
  }
  if (!said.includes('output')) problems.add('MISSING_KEY', path, `expected output, or one of ${BODY_KINDS.slice(0, -1).join(', ')} and ${BODY_KINDS.at(-1) ?? ''}`, { remedy: 'Say what stands for the output of the step: output: null.', on: 'key' })
  for (const key of said) if (key !== 'codes' && key !== 'output' && modelKeys.onError.includes(key)) problems.add('MISPLACED_KEY', `${path}.${key}`, 'belongs to a step with uses, and there is only output', { remedy: 'Add uses, or leave it out.', on: 'key' })
  const output = compileBinding(said.includes('output') ? model.output : null, { path: `${path}.output`, names, problems })
  return { does: { kind: 'output', output }, uses: new Uses().read(output.references) }
}

/** Compiles `onError` and `finally` of a workflow: they see its steps, whose ids are given, and how these came to their end. */
export function compileClosings(model: WorkflowModel, ids: readonly string[], names: Names, compilation: Compilation): Pick<GraphPlan, 'onError' | 'final'> {
  const around: Names = { ...names, scopes: [{ path: 'steps', ids: new Map(ids.map((id, index) => [id, index])), owner: null, ended: true }] }
  const scopeOf = (key: 'onError' | 'finally', items: readonly ItemNames[]): ScopePlan | null => {
    const given = usable(model, key, { path: '' }, compilation)
    const steps = given === undefined ? undefined : usable(given, 'steps', { path: key }, compilation)
    if (steps === undefined) return null
    const place: Place = { path: `${key}.steps`, names: { ...around, items } }
    return compilation.scope({ steps, output: undefined, outputPath: '', owner: null }, place, { ...compilation, isClosing: true }).plan
  }
  const onError = scopeOf('onError', [ERROR])
  const final = scopeOf('finally', [ERROR, OUTCOME])
  const isBounded = onError !== null || final !== null || [...compilation.inlined].some(({ closes }) => closes.onError || closes.final)
  if (!isBounded && model.cleanUpTimeout !== undefined) {
    compilation.problems.add('MISPLACED_KEY', 'cleanUpTimeout', 'bounds finally and onError, but there is neither', { remedy: 'Add finally, or leave it out.', on: 'key' })
  }
  return { onError: onError === null ? null : { codes: model.onError?.codes ?? null, scope: onError }, final }
}

function within(names: Names, item: ItemNames): Names {
  return { ...names, items: [...names.items, item] }
}
