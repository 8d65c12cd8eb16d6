// Checks a whole store: its own integrity first, then each run's journal and each blob, from both sides: what rows name
// must exist and hold what was written, and what exists must be named.
import { WumboError } from '../errors.ts'
import { blobOf } from '../model/payload.ts'
import { effectiveJournal } from '../model/record.ts'
import { DEFAULT_SPACE, isEnd } from '../model/run.ts'
import type { LoadedRun, Finding, Store } from '../store/port.ts'
import { parseDefinition } from './definition-body.ts'
import { readValue } from './payloads.ts'

/** What was looked at, told while it goes on. */
export interface VerifyProgress {
  readonly runs: number
  readonly records: number
  readonly blobs: number
}

/** What a check needs beside the store. */
export interface VerifyOptions {
  readonly sha256: (bytes: Uint8Array) => string
  /** Blobs that no row names are reported when they are older than this. Default 24 hours. */
  readonly orphanBlobMs?: number
  readonly onProgress?: (progress: VerifyProgress) => void
}

/** Gives every finding of a store; none means that it is whole. */
export async function* verifyStore(store: Store, options: VerifyOptions): AsyncGenerator<Finding> {
  const progress = { runs: 0, records: 0, blobs: 0 }
  yield* store.check()
  yield* verifyWorkflows(store)
  const definitions = new Set<string>()
  for (let after: string | null | undefined; after !== null; ) {
    const page = await store.listRuns({ limit: 500, ...(after === undefined ? {} : { after }) })
    for (const row of page.runs) {
      yield* verifyRun(store, row, options, progress)
      progress.runs++
      options.onProgress?.({ ...progress })
      if (definitions.has(row.version)) continue
      definitions.add(row.version)
      yield* verifyDefinition(row.version, row.run, () => store.definition(row.version))
    }
    after = page.next
  }
  const named = new Set<string>()
  for await (const key of store.blobReferences()) named.add(key)
  for await (const blob of store.blobs.list()) {
    progress.blobs++
    if (!named.has(blob.key) && blob.ageMs > (options.orphanBlobMs ?? 86_400_000)) {
      yield { code: 'BLOB_ORPHANED', run: null, message: `blob ${blob.key} (${blob.bytes} bytes) is named by no row; housekeeping deletes it` }
    }
  }
  options.onProgress?.({ ...progress })
}

/** Every version of every stored workflow is a workflow; the store's own check has looked at the texts. */
async function* verifyWorkflows(store: Store): AsyncGenerator<Finding> {
  for (let after: string | null | undefined; after !== null; ) {
    const page = await store.listWorkflows({ space: DEFAULT_SPACE, limit: 500, ...(after === undefined ? {} : { after }) })
    for (const workflow of page.workflows) {
      for (const { hash } of await store.workflowVersions(workflow)) {
        yield* verifyDefinition(hash, null, async () => (await store.workflowVersion(workflow, hash))?.body)
      }
    }
    after = page.next
  }
}

async function* verifyDefinition(hash: string, run: string | null, read: () => Promise<string | undefined>): AsyncGenerator<Finding> {
  // A text that is not what was written was told by the store.
  const body = await read().catch(() => undefined)
  if (body === undefined) return
  try {
    parseDefinition(body, hash)
  } catch (thrown) {
    yield { code: 'DEFINITION_DAMAGED', run, message: thrown instanceof Error ? thrown.message : String(thrown) }
  }
}

async function* verifyRun(store: Store, key: { readonly space: number; readonly run: string }, options: VerifyOptions, progress: { records: number }): AsyncGenerator<Finding> {
  let loaded: LoadedRun | undefined
  try {
    loaded = await store.load({ space: key.space, run: key.run })
  } catch (thrown) {
    yield problem(key.run, thrown)
    return
  }
  if (loaded === undefined) return
  const { run, journal, generations } = loaded
  progress.records += journal.length
  const effective = effectiveJournal(journal, generations, run.gen)
  for (const [index, record] of effective.entries()) {
    if (record.seq !== index + 1) {
      yield { code: 'JOURNAL_GAP', run: run.run, message: `expected record number ${index + 1} of generation ${run.gen}, found ${record.seq} (${record.path})` }
      break
    }
  }
  const paths = new Set<string>()
  for (const { path } of effective) {
    if (paths.has(path)) yield { code: 'PATH_TWICE', run: run.run, message: `${path} is recorded twice in generation ${run.gen}` }
    paths.add(path)
  }
  if (isEnd(run.status) !== (run.finishedAt !== null)) yield { code: 'RUN_STATE', run: run.run, message: `the run is ${run.status} but its end time is ${String(run.finishedAt)}` }
  for (const payload of [run.input, run.output, ...journal.flatMap((record) => [record.input, record.output])]) {
    if (payload === null) continue
    try {
      await readValue(payload, { blobs: store.blobs, sha256: options.sha256 })
    } catch (thrown) {
      yield problem(run.run, thrown, blobOf(payload)?.blob)
    }
  }
}

function problem(run: string, thrown: unknown, blob?: string): Finding {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  return { code: error instanceof WumboError ? error.code : 'UNREADABLE', run, message: blob === undefined ? error.message : `${error.message} (blob ${blob})` }
}
