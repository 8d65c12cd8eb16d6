// Patches: changes of a function that running runs may meet. Whether one counts for a run is recorded where the run comes to it first;
// a run that had gone past the place without the change is told so, at every replay alike.
import type { RunRow } from '../model/run.ts'
import type { Known } from './replay.ts'
import type { RunHost } from './run-host.ts'
import { recordValue, type RecordsHost } from './run-records.ts'

/** The path of a patch within its function. A patch belongs to the run as a whole, whatever scope asks for it. */
export function patchName(id: string): string {
  return `_patched[${id}]`
}

/** What tells whether a run had gone past the place where it stands. */
export interface PatchedRun {
  readonly row: Pick<RunRow, 'gen'>
  readonly known: Pick<Known, 'marks' | 'tried'>
}

/**
 * Whether the code without the patch had gone past the end of the records: something has begun that the code at hand has not asked for, a wait or a step with
 * attempts behind it. What began and left no trace may begin anew behind the patch.
 */
export function isPast({ row, known }: PatchedRun, isAsked: (path: string) => boolean): boolean {
  const begun = [...[...known.marks.values()].filter(({ gen }) => gen === row.gen).map(({ path }) => path), ...known.tried.keys()]
  return begun.some((path) => !isAsked(path))
}

/** Records whether a patch counts for a run that stands at the end of its records, and answers with it. */
export function recordPatch(run: RecordsHost, host: RunHost, { path, isPast: past }: { readonly path: string; readonly isPast: boolean }): void {
  recordValue(run, host, { path, kind: 'value', value: !past })
}
