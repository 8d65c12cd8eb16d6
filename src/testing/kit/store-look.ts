// Looks at a store without any process.
import { createHash } from 'node:crypto'
import { runDetails } from '../../engine/inspect.ts'
import type { RunDetails } from '../../engine/inspect.ts'
import { readValue } from '../../engine/payloads.ts'
import { verifyStore } from '../../engine/verify.ts'
import { RunNotFoundError } from '../../errors.ts'
import { DEFAULT_SPACE } from '../../model/run.ts'
import type { Store } from '../../store/port.ts'

/** Everything that is known of a run. */
export async function detailsOf(store: Store, run: string): Promise<RunDetails> {
  const loaded = await store.load({ space: DEFAULT_SPACE, run })
  if (loaded === undefined) throw new RunNotFoundError(`there is no run ${run}`)
  return runDetails(loaded, { read: (payload) => readValue(payload, { blobs: store.blobs, sha256 }), definition: (hash) => store.definition(hash) })
}

/** What a check of the whole store finds, in words. */
export async function findingsOf(store: Store): Promise<readonly string[]> {
  const found: string[] = []
  for await (const { code, message } of verifyStore(store, { sha256 })) found.push(`verify: ${code} ${message}`)
  return found
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
