// The failure that a step's dependants see, made from what is recorded.
import { ChildFailedError, StepFailedError, errorFromData } from '../errors.ts'
import type { ErrorData, WumboError } from '../errors.ts'

/** The failure that a step's dependants see: the same after a crash as without one, since it is made from what is recorded. */
export function recordedFailure(path: string, error: ErrorData): WumboError {
  const { code, message, cause, details, remedy } = error
  if (code !== 'CHILD_FAILED' || error.path !== path) return new StepFailedError(`step ${path} failed: ${message}`, { path, cause: errorFromData(error) })
  return new ChildFailedError(message, {
    path, ...(cause === undefined ? {} : { cause: errorFromData(cause) }), ...(details === undefined ? {} : { details }), ...(remedy === undefined ? {} : { remedy }),
  })
}
