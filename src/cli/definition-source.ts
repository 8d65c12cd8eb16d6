// Files of definitions: which they are, and their text. What a text says is checked elsewhere.
import { open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { UsageError } from '../errors.ts'

const DEFINITION = /\.(?:ya?ml|json)$/

/** A text may have so many bytes; larger ones are cut, which the reader of definitions then refuses. */
const MAX_BYTES = 4 * 1024 * 1024 + 8

/** True for the name of a file that may hold a definition. */
export function isDefinitionName(name: string): boolean {
  return DEFINITION.test(name)
}

/** The files below a folder that may hold definitions, sorted. Hidden ones, `_names` and node_modules are left out. */
export async function definitionsBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((thrown: unknown) => {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw thrown
  })
  const found: string[] = []
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (/^[._]/.test(entry.name) || entry.name === 'node_modules') continue
    const path = join(folder, entry.name)
    if (entry.isDirectory()) found.push(...(await definitionsBelow(path)))
    else if (isDefinitionName(entry.name)) found.push(path)
  }
  return found
}

/** The text of a file. Throws USAGE for what is no readable file of UTF-8. */
export async function readDefinitionSource(file: string): Promise<string> {
  try {
    if (!(await stat(file)).isFile()) throw new UsageError(`${file} is no file`, { path: file, remedy: 'Name a .yaml, .yml or .json file.' })
    const handle = await open(file)
    try {
      const buffer = Buffer.alloc(Math.min(MAX_BYTES, (await handle.stat()).size))
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0)
      return new TextDecoder('utf-8', { fatal: buffer.length < MAX_BYTES, ignoreBOM: true }).decode(buffer.subarray(0, bytesRead))
    } finally {
      await handle.close()
    }
  } catch (thrown) {
    if (thrown instanceof UsageError) throw thrown
    const missing = (thrown as NodeJS.ErrnoException).code === 'ENOENT'
    const why = thrown instanceof TypeError ? 'it is not UTF-8' : thrown instanceof Error ? thrown.message : String(thrown)
    throw new UsageError(missing ? `there is no file ${file}` : `${file} cannot be read: ${why}`, { path: file, cause: thrown, remedy: missing ? 'Correct the name.' : 'Save it as UTF-8, and see that it may be read.' })
  }
}
