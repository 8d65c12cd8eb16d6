// The reader thread: reads and checks behind calls, on a connection that cannot write.
import type { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { StoreFailedError, StoreClosedError } from '../../errors.ts'
import type { ReaderCalls, ThreadData } from './calls.ts'
import { checkFile, checkRuns } from './checks.ts'
import { openReader } from './connection.ts'
import { listEvents } from './events.ts'
import { storeFailure } from './failures.ts'
import { SCHEMA_VERSION, schemaVersion } from './migrations.ts'
import { refuseMoved } from './moved.ts'
import { Reads } from './reads.ts'
import { serve } from './serve.ts'

if (parentPort === null) throw new Error('the reader runs in a worker thread')
const { file } = workerData as ThreadData
let database: DatabaseSync | null = null
let reads: Reads | null = null

serve<ReaderCalls>(parentPort, {
  open: () => open(),
  load: (key) => readable().load(key),
  getRun: (key) => readable().getRun(key),
  mail: ({ key, after }) => readable().mail(key, after),
  getRuns: (keys) => readable().getRuns(keys),
  kinds: () => readable().kinds(),
  listRuns: (filter) => readable().listRuns(filter),
  findKey: ({ space, key }) => readable().findKey(space, key),
  definition: (hash) => readable().definition(hash),
  listWorkflows: (filter) => readable().listWorkflows(filter),
  getWorkflow: (key) => readable().getWorkflow(key),
  workflowVersions: (key) => readable().workflowVersions(key),
  workflowVersion: ({ key, hash }) => readable().workflowVersion(key, hash),
  listEvents: (filter) => listEvents(connected(), filter),
  nextWake: () => readable().nextWake(),
  blobReferences: ({ table, from }) => readable().blobReferences(table, from),
  checkFile: () => checkFile(connected(), file),
  checkRuns: (from) => checkRuns(connected(), from),
  close: () => {
    database?.close()
    database = null
    reads = null
    return undefined
  },
})

function open(): Readonly<Record<string, string | number>> {
  try {
    database = openReader(file)
    const version = schemaVersion(database, file)
    refuseMoved(database, file)
    if (version < SCHEMA_VERSION) {
      throw new StoreFailedError(`${file} has schema version ${version}, and this program reads version ${SCHEMA_VERSION}`, {
        retryable: false, remedy: 'Open the store once for writing: that brings it up to date.',
      })
    }
    reads = new Reads(database)
    const journalMode = String(database.prepare('pragma journal_mode').get()?.['journal_mode'])
    return { file, sqlite: process.versions['sqlite'] ?? '', schema: version, journalMode, readOnly: 'yes' }
  } catch (thrown) {
    database?.close()
    database = null
    throw storeFailure(thrown, `${file} could not be opened for reading`)
  }
}

function connected(): DatabaseSync {
  if (database === null) throw new StoreClosedError('the store is not open')
  return database
}

function readable(): Reads {
  if (reads === null) throw new StoreClosedError('the store is not open')
  return reads
}
