// A run that has children, as what starts them and waits for them needs it.
import type { RunRow } from '../model/run.ts'
import type { Known } from './replay.ts'
import type { RunPause } from './run-pause.ts'
import type { WaitingRun } from './run-waits.ts'

/** The run, as its children need it. */
export interface ParentRun extends WaitingRun {
  readonly row: RunRow
  readonly known: Known
  readonly pause: RunPause
}
