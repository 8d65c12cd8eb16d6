// A run as one piece of plain JSON: everything that its workflow was told, in order. What is kept of a run elsewhere, shown to others and
// replayed as a regression test. Values are payloads of the codec, in full: a recording holds whatever the run held.
import { effectiveJournal } from '../model/record.ts'
import type { JournalRecord } from '../model/record.ts'
import type { Payload } from '../model/payload.ts'
import type { RunRow } from '../model/run.ts'
import type { WorkflowModel } from '../model/workflow.ts'
import type { LoadedRun } from '../store/port.ts'
import { parseDefinition } from './definition-body.ts'

/** The format that this version writes. */
export const RECORDING_FORMAT = 'wumbo.run/1'

/** One recorded operation. Values are encoded: `j:` and JSON, `t:` and JSON with types, `u:` for undefined. */
export type RecordedOperation = Omit<JournalRecord, 'space' | 'run'>

/** A run and the records that count for its generation, in their order. */
export interface RunRecording {
  readonly format: typeof RECORDING_FORMAT
  readonly run: Pick<RunRow, 'workflow' | 'version' | 'key' | 'gen' | 'status' | 'input' | 'output' | 'error' | 'createdAt' | 'finishedAt'> & { readonly id: string; readonly form: 'function' | 'graph' }
  /** The definition of a graph; null for a function, whose definition is its code. */
  readonly definition: WorkflowModel | null
  readonly records: readonly RecordedOperation[]
}

/** Makes the recording of a loaded run. `whole` gives a payload that may lie elsewhere; `definition` the definition under a hash. */
export async function recordingOf(loaded: LoadedRun, { whole, definition: stored }: { readonly whole: (payload: Payload) => Promise<Payload>; readonly definition: (hash: string) => Promise<string | undefined> }): Promise<RunRecording> {
  const { run } = loaded
  const part = async (payload: Payload | null): Promise<Payload | null> => (payload === null ? null : whole(payload))
  const records: RecordedOperation[] = []
  for (const { space: _space, run: _run, ...record } of effectiveJournal(loaded.journal, loaded.generations, run.gen)) {
    records.push({ ...record, input: await part(record.input), output: await part(record.output) })
  }
  const body = await stored(run.version)
  const definition = body === undefined ? null : parseDefinition(body, run.version)
  const { workflow, version, key, gen, status, error, createdAt, finishedAt } = run
  return {
    format: RECORDING_FORMAT,
    run: { id: run.run, workflow, version, form: definition === null ? 'function' : 'graph', key, gen, status, input: await whole(run.input), output: await part(run.output), error, createdAt, finishedAt },
    definition, records,
  }
}
