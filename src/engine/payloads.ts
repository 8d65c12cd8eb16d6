// Payloads on their way between memory and the store: encoded once by the codec, moved to a blob when they are
// large, and read back whole or refused.
import { BlobMissingError, PayloadCorruptError } from '../errors.ts'
import { blobOf, blobPayload } from '../model/payload.ts'
import type { Payload } from '../model/payload.ts'
import type { MaybePromise } from '../template/contract.ts'
import type { Blobs } from '../store/port.ts'
import { defaultCodec } from '../shared/codec.ts'

/** What payloads need of the engine. */
export interface PayloadHost {
  readonly blobs: Blobs
  readonly sha256: (bytes: Uint8Array) => string
  /** UTF-16 units of encoded text above which a payload becomes a blob. */
  readonly limit: number
  /** Makes keys that are never used twice. */
  readonly key: () => string
}

/** Moves a large payload into a blob, durable before this resolves; a small one is given back at once, without a promise. */
export function settlePayload(payload: Payload, host: PayloadHost): MaybePromise<Payload> {
  if (payload.length <= host.limit) return payload
  return storeBlob(payload, host)
}

async function storeBlob(payload: Payload, host: PayloadHost): Promise<Payload> {
  const bytes = new TextEncoder().encode(payload)
  const blob = host.key()
  await host.blobs.put(blob, bytes)
  return blobPayload({ blob, bytes: bytes.length, sha256: host.sha256(bytes) })
}

/** Fetches the payload behind a blob reference; others are given back at once. */
export function fetchPayload(payload: Payload, host: Pick<PayloadHost, 'blobs' | 'sha256'>): MaybePromise<Payload> {
  const reference = blobOf(payload)
  if (reference === undefined) return payload
  return host.blobs.get(reference.blob).then((bytes) => {
    if (bytes === undefined) throw new BlobMissingError(`the blob ${reference.blob} is named by the store but does not exist`, { details: { blob: reference.blob } })
    if (bytes.length !== reference.bytes || host.sha256(bytes) !== reference.sha256) {
      throw new PayloadCorruptError(`the blob ${reference.blob} does not hold what was written: expected ${reference.bytes} bytes with SHA-256 ${reference.sha256}`, { details: { blob: reference.blob } })
    }
    return new TextDecoder().decode(bytes)
  })
}

/** Reads a payload's value, wherever it lies. */
export async function readValue(payload: Payload | null, host: Pick<PayloadHost, 'blobs' | 'sha256'>): Promise<unknown> {
  return payload === null ? undefined : defaultCodec.decode(await fetchPayload(payload, host))
}
