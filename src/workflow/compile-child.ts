// Compiles what starts runs of other workflows as children. Whether there is such a workflow shows when it is started: it may be stored later, or run elsewhere.
import type { ChildModel, ChildrenModel, StartModel } from '../model/children.ts'
import { DEFAULT_CHILDREN } from '../model/children.ts'
import { compileBinding, inputBinding } from './binding.ts'
import { usable, type Compilation, type Place } from './compilation.ts'
import type { ChildPlan, ChildrenPlan } from './plan.ts'
import { Uses } from './uses.ts'

export const INPUTS_REMEDY = 'Write an expression that gives a list, such as ${{ input.parcels }}, or a list.'

/** What is started, and the steps that it reads. */
interface Compiled<T> {
  readonly plan: T
  readonly uses: Uses
}

/** Compiles a child. */
export function compileChild(model: ChildModel, place: Place, compilation: Compilation): Compiled<ChildPlan> {
  const { path, names } = place
  const input = inputBinding(model.input, { path: `${path}.input`, names, problems: compilation.problems })
  return { plan: { kind: 'child', ...startOf(model, place, compilation), input, waits: model.wait !== false }, uses: new Uses().read(input.references) }
}

/** Compiles many children. */
export function compileChildren(model: ChildrenModel, place: Place, compilation: Compilation): Compiled<ChildrenPlan> {
  const { path, names } = place
  const inputs = compileBinding(usable(model, 'inputs', place, compilation) ?? [], { path: `${path}.inputs`, names, problems: compilation.problems })
  const { kind } = inputs.shape
  if (kind === 'text' || (kind === 'constant' && !Array.isArray(inputs.shape.value))) compilation.problems.add('INVALID_VALUE', `${path}.inputs`, 'expected a list, got a text', { remedy: INPUTS_REMEDY })
  return {
    plan: {
      kind: 'children', ...startOf(model, place, compilation), inputs, concurrency: usable(model, 'concurrency', place, compilation) ?? DEFAULT_CHILDREN,
      goesOn: usable(model, 'onFailure', place, compilation) === 'continue', collect: usable(model, 'collect', place, compilation) ?? null,
    },
    uses: new Uses().read(inputs.references),
  }
}

function startOf(model: StartModel, place: Place, compilation: Compilation): Pick<ChildPlan, 'path' | 'workflow' | 'close' | 'queue'> {
  return { path: place.path, workflow: usable(model, 'workflow', place, compilation) ?? '', close: usable(model, 'parentClose', place, compilation) ?? 'cancel', queue: usable(model, 'queue', place, compilation) ?? null }
}
