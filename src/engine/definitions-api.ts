// What users see of stored definitions: the interface behind `wumbo.definitions`. Only types; definitions.ts implements it.
import type { SourceFormat, VersionSummary, WorkflowStatus, WorkflowVersion } from '../model/definition.ts'
import type { WorkflowModel } from '../model/workflow.ts'
import type { GraphWorkflow } from '../workflow/contract.ts'

/** A workflow by name, as lists show it. Times are milliseconds since 1970. */
export interface DefinedWorkflow {
  readonly name: string
  /** `registered`: in the code or the files of this process, which wins over one that is stored under the same name. */
  readonly origin: 'registered' | 'stored'
  /** Null when only a status is stored: the workflow itself is in the code of some other process. */
  readonly form: 'function' | 'graph' | null
  readonly status: WorkflowStatus
  /** The version that new runs take; null when `form` is. */
  readonly version: string | null
  /** Set when somebody chose that version for new runs, whatever is registered or stored since. */
  readonly chosen: boolean
  /** Null as long as nothing of it is stored. */
  readonly createdAt: number | null
  readonly updatedAt: number | null
  /** Who changed it last. */
  readonly by: string | null
}

/** Which workflows to list. All that is given must hold. */
export interface DefinitionFilter {
  readonly status?: readonly WorkflowStatus[]
  /** The name begins with it. */
  readonly prefix?: string
  /** The name holds it. */
  readonly text?: string
  /** The `next` of the page before. */
  readonly after?: string
  /** 1 to 1,000. Default 50. */
  readonly limit?: number
}

/** Who asks for a change. */
export interface ChangeOptions {
  /** Default `api`. */
  readonly by?: string
}

/** How a definition is kept. */
export interface CreateOptions extends ChangeOptions {
  /** What the user wrote, shown as it is. What runs is the definition. Default: the definition as JSON. */
  readonly source?: string
  /** What `source` is written in; it comes with it. */
  readonly format?: SourceFormat
}

/** What `create` did. */
export interface CreatedWorkflow {
  readonly name: string
  /** The content hash of its logic and of the templates that it pinned. */
  readonly version: string
  /** The templates that it pinned, `name@version`, by name. */
  readonly templates: readonly string[]
  /** True when this version was not stored before. */
  readonly added: boolean
  readonly status: WorkflowStatus
}

/** A version with what runs and what the user wrote. */
export interface DefinitionVersion extends WorkflowVersion {
  readonly name: string
  /** True for the version that new runs take. */
  readonly current: boolean
  /** What runs: `body` parsed, with its templates pinned. */
  readonly definition: WorkflowModel
  readonly templates: readonly string[]
}

/**
 * The definitions of a store. Changes are durable when they resolve. WORKFLOW_NOT_FOUND for a name or version that is not there;
 * WORKFLOW_CONFLICT for what the status or the origin of a workflow does not allow.
 */
export interface Definitions {
  /**
   * Checks a graph (a model as plain data, or what the builder or fromModel made) against the registered templates, stores it, and makes
   * it the version that `start(name)` takes from now on, also after a restart. The same definition again adds nothing.
   * DEFINITION_INVALID tells all that is wrong with it, and refuses a durable function, which only its code can be.
   */
  create(definition: WorkflowModel | GraphWorkflow<never, unknown>, options?: CreateOptions): Promise<CreatedWorkflow>
  /** By name, registered and stored ones. */
  list(filter?: DefinitionFilter): Promise<{ readonly workflows: readonly DefinedWorkflow[]; readonly next: string | null }>
  get(name: string): Promise<DefinedWorkflow>
  /** The version that new runs of a name take, as this process knows it; undefined when it knows none. */
  current(name: string): string | undefined
  /** The stored versions without their texts, the newest first; none for a workflow that is only registered. */
  versions(name: string): Promise<readonly VersionSummary[]>
  /** A stored version: the current one unless another is named. A hash may be cut to the first 6 digits or more, if they name one. */
  version(name: string, hash?: string): Promise<DefinitionVersion>
  /**
   * Makes a stored version the one that new runs take; running runs keep theirs. Of a registered workflow it chooses among the registered versions too, durably and for all workers;
   * to choose the newest takes the choice back, so that new runs follow what is registered.
   */
  use(name: string, hash: string, options?: ChangeOptions): Promise<DefinedWorkflow>
  /** Lets runs start again, of a registered workflow too. */
  enable(name: string, options?: ChangeOptions): Promise<DefinedWorkflow>
  /** Starts are refused with WORKFLOW_DISABLED from now on; running runs go on, and failed ones can be retried. */
  disable(name: string, options?: ChangeOptions): Promise<DefinedWorkflow>
  /** Like `disable`, and it takes no new version: the end of a workflow's life. `enable` brings it back. */
  archive(name: string, options?: ChangeOptions): Promise<DefinedWorkflow>
  /** Deletes an archived workflow with its versions, once none of its runs lives. Ended runs keep their definition. */
  delete(name: string): Promise<void>
}
