// Folders for the stores of a test, deleted at its end.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** Makes a folder and a way to delete it. */
export function makeFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'wumbo-store-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** A file in a folder that is deleted when the running test has ended. */
export function storeFile(): string {
  const folder = makeFolder()
  onTestFinished(() => folder.remove())
  return join(folder.path, 'wumbo.db')
}
