// Workflows as commands show them: where one comes from, its status, its versions.
import type { DefinedWorkflow } from '../engine/definitions-api.ts'
import type { WorkflowStatus } from '../model/definition.ts'
import { visibleLine } from '../shared/visible.ts'
import type { Style } from './terminal.ts'

/** How a status is painted. */
export const WORKFLOW_STYLES: Readonly<Record<WorkflowStatus, Style>> = { enabled: 'green', disabled: 'yellow', archived: 'dim' }

/** Digits of a hash that people are shown; any six or more name a version. */
const DIGITS = 12
const HASH = /^[0-9a-f]{40}$/

/** A workflow as `--json` shows it: to the command line a registered one is in a file. */
export function workflowJson(workflow: DefinedWorkflow): object {
  return { ...workflow, origin: originOf(workflow) }
}

/** `file` or `stored`. */
export function originOf({ origin }: DefinedWorkflow): string {
  return origin === 'registered' ? 'file' : 'stored'
}

/** A version as people read it: a hash is cut. */
export function shortVersion(version: string): string {
  return HASH.test(version) ? version.slice(0, DIGITS) : visibleLine(version)
}
