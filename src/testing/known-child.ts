// The workflow that a child is started of, among those that a world knows.
import { WorkflowNotFoundError } from '../errors.ts'
import type { AnyWorkflow } from '../workflow/contract.ts'

/** The workflow itself, or the newest of its name. */
export function knownChild(workflows: readonly AnyWorkflow[], workflow: AnyWorkflow | string): AnyWorkflow {
  const found = typeof workflow === 'string' ? workflows.findLast(({ name }) => name === workflow) : workflow
  if (found === undefined) throw new WorkflowNotFoundError(`there is no workflow ${JSON.stringify(workflow)}`)
  return found
}
