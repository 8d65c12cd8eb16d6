// The body of a definition as it comes out of a store. Its hash is not computed again: the rules of hashing may have changed since it was
// stored, and it keeps the version under which it was accepted. That the text is what was written is the store's to prove.
import { PayloadCorruptError } from '../errors.ts'
import type { WorkflowModel } from '../model/workflow.ts'
import { parseJson } from '../shared/parse-json.ts'

/** The pinned model. Throws PayloadCorruptError for a text that is none. */
export function parseDefinition(body: string, hash: string): WorkflowModel {
  let cause: unknown
  try {
    const model: unknown = parseJson(body)
    if (typeof model === 'object' && model !== null) return model as WorkflowModel // checked before it was stored
  } catch (thrown) {
    cause = thrown
  }
  throw new PayloadCorruptError(`the stored definition ${hash} is damaged: it is no workflow`, { cause, path: hash, details: { version: hash } })
}
