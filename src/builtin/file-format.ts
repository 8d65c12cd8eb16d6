// The formats of the file templates: text, JSON, JSON lines, and any bytes as base64. Pure.
import { FileFailedError, InputInvalidError } from '../errors.ts'
import { parseJson } from '../shared/parse-json.ts'

/** The formats there are. */
export const FILE_FORMATS = ['text', 'json', 'jsonl', 'base64'] as const
export type FileFormat = (typeof FILE_FORMATS)[number]

/** The format that the end of a name says: `.json`; `.jsonl` and `.ndjson`; text for the rest. */
export function formatOf(path: string): FileFormat {
  const end = /\.(json|jsonl|ndjson)$/i.exec(path)?.[1]?.toLowerCase()
  return end === undefined ? 'text' : end === 'json' ? 'json' : 'jsonl'
}

/** Reads bytes in a format. Throws FileFailedError that names the line where it can. */
export function readAs(bytes: Uint8Array, format: FileFormat, path: string): unknown {
  if (format === 'base64') return Buffer.from(bytes).toString('base64')
  const text = textOf(bytes, path)
  if (format === 'text') return text
  if (format === 'json') return jsonOf(text, path)
  return text.split('\n').flatMap((line, index) => (line.trim() === '' ? [] : [jsonOf(line, `${path}:${index + 1}`)]))
}

/** The bytes of a value in a format. Throws InputInvalidError for a value that the format cannot say. */
export function bytesAs(data: unknown, format: FileFormat): Uint8Array {
  const refuse = (expected: string): InputInvalidError => new InputInvalidError(`data: expected ${expected} for the format ${format}, got ${data === null ? 'null' : typeof data}`, { path: 'data' })
  switch (format) {
    case 'text':
      if (typeof data !== 'string') throw refuse('a text')
      return Buffer.from(data)
    case 'json':
      return Buffer.from(`${JSON.stringify(data ?? null, null, 2)}\n`)
    case 'jsonl':
      if (!Array.isArray(data)) throw refuse('a list')
      return Buffer.from(data.map((item) => `${JSON.stringify(item ?? null)}\n`).join(''))
    case 'base64':
      if (typeof data !== 'string' || data.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(data)) throw refuse('base64 (RFC 4648, with padding, without spaces)')
      return Buffer.from(data, 'base64')
  }
}

function textOf(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes) // drops a byte order mark
  } catch (cause) {
    throw new FileFailedError(`${path}: expected text in UTF-8, got other bytes`, { path, cause, remedy: 'Convert the file to UTF-8, or read it with the format base64.' })
  }
}

function jsonOf(text: string, where: string): unknown {
  try {
    return parseJson(text)
  } catch (cause) {
    throw new FileFailedError(`${where}: expected JSON, got something else: ${cause instanceof Error ? cause.message.slice(0, 200) : ''}`, { path: where, cause, remedy: 'Correct the file, or read it with the format text.' })
  }
}
