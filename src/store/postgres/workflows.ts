// The operations on stored workflows. What may follow which is the model's business. Each locks its workflow by name first, there or not,
// so that of two processes that change one workflow the second sees what the first has done.
import { deletionRefusal, saysNothing, statusRefusal, versionRefusal, withChoice, withStatus, withVersion } from '../../model/definition.ts'
import type { WorkflowChange, WorkflowKey, WorkflowRow } from '../../model/definition.ts'
import type { OpAnswer } from '../port.ts'
import type { WorkflowOp } from '../workflows-port.ts'
import { versionChecksum } from './checksum.ts'
import { text } from './rows.ts'
import type { Row } from './rows.ts'
import { stored, storedOrNull, whole } from './text.ts'
import { workflowFrom } from './workflow-rows.ts'
import type { Writing } from './writing.ts'

type OpOf<Name extends WorkflowOp['op']> = Extract<WorkflowOp, { op: Name }>

export async function saveWorkflow(writing: Writing, op: OpOf<'saveWorkflow'>): Promise<OpAnswer> {
  const change = checked(op)
  const { client } = writing
  const { hash, format, body, source } = op
  const texts = [stored(format), stored(body), stored(source)]
  const before = await find(writing, change)
  const because = versionRefusal(before)
  if (because !== undefined) return { answer: 'refused', because }
  const known = await findVersion(writing, change, hash)
  const isSame = known !== undefined && text(known, 'format') === format && text(known, 'body') === body && text(known, 'source') === source
  if (before?.version === hash && isSame) return answer(before)
  const key = [change.space, stored(change.name), stored(hash)]
  if (known === undefined) {
    const sum = versionChecksum(change, { hash, format, body, source, createdAt: change.at, by: change.by })
    await client.query(
      `insert into workflow_versions (space, name, hash, format, body, source, created_at, by_whom, checksum) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [...key, ...texts, change.at, stored(change.by), sum],
    )
  } else if (!isSame) {
    const sum = versionChecksum(change, { hash, format, body, source, createdAt: known['created_at'] as number, by: text(known, 'by_whom') })
    await client.query('update workflow_versions set format = $4, body = $5, source = $6, checksum = $7 where space = $1 and name = $2 and hash = $3', [...key, ...texts, sum])
  }
  return answer(await put(writing, withVersion(before, hash, change)), known === undefined)
}

export async function useWorkflowVersion(writing: Writing, op: OpOf<'useWorkflowVersion'>): Promise<OpAnswer> {
  const change = checked(op)
  const before = await find(writing, change)
  if (before === undefined || (await findVersion(writing, change, op.hash)) === undefined) return { answer: 'missing' }
  const because = versionRefusal(before)
  if (because !== undefined) return { answer: 'refused', because }
  return answer(before.version === op.hash ? before : await put(writing, withVersion(before, op.hash, change)))
}

export async function setWorkflowStatus(writing: Writing, op: OpOf<'setWorkflowStatus'>): Promise<OpAnswer> {
  const change = checked(op)
  const before = await find(writing, change)
  const because = statusRefusal(before, op.status)
  if (because !== undefined) return { answer: 'refused', because }
  const row = withStatus(before, op.status, change)
  return keep(writing, row, before)
}

export async function chooseWorkflowVersion(writing: Writing, op: OpOf<'chooseWorkflowVersion'>): Promise<OpAnswer> {
  const change = checked(op)
  stored(op.version ?? '')
  const before = await find(writing, change)
  const because = versionRefusal(before)
  if (because !== undefined) return { answer: 'refused', because }
  return keep(writing, withChoice(before, op.version, change), before)
}

/** Keeps a row, unless it says nothing. */
async function keep(writing: Writing, row: WorkflowRow, before: WorkflowRow | undefined): Promise<OpAnswer> {
  if (!saysNothing(row)) return answer(row === before ? row : await put(writing, row))
  await remove(writing, row)
  return answer(row)
}

export async function deleteWorkflow(writing: Writing, op: OpOf<'deleteWorkflow'>): Promise<OpAnswer | undefined> {
  const before = await find(writing, op)
  if (before === undefined) return { answer: 'missing' }
  const live = await writing.client.query(
    'select 1 from runs l join run_starts s on s.no = l.no where l.space = $1 and s.workflow = $2 limit 1', [op.space, stored(op.name)],
  )
  const because = deletionRefusal(before, live.rows.length > 0)
  if (because !== undefined) return { answer: 'refused', because }
  await writing.client.query('delete from workflow_versions where space = $1 and name = $2', [op.space, stored(op.name)])
  await remove(writing, op)
  return undefined
}

/** Reads the row of a workflow, which nobody else changes until the flush has ended. */
async function find({ client }: Writing, { space, name }: WorkflowKey): Promise<WorkflowRow | undefined> {
  const key = [whole(space), stored(name)]
  await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`wumbo workflow ${key.join(' ')}`])
  const { rows } = await client.query<Row>('select * from workflows where space = $1 and name = $2', key)
  return rows[0] === undefined ? undefined : workflowFrom(rows[0])
}

async function findVersion({ client }: Writing, { space, name }: WorkflowKey, hash: string): Promise<Row | undefined> {
  const { rows } = await client.query<Row>('select * from workflow_versions where space = $1 and name = $2 and hash = $3', [space, stored(name), stored(hash)])
  return rows[0]
}

async function put({ client }: Writing, row: WorkflowRow): Promise<WorkflowRow> {
  await client.query(
    `insert into workflows (space, name, status, version, chosen, created_at, updated_at, by_whom) values ($1, $2, $3, $4, $5, $6, $7, $8)
    on conflict (space, name) do update set status = excluded.status, version = excluded.version, chosen = excluded.chosen, updated_at = excluded.updated_at, by_whom = excluded.by_whom`,
    [row.space, stored(row.name), row.status, storedOrNull(row.version), storedOrNull(row.chosen), row.createdAt, row.updatedAt, stored(row.by)],
  )
  return row
}

async function remove({ client }: Writing, { space, name }: WorkflowKey): Promise<void> {
  await client.query('delete from workflows where space = $1 and name = $2', [space, stored(name)])
}

function answer(workflow: WorkflowRow, added = false): OpAnswer {
  return { answer: 'workflow', workflow, added }
}

/** Refuses what no store takes, before anything is done. */
function checked({ space, name, at, by }: WorkflowChange): WorkflowChange {
  stored(name)
  stored(by)
  return { space: whole(space), name, at: whole(at), by }
}
