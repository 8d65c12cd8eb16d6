// The paths of what the engine records when it undoes a run. No path of a workflow begins with `$`.

/** The path of the record that says that the run is undone from there on. No path of a workflow begins with `$`. */
export const DECISION = '$compensate'

/** The path of the record that says that the undoing cannot go on without a person. */
export const STUCK = '$stuck'

/** The path under which a step is undone. */
export function compensationPath(path: string): string {
  return `${DECISION}.${path}`
}

/** The path under which a step in doubt is attempted again. */
export function settlingPath(path: string): string {
  return `$settle.${path}`
}

/** The path of the step that a compensation undoes; null for any other path. */
export function undoneBy(path: string): string | null {
  return path.startsWith(`${DECISION}.`) ? path.slice(DECISION.length + 1) : null
}

/** The step that was attempted again under this path; null for any other path. */
export function settledAt(path: string): string | null {
  return path.startsWith('$settle.') ? path.slice('$settle.'.length) : null
}
