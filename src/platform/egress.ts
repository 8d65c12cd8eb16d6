// The one client for outgoing HTTP: it decides on the address that it connects to, for each connection and each redirect,
// bounds time and size, and uses no proxy of the environment. It repeats nothing that could have had an effect.
import { lookup } from 'node:dns/promises'
import { Agent as HttpAgent, request as httpRequest, type AgentOptions, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { isIP, type LookupFunction, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { HttpFailedError, WumboError } from '../errors.ts'
import { readBody } from './egress-body.ts'
import { type Hop, parseHeaders, parseTarget, redirectOf, shownUrl } from './egress-hop.ts'
import { type Destination, type EgressPolicy, EgressRules } from './egress-rules.ts'

/** An address that a name stands for. */
export interface ResolvedAddress {
  readonly address: string
  readonly family: number
}

/** What a client is made with. */
export interface EgressOptions extends EgressPolicy {
  /** Redirects that are followed, at most. Default 5. */
  readonly maxRedirects?: number
  /** Connections to one host and port, at most. Default 64. */
  readonly maxConnectionsPerHost?: number
  /** Connections in all, at most. Default 256. */
  readonly maxConnections?: number
  /** How long an unused connection is kept, in milliseconds. Default 4000. */
  readonly keepAliveMs?: number
  /** Finds the addresses of a name. Default: the system's. */
  readonly resolve?: (host: string) => Promise<readonly ResolvedAddress[]>
}

/** A request. */
export interface EgressRequest {
  readonly url: string | URL
  /** Default GET. */
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | undefined
  /** For the whole exchange, redirects and body included, in milliseconds. Default 30 000. */
  readonly timeoutMs?: number
  /** Bytes of the body after decompression, at most. Default 5 MiB. */
  readonly maxResponseBytes?: number
  readonly signal?: AbortSignal
}

/** An answer, whatever its status. */
export interface EgressResponse {
  readonly status: number
  /** Names in lower case; a header that came more than once has its values joined with `, `, `set-cookie` with line feeds. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** The URL that answered, after redirects. */
  readonly url: URL
}

/** Sends requests. */
export interface EgressClient {
  /**
   * Sends one request and reads the whole answer. Throws EgressRefusedError for a destination that the policy does not allow,
   * HttpFailedError when there is no whole answer, PayloadTooLargeError, InputInvalidError, and the signal's reason on abort.
   */
  request(request: EgressRequest): Promise<EgressResponse>
  /** Closes the connections that are kept. */
  close(): void
}

export const DEFAULT_TIMEOUT_MS = 30_000
export const DEFAULT_MAX_RESPONSE_BYTES = 5 * 1024 * 1024
export const DEFAULT_MAX_REDIRECTS = 5

/** Makes a client. Throws ConfigInvalidError for a policy that cannot be read. */
export function egressClient(options: EgressOptions = {}): EgressClient {
  return new PooledClient(options)
}

/** Methods that a server may get twice without another effect (RFC 9110, section 9.2.2). */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])

class PooledClient implements EgressClient {
  readonly #rules: EgressRules
  readonly #maxRedirects: number
  readonly #resolve: (host: string) => Promise<readonly ResolvedAddress[]>
  readonly #agents: { readonly 'http:': HttpAgent; readonly 'https:': HttpsAgent }

  constructor(options: EgressOptions) {
    const rules = new EgressRules(options)
    this.#rules = rules
    this.#maxRedirects = options.maxRedirects ?? DEFAULT_MAX_REDIRECTS
    this.#resolve = options.resolve ?? ((host) => lookup(host, { all: true }))
    const pool: AgentOptions = {
      keepAlive: true, scheduling: 'lifo', maxFreeSockets: 16, timeout: options.keepAliveMs ?? 4000,
      maxSockets: options.maxConnectionsPerHost ?? 64, maxTotalSockets: options.maxConnections ?? 256,
    }
    this.#agents = { 'http:': guarded(new HttpAgent(pool), rules), 'https:': guarded(new HttpsAgent(pool), rules) }
  }

