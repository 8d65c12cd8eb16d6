// What the builder makes of handlers: the model of what stands in the place of a failed step, and what is run at the end of a run.
import type { BodyModel, OnErrorModel, StepModel } from '../model/workflow.ts'
import { bindingModel, called, picked, type Given, type Site } from './builder-steps.ts'
import { ERROR_NAME, type OUTCOME_NAME } from './compile-handler.ts'
import { checkKeys, refuse, shown } from './door.ts'

/** Makes the model of a body. */
type MakeBody<B> = (body: B, path: string, site: Site) => BodyModel

/** What a handler is given as: an object, or a function that builds a block. */
export interface HandlerCall<F> {
  readonly handler: Given | F
  readonly options: Given
  readonly path: string
  readonly site: Site
  /** The keys of a body that is no block. */
  readonly keys: (body: Given) => readonly string[]
  readonly make: MakeBody<Given | F>
}

/** A site from which a failure is seen, and at the end of a run how it ended. */
export function seeing(site: Site, ...names: readonly (typeof ERROR_NAME | typeof OUTCOME_NAME)[]): Site {
  return { ...site, loops: [...site.loops, ...names.map((name) => ({ [name]: { name } }))] }
}

/** The model of what stands in the place of a step. */
export function handlerModel<F>({ handler, options, path, site, keys, make }: HandlerCall<F>): OnErrorModel {
  const inner = seeing(site, ERROR_NAME)
  if (typeof handler === 'function') {
    checkKeys(`workflow: ${path}`, options, ['codes'])
    return { ...picked(options, ['codes']), ...make(handler, path, inner) }
  }
  if (typeof handler !== 'object' || handler === null) throw refuse('workflow', path, `expected an object or a function, got ${shown(handler)}`, "Write .onError('fetch', { output: null }).")
  const given = handler as Given
  const isOutput = Object.hasOwn(given, 'output')
  checkKeys(`workflow: ${path}`, given, ['codes', ...(isOutput ? ['output'] : keys(given))])
  const { codes: _, ...body } = given
  return { ...picked(given, ['codes']), ...(isOutput ? { output: bindingModel(called(given['output'], inner), `${path}.output`, inner) } : make(body, path, inner)) }
}

/** The steps with a handler for the one with this id; notes what is wrong. */
export function withHandler(steps: readonly (readonly [string, StepModel])[], id: unknown, onError: OnErrorModel, { draft, path }: Site): readonly (readonly [string, StepModel])[] {
  const found = steps.find(([known]) => known === id)
  const at = `${path}.${String(id)}.onError`
  if (found === undefined) draft.problems.add('UNKNOWN_STEP', at, `there is no step ${JSON.stringify(id)} before this call`, { remedy: 'Call onError behind the step that it is about.' })
  else if (found[1].onError !== undefined) draft.problems.add('DUPLICATE_NAME', at, `the step ${String(id)} has an onError already`, { remedy: 'Say all of it in one, for example with a switch on error.code.', on: 'key' })
  return steps.map(([known, step]) => [known, known === id ? { ...step, onError } : step])
}
