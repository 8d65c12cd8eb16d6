// HTTP without a network: routes that answer, and a log of what was sent. It is an egress client, so that it stands where `http.request` and
// the service `httpClient` would send; a request that no route takes is an error that names the routes there are.
import { ConfigInvalidError, HttpFailedError, InputInvalidError } from '../../errors.ts'
import { parseHeaders, parseTarget } from '../../platform/egress-hop.ts'
import type { EgressClient, EgressRequest, EgressResponse } from '../../platform/egress.ts'
import { parseJson } from '../../shared/parse-json.ts'
import type { MaybePromise } from '../../template/contract.ts'
import { wildcard } from './wildcard.ts'

/** A request that was sent. */
export interface MockRequest {
  readonly method: string
  readonly url: URL
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The body as text; empty without one. */
  readonly text: string
  /** The body as JSON. Throws InputInvalidError when it is none. */
  json(): unknown
}

/** What a route answers. */
export interface MockReply {
  /** Default 200. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON, with a content type that says so. */
  readonly json?: unknown
  /** Sent as it is: a text, with a content type that says so, or bytes. */
  readonly body?: string | Uint8Array
  /** In place of an answer: the connection fails, with this in the message. What `http.request` makes of it may be tried again. */
  readonly fail?: string
}

/** One route. */
export interface MockRoute {
  readonly calls: readonly MockRequest[]
  /** The route answers no more. */
  restore(): void
}

/** Which URLs a route takes: a text in which `*` stands for anything and without a query any query fits, an expression over the whole URL, or a function. */
export type UrlPattern = string | RegExp | ((url: URL) => boolean)

/** HTTP servers that are not there. */
export interface HttpMock extends EgressClient {
  /**
   * Adds a route; the newest that fits answers. Throws ConfigInvalidError.
   * @example
   * t.http.on('GET', 'https://api.example.com/people/*', { json: { name: 'Ada' } })
   * t.http.on('POST', /\/orders$/, (request) => ({ status: 201, json: request.json() }))
   */
  on(method: string, url: UrlPattern, reply: MockReply | ((request: MockRequest) => MaybePromise<MockReply>)): MockRoute
  /**
   * The same routes as a `fetch`, for code that sends by one: hand it in as a service, or put it in the place of the global one. What
   * `fetch` does not do in life it does not do here: an unexpected status is no error, and a connection that breaks is a TypeError.
   */
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>
  /** Every request, in the order in which they were sent. */
  readonly calls: readonly MockRequest[]
  /** Those that no route took, as `METHOD url`. */
  readonly unanswered: readonly string[]
}

interface Route {
  readonly method: string
  readonly shown: string
  readonly takes: (url: URL) => boolean
  readonly reply: MockReply | ((request: MockRequest) => MaybePromise<MockReply>)
  readonly calls: MockRequest[]
}

/** Makes a mock without routes. */
export function httpMock(): HttpMock {
  return new Mock()
}

class Mock implements HttpMock {
  readonly calls: MockRequest[] = []
  readonly unanswered: string[] = []
  #routes: readonly Route[] = []

  on(method: string, url: UrlPattern, reply: Route['reply']): MockRoute {
    if (!/^[A-Za-z]+$|^\*$/.test(method)) throw new ConfigInvalidError(`http.on: expected a method such as GET, or "*" for any, got ${JSON.stringify(method)}`, { path: 'method' })
    if (typeof reply !== 'function' && (typeof reply !== 'object' || (reply as unknown) === null)) throw new ConfigInvalidError('http.on: expected a reply such as { json: { … } }, or a function that gives one', { path: 'reply' })
    const route: Route = { method: method.toUpperCase(), shown: typeof url === 'function' ? 'a function' : String(url), takes: matcher(url), reply, calls: [] }
    this.#routes = [route, ...this.#routes]
    return {
      calls: route.calls,
      restore: () => {
        this.#routes = this.#routes.filter((one) => one !== route)
      },
    }
  }

  async request(given: EgressRequest): Promise<EgressResponse> {
    given.signal?.throwIfAborted()
    const request = requestOf(given)
    const { method, url } = request
    this.calls.push(request)
    const route = this.#routes.find((one) => (one.method === '*' || one.method === method) && one.takes(url))
    if (route === undefined) {
      this.unanswered.push(`${method} ${url.href}`)
      throw new HttpFailedError(`${method} ${url.href}: no route of the test takes this request. Routes: ${this.#routes.map((one) => `${one.method} ${one.shown}`).join(', ') || 'none'}`, {
        retryable: false, path: 'url', remedy: `Add one: t.http.on('${method}', '${url.origin}${url.pathname}', { json: … }).`,
      })
    }
    route.calls.push(request)
    const reply = typeof route.reply === 'function' ? await route.reply(request) : route.reply
    given.signal?.throwIfAborted()
    if (reply.fail !== undefined) throw new HttpFailedError(`${url.origin}${url.pathname} gave no whole answer: ${reply.fail}`, { details: { code: reply.fail } })
    return { status: reply.status ?? 200, headers: headersOf(reply), body: bytesOf(reply), url }
  }

  readonly fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init)
    const { method, url, headers, signal } = request
    const body = new Uint8Array(await request.arrayBuffer())
    try {
      const answer = await this.request({ method, url, headers: Object.fromEntries(headers), signal, ...(body.length === 0 ? {} : { body }) })
      const mayHaveBody = ![204, 205, 304].includes(answer.status)
      return new Response(mayHaveBody ? new Uint8Array(answer.body) : null, { status: answer.status, headers: answer.headers })
    } catch (cause) {
      if (signal.aborted) throw signal.reason
      throw new TypeError(`fetch failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    }
  }

  close(): void {
    this.#routes = []
  }
}

function requestOf(given: EgressRequest): MockRequest {
  const text = given.body === undefined ? '' : new TextDecoder().decode(given.body)
  return {
    method: (given.method ?? 'GET').toUpperCase(), url: parseTarget(given.url), headers: parseHeaders(given.headers ?? {}), text,
    json: () => {
      try {
        return parseJson(text)
      } catch (cause) {
        throw new InputInvalidError(`expected a request body that is JSON, got ${JSON.stringify(text.slice(0, 100))}`, { cause })
      }
    },
  }
}

function matcher(pattern: UrlPattern): (url: URL) => boolean {
  if (typeof pattern === 'function') return pattern
  if (pattern instanceof RegExp) return (url) => new RegExp(pattern, pattern.flags.replaceAll(/[gy]/g, '')).test(url.href)
  if (!/^https?:\/\//.test(pattern) && !pattern.startsWith('*')) throw new ConfigInvalidError(`http.on: expected an absolute URL, or one that begins with "*", got ${JSON.stringify(pattern)}`, { path: 'url' })
  // A bare host means its root, as in a request.
  const whole = URL.canParse(pattern) && !pattern.includes('*') ? new URL(pattern).href : pattern
  const expected = wildcard(whole)
  return (url) => expected.test(url.href) || (!pattern.includes('?') && expected.test(`${url.origin}${url.pathname}`))
}

function headersOf({ headers = {}, json, body }: MockReply): Record<string, string> {
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  const type = json !== undefined ? 'application/json' : typeof body === 'string' ? 'text/plain; charset=utf-8' : undefined
  return type === undefined ? lower : { 'content-type': type, ...lower }
}

function bytesOf({ json, body }: MockReply): Uint8Array {
  if (body instanceof Uint8Array) return body
  return new TextEncoder().encode(json === undefined ? (body ?? '') : JSON.stringify(json))
}
