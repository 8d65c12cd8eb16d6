// Finds who is to do a command's work: the process that owns the store, when one lives and answers, else this one. A store that
// is owned by a process that does not answer is refused with its number.
import { hostname } from 'node:os'
import { OwnerUnreachableError, WumboError } from '../errors.ts'
import { readOwner, type Owner } from '../store/sqlite/index.ts'
import type { Backend } from './backend.ts'
import { OwnBackend, type OwnOptions } from './own-backend.ts'
import { reachOwner } from './owner-client.ts'
import type { Settings } from './settings.ts'

/** An owner that has just begun tells its address within this time; one that ends is gone within it. */
const PATIENCE_MS = 5000
const AGAIN_MS = 50

/** The owner if there is one that answers, else this process, which then owns the store. Throws OWNER_UNREACHABLE. */
export async function connect(options: OwnOptions): Promise<Backend> {
  // A database has no owner: every command opens it, as many as there are.
  if (options.settings.store.kind !== 'sqlite') return OwnBackend.open(options)
  const { file } = options.settings.store
  const until = performance.now() + PATIENCE_MS
  for (;;) {
    const owner = await connectOwner(options.settings)
    if (owner !== undefined) return owner
    try {
      return await OwnBackend.open(options)
    } catch (thrown) {
      if (!(thrown instanceof WumboError) || thrown.code !== 'STORE_LOCKED') throw thrown
      if (performance.now() > until || (await isSilent(file))) throw await unreachable(file, thrown)
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
  }
}

/** An owner that has told no address although it has had the time takes no commands: a program that uses the library. */
async function isSilent(file: string): Promise<boolean> {
  const owner = await readOwner(file)
  return owner !== undefined && owner.address === undefined && Date.now() - owner.since > PATIENCE_MS
}

/** The process that owns the store, if it answers. */
export async function connectOwner(settings: Settings): Promise<Backend | undefined> {
  if (settings.store.kind !== 'sqlite') return undefined
  const owner = await readOwner(settings.store.file)
  return owner === undefined || owner.host !== hostname() || owner.pid === process.pid ? undefined : reachOwner(owner)
}

/** Whether some process works on the store's runs, as far as is known: the owner's note tells of a file; a database may have workers anywhere. */
export async function isOwned(settings: Settings): Promise<boolean> {
  return settings.store.kind === 'postgres' || (settings.store.kind === 'sqlite' && (await readOwner(settings.store.file)) !== undefined)
}

async function unreachable(file: string, cause: WumboError): Promise<OwnerUnreachableError> {
  const owner = await readOwner(file)
  const who = owner === undefined ? 'another process' : `process ${owner.pid}${owner.host === hostname() ? '' : ` on ${owner.host}`}`
  return new OwnerUnreachableError(`${file} is owned by ${who}, which takes no commands`, {
    cause, details: { file, ...(owner === undefined ? {} : facts(owner)) },
    remedy: owner === undefined ? 'Find the process that has the file open, and stop it or wait for its end.' : `Stop process ${owner.pid}, or wait for its end and try again.`,
  })
}

function facts(owner: Owner): Record<string, unknown> {
  return { pid: owner.pid, host: owner.host, since: owner.since }
}
