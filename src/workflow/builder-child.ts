// Children as the builder is given them, turned into the model.
import type { BodyModel } from '../model/workflow.ts'
import { bindingModel, called, picked, type Given, type Site } from './builder-steps.ts'

const START = ['workflow', 'parentClose', 'queue'] as const
export const CHILD = [...START, 'input', 'wait'] as const
export const CHILDREN = [...START, 'inputs', 'concurrency', 'onFailure', 'collect'] as const

/** A child run. A workflow that is handed in stands there by its name. */
export function childModel(given: Given, path: string, site: Site): BodyModel {
  return { child: startModel(given, 'input', `${path}.child`, site) } as unknown as BodyModel // the check of shape refuses everything else
}

/** A child run for each input. */
export function childrenModel(given: Given, path: string, site: Site): BodyModel {
  return { children: startModel(given, 'inputs', `${path}.children`, site) } as unknown as BodyModel
}

function startModel(given: Given, key: 'input' | 'inputs', path: string, site: Site): Given {
  if (typeof given !== 'object' || given === null) return given // told by the check of shape
  const { [key]: bound, workflow, ...rest } = given
  return {
    ...picked({ workflow: nameOf(workflow) }, ['workflow']), ...picked(rest, Object.keys(rest)),
    ...(bound === undefined ? {} : { [key]: bindingModel(called(bound, site), `${path}.${key}`, site) }),
  }
}

function nameOf(workflow: unknown): unknown {
  const { form, name } = (typeof workflow === 'object' && workflow !== null ? workflow : {}) as { readonly form?: unknown; readonly name?: unknown }
  return form === 'function' || form === 'graph' ? name : workflow
}
