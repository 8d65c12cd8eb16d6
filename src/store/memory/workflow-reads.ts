// Reads of stored workflows on the memory store's tables, and their check.
import type { VersionSummary, WorkflowKey, WorkflowRow, WorkflowVersion } from '../../model/definition.ts'
import type { Finding } from '../port.ts'
import type { WorkflowFilter, WorkflowPage } from '../workflows-port.ts'
import { idOf } from './tables.ts'
import type { Tables } from './tables.ts'

const DEFAULT_LIMIT = 50
const MAX_LIMIT = 1000

/** One page of workflows, by name. */
export function listWorkflows(tables: Tables, filter: WorkflowFilter): WorkflowPage {
  const limit = Math.max(1, Math.min(filter.limit ?? DEFAULT_LIMIT, MAX_LIMIT))
  const rows = [...tables.workflows.values()].map(({ row }) => row)
  const found = rows.filter((row) => matches(row, filter)).sort((a, b) => (a.name < b.name ? -1 : 1))
  const workflows = found.slice(0, limit)
  return { workflows, next: found.length > limit ? (workflows.at(-1)?.name ?? null) : null }
}

export function getWorkflow(tables: Tables, { space, name }: WorkflowKey): WorkflowRow | undefined {
  return tables.workflows.get(idOf(space, name))?.row
}

/** The versions of a workflow without their texts, newest first. */
export function workflowVersions(tables: Tables, { space, name }: WorkflowKey): readonly VersionSummary[] {
  const versions = tables.workflows.get(idOf(space, name))?.versions ?? []
  return versions.map(({ hash, format, createdAt, by }) => ({ hash, format, createdAt, by })).reverse()
}

export function workflowVersion(tables: Tables, { space, name }: WorkflowKey, hash: string): WorkflowVersion | undefined {
  return tables.workflows.get(idOf(space, name))?.versions.find((version) => version.hash === hash)
}

/** Workflows whose current version is not there. */
export function* checkWorkflows(tables: Tables): Generator<Finding> {
  for (const { row, versions } of tables.workflows.values()) {
    if (row.version === null || versions.some(({ hash }) => hash === row.version)) continue
    yield { code: 'WORKFLOW_WITHOUT_VERSION', run: null, message: `the current version ${row.version} of workflow ${row.name} is not stored` }
  }
}

function matches(row: WorkflowRow, { space, status, prefix, text, after }: WorkflowFilter): boolean {
  return row.space === space && (status === undefined || status.includes(row.status)) && (prefix === undefined || row.name.startsWith(prefix))
    && (text === undefined || row.name.includes(text)) && (after === undefined || row.name > after)
}
