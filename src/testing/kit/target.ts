// Which steps a stub or a fault is for.
import type { AskedStep } from '../../engine/ports.ts'
import { labelOf } from '../../template/callable.ts'
import { ConfigInvalidError } from '../../errors.ts'
import type { Target } from './contract.ts'
import { wildcard } from './wildcard.ts'

/** Tells whether a step is meant. */
export type StepMatcher = (step: AskedStep) => boolean

/** How messages name a target. */
export function shownTarget(target: Target): string {
  return typeof target === 'string' ? target : labelOf(target.meta)
}

/** Reads a target. Throws ConfigInvalidError for anything else. */
export function stepMatcher(target: Target): StepMatcher {
  const given: unknown = target
  if (typeof target === 'string' && target !== '') {
    const pattern = wildcard(target)
    return ({ path, template }) => pattern.test(path) || target === template.meta.name || target === labelOf(template.meta)
  }
  if (typeof target === 'function' && typeof (target.meta as unknown) === 'object') {
    const label = labelOf(target.meta)
    return ({ template }) => labelOf(template.meta) === label
  }
  throw new ConfigInvalidError(`target: expected a template, the name of one or the path of a step, got ${given === '' ? 'an empty text' : typeof given}`, { path: 'target' })
}
