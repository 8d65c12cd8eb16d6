// The boundary where whatever a hook throws becomes one of our failures. Failures of our own classes, and of classes that
// users derive from WumboError, pass unchanged.
import { AbortedError, TemplateFailedError, WumboError } from '../errors.ts'
import { shown } from './door.ts'

/** Turns what a template's hook threw into a WumboError. `template` is its name and version. */
export function asFailure(thrown: unknown, template: string): WumboError {
  if (thrown instanceof WumboError) return thrown
  const hint = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as { readonly retryable?: unknown; readonly retryAfter?: unknown }
  return new TemplateFailedError(`${template} failed: ${messageOf(thrown)}`, {
    cause: thrown,
    ...(typeof hint.retryable === 'boolean' ? { retryable: hint.retryable } : {}),
    ...(typeof hint.retryAfter === 'number' ? { retryAfter: hint.retryAfter } : {}),
  })
}

/** Turns the reason of an abort into a WumboError: our own pass unchanged (a timeout stays one). */
export function asAbort(reason: unknown, template: string): WumboError {
  if (reason instanceof WumboError) return reason
  return new AbortedError(`${template} was aborted: ${messageOf(reason)}`, { cause: reason })
}

/** True when a `recover` hook may turn the failure into a result: not an abort, not a defect of Wumbo itself. */
export function isRecoverable(error: WumboError): boolean {
  return error.fault !== 'bug' && !(error instanceof AbortedError)
}

function messageOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message === '' ? thrown.name : thrown.message
  return typeof thrown === 'string' ? thrown : `it threw no Error but ${shown(thrown)}`
}
