// The end of a child on its way to its parent: what the child tells with its end, in the same commit, and what the parent makes of it. A child that has
// completed tells nothing but that: its output stays with it, and whoever wants it reads it there.
import { ChildFailedError, errorData, errorFromData } from '../errors.ts'
import type { ErrorData } from '../errors.ts'
import { parentOf } from '../model/child.ts'
import type { EndStatus, NewMail, RunKey, RunRow } from '../model/run.ts'
import { defaultCodec } from '../shared/codec.ts'
import { endMailId } from './child-marks.ts'

/** How a child ended. */
export interface ChildEnd {
  readonly status: EndStatus
  readonly error: ErrorData | null
}

/** What a run tells its parent with its end; undefined for a run without one. */
export function tellOf(row: Pick<RunRow, 'space' | 'run' | 'key'>, { status, error }: ChildEnd, sentAt: number): NewMail | undefined {
  const link = parentOf(row)
  if (link === null) return undefined
  const body = status === 'completed' ? null : defaultCodec.snapshot({ status, error }).payload
  return { space: row.space, run: link.run, id: endMailId(row.run), kind: 'child', body, sentAt }
}

/** The parent of a run; null for none. */
export function parentKeyOf(row: Pick<RunRow, 'space' | 'key'>): RunKey | null {
  const link = parentOf(row)
  return link === null ? null : { space: row.space, run: link.run }
}

/** What the mail of a child says, once its body is read. */
export function endFrom(body: unknown): ChildEnd {
  return body === undefined ? { status: 'completed', error: null } : (body as ChildEnd) // as tellOf makes it
}

/** The failure that a parent sees of a child that has not completed. */
export function childFailure(path: string, { run, workflow, end }: { readonly run: string; readonly workflow: string; readonly end: ChildEnd }): ChildFailedError {
  const { status, error } = end
  const how = status === 'cancelled' ? 'was cancelled' : `failed: ${error?.message ?? 'no reason was recorded'}`
  return new ChildFailedError(`the child ${workflow} of ${path} ${how}`, {
    path, details: { run, workflow, status }, remedy: `See wumbo runs show ${run}. Handle the failure in the parent, or retry the parent, which starts the child anew.`,
    ...(error === null ? {} : { cause: errorFromData(error) }),
  })
}

/** The same as it is recorded. */
export function childFailureData(path: string, of: Parameters<typeof childFailure>[1]): ErrorData {
  return errorData(childFailure(path, of))
}
