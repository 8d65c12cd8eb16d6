// A payload: a value as it is stored, in an envelope that tells how to read it. The envelope is a short text
// before the data, `<format>[/<codec>[/<key id>]]:`, so that compression, encryption and other formats need
// no change of a table. Values become payloads in shared/codec.ts; large ones move to a blob in the engine.
import { parseJson } from '../shared/parse-json.ts'

/** A stored value: envelope and data in one text, for example `j:{"score":0.5}`. */
export type Payload = string

/**
 * How the data of a payload is to be read:
 * `j` JSON; `t` JSON with tags for what JSON cannot say; `u` undefined; `b` JSON that names a blob.
 */
export type PayloadFormat = 'j' | 't' | 'u' | 'b'

/** The parts of a payload's envelope. */
export interface Envelope {
  readonly format: PayloadFormat
  /** Transformations of the data after encoding, such as `gzip`; null for none. */
  readonly codec: string | null
  readonly keyId: string | null
  readonly data: string
}

/** What a payload of format `b` says: where the real payload is, and how to prove it whole. */
export interface BlobReference {
  readonly blob: string
  /** Length of the stored payload in bytes. */
  readonly bytes: number
  /** SHA-256 of the stored payload, hexadecimal. */
  readonly sha256: string
}

const ENVELOPE = /^([jtub])(?:\/([a-z0-9-]+)(?:\/([A-Za-z0-9_-]+))?)?:/

/** Splits a payload into its parts; undefined when the text is no payload. */
export function openEnvelope(payload: Payload): Envelope | undefined {
  const head = ENVELOPE.exec(payload)
  if (head === null) return undefined
  return { format: head[1] as PayloadFormat, codec: head[2] ?? null, keyId: head[3] ?? null, data: payload.slice(head[0].length) }
}

/** Reads the blob reference of a payload, or undefined when the payload holds its data itself. */
export function blobOf(payload: Payload | null): BlobReference | undefined {
  return payload?.startsWith('b:') === true ? (parseJson(payload.slice(2)) as BlobReference) : undefined
}

/** Makes the payload that stands for a blob. */
export function blobPayload(reference: BlobReference): Payload {
  return `b:${JSON.stringify(reference)}`
}
