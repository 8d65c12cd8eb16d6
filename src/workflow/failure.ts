// A failure as expressions see it, and one failure that carries another. Both are made of what is recorded, so that they are the same
// after a crash.
import { errorData, errorFromData, WumboError } from '../errors.ts'
import { parseJson } from '../shared/parse-json.ts'

/** What `error` is in expressions. */
export interface Failure {
  /** Of the failure itself, not of the steps around it: `HTTP_FAILED`, a code of your own errors, `UNKNOWN` for an error without one. */
  readonly code: string
  readonly message: string
  /** The step that failed; the empty text when no step did. */
  readonly path: string
  /** What the failure says besides, as JSON; null for nothing. */
  readonly details: unknown
}

/** The failure behind what a step, an item or a block failed with. */
export function failureOf(error: WumboError): Failure {
  let own = error
  let path = error.path ?? ''
  while (own.code === 'STEP_FAILED' && own.cause instanceof Error) {
    path = own.path ?? path
    own = own.cause instanceof WumboError ? own.cause : errorFromData(errorData(own.cause))
  }
  return Object.freeze({ code: own.code, message: own.message, path, details: asJson(own.details) })
}

/** The failure of a step at a path, as expressions see it. */
export function seenFrom(error: WumboError, step: string): Failure {
  const failure = failureOf(error)
  return failure.path === '' ? Object.freeze({ ...failure, path: step }) : failure
}

/** Whether a failure has one of the codes; null stands for all. */
export function hasCode({ code }: Failure, codes: readonly string[] | null): boolean {
  return codes === null || codes.includes(code)
}

/** The same failure, with another that came up while something was done about it. */
export function withAnother(error: WumboError, key: 'onError' | 'finally', another: WumboError): WumboError {
  const data = errorData(error)
  const { code, message, path } = failureOf(another)
  return errorFromData({ ...data, details: { ...data.details, [key]: { code, message, path } } })
}

/** As the journal would give it back. */
function asJson(details: unknown): unknown {
  try {
    const text: unknown = details === undefined ? undefined : JSON.stringify(details) // undefined for what JSON cannot say
    return typeof text === 'string' ? frozen(parseJson(text)) : null
  } catch {
    return null
  }
}

function frozen(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  for (const child of Object.values(value)) frozen(child)
  return Object.freeze(value)
}
