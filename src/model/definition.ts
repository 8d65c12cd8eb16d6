// A stored workflow: what the store keeps of a definition under its name, its versions by hash, and what may follow which.
// No I/O and no clock: whoever changes one hands in the time. What a definition means is the folder workflow/'s business.
import { IllegalTransitionError } from '../errors.ts'
import type { Space } from './run.ts'

/** `disabled`: no run starts until it is enabled again. `archived`: the same, and it takes no new version; only then it may be deleted. */
export type WorkflowStatus = 'enabled' | 'disabled' | 'archived'

/** What each status may become. An archived workflow is enabled first, whatever is to become of it. */
export const WORKFLOW_TRANSITIONS: Readonly<Record<WorkflowStatus, readonly WorkflowStatus[]>> = {
  enabled: ['disabled', 'archived'],
  disabled: ['enabled', 'archived'],
  archived: ['enabled'],
}

/** What names a stored workflow. */
export interface WorkflowKey {
  readonly space: Space
  readonly name: string
}

/** A workflow as the store knows it. */
export interface WorkflowRow extends WorkflowKey {
  readonly status: WorkflowStatus
  /** The hash of the version that new runs take; null for a status that stands alone: the workflow itself is in some program's code. */
  readonly version: string | null
  /** The version that somebody chose for new runs, whatever is registered or stored since; null for the newest. */
  readonly chosen: string | null
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly updatedAt: number
  /** Who changed it last, as told by the caller. */
  readonly by: string
}

/** What the text of a version is written in; `model`: it came as data, and the text is its JSON. */
export type SourceFormat = 'yaml' | 'json' | 'model'

/** A version without its texts. */
export interface VersionSummary {
  /** The content hash: see versionOf in workflow/canonical.ts. */
  readonly hash: string
  readonly format: SourceFormat
  /** When and by whom it was first saved. */
  readonly createdAt: number
  readonly by: string
}

/** A version whole. */
export interface WorkflowVersion extends VersionSummary {
  /** The canonical model with pinned templates, as JSON: what runs. */
  readonly body: string
  /** What the user wrote. */
  readonly source: string
}

/** A change of a workflow: when, and by whom. */
export interface WorkflowChange extends WorkflowKey {
  readonly at: number
  readonly by: string
}

/** The workflow once a version has become its current one; `before` is undefined when there was none. An archived one takes none. */
export function withVersion(before: WorkflowRow | undefined, version: string, { space, name, at, by }: WorkflowChange): WorkflowRow {
  if (before === undefined) return { space, name, status: 'enabled', version, chosen: null, createdAt: at, updatedAt: at, by }
  const because = versionRefusal(before)
  if (because !== undefined) throw new IllegalTransitionError(`workflow ${name} cannot get version ${version}: ${because}`)
  return { ...before, version, updatedAt: at, by }
}

/** The workflow in another status. In the one that it has already, nothing changes. */
export function withStatus(before: WorkflowRow | undefined, status: WorkflowStatus, { space, name, at, by }: WorkflowChange): WorkflowRow {
  if (before === undefined) return { space, name, status, version: null, chosen: null, createdAt: at, updatedAt: at, by }
  if (before.status === status) return before
  const because = statusRefusal(before, status)
  if (because !== undefined) throw new IllegalTransitionError(`workflow ${name} cannot become ${status}: ${because}`)
  return { ...before, status, updatedAt: at, by }
}

/** The workflow once a version has been chosen for its new runs, or with null the newest again. The choice that stands already changes nothing. */
export function withChoice(before: WorkflowRow | undefined, chosen: string | null, { space, name, at, by }: WorkflowChange): WorkflowRow {
  if (before === undefined) return { space, name, status: 'enabled', version: null, chosen, createdAt: at, updatedAt: at, by }
  if (before.chosen === chosen) return before
  const because = versionRefusal(before)
  if (because !== undefined) throw new IllegalTransitionError(`workflow ${name} cannot get version ${chosen ?? ''}: ${because}`)
  return { ...before, chosen, updatedAt: at, by }
}

/** True when a row says nothing that would not hold without it. */
export function saysNothing({ version, status, chosen }: WorkflowRow): boolean {
  return version === null && status === 'enabled' && chosen === null
}

/** Why a workflow takes no version; undefined when it takes one. */
export function versionRefusal(row: WorkflowRow | undefined): string | undefined {
  return row?.status === 'archived' ? 'it is archived' : undefined
}

/** Why a workflow cannot go to a status; undefined when it can. */
export function statusRefusal(row: WorkflowRow | undefined, to: WorkflowStatus): string | undefined {
  if (row === undefined || row.status === to || WORKFLOW_TRANSITIONS[row.status].includes(to)) return undefined
  return `it is ${row.status}, and from there it may only become ${WORKFLOW_TRANSITIONS[row.status].join(' or ')}`
}

/** Why a workflow cannot be deleted; undefined when it can. */
export function deletionRefusal(row: WorkflowRow, isLive: boolean): string | undefined {
  if (row.status !== 'archived') return `it is ${row.status}, and only archived workflows are deleted`
  return isLive ? 'runs of it have not ended' : undefined
}
