// Opens a store to look only: beside a process that owns it, or without one. Nothing is created.
import { existsSync } from 'node:fs'
import { StoreMissingError, UsageError } from '../errors.ts'
import { createWumbo, type Wumbo } from '../index.ts'
import { sqliteStore } from '../store/sqlite/index.ts'
import { shownPath } from './project.ts'
import type { Settings } from './settings.ts'

/** A Wumbo that can only look. Throws STORE_MISSING when there is no store yet. */
export async function openReader(settings: Settings): Promise<Wumbo> {
  if (settings.store.kind === 'memory') throw new UsageError('store: memory keeps nothing after its process; there is nothing to look at', { path: 'store', remedy: 'Use a file: --store sqlite:.wumbo/wumbo.db.' })
  const { file } = settings.store
  if (!existsSync(file)) throw new StoreMissingError(`there is no store ${shownPath(file)}`, { path: file })
  const store = await sqliteStore({ file, readOnly: true })
  try {
    return await createWumbo({ store, readOnly: true })
  } catch (thrown) {
    await store.close()
    throw thrown
  }
}
