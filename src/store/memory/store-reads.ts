// The reads that the memory store answers from its tables, alone or shared: only the way to the tables differs.
import type { Store } from '../port.ts'
import { listEvents } from './events.ts'
import { liveKinds, listRuns, loadRun, nextWake } from './reads.ts'
import { idOf } from './tables.ts'
import type { Tables } from './tables.ts'
import { getWorkflow, listWorkflows, workflowVersion, workflowVersions } from './workflow-reads.ts'

type Reads = Pick<Store, 'load' | 'getRun' | 'mail' | 'getRuns' | 'kinds' | 'listRuns' | 'findKey' | 'definition' | 'listWorkflows' | 'getWorkflow' | 'workflowVersions' | 'workflowVersion' | 'nextWake' | 'listEvents'>

/** The reads of a store; `read` brings each to the tables. */
export function storeReads(read: <T>(work: (tables: Tables) => T) => Promise<T>): Reads {
  return {
    load: (key) => read((tables) => loadRun(tables, key)),
    getRun: (key) => read((tables) => tables.find(key)?.row),
    mail: (key, after) => read((tables) => tables.find(key)?.mail.filter(({ number }) => number > after) ?? []),
    getRuns: (keys) => read((tables) => keys.flatMap((key) => tables.find(key)?.row ?? [])),
    kinds: () => read(liveKinds),
    listRuns: (filter) => read((tables) => listRuns(tables, filter)),
    findKey: (space, key) => read((tables) => {
      const found = tables.keys.get(idOf(space, key))
      return found === undefined ? undefined : { run: found.run, hash: found.hash }
    }),
    definition: (hash) => read((tables) => tables.definitions.get(hash)?.body),
    listWorkflows: (filter) => read((tables) => listWorkflows(tables, filter)),
    getWorkflow: (key) => read((tables) => getWorkflow(tables, key)),
    workflowVersions: (key) => read((tables) => workflowVersions(tables, key)),
    workflowVersion: (key, hash) => read((tables) => workflowVersion(tables, key, hash)),
    nextWake: () => read(nextWake),
    listEvents: (filter) => read((tables) => listEvents(tables, filter)),
  }
}
