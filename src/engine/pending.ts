// What a run has begun and not finished, told by its marks: nothing of branches of a graph that have lost. Of a lost race of a function only approvals are
// known to be taken back; its timers, signals and events are told until the run ends.
import type { ErrorData } from '../errors.ts'
import type { Mark, MarkKind } from '../model/record.ts'
import { withdrawnPath } from '../workflow/waiting.ts'

/** A timer, a wait, or a failed attempt that will be repeated. */
export interface PendingOperation {
  readonly path: string
  readonly kind: string
  readonly attempt: number
  readonly due: number | null
  readonly error: ErrorData | null
}

/** A record with its value. */
interface Recorded {
  readonly path: string
  readonly kind: string
  readonly output: unknown
}

/** What is pending of a run with these records. */
export function pendingOf({ marks, gen }: { readonly marks: readonly Mark[]; readonly gen: number }, records: readonly Recorded[]): readonly PendingOperation[] {
  const answered = new Set(records.map(({ path }) => path))
  const won = records.flatMap(({ path, kind, output }) => (kind === 'choice' && typeof output === 'object' && output !== null && 'branch' in output ? [{ path, branch: String(output.branch) }] : []))
  const isLost = (path: string): boolean => answered.has(withdrawnPath(path)) || won.some((one) => path.startsWith(`${one.path}.`) && !isWithin(path, `${one.path}.${one.branch}`))
  return marks.filter((mark) => mark.gen === gen && isPending(mark.kind) && !answered.has(mark.path) && !isLost(mark.path)).map(({ path, kind, attempt, due, error }) => ({ path, kind, attempt, due, error }))
}

function isWithin(path: string, part: string): boolean {
  return path === part || path.startsWith(`${part}.`) || path.startsWith(`${part}[`)
}

/** Marks that tell of an operation itself; the others are the engine's own notes. */
function isPending(kind: MarkKind): boolean {
  return kind === 'timer' || kind === 'retry' || kind === 'started' || kind === 'wait'
}
