// The failure that a step's dependants see, made from what is recorded.
import { StepFailedError, errorFromData } from '../errors.ts'
import type { ErrorData, WumboError } from '../errors.ts'

/** The failure that a step's dependants see: the same after a crash as without one, since it is made from what is recorded. */
export function recordedFailure(path: string, error: ErrorData): WumboError {
  return new StepFailedError(`step ${path} failed: ${error.message}`, { path, cause: errorFromData(error) })
}
