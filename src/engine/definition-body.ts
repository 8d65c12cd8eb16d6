// The body of a definition as it comes out of a store, proven to be what its hash says.
import { PayloadCorruptError } from '../errors.ts'
import type { WorkflowModel } from '../model/workflow.ts'
import { versionOf } from '../workflow/canonical.ts'

/** The pinned model. Throws PayloadCorruptError when it is not the definition with this hash. */
export function parseDefinition(body: string, hash: string): WorkflowModel {
  let cause: unknown
  try {
    const model = JSON.parse(body) as WorkflowModel // what was stored under its hash was checked before
    if (versionOf(model) === hash) return model
  } catch (thrown) {
    cause = thrown
  }
  throw new PayloadCorruptError(`the stored definition ${hash} is damaged: it does not have the hash that it is stored under`, { cause, path: hash, details: { version: hash } })
}
