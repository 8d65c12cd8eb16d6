// Where the main example keeps its things, and where its input is.
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The files of the main example, from the folder in which it runs. */
export interface Places {
  /** The store, as createWumbo takes it. */
  readonly store: string
  /** The service's log of calls. */
  readonly calls: string
  /** Process ids that kill.ts has killed. */
  readonly kills: string
  /** A folder per run with its report. */
  readonly reports: string
}

/** Names the files. Without a folder: relative to where the process runs. */
export function placesIn(folder = ''): Places {
  const base = join(folder, '.wumbo', 'earthquakes')
  return { store: `sqlite:${join(base, 'wumbo.db')}`, calls: join(base, 'calls.jsonl'), kills: join(base, 'kills.txt'), reports: join(base, 'reports') }
}

/** The earthquake feed in the installed package vega-datasets. */
export function feedFile(): string {
  return fileURLToPath(new URL('../data/earthquakes.json', import.meta.resolve('vega-datasets')))
}
