// The approvals that a run waits for, told by its journal: what was asked for and is not decided.
import { effectiveJournal } from '../model/record.ts'
import type { Payload } from '../model/payload.ts'
import type { JsonSchema } from '../template/contract.ts'
import type { LoadedRun } from '../store/port.ts'
import { requestPath, withdrawnPath } from '../workflow/waiting.ts'
import type { ApprovalRequest } from '../workflow/waiting.ts'

/** An approval that is open. Times are milliseconds since 1970. */
export interface OpenApproval {
  readonly path: string
  readonly title: string
  readonly assignees: readonly string[]
  /** The JSON Schema of what is filled in; null for nothing. */
  readonly form: JsonSchema | null
  readonly since: number
  /** When it is over without a decision; null for never. */
  readonly due: number | null
}

/** The open approvals of a run, in the order in which they were asked for. */
export async function openApprovals(loaded: LoadedRun, read: (payload: Payload | null) => Promise<unknown>): Promise<readonly OpenApproval[]> {
  const records = effectiveJournal(loaded.journal, loaded.generations, loaded.run.gen)
  const decided = new Set(records.flatMap(({ kind, path }) => (kind === 'approval' ? [requestPath(path)] : path.endsWith(withdrawnPath('')) ? [requestPath(path.slice(0, -withdrawnPath('').length))] : [])))
  const open: OpenApproval[] = []
  for (const record of records) {
    if (record.kind !== 'request' || decided.has(record.path)) continue
    const path = record.path.slice(0, -requestPath('').length)
    const mark = loaded.marks.findLast((one) => one.kind === 'wait' && one.path === path)
    open.push({ path, ...((await read(record.output)) as ApprovalRequest), since: record.finishedAt, due: mark?.due ?? null })
  }
  return open
}
