// What a condition is in every run.
import type { Expression } from '../expression.ts'
import { literalOf } from './facts.ts'

/** What a condition always is; undefined when that shows in a run. */
export function constantOf(expression: Expression): boolean | undefined {
  const literal = literalOf(expression.ast)
  if (literal !== undefined) return typeof literal.value === 'boolean' ? literal.value : undefined
  if (!expression.constant) return undefined
  try {
    const value = expression.evaluate({ input: undefined, scopes: [], items: [] })
    return typeof value === 'boolean' ? value : undefined
  } catch {
    return undefined
  }
}
