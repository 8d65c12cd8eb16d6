// Reads of stored workflows, and their check.
import type pg from 'pg'
import { WumboError } from '../../errors.ts'
import type { VersionSummary, WorkflowKey, WorkflowRow, WorkflowVersion } from '../../model/definition.ts'
import type { Finding } from '../port.ts'
import type { WorkflowFilter, WorkflowPage } from '../workflows-port.ts'
import { text } from './rows.ts'
import type { Row } from './rows.ts'
import type { ListQuery } from './run-list.ts'
import { sought } from './text.ts'
import { definitionFrom, versionFrom, versionSummaryFrom, workflowFrom } from './workflow-rows.ts'

const DEFAULT_LIMIT = 50
const MAX_LIMIT = 1000
/** Rows with whole texts read at a time by the check. */
const PIECE = 100

/** One page of workflows, by name. */
export async function listWorkflows(pool: pg.Pool, filter: WorkflowFilter): Promise<WorkflowPage> {
  const limit = Math.max(1, Math.min(filter.limit ?? DEFAULT_LIMIT, MAX_LIMIT))
  const query = workflowQuery(filter, limit + 1)
  const { rows } = await pool.query<Row>(query.text, [...query.values])
  const workflows = rows.slice(0, limit).map(workflowFrom)
  return { workflows, next: rows.length > limit ? (workflows.at(-1)?.name ?? null) : null }
}

/** The statement of a list. */
export function workflowQuery({ space, status, prefix, text: part, after }: WorkflowFilter, limit: number): ListQuery {
  const values: unknown[] = [space, limit]
  const bind = (value: unknown): string => `$${values.push(value)}`
  const terms = ['space = $1']
  if (after !== undefined) terms.push(`name > ${bind(sought(after))}`)
  if (prefix !== undefined) {
    const bound = bind(sought(prefix))
    terms.push(`name >= ${bound} and starts_with(name, ${bound})`)
  }
  if (part !== undefined) terms.push(`strpos(name, ${bind(sought(part))}) > 0`)
  if (status !== undefined) terms.push(`status = any(${bind(status)}::text[])`)
  return { text: `select * from workflows where ${terms.join(' and ')} order by name limit $2`, values }
}

export async function getWorkflow(pool: pg.Pool, { space, name }: WorkflowKey): Promise<WorkflowRow | undefined> {
  const { rows } = await pool.query<Row>('select * from workflows where space = $1 and name = $2', [space, sought(name)])
  return rows[0] === undefined ? undefined : workflowFrom(rows[0])
}

export async function workflowVersions(pool: pg.Pool, { space, name }: WorkflowKey): Promise<readonly VersionSummary[]> {
  const { rows } = await pool.query<Row>('select hash, format, created_at, by_whom from workflow_versions where space = $1 and name = $2 order by id desc', [space, sought(name)])
  return rows.map(versionSummaryFrom)
}

export async function workflowVersion(pool: pg.Pool, { space, name }: WorkflowKey, hash: string): Promise<WorkflowVersion | undefined> {
  const { rows } = await pool.query<Row>('select * from workflow_versions where space = $1 and name = $2 and hash = $3', [space, sought(name), sought(hash)])
  return rows[0] === undefined ? undefined : versionFrom(rows[0])
}

/** Workflows whose current version is not there, versions without their workflow, and definitions, of workflows and of runs, that are not what was written. */
export async function* findInWorkflows(client: pg.ClientBase): AsyncGenerator<Finding> {
  const finding = (code: string, message: string): Finding => ({ code, run: null, message })
  const without = await client.query<Row>(`
    select name, version from workflows w where version is not null and not exists
      (select 1 from workflow_versions v where v.space = w.space and v.name = w.name and v.hash = w.version)`)
  for (const row of without.rows) yield finding('WORKFLOW_WITHOUT_VERSION', `the current version ${text(row, 'version')} of workflow ${text(row, 'name')} is not stored`)
  const orphans = await client.query<Row>(`
    select name, hash from workflow_versions v where not exists (select 1 from workflows w where w.space = v.space and w.name = v.name)`)
  for (const row of orphans.rows) yield finding('VERSION_WITHOUT_WORKFLOW', `version ${text(row, 'hash')} belongs to workflow ${text(row, 'name')}, which is not stored`)
  const odd = await client.query<Row>(`select name, status from workflows where status not in ('enabled', 'disabled', 'archived')`)
  for (const row of odd.rows) yield finding('WORKFLOW_STATUS', `workflow ${text(row, 'name')} is ${JSON.stringify(row['status'])}; there is no such status`)

  for (let from = -1; ;) {
    const { rows } = await client.query<Row>('select * from workflow_versions where id > $1 order by id limit $2', [from, PIECE])
    for (const message of damaged(rows, versionFrom)) yield finding('VERSION_DAMAGED', message)
    if (rows.length < PIECE) break
    from = rows.at(-1)?.['id'] as number
  }
  for (let from = ''; ;) {
    const { rows } = await client.query<Row>('select * from definitions where hash > $1 order by hash limit $2', [from, PIECE])
    for (const message of damaged(rows, definitionFrom)) yield finding('DEFINITION_DAMAGED', message)
    if (rows.length < PIECE) break
    from = rows.at(-1)?.['hash'] as string
  }
}

/** What is said of the rows that are not what was written. */
function damaged(rows: readonly Row[], read: (row: Row) => unknown): string[] {
  return rows.flatMap((row) => {
    try {
      read(row)
      return []
    } catch (thrown) {
      if (!(thrown instanceof WumboError)) throw thrown
      return [thrown.message]
    }
  })
}
