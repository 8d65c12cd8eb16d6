// Opens a store to look only: beside a process that owns it, or without one. Nothing is created.
import { existsSync } from 'node:fs'
import { StoreMissingError, UsageError, WumboError } from '../errors.ts'
import { createWumbo, type Wumbo } from '../index.ts'
import { sqliteStore } from '../store/sqlite/index.ts'
import type { Definitions } from './modules.ts'
import { shownPath } from './shown-path.ts'
import { storeWords, type Settings, type StoreSetting } from './settings.ts'

/** A Wumbo that can only look. Throws STORE_MISSING when there is no store yet. */
export async function openReader(settings: Settings, definitions?: Definitions): Promise<Wumbo> {
  const at = refuseMemory(settings)
  if (at.kind === 'postgres') return createWumbo({ store: storeWords(at), readOnly: true, ...definitions })
  const { file } = at
  if (!existsSync(file)) throw new StoreMissingError(`there is no store ${shownPath(file)}`, { path: file })
  const store = await sqliteStore({ file, readOnly: true })
  try {
    return await createWumbo({ store, readOnly: true, ...definitions })
  } catch (thrown) {
    await store.close()
    throw thrown
  }
}

/** A Wumbo that can only look at what modules define and, where there is a store, at what that holds. */
export async function openLibrary(settings: Settings, definitions: Definitions): Promise<Wumbo> {
  const kept = settings.store.kind === 'memory' ? undefined : await unlessMissing(openReader(settings, definitions))
  return kept ?? createWumbo({ store: 'memory', readOnly: true, ...definitions })
}

async function unlessMissing<T>(opening: Promise<T>): Promise<T | undefined> {
  return opening.catch((thrown: unknown) => {
    if (thrown instanceof WumboError && thrown.code === StoreMissingError.spec.code) return undefined
    throw thrown
  })
}

/** Where a store is kept. Refuses one that ends with its process: there is nothing to look at, and nothing to keep anything in. */
export function refuseMemory({ store }: Settings): Exclude<StoreSetting, { readonly kind: 'memory' }> {
  if (store.kind !== 'memory') return store
  throw new UsageError('store: memory keeps nothing after its process; there is nothing to look at', { path: 'store', remedy: 'Use a file: --store sqlite:.wumbo/wumbo.db.' })
}

/** The names of the stored workflows; none where there is no store. */
export async function storedNames(settings: Settings): Promise<readonly string[]> {
  const wumbo = settings.store.kind === 'memory' ? undefined : await unlessMissing(openReader(settings))
  if (wumbo === undefined) return []
  try {
    const names: string[] = []
    for (let after: string | null | undefined; after !== null; ) {
      const page: Awaited<ReturnType<Wumbo['definitions']['list']>> = await wumbo.definitions.list({ limit: 1000, ...(after === undefined ? {} : { after }) })
      for (const { name, version } of page.workflows) if (version !== null) names.push(name)
      after = page.next
    }
    return names
  } finally {
    await wumbo.close()
  }
}
