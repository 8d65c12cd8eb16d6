// The operations on stored workflows on the memory store's tables, with the meaning that the port gives them. What may follow which
// is the model's business.
import { deletionRefusal, saysNothing, statusRefusal, versionRefusal, withChoice, withStatus, withVersion } from '../../model/definition.ts'
import type { WorkflowChange, WorkflowKey, WorkflowRow, WorkflowVersion } from '../../model/definition.ts'
import type { OpAnswer } from '../port.ts'
import type { WorkflowOp } from '../workflows-port.ts'
import { text, whole } from './rows.ts'
import { idOf } from './tables.ts'
import type { StoredWorkflow, Tables } from './tables.ts'

type OpOf<Name extends WorkflowOp['op']> = Extract<WorkflowOp, { op: Name }>

export function saveWorkflow(tables: Tables, op: OpOf<'saveWorkflow'>): OpAnswer {
  const change = changeOf(op)
  const hash = text(op.hash)
  const texts = { format: op.format, body: text(op.body), source: text(op.source) }
  const stored = find(tables, change)
  const because = versionRefusal(stored?.row)
  if (because !== undefined) return { answer: 'refused', because }
  const known = stored?.versions.find((version) => version.hash === hash)
  const isSame = known?.format === texts.format && known.body === texts.body && known.source === texts.source
  if (stored?.row.version === hash && isSame) return answer(stored.row)
  const version: WorkflowVersion = Object.freeze({ hash, createdAt: known?.createdAt ?? change.at, by: known?.by ?? change.by, ...texts })
  const versions = known === undefined ? [...(stored?.versions ?? []), version] : (stored?.versions ?? []).map((one) => (one === known ? version : one))
  return answer(put(tables, withVersion(stored?.row, hash, change), versions), known === undefined)
}

export function useWorkflowVersion(tables: Tables, op: OpOf<'useWorkflowVersion'>): OpAnswer {
  const change = changeOf(op)
  const stored = find(tables, change)
  if (stored === undefined || !stored.versions.some(({ hash }) => hash === op.hash)) return { answer: 'missing' }
  const because = versionRefusal(stored.row)
  if (because !== undefined) return { answer: 'refused', because }
  if (stored.row.version === op.hash) return answer(stored.row)
  return answer(put(tables, withVersion(stored.row, op.hash, change), stored.versions))
}

export function setWorkflowStatus(tables: Tables, op: OpOf<'setWorkflowStatus'>): OpAnswer {
  const change = changeOf(op)
  const stored = find(tables, change)
  const because = statusRefusal(stored?.row, op.status)
  if (because !== undefined) return { answer: 'refused', because }
  const row = withStatus(stored?.row, op.status, change)
  return keep(tables, row, stored)
}

export function chooseWorkflowVersion(tables: Tables, op: OpOf<'chooseWorkflowVersion'>): OpAnswer {
  const change = changeOf(op)
  const stored = find(tables, change)
  const because = versionRefusal(stored?.row)
  if (because !== undefined) return { answer: 'refused', because }
  return keep(tables, withChoice(stored?.row, op.version === null ? null : text(op.version), change), stored)
}

/** Keeps a row, unless it says nothing. */
function keep(tables: Tables, row: WorkflowRow, stored: StoredWorkflow | undefined): OpAnswer {
  if (!saysNothing(row)) return answer(row === stored?.row ? row : put(tables, row, stored?.versions ?? []))
  tables.delete(tables.workflows, idOf(row.space, row.name))
  return answer(row)
}

export function deleteWorkflow(tables: Tables, op: OpOf<'deleteWorkflow'>): OpAnswer | undefined {
  const stored = find(tables, op)
  if (stored === undefined) return { answer: 'missing' }
  const isLive = [...tables.runs.values()].some(({ row }) => row.space === op.space && row.workflow === op.name && row.finishedAt === null)
  const because = deletionRefusal(stored.row, isLive)
  if (because !== undefined) return { answer: 'refused', because }
  tables.delete(tables.workflows, idOf(op.space, op.name))
  return undefined
}

function find(tables: Tables, { space, name }: WorkflowKey): StoredWorkflow | undefined {
  return tables.workflows.get(idOf(space, name))
}

function put(tables: Tables, row: WorkflowRow, versions: readonly WorkflowVersion[]): WorkflowRow {
  const frozen = Object.freeze(row)
  tables.set(tables.workflows, idOf(row.space, row.name), Object.freeze({ row: frozen, versions }))
  return frozen
}

function answer(workflow: WorkflowRow, added = false): OpAnswer {
  return { answer: 'workflow', workflow, added }
}

function changeOf({ space, name, at, by }: WorkflowChange): WorkflowChange {
  return { space: whole(space), name: text(name), at: whole(at), by: text(by) }
}
