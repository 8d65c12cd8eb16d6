// A workflow that is run as a part of another one, as plain data.

/** Runs another graph inside of this run: its steps have paths below that of the step, and the output is that of the workflow. */
export interface InlineModel {
  /** `name`, or `name@version`. Without a version: the one that new runs take. It is pinned when this workflow is saved. */
  readonly workflow: string
  /** What the workflow is given, checked by its schema: any JSON; its texts may hold `${{ expression }}`. Default `{}`. */
  readonly input?: unknown
}

/** `check-order`, `check-order@1f0c…`. */
export const WORKFLOW_REFERENCE = /^[a-z0-9]+(?:[-._][a-z0-9]+)*(?:@[A-Za-z0-9][A-Za-z0-9._+-]*)?$/

/** Such a reference has at most so many characters. */
export const MAX_REFERENCE = 201

/** Name and version of a reference. */
export function partsOf(reference: string): { readonly name: string; readonly version?: string } {
  const at = reference.indexOf('@')
  return at === -1 ? { name: reference } : { name: reference.slice(0, at), version: reference.slice(at + 1) }
}

/** A reference to one version. */
export function referenceTo({ name, version }: { readonly name: string; readonly version: string }): string {
  return `${name}@${version}`
}
