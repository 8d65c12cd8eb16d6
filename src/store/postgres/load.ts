// Loads runs with all that hangs on them. Runs that are asked for in one turn, as a claim does, are read together: two round trips for all of
// them, in place of two for each. Each run is answered for itself, so that a damaged one is no other's fault.
import type pg from 'pg'
import type { RunKey } from '../../model/run.ts'
import type { LoadedRun } from '../port.ts'
import { textArray, wholeArray } from './arrays.ts'
import { generationFrom, mailFrom, markFrom, recordFrom, runFrom } from './rows.ts'
import type { Row } from './rows.ts'
import { sought, whole } from './text.ts'

/** Runs that are read together at most: their journals are in memory at once. */
const TOGETHER = 500

/**
 * The numbers of runs by their names. `offset 0` keeps this, and each read below, a look into an index per run: a server that has not
 * counted its rows yet would rather read whole tables.
 */
const FIND = `
  select k.at, s.no from unnest($1::text[], $2::bigint[]) with ordinality as k(run, space, at),
    lateral (select no from run_starts where run = k.run and space = k.space offset 0) s`

interface Waiting {
  readonly key: RunKey
  readonly resolve: (run: LoadedRun | undefined) => void
  readonly reject: (reason: unknown) => void
}

/** Gathers what is asked for in one turn. */
export class RunLoader {
  readonly #pool: pg.Pool
  #waiting: Waiting[] = []

  constructor(pool: pg.Pool) {
    this.#pool = pool
  }

  /** A run, or undefined when there is none. Rejects with PayloadCorruptError when one of its records is damaged. */
  load(key: RunKey): Promise<LoadedRun | undefined> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ key, resolve, reject })
      if (this.#waiting.length === 1) queueMicrotask(() => this.#send())
    })
  }

  #send(): void {
    const all = this.#waiting
    this.#waiting = []
    for (let from = 0; from < all.length; from += TOGETHER) void this.#read(all.slice(from, from + TOGETHER))
  }

  async #read(batch: readonly Waiting[]): Promise<void> {
    try {
      const numbers = await this.#find(batch)
      const parts = await readParts(this.#pool, [...new Set(numbers.values())])
      for (const [index, waiting] of batch.entries()) settle(waiting, parts, numbers.get(index))
    } catch (thrown) {
      for (const { reject } of batch) reject(thrown)
    }
  }

  /** The number of each run that there is, by its index in the batch. */
  async #find(batch: readonly Waiting[]): Promise<ReadonlyMap<number, number>> {
    const runs = textArray(batch.map(({ key }) => sought(key.run)))
    const { rows } = await this.#pool.query<{ at: number; no: number }>(FIND, [runs, wholeArray(batch.map(({ key }) => key.space))])
    return new Map(rows.map(({ at, no }) => [at - 1, whole(no)]))
  }
}

/** Rows of each table by the number of their run. */
interface Parts {
  readonly runs: ReadonlyMap<number, readonly Row[]>
  readonly journal: ReadonlyMap<number, readonly Row[]>
  readonly marks: ReadonlyMap<number, readonly Row[]>
  readonly mail: ReadonlyMap<number, readonly Row[]>
  readonly generations: ReadonlyMap<number, readonly Row[]>
}

/** Reads everything on one snapshot, with one message that holds all statements. It cannot have parameters; the numbers are whole ones. */
async function readParts(pool: pg.Pool, numbers: readonly number[]): Promise<Parts> {
  const each = (what: string): string => `select p.* from unnest('{${numbers.join(',')}}'::bigint[]) as k(no), lateral (${what} offset 0) p`
  const statements = [
    'begin isolation level repeatable read read only',
    each('select * from run_rows where no = k.no'),
    each('select * from journal where run_no = k.no order by gen, seq'),
    each('select * from marks where run_no = k.no order by id'),
    each('select * from inbox where run_no = k.no order by number'),
    each('select * from generations where run_no = k.no order by gen'),
    'commit',
  ]
  // The driver gives one result per statement, which its types do not say.
  const results = numbers.length === 0 ? [] : ((await pool.query<Row>(statements.join('; '))) as unknown as readonly pg.QueryResult<Row>[])
  const rows = (statement: number, column: 'no' | 'run_no'): ReadonlyMap<number, readonly Row[]> =>
    Map.groupBy(results[statement]?.rows ?? [], (row) => row[column] as number)
  return { runs: rows(1, 'no'), journal: rows(2, 'run_no'), marks: rows(3, 'run_no'), mail: rows(4, 'run_no'), generations: rows(5, 'run_no') }
}

function settle({ key, resolve, reject }: Waiting, parts: Parts, no: number | undefined): void {
  const run = no === undefined ? undefined : parts.runs.get(no)?.[0]
  if (no === undefined || run === undefined) {
    resolve(undefined)
    return
  }
  const of = <T>(rows: ReadonlyMap<number, readonly Row[]>, make: (row: Row, key: RunKey) => T): T[] => (rows.get(no) ?? []).map((row) => make(row, key))
  try {
    resolve({
      run: runFrom(run), journal: of(parts.journal, recordFrom), marks: of(parts.marks, markFrom), mail: of(parts.mail, mailFrom),
      generations: of(parts.generations, generationFrom),
    })
  } catch (thrown) {
    reject(thrown)
  }
}
