// The SQLite store: one file, one writing process, readers beside it. The main thread only passes things on: a writer
// thread holds the connection that writes, a reader thread one that cannot, and blobs are files.
import { resolve } from 'node:path'
import { StoreLockedError } from '../../errors.ts'
import type { RunKey } from '../../model/run.ts'
import type { Finding, RunFilter, Store } from '../port.ts'
import { sqliteBlobs } from './blobs.ts'
import type { ReaderCalls, ThreadData, WriterCalls } from './calls.ts'
import { SqliteLane } from './lane.ts'
import type { Announcement } from './owner.ts'
import { Thread } from './thread.ts'
import { flushedTransactions } from './transactions.ts'

/** Which file, and how. */
export interface SqliteStoreOptions {
  /** The database; `<file>-wal`, `-shm`, `.lock`, `.owner.json` and `-blobs/` lie beside it. */
  readonly file: string
  /** Takes no lock and writes nothing; works beside a living owner and without one. Default false. */
  readonly readOnly?: boolean
}

/** A store in an SQLite file. */
export interface SqliteStore extends Store {
  readonly kind: 'sqlite'
  /** Adds to the owner's note where this process takes commands. Needs an open lane. */
  announce(announcement: Announcement): Promise<void>
}

/** A store with what only tests may do to it. */
export interface OpenedStore {
  readonly store: SqliteStore
  /** Ends the threads at once, as the death of the process would, and frees the lock with them. */
  kill(): Promise<void>
}

/**
 * Opens the store `file`, and creates it if there is none (not with `readOnly`). Rejects with StoreUnsupportedError for an
 * SQLite that is too old, StoreTooNewError for a file of a newer Wumbo, StoreFailedError when the file cannot be opened or
 * does not promise durability, StoreLockedError when it must be made or brought up to date while another process owns it.
 */
export async function sqliteStore(options: SqliteStoreOptions): Promise<SqliteStore> {
  return (await openStore(options)).store
}

/** The same for tests: `faults` names a module that breaks the writer, see `WriterFaults`. */
export async function openStore(options: SqliteStoreOptions & { readonly faults?: URL }): Promise<OpenedStore> {
  const file = resolve(options.file)
  const data: ThreadData = { file, faults: options.faults?.href }
  const writer = options.readOnly === true ? null : new Thread<WriterCalls>('writer-thread', data)
  const reader = new Thread<ReaderCalls>('reader-thread', data)
  try {
    const written = await writer?.call('open', undefined)
    const read = await reader.call('open', undefined)
    const store = makeStore({ file, writer, reader, data, facts: Object.freeze({ ...(written ?? read) }) })
    return {
      store,
      async kill() {
        await Promise.all([writer?.end(), reader.end()])
      },
    }
  } catch (thrown) {
    await reader.end()
    await writer?.end()
    throw thrown
  }
}

interface Parts {
  readonly file: string
  readonly writer: Thread<WriterCalls> | null
  readonly reader: Thread<ReaderCalls>
  readonly data: ThreadData
  readonly facts: Readonly<Record<string, string | number>>
}

function makeStore({ file, writer, reader, data, facts }: Parts): SqliteStore {
  let lane: SqliteLane | null = null
  let closing: Promise<void> | null = null
  const writing = (): Thread<WriterCalls> => {
    if (writer === null) throw new StoreLockedError(`${file} is open for reading only`, { remedy: 'Open the store without `readOnly`.' })
    return writer
  }
  return {
    kind: 'sqlite',
    isShared: false,
    facts,
    blobs: sqliteBlobs(file, writer === null),
    transactions: flushedTransactions((means) => writing().call('loadBody', means)),
    async openLane() {
      const { epoch } = await writing().call('openLane', undefined)
      lane = new SqliteLane(epoch, writing(), () => {
        lane = null
      })
      return lane
    },
    async announce(announcement) {
      await writing().call('announce', announcement)
    },
    load: (key: RunKey) => reader.call('load', { space: key.space, run: key.run }),
    getRun: (key: RunKey) => reader.call('getRun', { space: key.space, run: key.run }),
    mail: ({ space, run }, after) => reader.call('mail', { key: { space, run }, after }),
    getRuns: (keys) => reader.call('getRuns', keys.map(({ space, run }) => ({ space, run }))),
    kinds: () => reader.call('kinds', undefined),
    listRuns: (filter: RunFilter) => reader.call('listRuns', filter),
    findKey: (space, key) => reader.call('findKey', { space, key }),
    definition: (hash) => reader.call('definition', hash),
    listWorkflows: (filter) => reader.call('listWorkflows', filter),
    getWorkflow: ({ space, name }) => reader.call('getWorkflow', { space, name }),
    workflowVersions: ({ space, name }) => reader.call('workflowVersions', { space, name }),
    workflowVersion: ({ space, name }, hash) => reader.call('workflowVersion', { key: { space, name }, hash }),
    nextWake: () => reader.call('nextWake', undefined),
    listEvents: (filter) => reader.call('listEvents', filter),
    blobReferences: () => blobReferences(reader),
    check: () => check(data),
    close() {
      closing ??= close()
      return closing
    },
  }

  async function close(): Promise<void> {
    try {
      await lane?.close()
    } finally {
      // The writer's connection last: it removes the log then.
      await end(reader).finally(() => (writer === null ? undefined : end(writer)))
    }
  }
}

/** Closes a thread's connection, then the thread. */
async function end(thread: Thread<Pick<ReaderCalls, 'close'>>): Promise<void> {
  await thread.call('close', undefined).finally(() => thread.end())
}

async function* blobReferences(reader: Thread<ReaderCalls>): AsyncGenerator<string> {
  const seen = new Set<string>()
  for (const table of ['runs', 'journal', 'inbox'] as const) {
    for (let from: number | null = 0; from !== null; ) {
      const piece: ReaderCalls['blobReferences']['out'] = await reader.call('blobReferences', { table, from })
      for (const blob of piece.found) {
        if (seen.has(blob)) continue
        seen.add(blob)
        yield blob
      }
      from = piece.next
    }
  }
}

/** Checks in a thread of its own, so that long reads of the file keep nobody waiting. */
async function* check(data: ThreadData): AsyncGenerator<Finding> {
  const checker = new Thread<ReaderCalls>('reader-thread', data)
  try {
    await checker.call('open', undefined)
    const damage = await checker.call('checkFile', undefined)
    yield* damage
    if (damage.some(({ code }) => code === 'FILE_DAMAGED')) return
    for (let from: number | null = 0; from !== null; ) {
      const piece: ReaderCalls['checkRuns']['out'] = await checker.call('checkRuns', from)
      yield* piece.found
      from = piece.next
    }
  } finally {
    await checker.end()
  }
}
