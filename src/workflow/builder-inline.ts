// A workflow that is run inline as the builder is given it, turned into the model.
import { referenceTo } from '../model/inline.ts'
import type { BodyModel } from '../model/workflow.ts'
import { bindingModel, called, type Given, type Site } from './builder-steps.ts'
import type { AnyWorkflow } from './contract.ts'
import { checkKeys } from './door.ts'

export const INLINE = ['workflow', 'input'] as const

/** A graph and what it is given. It stands in the model by its name and version. */
export function inlineModel(given: Given, path: string, site: Site): BodyModel {
  const at = `${path}.inline`
  checkKeys(`workflow: ${at}`, given, INLINE)
  const { workflow, input } = given
  const graph = workflow as Partial<AnyWorkflow> | undefined
  const isGraph = typeof graph === 'object' && (graph as object | null) !== null && (graph.form === 'graph' || graph.form === 'function')
  if (isGraph) site.draft.workflows.add(graph as AnyWorkflow)
  else site.draft.problems.add('INVALID_VALUE', `${at}.workflow`, 'expected a graph, as build() gives it', { remedy: 'Write workflow: checkOrder, not its name; a name is for JSON and YAML.' })
  return { inline: { workflow: isGraph ? referenceTo(graph as AnyWorkflow) : '', ...(input === undefined ? {} : { input: bindingModel(called(input, site), `${at}.input`, site) }) } }
}
