// What the operations of a flush work on: the prepared statements, the runs that the lane owns, and the next row number.
// It lives in the writer thread, as long as a connection does.
import type { DatabaseSync } from 'node:sqlite'
import { StoreRowError } from '../../errors.ts'
import type { RunKey, Space } from '../../model/run.ts'
import type { Bodies } from './bodies.ts'
import { OwnedRuns } from './owned-runs.ts'
import type { WriterStatements } from './statements.ts'
import type { BatchReader } from './wire.ts'

/** The lane's memory and means. */
export class FlushState {
  readonly owned = new OwnedRuns()
  readonly epoch: number
  /** The connection of the flush at hand. */
  database: DatabaseSync | null = null
  readonly bodies: Bodies
  /** Prepared anew when a connection is opened again. */
  sql: WriterStatements
  /** The row number of the next run. Numbers that a rollback leaves out are not used again. */
  nextRun: number
  readonly #spaces = new Set<Space>()
  #newSpaces: Space[] = []

  constructor({ epoch, sql, nextRun, bodies }: { readonly epoch: number; readonly sql: WriterStatements; readonly nextRun: number; readonly bodies: Bodies }) {
    this.bodies = bodies
    this.epoch = epoch
    this.sql = sql
    this.nextRun = nextRun
  }

  /** Sees to it that a space has its row. */
  enterSpace(space: Space): void {
    if (this.#spaces.has(space)) return
    this.sql.insertSpace.run(space)
    this.#spaces.add(space)
    this.#newSpaces.push(space)
  }

  /** Reads space and run of an operation; the row number of the run, which the lane must own. */
  ownedRun(from: BatchReader): number {
    return this.ownedNumber({ space: from.whole(), run: from.text() })
  }

  /** The row number of a run, which the lane must own. */
  ownedNumber({ space, run }: RunKey): number {
    const no = this.owned.find(space, run)
    if (no === undefined) throw this.#notOwned(space, run)
    return no
  }

  commit(): void {
    this.owned.commit()
    this.#newSpaces.length = 0
  }

  rollback(): void {
    this.owned.rollback()
    for (const space of this.#newSpaces) this.#spaces.delete(space)
    this.#newSpaces = []
  }

  #notOwned(space: Space, run: string): StoreRowError {
    const row = this.sql.findRun.get(run, space)
    return new StoreRowError(`the run ${run} is not owned by this lane: ${row === undefined ? 'there is no such run' : `it is ${String(row['status'])}`}`)
  }
}
