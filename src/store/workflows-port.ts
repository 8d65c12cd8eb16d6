// The part of the store's port that keeps definitions: workflows by name, their versions by hash. The port itself (port.ts) takes
// these operations and reads up; what holds for its flushes and rows holds here. Names are words of ASCII (WORKFLOW_NAME).
import type { SourceFormat, VersionSummary, WorkflowChange, WorkflowKey, WorkflowRow, WorkflowStatus, WorkflowVersion } from '../model/definition.ts'
import type { Space } from '../model/run.ts'

/**
 * `saveWorkflow` makes a version the current one of its workflow; either is added when it is not there. A hash that is there already adds
 *   nothing: that version keeps its time and author, and its texts become those that came, since a hash covers the logic alone.
 *   When nothing at all changes, the row of the workflow stays as it is. Answers `workflow`; `refused` when it is archived.
 * `useWorkflowVersion` makes a version that is stored the current one. Answers `workflow`; `missing` without the workflow or that
 *   version; `refused` when it is archived.
 * `chooseWorkflowVersion` chooses the version that new runs take, stored or not, or with null the newest again. Without a row one is made that has no version; one
 *   that says nothing any more goes. The choice that stands already changes nothing. Answers `workflow`; `refused` when it is archived.
 * `setWorkflowStatus` changes the status; the one that it has already changes nothing. Without a row one is made that has no version:
 *   for a workflow that only some program's code knows. Such a row goes when it becomes `enabled` and no version is chosen, as it says nothing then.
 *   Answers `workflow` with the row as it is, or would be; `refused` for a transition that there is not.
 * `deleteWorkflow` deletes an archived workflow with all its versions. Runs keep what they run: their definitions are rows of their own
 *   (see `definition`). No answer when it is done; `missing`; `refused` when it is not archived or when a run of its name lives,
 *   starts earlier in the same flush included.
 */
export type WorkflowOp =
  | ({ readonly op: 'saveWorkflow'; readonly hash: string; readonly format: SourceFormat; readonly body: string; readonly source: string } & WorkflowChange)
  | ({ readonly op: 'useWorkflowVersion'; readonly hash: string } & WorkflowChange)
  | ({ readonly op: 'chooseWorkflowVersion'; readonly version: string | null } & WorkflowChange)
  | ({ readonly op: 'setWorkflowStatus'; readonly status: WorkflowStatus } & WorkflowChange)
  | ({ readonly op: 'deleteWorkflow' } & WorkflowKey)

/** What is answered besides `missing` and `refused`. */
export interface WorkflowAnswer {
  readonly answer: 'workflow'
  readonly workflow: WorkflowRow
  /** True when the version was not there before. */
  readonly added: boolean
}

/** Which workflows to list, by name from a to z. All that is given must hold. */
export interface WorkflowFilter {
  readonly space: Space
  readonly status?: readonly WorkflowStatus[]
  /** The name begins with it. */
  readonly prefix?: string
  /** The name holds it. */
  readonly text?: string
  /** Only names after this one: the `next` of the page before. It may have been deleted since. */
  readonly after?: string
  /** At most 1,000; default 50. */
  readonly limit?: number
}

/** One page of a list. */
export interface WorkflowPage {
  readonly workflows: readonly WorkflowRow[]
  /** Hand it in as `after` for the next page; null on the last one. */
  readonly next: string | null
}

/** The reads. They see what was committed. */
export interface WorkflowReads {
  listWorkflows(filter: WorkflowFilter): Promise<WorkflowPage>
  getWorkflow(key: WorkflowKey): Promise<WorkflowRow | undefined>
  /** All versions of a workflow, the one that was added last first; empty when there are none. */
  workflowVersions(key: WorkflowKey): Promise<readonly VersionSummary[]>
  /** Undefined when there is none. PayloadCorruptError, naming workflow and hash, when it is not what was written. */
  workflowVersion(key: WorkflowKey, hash: string): Promise<WorkflowVersion | undefined>
}
