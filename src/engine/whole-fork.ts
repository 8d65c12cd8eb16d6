// A fork whose process died before all that it takes over from the other run was written: it is completed before it is entered.
import type { LoadedRun } from '../store/port.ts'
import { bytesOf, missingRecords } from './after-failure.ts'
import type { HeedingHost } from './heed-cancel.ts'
import { lineageOf } from './lineage.ts'

/** The run with all that it has to have; anything but a fork that is in pieces as it is. */
export async function wholeFork(loaded: LoadedRun, { deps, flusher }: HeedingHost): Promise<LoadedRun> {
  const lineage = lineageOf(loaded.run)
  // One that has continued as new has left behind what it was made of.
  if (lineage === null || loaded.generations.some(({ baseSeq }) => baseSeq === 0)) return loaded
  const missing = await missingRecords(lineage, loaded, deps)
  await Promise.all(missing.map((record) => new Promise<void>((resolve, reject) => {
    flusher.add({ op: 'record', record }, record.run, bytesOf(record), (_answer, error) => (error === undefined ? resolve() : reject(error)))
  })))
  return missing.length === 0 ? loaded : { ...loaded, journal: [...loaded.journal, ...missing] }
}
