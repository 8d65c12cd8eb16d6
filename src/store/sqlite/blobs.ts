// Blobs as files beside the store, in `<file>-blobs/`, spread over 256 folders. A blob is written under a temporary name,
// brought to the disk, renamed, and its folder brought to the disk too, before it counts. All of it runs in the pool of
// threads behind fs/promises.
import type { Stats } from 'node:fs'
import { mkdir, open, readFile, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { FileFailedError, StoreFailedError, StoreRowError } from '../../errors.ts'
import { hashText } from '../../shared/hash.ts'
import type { Blobs } from '../port.ts'

/** Letters that every file system takes, none of them a separator; no leading dot, so that no key names a folder. */
const KEY = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,199}$/

/** What a blob is called until it is whole. Keys cannot end like this by accident of case: they hold no `~`. */
const UNFINISHED = '~'

/** Makes the blobs of a store; `readOnly` ones refuse to write. */
export function sqliteBlobs(file: string, readOnly: boolean): Blobs {
  const root = `${file}-blobs`
  const pathOf = (key: string): string => {
    if (!KEY.test(key)) throw new FileFailedError(`expected a blob key of letters, digits, "_", "-" and ".", got ${JSON.stringify(key)}`)
    return join(root, hashText(key).slice(-2), key)
  }
  const mustWrite = (): void => {
    if (readOnly) throw new StoreFailedError(`${file} is open for reading only`, { retryable: false })
  }
  return {
    async put(key, data) {
      mustWrite()
      const path = pathOf(key)
      await attempt(`the blob ${key} could not be written`, () => write(path, data))
    },
    async get(key) {
      const path = pathOf(key)
      return attempt(`the blob ${key} could not be read`, () => unlessMissing(readFile(path)))
    },
    async delete(key) {
      mustWrite()
      const path = pathOf(key)
      await attempt(`the blob ${key} could not be deleted`, () => rm(path, { force: true }))
    },
    async *list() {
      for (const shard of (await unlessMissing(readdir(root))) ?? []) {
        for (const key of (await unlessMissing(readdir(join(root, shard)))) ?? []) {
          const stats: Stats | undefined = await unlessMissing(stat(join(root, shard, key)))
          if (stats?.isFile() === true) yield { key, ageMs: Math.max(0, Date.now() - stats.mtimeMs), bytes: stats.size }
        }
      }
    },
  }
}

async function write(path: string, data: Uint8Array): Promise<void> {
  const folder = dirname(path)
  const made = await mkdir(folder, { recursive: true })
  if ((await unlessMissing(stat(path))) !== undefined) throw new StoreRowError(`the blob ${path} exists already; keys are never used twice`)
  const temporary = `${path}${UNFINISHED}`
  try {
    const handle = await open(temporary, 'w', 0o600)
    try {
      await handle.writeFile(data)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, path)
  } catch (thrown) {
    await rm(temporary, { force: true }).catch(() => undefined)
    throw thrown
  }
  await syncFolder(folder)
  // A folder that was made is an entry of the folder above it, and so on up.
  if (made !== undefined) for (let each = folder; each !== dirname(made); each = dirname(each)) await syncFolder(dirname(each))
}

/** Brings the names in a folder to the disk. Windows can neither open folders nor needs this. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function attempt<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof StoreRowError) throw cause
    throw new StoreFailedError(`${doing}: ${String(cause)}`, { cause })
  }
}

async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw thrown
  }
}
