// What a step's options, and the defaults of its template, say in milliseconds. Bad ones throw DefinitionError with their path.
import type { Level } from '../model/record.ts'
import { parseDuration } from '../shared/duration.ts'
import type { Store } from '../store/port.ts'
import type { Operation } from '../workflow/contract.ts'
import { checkCompensation, isCompensable } from './compensable.ts'
import { checkOptions } from './known-options.ts'
import { retryPlan } from '../template/retry-policy.ts'
import type { RetryPlan } from '../template/retry-policy.ts'
import { checkTransaction } from './transaction-check.ts'

type StepOperation = Extract<Operation, { kind: 'step' }>

/** Looks at all options before anything begins: a bad one must fail its own step here, not a flush or the process later. Gives the retry plan, if any is asked for. */
export function checkStepOptions(operation: StepOperation, level: Level, store: Store): RetryPlan | undefined {
  const { options, template, path } = operation
  checkOptions('step', options, path)
  if (options.retry !== undefined) checkOptions('retry', options.retry, `${path}.retry`)
  checkTransaction(operation, store)
  if (isCompensable(operation)) checkCompensation(operation, level)
  for (const name of ['timeout', 'totalTimeout', 'heartbeatTimeout'] as const) {
    const given = options[name]
    if (given !== undefined) parseDuration(given, `${path}.${name}`)
  }
  const retry = options.retry ?? template.defaults.retry
  return retry === undefined ? undefined : retryPlan(retry, path)
}

/** How long an attempt may take or be silent, or the step may take in all; null without a bound. */
export function limitOf({ options, template, path }: StepOperation, name: 'timeout' | 'heartbeatTimeout' | 'totalTimeout'): number | null {
  const given = options[name] ?? (name === 'totalTimeout' ? undefined : template.defaults[name])
  return given === undefined ? null : parseDuration(given, `${path}.${name}`)
}
