// A value that an expression gave, or the error it threw: for parts of a run that go on either way.
import { ExpressionError, WumboError } from '../errors.ts'

/** What came of an evaluation. */
export type Taken<T> = { readonly value: T } | { readonly error: WumboError }

/** Evaluates; whatever is thrown becomes an error of ours. */
export function taken<T>(evaluate: () => T): Taken<T> {
  try {
    return { value: evaluate() }
  } catch (thrown) {
    return { error: thrown instanceof WumboError ? thrown : new ExpressionError(thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown }) }
  }
}
