// What the bodies of a world leave behind: a log that outlives the process and is held against the journal.

/** One call of a step's body, as the outside world saw it. */
export interface Effect {
  readonly key: string
  readonly path: string
  readonly run: string
  readonly attempt: number
  readonly input: string
  /** The step can be undone. */
  readonly isUndoable?: true
}
