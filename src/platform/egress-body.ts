// Reads the body of an answer, decompressed and bounded: what is declared too long is not read at all, what turns out too
// long is cut off where it passes the limit.
import type { IncomingMessage } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { createBrotliDecompress, createGunzip, createInflate, type BrotliDecompress, type Gunzip, type Inflate } from 'node:zlib'
import { HttpFailedError, PayloadTooLargeError } from '../errors.ts'
import { type Hop, shownUrl } from './egress-hop.ts'

/** Reads all of an answer. Throws PayloadTooLargeError past `limit` bytes, HttpFailedError for an encoding that is not known. */
export async function readBody(answer: IncomingMessage, hop: Hop, limit: number): Promise<Uint8Array> {
  const tooLarge = (): PayloadTooLargeError =>
    new PayloadTooLargeError(`${shownUrl(hop.url)}: expected an answer of at most ${limit} bytes, got more`, { remedy: 'Ask for less, or raise maxResponseBytes in the configuration of http.request.', details: { limit } })
  if (Number(answer.headers['content-length'] ?? 0) > limit && hop.method !== 'HEAD') {
    answer.destroy()
    throw tooLarge()
  }
  const chunks: Uint8Array[] = []
  let size = 0
  const collect = async (source: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const chunk of source) {
      size += chunk.length
      if (size > limit) throw tooLarge()
      chunks.push(chunk)
    }
  }
  const decompress = decompressor(answer, hop)
  await (decompress === undefined ? pipeline(answer, collect) : pipeline(answer, decompress, collect))
  return Buffer.concat(chunks)
}

function decompressor(answer: IncomingMessage, hop: Hop): Gunzip | Inflate | BrotliDecompress | undefined {
  const encoding = (answer.headers['content-encoding'] ?? 'identity').trim().toLowerCase()
  const empty = hop.method === 'HEAD' || answer.statusCode === 204 || answer.statusCode === 304 || answer.headers['content-length'] === '0'
  if (encoding === 'identity' || encoding === '' || empty) return undefined
  switch (encoding) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip()
    case 'deflate':
      return createInflate()
    case 'br':
      return createBrotliDecompress()
    default:
      answer.destroy()
      throw new HttpFailedError(`${shownUrl(hop.url)}: expected an answer in gzip, deflate, br or as it is, got ${JSON.stringify(encoding.slice(0, 50))}`, { retryable: false })
  }
}
