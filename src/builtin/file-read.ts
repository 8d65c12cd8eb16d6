// The template `file.read`: one whole file below a root folder, as text, JSON, JSON lines or base64. Not for files that do
// not fit into memory: the size is bounded.
import type { FileHandle } from 'node:fs/promises'
import { z } from 'zod'
import { PayloadTooLargeError } from '../errors.ts'
import type { ConfigurableTemplate } from '../template/contract.ts'
import { defineTemplate } from '../template/define.ts'
import { FILE_FORMATS, formatOf, readAs } from './file-format.ts'
import { asFileFailure, openInside } from './file-place.ts'

const configSchema = z.strictObject({
  root: z.string().min(1).default('.').describe('The folder that files are read from; relative ones from where the process runs.'),
  hidden: z.boolean().default(false).describe('Allow files and folders whose names begin with a dot.'),
  maxBytes: z.int().min(0).default(5 * 1024 * 1024).describe('Bytes of a file, at most.'),
})

const inputSchema = z.strictObject({
  path: z.string().describe('From the root folder.'),
  format: z.enum(FILE_FORMATS).optional().describe('Left out: json for .json, jsonl for .jsonl and .ndjson, text for the rest. Text is UTF-8.'),
})

const outputSchema = z.object({
  path: z.string().describe('From the root folder, with `/`.'),
  bytes: z.int().describe('The size of the file.'),
  format: z.enum(FILE_FORMATS),
  data: z.unknown().describe('A text, a JSON value, the list of JSON values of the lines (empty lines left out), or base64.'),
})

/** What `file.read` takes, gives and can be configured with. */
export type FileReadInput = z.input<typeof inputSchema>
export type FileReadOutput = z.output<typeof outputSchema>
export type FileReadConfig = z.input<typeof configSchema>

/** Reads one file below the root folder. */
export const fileRead: ConfigurableTemplate<FileReadInput, FileReadOutput, FileReadConfig> = defineTemplate({
  name: 'file.read',
  version: '1.0.0',
  description: 'Reads a file as text, JSON, JSON lines or base64.',
  kind: 'action',
  category: 'files',
  tags: ['file', 'read', 'json', 'text'],
  config: configSchema,
  input: inputSchema,
  output: outputSchema,
  async execute(input, context, config) {
    const { handle, path } = await openInside(input.path, config)
    try {
      const bytes = await readBounded(handle, { path, limit: config.maxBytes, signal: context.signal })
      const format = input.format ?? formatOf(path)
      return { path, bytes: bytes.length, format, data: readAs(bytes, format, path) }
    } catch (thrown) {
      throw asFileFailure(thrown, path)
    } finally {
      await handle.close()
    }
  },
})

const CHUNK = 1 << 20

/** Reads all of an open file. The size is not believed: a file may grow while it is read. */
async function readBounded(handle: FileHandle, { path, limit, signal }: { path: string; limit: number; signal: AbortSignal }): Promise<Uint8Array> {
  const { size } = await handle.stat()
  const chunks: Uint8Array[] = []
  let total = 0
  for (;;) {
    signal.throwIfAborted()
    if (Math.max(size, total) > limit) {
      throw new PayloadTooLargeError(`${path}: expected at most ${limit} bytes, got ${Math.max(size, total)}`, { path, details: { limit }, remedy: 'Raise maxBytes in the configuration of file.read, or read the file in a template of your own.' })
    }
    const chunk = new Uint8Array(Math.min(CHUNK, Math.max(size - total, 0) + 1, limit - total + 1))
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, null)
    if (bytesRead === 0) return Buffer.concat(chunks)
    chunks.push(chunk.subarray(0, bytesRead))
    total += bytesRead
  }
}
