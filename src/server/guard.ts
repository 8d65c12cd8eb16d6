// The door of the server: what is checked of every request before any route sees it. Pure decisions over method and headers:
// it refuses names that are not loopback (DNS rebinding), requests that a foreign page sent, and callers without permission.
import { createHash, timingSafeEqual } from 'node:crypto'
import { ForbiddenError, RequestInvalidError, UnauthenticatedError } from '../errors.ts'
import { mayDo, type Permission } from './permissions.ts'

/** What the door looks at. */
export interface Caller {
  readonly method: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

const LOOPBACK_HOST = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/i
const JSON_BODY = /^application\/json(?:\s*;|$)/i

/** Lets a request pass or throws: FORBIDDEN, UNAUTHENTICATED, REQUEST_INVALID. */
export function checkCaller(caller: Caller, permission: Permission, token: string): void {
  const { headers, method } = caller
  const host = headers['host']
  if (typeof host !== 'string' || !LOOPBACK_HOST.test(host)) {
    throw new ForbiddenError('expected the Host header to name this machine: 127.0.0.1, localhost or [::1]')
  }
  const changes = method !== 'GET' && method !== 'HEAD'
  if (changes) refuseForeignPages(headers, host)
  if (!mayDo(permission, holdsToken(headers['authorization'], token))) {
    throw new UnauthenticatedError(`expected "Authorization: Bearer …" with the token of this process; the permission needed is ${permission}`)
  }
  if (changes && !JSON_BODY.test(single(headers['content-type']))) {
    throw new RequestInvalidError('expected the header "Content-Type: application/json"', { path: 'content-type' })
  }
}

function refuseForeignPages(headers: Caller['headers'], host: string): void {
  const site = headers['sec-fetch-site']
  const origin = headers['origin']
  const foreign = (site !== undefined && site !== 'same-origin' && site !== 'none') || (origin !== undefined && origin !== `http://${host}`)
  if (foreign) throw new ForbiddenError('a page of another origin may not change anything here')
}

/** Compares digests, so that neither length nor content of the token shows in the time it takes. */
function holdsToken(authorization: string | string[] | undefined, token: string): boolean {
  const given = /^Bearer ([\x21-\x7e]+)$/i.exec(single(authorization))?.[1]
  return given !== undefined && timingSafeEqual(digest(given), digest(token))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function single(header: string | string[] | undefined): string {
  return typeof header === 'string' ? header : ''
}
