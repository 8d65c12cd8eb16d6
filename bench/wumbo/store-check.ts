// What a measurement of Wumbo is checked by, past the library itself: the rows in the file, counted with plain SQL once
// Wumbo has closed it, and how the connections that wrote them were set, as pragma-probe.mjs noted.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { check } from '../measurement.ts'

export interface Held {
  readonly runs: number
  readonly steps: number
}

/** Throws unless the file holds exactly so many completed runs, and so many completed steps. */
export function checkStore(file: string, expected: Held): void {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    const count = (sql: string): unknown => database.prepare(sql).get()?.['total']
    const runs = count('select count(*) as total from runs')
    const completed = count("select count(*) as total from runs where status = 'completed'")
    const steps = count("select count(*) as total from records where kind = 'step' and status = 'completed'")
    const records = count('select count(*) as total from records')
    check('what the store holds', { runs, completed, steps, records }, { ...expected, completed: expected.runs, records: expected.steps })
  } finally {
    database.close()
  }
}

/** Throws unless the file holds exactly so many runs, all completed. */
export function checkRuns(file: string, expected: number): void {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    check('what the store holds', database.prepare("select count(*) as runs, count(*) filter (where status = 'completed') as completed from runs").get(), { runs: expected, completed: expected })
  } finally {
    database.close()
  }
}

/** Where the probe leaves its notes; to be called before the first connection is opened. */
export function notePragmas(folder: string): string {
  const notes = join(folder, 'pragmas.jsonl')
  process.env['WUMBO_BENCH_PRAGMAS'] = notes
  return notes
}

interface Note {
  readonly file: string
  readonly synchronous: number
  readonly journal: string
}

const FULL = 2

/** The mode that every connection to `file` had; throws unless all of them were FULL or stricter. */
export function fsyncMode(notes: string, file: string): string {
  const all = readFileSync(notes, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Note) // one line per connection, written by the probe
  const ours = all.filter((note) => note.file === file)
  if (ours.length === 0) throw new Error(`check failed: no connection to ${file} was seen to close; notes: ${JSON.stringify(all)}`)
  const lax = ours.filter(({ synchronous }) => synchronous < FULL)
  if (lax.length > 0) throw new Error(`check failed: not every connection was synchronous=FULL: ${JSON.stringify(ours)}`)
  return `pragma synchronous = ${ours[0]?.synchronous}, journal_mode = ${ours[0]?.journal}`
}