  async request(request: EgressRequest): Promise<EgressResponse> {
    const { timeoutMs = DEFAULT_TIMEOUT_MS, maxResponseBytes = DEFAULT_MAX_RESPONSE_BYTES } = request
    let hop: Hop = {
      url: parseTarget(request.url),
      method: (request.method ?? 'GET').toUpperCase(),
      headers: { 'user-agent': 'wumbo', 'accept-encoding': 'gzip, deflate, br', ...parseHeaders(request.headers ?? {}) },
      body: request.body,
    }
    const limits = limited(request.signal, timeoutMs, hop.url)
    try {
      for (let redirects = 0; ; redirects++) {
        const answer = await this.#send(hop, limits.signal)
        const status = answer.statusCode ?? 0
        const next = redirectOf(hop, status, answer.headers.location)
        if (next === undefined) return { status, headers: plainHeaders(answer), url: hop.url, body: await readBody(answer, hop, maxResponseBytes) }
        answer.destroy()
        if (redirects >= this.#maxRedirects) throw new HttpFailedError(`${shownUrl(hop.url)}: expected at most ${this.#maxRedirects} redirects, got more`, { retryable: false, details: { status } })
        hop = next
      }
    } catch (thrown) {
      if (limits.signal.aborted) throw limits.signal.reason
      throw networkFailure(thrown, hop.url)
    } finally {
      limits.release()
    }
  }

  close(): void {
    this.#agents['http:'].destroy()
    this.#agents['https:'].destroy()
  }

  #send(hop: Hop, signal: AbortSignal, again = true): Promise<IncomingMessage> {
    const destination = destinationOf(hop.url)
    if (isIP(destination.host) !== 0) this.#rules.check(destination.host, destination)
    return new Promise((resolve, reject) => {
      const secure = hop.url.protocol === 'https:'
      const outgoing = (secure ? httpsRequest : httpRequest)(hop.url, {
        agent: this.#agents[secure ? 'https:' : 'http:'], method: hop.method, headers: hop.headers, lookup: this.#lookup(destination), signal,
      })
      outgoing.once('response', resolve)
      outgoing.once('error', (error: NodeJS.ErrnoException) => {
        // A kept connection that the server closed at this very moment: nothing was read from it, so another one may try.
        const stale = outgoing.reusedSocket && error.code === 'ECONNRESET' && IDEMPOTENT.has(hop.method) && again
        if (stale && !signal.aborted) resolve(this.#send(hop, signal, false))
        else reject(error)
      })
      outgoing.end(hop.body)
    })
  }

  /** Gives the addresses of a name to the connection, after each of them was checked: it has no others to go to. */
  #lookup(destination: Destination): LookupFunction {
    return (host, options, callback) => {
      this.#resolve(host).then((addresses) => {
        for (const { address } of addresses) this.#rules.check(address, destination)
        const [first] = addresses
        if (first === undefined) throw new HttpFailedError(`${host} has no address`)
        if (options.all === true) callback(null, [...addresses])
        else callback(null, first.address, first.family)
      }).catch((thrown: unknown) => callback(thrown as NodeJS.ErrnoException, '', 0))
    }
  }
}

/** Checks, beside the name's addresses, the one that a socket has really reached, before anything is sent over it. */
function guarded<A extends HttpAgent>(agent: A, rules: EgressRules): A {
  const connect = agent.createConnection.bind(agent)
  agent.createConnection = (options, callback): Duplex | null | undefined => {
    const socket = connect(options, callback) as Socket | undefined
    const destination = { host: String(options.host), port: Number(options.port) }
    socket?.once('connect', () => {
      try {
        rules.check(socket.remoteAddress ?? '', destination)
      } catch (thrown) {
        socket.destroy(thrown as Error)
      }
    })
    return socket
  }
  return agent
}

function destinationOf(url: URL): Destination {
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname
  return { host, port: Number(url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : url.port) }
}

/** A signal that aborts with the caller's, or when the time is up. */
function limited(outer: AbortSignal | undefined, timeoutMs: number, url: URL): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController()
  const pass = (): void => controller.abort(outer?.reason)
  const timer = setTimeout(() => controller.abort(new HttpFailedError(`${shownUrl(url)} did not answer in full within ${timeoutMs} ms`, { details: { timeoutMs } })), timeoutMs)
  if (outer?.aborted === true) pass()
  else outer?.addEventListener('abort', pass, { once: true })
  return {
    signal: controller.signal,
    release: () => {
      clearTimeout(timer)
      outer?.removeEventListener('abort', pass)
    },
  }
}

function plainHeaders(answer: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(answer.headers)) if (value !== undefined && name !== '__proto__') headers[name] = Array.isArray(value) ? value.join('\n') : value
  return headers
}

/** What the platform throws when there is no whole answer. Certificates do not get better by trying again. */
function networkFailure(thrown: unknown, url: URL): WumboError {
  if (thrown instanceof WumboError) return thrown
  const { code = '', message } = thrown as NodeJS.ErrnoException
  const certificate = /^(CERT_|ERR_TLS_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH)/.test(code)
  return new HttpFailedError(`${shownUrl(url)} gave no whole answer: ${code === '' ? message : `${code} (${message})`}`, { cause: thrown, retryable: !certificate, details: { code } })
}
