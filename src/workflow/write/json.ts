// A workflow as JSON text: the model in its canonical form.
import type { WorkflowModel } from '../../model/workflow.ts'
import { canonicalModel } from '../canonical.ts'

/** Writes a model as JSON. Reading it gives the model's canonical form again. */
export function writeJson(model: WorkflowModel): string {
  return `${JSON.stringify(canonicalModel(model), null, 2)}\n`
}
