// The types around children: what steps that start them give.
import type { ChildPlan, ChildrenPlan } from '../plan.ts'
import { failureType } from './failure-type.ts'
import { typeOfValue } from './from-schema.ts'
import { field, listOf, NULL, NUMBER, objectOf, STRING, unionOf, UNKNOWN, type Field, type Type } from './type.ts'

const RESULT: Type = objectOf(new Map([
  ['index', field(NUMBER)], ['run', field(STRING)], ['status', field(unionOf(typeOfValue('completed'), typeOfValue('failed'), typeOfValue('cancelled')))], ['output', field(UNKNOWN)], ['error', field(unionOf(failureType, NULL))],
]))

/** What the step gives. The output of a child is that of a workflow that is found when it is started. */
export function typeOfChild(plan: ChildPlan | ChildrenPlan): Type {
  if (plan.kind === 'child') return plan.waits ? UNKNOWN : STRING
  const collected: readonly [string, Field][] = plan.collect === null ? [] : [[plan.collect, field(listOf(() => (plan.collect === 'outputs' ? UNKNOWN : RESULT)))]]
  return objectOf(new Map([['count', field(NUMBER)], ['completed', field(NUMBER)], ['failed', field(NUMBER)], ...collected]))
}

/** True for what may stand where a list must. */
export function mayBeList(type: Type): boolean {
  return type.unknown || type.alternatives.every(({ kind }) => kind === 'list')
}
