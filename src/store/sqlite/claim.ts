// Taking over runs that nobody owns and that are due, in the writer thread: by wake time, or because they have unread mail.
import type { RunKey } from '../../model/run.ts'
import type { OpAnswer } from '../port.ts'
import type { FlushState } from './flush-state.ts'
import type { BatchReader } from './wire.ts'

/** A run that can be claimed. */
interface Candidate {
  readonly no: number
  readonly space: number
  readonly run: string
  readonly inbox_count: number
  readonly due: number
}

/** Claims up to `limit` runs, the oldest wake first. */
export function claim(state: FlushState, from: BatchReader): OpAnswer {
  const limit = Math.max(0, from.whole())
  const now = from.whole()
  const kinds = from.textOrNull()
  // The statements select exactly the columns of a candidate.
  const { dueRuns, mailedRuns, dueRunsOf, mailedRunsOf } = state.sql
  const due = (kinds === null ? dueRuns.all(now, limit) : dueRunsOf.all(now, limit, kinds)) as unknown as Candidate[]
  const mailed = (kinds === null ? mailedRuns.all(limit) : mailedRunsOf.all(null, limit, kinds)) as unknown as Candidate[]
  const runs = merge(due, mailed, limit).map(({ no, space, run, inbox_count: inboxCount }): RunKey => {
    state.sql.claimRun.run(state.epoch, no)
    state.owned.add(space, run, no, inboxCount)
    return { space, run }
  })
  return { answer: 'claimed', runs }
}

/** One list out of two that are in order, each run once. */
function merge(due: readonly Candidate[], mailed: readonly Candidate[], limit: number): readonly Candidate[] {
  if (mailed.length === 0) return due
  const all = new Map([...due, ...mailed].map((candidate) => [candidate.no, candidate]))
  return [...all.values()].sort((a, b) => a.due - b.due || a.no - b.no).slice(0, limit)
}
