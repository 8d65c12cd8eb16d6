// The template `file.write`: one whole file below a root folder, all or nothing. It writes beside the file, makes that durable
// and then puts it in place: a reader, and a crash at any moment, sees the old file or the new one. Writing it again gives the same.
import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { lstat, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { FileFailedError } from '../errors.ts'
import type { ConfigurableTemplate } from '../template/contract.ts'
import { defineTemplate } from '../template/define.ts'
import { bytesAs, FILE_FORMATS, formatOf } from './file-format.ts'
import { asFileFailure, placeToWrite } from './file-place.ts'

const configSchema = z.strictObject({
  root: z.string().min(1).default('.').describe('The folder that files are written to; relative ones from where the process runs.'),
  hidden: z.boolean().default(false).describe('Allow files and folders whose names begin with a dot.'),
})

const inputSchema = z.strictObject({
  path: z.string().describe('From the root folder. A file that is there is replaced.'),
  data: z.unknown().describe('A text for the format text, any value for json, a list for jsonl, base64 for base64.'),
  format: z.enum(FILE_FORMATS).optional().describe('Left out: json for .json, jsonl for .jsonl and .ndjson, text for the rest.'),
  createFolders: z.boolean().default(false).describe('Make the folders of the path that are missing.'),
})

const outputSchema = z.object({
  path: z.string().describe('From the root folder, with `/`.'),
  bytes: z.int().describe('The size of the file.'),
})

/** What `file.write` takes, gives and can be configured with. */
export type FileWriteInput = z.input<typeof inputSchema>
export type FileWriteOutput = z.output<typeof outputSchema>
export type FileWriteConfig = z.input<typeof configSchema>

/** Writes one file below the root folder, all or nothing. */
export const fileWrite: ConfigurableTemplate<FileWriteInput, FileWriteOutput, FileWriteConfig> = defineTemplate({
  name: 'file.write',
  version: '1.0.0',
  description: 'Writes a file as text, JSON, JSON lines or from base64, all or nothing.',
  kind: 'action',
  category: 'files',
  tags: ['file', 'write', 'save', 'json', 'text'],
  config: configSchema,
  input: inputSchema,
  output: outputSchema,
  async execute({ path: wanted, data, format, createFolders }, context, config) {
    const bytes = bytesAs(data, format ?? formatOf(wanted))
    const { file, path } = await placeToWrite(wanted, config, createFolders)
    try {
      await replace(file, bytes, context.signal)
    } catch (thrown) {
      throw asFileFailure(thrown, path)
    }
    return { path, bytes: bytes.length }
  },
})

/** Puts bytes in the place of a file in one step. A link in that place is replaced, not followed. */
async function replace(file: string, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
  const mode = await modeOf(file)
  const beside = join(dirname(file), `.${basename(file).slice(0, 100)}.${randomUUID()}.tmp`)
  try {
    const handle = await open(beside, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, mode ?? 0o666)
    try {
      if (mode !== undefined) await handle.chmod(mode) // what a umask would take away, the file that is replaced had
      await handle.writeFile(bytes, { signal })
      await handle.sync()
    } finally {
      await handle.close()
    }
    signal.throwIfAborted()
    await rename(beside, file)
  } catch (thrown) {
    await rm(beside, { force: true })
    throw signal.aborted ? signal.reason : thrown
  }
  await syncFolder(dirname(file))
}

/** The rights of the file that is replaced; undefined when there is none. */
async function modeOf(file: string): Promise<number | undefined> {
  const there = await lstat(file).catch((thrown: unknown) => {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw thrown
  })
  if (there === undefined || there.isSymbolicLink()) return undefined
  if (there.isFile()) return there.mode & 0o777
  throw new FileFailedError(`${basename(file)}: expected a file or nothing in its place, got ${there.isDirectory() ? 'a folder' : 'something else'}`, { path: basename(file) })
}

/** Makes the new name durable. Some systems (Windows) cannot open a folder; they keep names without being asked. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined)
  if (handle === undefined) return
  try {
    await handle.sync()
  } catch (thrown) {
    if (!['EINVAL', 'EPERM', 'EISDIR', 'ENOTSUP'].includes((thrown as NodeJS.ErrnoException).code ?? '')) throw thrown
  } finally {
    await handle.close()
  }
}
