// A run that has ended, as tests see it; and the message for one that never will.
import { AssertionError } from 'node:assert'
import type { RunDetails } from '../../engine/inspect.ts'
import { errorFromData } from '../../errors.ts'
import { isEnd } from '../../model/run.ts'
import type { AnyWorkflow } from '../../workflow/contract.ts'
import type { RunHandle, StartOptions, Wumbo } from '../../wumbo-api.ts'
import type { TestRun } from './contract.ts'
import { journalOf, journalTable } from './journal.ts'

/** Makes it of what the store holds. */
export function runOf<O>(run: RunDetails): TestRun<O> {
  return {
    id: run.id, status: run.status, error: run.error, journal: journalOf(run), durationMs: (run.finishedAt ?? run.createdAt) - run.createdAt,
    get output(): O {
      if (run.status === 'completed') return run.output as O // the workflow's type says what it gives
      const error = new AssertionError({ message: `the run has no output: it is ${run.status}${run.error === null ? '' : ` (${run.error.code}: ${run.error.message})`}\n\n${journalTable(run)}`, actual: run.status, expected: 'completed', operator: 'output' })
      if (run.error !== null) error.cause = errorFromData(run.error)
      throw error
    },
  }
}

/** Throws for a run that waits for something that time does not bring; `atWork` are the paths of its bodies that have begun and not ended. */
export function refuseStall(run: RunDetails, atWork: readonly string[]): void {
  if (isEnd(run.status) || run.status === 'parked' || run.wakeAt !== null || run.pending.some(({ due }) => due !== null)) return
  const why = atWork.length > 0 ? `the body of ${atWork.join(', ')} has not ended, and no timeout ends it` : 'somebody is to act, or its code waits for a promise that is none of the context'
  throw new AssertionError({ message: `the run waits for something that time does not bring: ${why}\n\n${journalTable(run)}`, operator: 'end' })
}

/** Starts a run whose types the kit's own signatures have checked. */
export function startOf(wumbo: Wumbo, workflow: AnyWorkflow | string, input: unknown, options?: StartOptions): Promise<RunHandle<never>> {
  const untyped = wumbo as unknown as { start(workflow: AnyWorkflow | string, input: unknown, options?: StartOptions): Promise<RunHandle<never>> }
  return untyped.start(workflow, input, options)
}
