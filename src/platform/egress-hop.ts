// One hop of an outgoing request: the checks of its URL and headers, and what a redirect makes of it. Pure; sending is
// egress.ts.
import { validateHeaderName, validateHeaderValue } from 'node:http'
import { EgressRefusedError, HttpFailedError, InputInvalidError } from '../errors.ts'

/** A request as it is sent to one URL. */
export interface Hop {
  readonly url: URL
  readonly method: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | undefined
}

/** Headers that say how a message travels, or whom it is for: the client's to set, nobody else's. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'connection', 'content-length', 'expect', 'host', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade',
])

/** Headers that go along to another origin: none of them can carry a credential. */
const HARMLESS_HEADERS: ReadonlySet<string> = new Set(['accept', 'accept-encoding', 'accept-language', 'content-type', 'idempotency-key', 'user-agent'])

/** Parses and checks a URL: http or https, without a user and password in it. Throws InputInvalidError and EgressRefusedError. */
export function parseTarget(given: string | URL): URL {
  const text = String(given)
  if (!URL.canParse(text)) throw new InputInvalidError('url: expected an absolute URL such as https://api.example.com/people, got something else', { path: 'url' })
  const url = new URL(text)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw refused(`expected an http or https URL, got one with ${url.protocol}`, 'Only http and https leave this process through HTTP requests.')
  if (url.username !== '' || url.password !== '') throw refused(`expected a URL without user and password, got one for ${url.host}`, 'Send credentials in a header.')
  url.hash = ''
  return url
}

/** Checks the headers of a caller and writes their names in lower case. Throws InputInvalidError. */
export function parseHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const checked: Record<string, string> = {}
  for (const [given, value] of Object.entries(headers)) {
    const name = given.toLowerCase()
    const path = `headers.${given.slice(0, 100)}`
    try {
      validateHeaderName(name)
      validateHeaderValue(name, value)
    } catch (cause) {
      throw new InputInvalidError(`${path}: expected the name and value of an HTTP header, got characters that one cannot hold`, { path, cause })
    }
    if (OWN_HEADERS.has(name)) throw new InputInvalidError(`${path}: expected a header of the message, got one that the connection sets by itself`, { path, remedy: 'Leave the header out.' })
    checked[name] = value
  }
  return checked
}

/**
 * The hop that an answer redirects to, or undefined when it does not. As browsers do: 303 becomes GET, 301 and 302 make GET of
 * POST, 307 and 308 keep method and body. To another origin go only headers that cannot carry a credential.
 */
export function redirectOf(hop: Hop, status: number, location: string | undefined): Hop | undefined {
  if (![301, 302, 303, 307, 308].includes(status) || location === undefined) return undefined
  if (!URL.canParse(location, hop.url.href)) throw new HttpFailedError(`${shownUrl(hop.url)} redirects to something that is no URL`, { retryable: false, details: { status } })
  const url = parseTarget(new URL(location, hop.url))
  const toGet = (status === 303 && hop.method !== 'HEAD') || (status < 303 && hop.method === 'POST')
  const kept = Object.entries(hop.headers).filter(([name]) => (url.origin === hop.url.origin || HARMLESS_HEADERS.has(name)) && !(toGet && name.startsWith('content-')))
  return { url, method: toGet ? 'GET' : hop.method, headers: Object.fromEntries(kept), body: toGet ? undefined : hop.body }
}

/** A URL for messages: without its query, which may hold secrets. */
export function shownUrl(url: URL): string {
  const text = `${url.origin}${url.pathname}`
  return text.length > 300 ? `${text.slice(0, 299)}…` : text
}

function refused(message: string, remedy: string): EgressRefusedError {
  return new EgressRefusedError(message, { remedy })
}
