// Compiles a step that runs another graph inline: finds it, and binds its input. The other graph sees nothing of this one but that input.
import type { BodyModel } from '../model/workflow.ts'
import { inputBinding } from './binding.ts'
import { usable, type Compilation, type Place } from './compilation.ts'
import type { InlinePlan } from './plan.ts'
import { Uses } from './uses.ts'

/** What to do about the keys of a step with `uses` that stand beside `inline`. */
export const INLINE_OPTIONS = {
  config: 'Leave it out: what the workflow depends on is its input.',
  with: 'Move it into inline, as input.',
  retry: 'Say it at the steps of that workflow: what they have done is recorded under their paths and cannot be done a second time. Or run it as a child, which can be started anew.',
  timeout: 'Say it at the steps of that workflow, or run it as a child, whose run has a timeout.',
  totalTimeout: 'Say it at the steps of that workflow, or run it as a child, whose run has a timeout.',
  heartbeatTimeout: 'Say it at the steps of that workflow.',
  level: 'Leave it out: each step of that workflow has its own.',
  compensate: 'Say it at the steps of that workflow: each is undone by its own, in reverse order with all others of the run.',
} as const

/** The plan of `inline`; undefined when something is wrong with it, which is noted. */
export function compileInline(body: BodyModel, place: Place, compilation: Compilation): { readonly plan: InlinePlan; readonly uses: Uses } | undefined {
  const path = `${place.path}.inline`
  const model = usable(body, 'inline', place, compilation)
  if (model === undefined) return undefined
  const input = inputBinding(model.input, { path: `${path}.input`, names: place.names, problems: compilation.problems })
  const reference = usable(model, 'workflow', { path }, compilation)
  const workflow = reference === undefined ? undefined : compilation.inline(reference, { path: place.path, isClosing: compilation.isClosing === true })
  if (workflow === undefined) return undefined
  compilation.inlined.add(workflow)
  return { plan: { kind: 'inline', workflow, input }, uses: new Uses().read(input.references) }
}
