// What a measurement of Wumbo on PostgreSQL is checked by, past the library itself: the rows in its tables, counted with plain SQL.
import type { Wumbo } from 'wumbo'
import { check } from '../measurement.ts'
import { onConnection } from '../postgres/server.ts'

export interface Held {
  readonly runs: number
  readonly steps: number
}

/** Throws unless the store holds exactly so many completed runs, and so many completed steps. */
export async function checkPostgres(url: string, expected: Held): Promise<void> {
  const found = await held(url)
  check('what the store holds', found, { ...expected, completed: expected.runs, records: expected.steps })
}

/** Throws unless the store holds exactly so many runs, all completed. */
export async function checkPostgresRuns(url: string, expected: number): Promise<void> {
  const { runs, completed } = await held(url)
  check('what the store holds', { runs, completed }, { runs: expected, completed: expected })
}

/** Runs that the store says are completed. */
export async function completedRuns(url: string): Promise<number> {
  return (await held(url)).completed
}

async function held(url: string): Promise<Held & { readonly completed: number; readonly records: number }> {
  const { rows: [row] } = await onConnection(url, (client) => client.query<Record<'runs' | 'completed' | 'steps' | 'records', string>>(`
    select (select count(*) from wumbo.run_starts) as runs, (select count(*) from wumbo.run_ends where status = 'completed') as completed,
      (select count(*) from wumbo.journal where kind = 'step' and status = 'completed') as steps, (select count(*) from wumbo.journal) as records`))
  return { runs: Number(row?.runs), completed: Number(row?.completed), steps: Number(row?.steps), records: Number(row?.records) }
}

/** How its own connections are set, as the store read it from the server. */
export function durability({ store }: Wumbo): string {
  const { fsync, synchronousCommit } = store.facts
  if (fsync !== 'on' || synchronousCommit === 'off') throw new Error(`check failed: fsync = ${fsync}, synchronous_commit = ${synchronousCommit}`)
  return `fsync = ${fsync}, synchronous_commit = ${synchronousCommit}`
}
