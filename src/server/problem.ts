// Failures as HTTP answers: problem details (RFC 9457) made of the catalogue. What is not a failure of the catalogue, or is a
// defect of ours, says nothing about the inside.
import { InternalError, PayloadTooLargeError, RequestInvalidError, RouteNotFoundError, WumboError } from '../errors.ts'

/** The body of an answer that is no success. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
  readonly retryable: boolean
  readonly remedy: string
  readonly path?: string
  readonly details?: Readonly<Record<string, unknown>>
}

/** The media type of a problem. */
export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8'

/** What the HTTP layer's own failures are in the catalogue. */
export function asFailure(thrown: unknown): unknown {
  if (thrown instanceof WumboError || !(thrown instanceof Error)) return thrown
  const { code, statusCode } = thrown as Error & { code?: string; statusCode?: number }
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new PayloadTooLargeError('expected a body of at most 1 MiB')
    case 'FST_ERR_NOT_FOUND':
      return new RouteNotFoundError('there is no such address here')
    default:
      return statusCode !== undefined && statusCode >= 400 && statusCode < 500 ? new RequestInvalidError(thrown.message) : thrown
  }
}

/** The problem of any throwable. */
export function problemOf(thrown: unknown): Problem {
  const known = asFailure(thrown)
  const failure = known instanceof WumboError && known.fault !== 'bug' ? known : new InternalError('the server failed; its own log says more')
  return {
    type: `urn:wumbo:error:${failure.code}`, title: failure.name, status: failure.status, detail: failure.message, code: failure.code, retryable: failure.retryable,
    remedy: failure.remedy,
    ...(failure.path === undefined ? {} : { path: failure.path }),
    // Details are for callers who can mend something: facts of failed surroundings (files, statements) stay inside.
    ...(failure.details !== undefined && failure.fault === 'user' ? { details: failure.details } : {}),
  }
}
