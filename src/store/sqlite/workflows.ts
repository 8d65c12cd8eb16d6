// The operations on stored workflows, in the writer thread. What may follow which is the model's business.
import { deletionRefusal, saysNothing, statusRefusal, versionRefusal, withChoice, withStatus, withVersion } from '../../model/definition.ts'
import type { SourceFormat, WorkflowChange, WorkflowKey, WorkflowRow, WorkflowStatus } from '../../model/definition.ts'
import type { OpAnswer } from '../port.ts'
import type { FlushState } from './flush-state.ts'
import { detached } from './wire.ts'
import type { BatchReader } from './wire.ts'
import { versionChecksum, workflowFrom } from './workflow-rows.ts'

export function saveWorkflow(state: FlushState, from: BatchReader): OpAnswer {
  const change = changeFrom(from)
  const { space, name, at, by } = change
  const texts = { hash: detached(from.text()), format: from.text() as SourceFormat, body: from.text(), source: from.text() } // the port's types say which formats there are
  const { hash, format, body, source } = texts
  const before = find(state, change)
  const because = versionRefusal(before)
  if (because !== undefined) return { answer: 'refused', because }
  const known = state.sql.findVersion.get(space, name, hash)
  const isSame = known?.['format'] === format && known['body'] === body && known['source'] === source
  if (before?.version === hash && isSame) return answer(before)
  if (known === undefined) state.sql.insertVersion.run(space, name, hash, format, body, source, at, by, versionChecksum(change, { ...texts, createdAt: at, by }))
  else if (!isSame) {
    const sum = versionChecksum(change, { ...texts, createdAt: Number(known['created_at']), by: String(known['by_whom']) })
    state.sql.updateVersion.run(format, body, source, sum, Number(known['id']))
  }
  return answer(put(state, withVersion(before, hash, change)), known === undefined)
}

export function useWorkflowVersion(state: FlushState, from: BatchReader): OpAnswer {
  const change = changeFrom(from)
  const hash = detached(from.text())
  const before = find(state, change)
  if (before === undefined || state.sql.findVersion.get(change.space, change.name, hash) === undefined) return { answer: 'missing' }
  const because = versionRefusal(before)
  if (because !== undefined) return { answer: 'refused', because }
  return answer(before.version === hash ? before : put(state, withVersion(before, hash, change)))
}

export function setWorkflowStatus(state: FlushState, from: BatchReader): OpAnswer {
  const change = changeFrom(from)
  const status = from.text() as WorkflowStatus // the port's types say which there are
  const before = find(state, change)
  const because = statusRefusal(before, status)
  if (because !== undefined) return { answer: 'refused', because }
  const row = withStatus(before, status, change)
  return keep(state, row, before)
}

export function chooseWorkflowVersion(state: FlushState, from: BatchReader): OpAnswer {
  const change = changeFrom(from)
  const text = from.textOrNull()
  const before = find(state, change)
  const because = versionRefusal(before)
  if (because !== undefined) return { answer: 'refused', because }
  return keep(state, withChoice(before, text === null ? null : detached(text), change), before)
}

/** Keeps a row, unless it says nothing. */
function keep(state: FlushState, row: WorkflowRow, before: WorkflowRow | undefined): OpAnswer {
  if (!saysNothing(row)) return answer(row === before ? row : put(state, row))
  state.sql.deleteWorkflow.run(row.space, row.name)
  return answer(row)
}

export function deleteWorkflow(state: FlushState, from: BatchReader): OpAnswer | undefined {
  const key = { space: from.whole(), name: from.text() }
  const before = find(state, key)
  if (before === undefined) return { answer: 'missing' }
  const because = deletionRefusal(before, state.sql.liveRun.get(key.space, key.name) !== undefined)
  if (because !== undefined) return { answer: 'refused', because }
  state.sql.deleteVersions.run(key.space, key.name)
  state.sql.deleteWorkflow.run(key.space, key.name)
  return undefined
}

function find(state: FlushState, { space, name }: WorkflowKey): WorkflowRow | undefined {
  const row = state.sql.findWorkflow.get(space, name)
  return row === undefined ? undefined : workflowFrom(row)
}

function put(state: FlushState, row: WorkflowRow): WorkflowRow {
  state.sql.putWorkflow.run(row.space, row.name, row.status, row.version, row.chosen, row.createdAt, row.updatedAt, row.by)
  return row
}

function answer(workflow: WorkflowRow, added = false): OpAnswer {
  return { answer: 'workflow', workflow, added }
}

/** Texts go back to the main thread and would keep the whole batch alive. */
function changeFrom(from: BatchReader): WorkflowChange {
  return { space: from.whole(), name: detached(from.text()), at: from.whole(), by: detached(from.text()) }
}
