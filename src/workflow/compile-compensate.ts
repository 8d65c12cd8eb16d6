// Compiles what undoes a step: its template, and an input that reads the step that was done, by the name `step`.
import type { BodyModel, CompensateModel } from '../model/workflow.ts'
import type { AnyTemplate } from '../template/contract.ts'
import { compileBinding } from './binding.ts'
import { compileConfig } from './compile-config.ts'
import { checkLimits, usable, type Compilation, type Place } from './compilation.ts'
import type { CompensatePlan } from './plan.ts'

/** What the step that is undone is called in the expressions of `with`. */
export const UNDONE_STEP = 'step'

/** What a compensation is told when it has no `with`. */
const TOLD = { input: '${{ step.input }}', output: '${{ step.output }}', outcome: '${{ step.outcome }}' }

/** The plan of a step's `compensate`; undefined for none, for `false`, and when something is wrong with it, which is noted. */
export function compileCompensate(body: BodyModel, step: AnyTemplate, place: Place, compilation: Compilation): CompensatePlan | undefined {
  const path = `${place.path}.compensate`
  const { problems } = compilation
  const model = usable(body, 'compensate', place, compilation)
  if (model === undefined || model === false || typeof model !== 'object') return undefined
  if (compilation.isClosing === true) problems.add('MISPLACED_KEY', path, 'undoes a step that is run at the end of a run, which is never undone', { remedy: 'Leave it out.', on: 'key' })
  else if ((body.level ?? step.level) === 'pure') problems.add('MISPLACED_KEY', path, 'undoes a step that is pure, which has no effect', { remedy: 'Leave it out, or say level: effect.', on: 'key' })
  checkLimits({ ...model }, ['timeout'], { path }, compilation)
  const reference = usable(model, 'uses', { path }, compilation)
  const found = reference === undefined ? undefined : compilation.template(reference, path)
  const template = found === undefined ? undefined : compileConfig({}, found, path, compilation)
  const isBound = Object.hasOwn(model, 'with')
  const names = { scopes: [], items: [{ item: UNDONE_STEP, index: 'index' }], everywhere: place.names.everywhere }
  const input = compileBinding(isBound ? model.with : TOLD, { path: isBound ? `${path}.with` : path, names, problems })
  return template === undefined ? undefined : { template, input, isBound, options: optionsOf(model) }
}

function optionsOf({ retry, timeout, onUnknown }: CompensateModel): CompensatePlan['options'] {
  return { ...(retry === undefined ? {} : { retry }), ...(timeout === undefined ? {} : { timeout }), ...(onUnknown === undefined ? {} : { onUnknown }) }
}
