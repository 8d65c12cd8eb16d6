// The bodies of HTTP messages as values: JSON, text, or bytes as base64, decided once by the content type.
import { HttpFailedError } from '../errors.ts'
import { parseJson } from '../shared/parse-json.ts'

/** How a body is given. */
export type BodyEncoding = 'json' | 'text' | 'base64' | 'none'

/** A body that was read. */
export interface ReadBody {
  readonly body: unknown
  readonly encoding: BodyEncoding
}

/** A body to be sent, with the content type that it has unless the caller names another. */
export interface SentBody {
  readonly bytes: Uint8Array
  readonly contentType: string
}

/** A text is sent as it is, any other value as JSON; undefined is no body. */
export function bodyToSend(body: unknown): SentBody | undefined {
  if (body === undefined) return undefined
  if (typeof body === 'string') return { bytes: Buffer.from(body), contentType: 'text/plain; charset=utf-8' }
  return { bytes: Buffer.from(JSON.stringify(body)), contentType: 'application/json' }
}

const JSON_TYPE = /^application\/(json|[a-z0-9.+-]+\+json)$/
const TEXT_TYPE = /^(text\/.+|application\/(xml|javascript|x-www-form-urlencoded|graphql|yaml|toml|x-ndjson|jsonl|sql|[a-z0-9.+-]+\+(xml|yaml)))$/

/** Reads a body by its content type. `what` names the answer in messages. Throws HttpFailedError for JSON that is none. */
export function readBodyAs(bytes: Uint8Array, contentType: string | undefined, what: string): ReadBody {
  if (bytes.length === 0) return { body: null, encoding: 'none' }
  const type = (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  if (JSON_TYPE.test(type)) {
    try {
      return { body: parseJson(textOf(bytes, 'utf-8')), encoding: 'json' }
    } catch (cause) {
      throw new HttpFailedError(`${what}: expected JSON, as the content type says, got something else`, { cause, retryable: false, details: { body: excerpt(bytes, 'text/plain') } })
    }
  }
  if (TEXT_TYPE.test(type)) return { body: textOf(bytes, charsetOf(contentType)), encoding: 'text' }
  return { body: Buffer.from(bytes).toString('base64'), encoding: 'base64' }
}

const EXCERPT = 2000

/** The beginning of a body for a message, where it is text. */
export function excerpt(bytes: Uint8Array, contentType: string | undefined): string | undefined {
  const type = (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  if (!JSON_TYPE.test(type) && !TEXT_TYPE.test(type)) return undefined
  const text = textOf(bytes.subarray(0, EXCERPT * 4), charsetOf(contentType))
  return text.length > EXCERPT ? `${text.slice(0, EXCERPT)}…` : text
}

function charsetOf(contentType: string | undefined): string {
  return /;\s*charset="?([\w-]{1,40})/i.exec(contentType ?? '')?.[1] ?? 'utf-8'
}

function textOf(bytes: Uint8Array, charset: string): string {
  try {
    return new TextDecoder(charset).decode(bytes)
  } catch {
    return new TextDecoder().decode(bytes) // a charset that the platform does not know
  }
}
