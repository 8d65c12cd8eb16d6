// Where a test may break the writer. A module named by `faults` exports an object of this shape; nothing else uses it.
import type { DatabaseSync } from 'node:sqlite'

/** What to break; each may throw, and what it throws counts as thrown by SQLite at that place. */
export interface WriterFaults {
  /** A connection was opened and set, but not yet read back. `count` from 1. */
  opened?(database: DatabaseSync, count: number): void
  /** A flush is about to commit. `count` from 1. */
  beforeCommit?(database: DatabaseSync, count: number): void
  /** A flush has committed, and its caller does not know. */
  afterCommit?(database: DatabaseSync, count: number): void
}

/** Loads the faults of a test; none without a module. */
export async function loadFaults(module: string | undefined): Promise<WriterFaults> {
  if (module === undefined) return {}
  const loaded = (await import(module)) as { readonly faults: WriterFaults }
  return loaded.faults
}
