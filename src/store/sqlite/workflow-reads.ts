// Reads of stored workflows, in the reader thread, and their check.
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { WumboError } from '../../errors.ts'
import type { Finding } from '../port.ts'
import type { WorkflowFilter, WorkflowPage } from '../workflows-port.ts'
import type { ListQuery } from './run-list.ts'
import type { Row } from './rows.ts'
import { definitionFrom, versionFrom, workflowFrom } from './workflow-rows.ts'

const DEFAULT_LIMIT = 50
const MAX_LIMIT = 1000

/** One page of workflows, by name. */
export function listWorkflows(database: DatabaseSync, filter: WorkflowFilter): WorkflowPage {
  const limit = Math.max(1, Math.min(filter.limit ?? DEFAULT_LIMIT, MAX_LIMIT))
  const { sql, values } = workflowQuery(filter, limit + 1)
  const found = database.prepare(sql).all(...values)
  const workflows = found.slice(0, limit).map(workflowFrom)
  return { workflows, next: found.length > limit ? (workflows.at(-1)?.name ?? null) : null }
}

/** The statement of a list. */
export function workflowQuery({ space, status, prefix, text, after }: WorkflowFilter, limit: number): ListQuery {
  const terms = ['space = ?']
  const values: SQLInputValue[] = [space]
  const term = (sql: string, ...more: SQLInputValue[]): void => {
    terms.push(sql)
    values.push(...more)
  }
  if (after !== undefined) term('name > ?', after)
  if (prefix !== undefined) term('name >= ? and substr(name, 1, length(?)) = ?', prefix, prefix, prefix)
  if (text !== undefined) term('instr(name, ?) > 0', text)
  if (status !== undefined) term(`status in (${status.map(() => '?').join(', ')})`, ...status)
  return { sql: `select * from workflows where ${terms.join(' and ')} order by name limit ?`, values: [...values, limit] }
}

/** Workflows whose current version is not there, versions without their workflow, and definitions, of workflows and of runs, that are not what was written. */
export function findInWorkflows(database: DatabaseSync): readonly Finding[] {
  const finding = (code: string, message: string): Finding => ({ code, run: null, message })
  const without = database.prepare(`
    select name, version from workflows where version is not null and not exists
      (select 1 from workflow_versions v where v.space = workflows.space and v.name = workflows.name and v.hash = workflows.version)`).all()
  const orphans = database.prepare(`
    select name, hash from workflow_versions v where not exists (select 1 from workflows where workflows.space = v.space and workflows.name = v.name)`).all()
  const odd = database.prepare(`select name, status from workflows where status not in ('enabled', 'disabled', 'archived')`).all()
  return [
    ...without.map(({ name, version }) => finding('WORKFLOW_WITHOUT_VERSION', `the current version ${String(version)} of workflow ${String(name)} is not stored`)),
    ...orphans.map(({ name, hash }) => finding('VERSION_WITHOUT_WORKFLOW', `version ${String(hash)} belongs to workflow ${String(name)}, which is not stored`)),
    ...odd.map(({ name, status }) => finding('WORKFLOW_STATUS', `workflow ${String(name)} is ${JSON.stringify(status)}; there is no such status`)),
    ...damaged(database.prepare('select * from workflow_versions order by id').iterate(), versionFrom).map((message) => finding('VERSION_DAMAGED', message)),
    ...damaged(database.prepare('select * from definitions order by hash').iterate(), definitionFrom).map((message) => finding('DEFINITION_DAMAGED', message)),
  ]
}

/** What is said of the rows that are not what was written. */
function damaged(rows: Iterable<Row>, read: (row: Row) => unknown): string[] {
  const found: string[] = []
  for (const row of rows) {
    try {
      read(row)
    } catch (thrown) {
      if (!(thrown instanceof WumboError)) throw thrown
      found.push(thrown.message)
    }
  }
  return found
}
