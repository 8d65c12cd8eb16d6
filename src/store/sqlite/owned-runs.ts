// The runs that the lane owns, in the writer's memory: their row numbers and their mail counts. The writer is the only one
// that changes runs, so this is exact, and who owns a run costs no look into the database. It follows each transaction:
// commit keeps what the flush did, rollback takes it back.
import type { Space } from '../../model/run.ts'
import { UndoMap } from './undo-map.ts'
import { detached } from './wire.ts'

/** Runs by space and id. */
export class OwnedRuns {
  /** Almost always there is one space only: the default one. */
  readonly #spaces = new Map<Space, UndoMap<string, number>>()
  /** How much mail each was ever sent, by row number; runs without any are not in it. */
  readonly #inbox = new UndoMap<number, number>()

  /** The row number of a run, or undefined when the lane does not own it. */
  find(space: Space, run: string): number | undefined {
    return this.#spaces.get(space)?.get(run)
  }

  inboxCount(no: number): number {
    return this.#inbox.get(no) ?? 0
  }

  add(space: Space, run: string, no: number, inboxCount: number): void {
    let runs = this.#spaces.get(space)
    if (runs === undefined) {
      runs = new UndoMap()
      this.#spaces.set(space, runs)
    }
    runs.set(detached(run), no)
    if (inboxCount > 0) this.#inbox.set(no, inboxCount)
  }

  remove(space: Space, run: string, no: number): void {
    this.#spaces.get(space)?.delete(run)
    this.#inbox.delete(no)
  }

  setInboxCount(no: number, count: number): void {
    this.#inbox.set(no, count)
  }

  commit(): void {
    for (const runs of this.#spaces.values()) runs.commit()
    this.#inbox.commit()
  }

  rollback(): void {
    for (const runs of this.#spaces.values()) runs.rollback()
    this.#inbox.rollback()
  }
}
