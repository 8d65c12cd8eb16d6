// What was said that undoes a step: by its own option, else by its template.
import { DefinitionError } from '../errors.ts'
import type { Level } from '../model/record.ts'
import { compensationOf } from '../template/compensation.ts'
import type { Compensation } from '../template/compensation.ts'
import type { Operation } from '../workflow/contract.ts'
import { checkOptions } from './known-options.ts'
import { retryPlan } from '../template/retry-policy.ts'

type StepOperation = Extract<Operation, { kind: 'step' }>

/** What undoes a step, checked: its own option, else what its template says; null for nothing. */
export function compensationFor({ options, template, path }: StepOperation): Compensation | null {
  const given = options.compensate ?? template.defaults.compensate
  return given === undefined || given === false ? null : compensationOf(given, `${path}.compensate`)
}

/** True when something was said that undoes the step; cheap, since every step is asked. */
export function isCompensable({ options, template }: StepOperation): boolean {
  const given = options.compensate ?? template.defaults.compensate
  return given !== undefined && given !== false
}

/** Looks at what was said that undoes a step, before it begins. Throws DefinitionError. */
export function checkCompensation(operation: StepOperation, level: Level): void {
  const { path } = operation
  const undone = compensationFor(operation)
  if (undone !== null) {
    checkOptions('retry', undone.retry, `${path}.compensate.retry`)
    retryPlan(undone.retry, `${path}.compensate`)
  }
  if (level === 'pure') throw new DefinitionError(`${path}.compensate: a pure step has no effect that could be undone`, { path: `${path}.compensate`, remedy: 'Leave out level: pure, or say compensate: false.' })
}
