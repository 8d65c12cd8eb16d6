// The template `http.request`: one HTTP exchange as a step. It checks, sends, judges the status and parses the answer; where it
// may connect to and how much it reads is the egress client's, and repeating is the engine's.
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { HttpFailedError, InputInvalidError } from '../errors.ts'
import { DEFAULT_MAX_REDIRECTS, DEFAULT_MAX_RESPONSE_BYTES, egressClient, type EgressClient, type EgressResponse } from '../platform/egress.ts'
import { shownUrl } from '../platform/egress-hop.ts'
import { parseDuration } from '../shared/duration.ts'
import type { ConfigurableTemplate, TemplateContext } from '../template/contract.ts'
import { defineTemplate } from '../template/define.ts'
import { bodyToSend, excerpt, readBodyAs } from './http-body.ts'
import { httpClient } from './http-client.ts'

const duration = z.union([z.int().min(1), z.string()])
const scalar = z.union([z.string(), z.number(), z.boolean()])

const configSchema = z.strictObject({
  allowPrivate: z.boolean().default(false).describe('Allow loopback and private networks. Link-local addresses and cloud metadata stay refused.'),
  allow: z.array(z.string()).default([]).describe('Hosts and networks that are allowed whatever their address: api.internal, localhost:8080, *.svc.local, 10.1.0.0/16.'),
  maxRedirects: z.int().min(0).max(20).default(DEFAULT_MAX_REDIRECTS).describe('Redirects that are followed, each checked again.'),
  maxResponseBytes: z.int().min(0).default(DEFAULT_MAX_RESPONSE_BYTES).describe('Bytes of an answer after decompression, at most.'),
  timeout: duration.default('30s').describe('For the whole exchange, where a call names no other.'),
})

const inputSchema = z.strictObject({
  url: z.string().describe('Absolute, http or https, without user and password.'),
  method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']).default('GET'),
  headers: z.record(z.string(), z.string()).default({}),
  query: z.record(z.string(), z.union([scalar, z.array(scalar), z.null()])).default({}).describe('Added to the query of the URL; a list repeats its name, null is left out.'),
  body: z.unknown().optional().describe('A text is sent as it is, any other value as JSON. A header content-type wins.'),
  timeout: duration.optional().describe('For the whole exchange: milliseconds or text such as 10s.'),
  expect: z.array(z.union([z.int().min(200).max(599), z.enum(['2xx', '3xx', '4xx', '5xx'])])).min(1).default(['2xx']).describe('The statuses that count as success.'),
})

const outputSchema = z.object({
  status: z.int(),
  headers: z.record(z.string(), z.string()).describe('Names in lower case.'),
  body: z.unknown().describe('By content type: a JSON value, a text, bytes as base64, or null.'),
  encoding: z.enum(['json', 'text', 'base64', 'none']).describe('Which of them the body is.'),
  url: z.string().describe('The URL that answered, after redirects.'),
})

type Config = z.output<typeof configSchema>
type Input = z.output<typeof inputSchema>

/** What `http.request` takes, gives and can be configured with. */
export type HttpRequestInput = z.input<typeof inputSchema>
export type HttpRequestOutput = z.output<typeof outputSchema>
export type HttpRequestConfig = z.input<typeof configSchema>

/** One client with its connections for each configuration. */
const clients = new WeakMap<Config, EgressClient>()

function clientOf(config: Config): EgressClient {
  let client = clients.get(config)
  if (client === undefined) clients.set(config, (client = egressClient(config)))
  return client
}

/**
 * Sends one HTTP request and gives the parsed answer. A status that is not expected is HttpFailedError: retryable for 408, 425,
 * 429 and 5xx, after the time that `Retry-After` names; terminal for the rest.
 */
export const httpRequest: ConfigurableTemplate<HttpRequestInput, HttpRequestOutput, HttpRequestConfig> = defineTemplate({
  name: 'http.request',
  version: '1.0.0',
  description: 'Sends an HTTP request and gives the parsed answer.',
  kind: 'action',
  category: 'http',
  tags: ['http', 'api', 'rest', 'webhook'],
  config: configSchema,
  input: inputSchema,
  output: outputSchema,
  async execute(input: Input, context: TemplateContext, config: Config) {
    const url = urlOf(input)
    const sent = bodyToSend(input.body)
    if (sent !== undefined && (input.method === 'GET' || input.method === 'HEAD')) {
      throw new InputInvalidError(`body: expected none with ${input.method}, got one`, { path: 'body', remedy: 'Use POST, PUT or PATCH, or move the data into the query.' })
    }
    const client = context.services.has(httpClient) ? context.services.get(httpClient) : clientOf(config)
    const response = await client.request({
      url, method: input.method, body: sent?.bytes, signal: context.signal, maxResponseBytes: config.maxResponseBytes,
      headers: { ...(sent === undefined ? {} : { 'content-type': sent.contentType }), ...idempotency(input.method, context.idempotencyKey), ...lowerCase(input.headers) },
      timeoutMs: parseDuration(input.timeout ?? config.timeout, 'timeout'),
    })
    const { status, headers } = response
    if (!input.expect.some((wanted) => (typeof wanted === 'number' ? wanted === status : wanted.startsWith(String(status).slice(0, 1))))) throw unexpected(input, response, context.now())
    return { status, headers, url: response.url.href, ...readBodyAs(response.body, headers['content-type'], shownUrl(response.url)) }
  },
})

function urlOf(input: Input): URL {
  if (!URL.canParse(input.url)) throw new InputInvalidError(`url: expected an absolute URL such as https://api.example.com/people, got ${JSON.stringify(input.url.split('?')[0]?.slice(0, 200))}`, { path: 'url' })
  const url = new URL(input.url)
  for (const [name, value] of Object.entries(input.query)) {
    for (const one of Array.isArray(value) ? value : value === null ? [] : [value]) url.searchParams.append(name, String(one))
  }
  return url
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

/** The key by which a server can tell a repetition of a request that has an effect. Keys that no header can hold are hashed. */
function idempotency(method: string, key: string | undefined): Record<string, string> {
  if (key === undefined || method === 'GET' || method === 'HEAD' || method === 'OPTIONS') return {}
  return { 'idempotency-key': /^[\x21-\x7e]{1,255}$/.test(key) ? key : createHash('sha256').update(key).digest('hex') }
}

const RETRYABLE: ReadonlySet<number> = new Set([408, 425, 429])

function unexpected(input: Input, { status, headers, body, url }: EgressResponse, now: number): HttpFailedError {
  const retryable = RETRYABLE.has(status) || status >= 500
  const retryAfter = retryable ? waitOf(headers['retry-after'], now) : undefined
  const text = excerpt(body, headers['content-type'])
  return new HttpFailedError(`${input.method} ${shownUrl(url)} answered ${status}, expected ${input.expect.join(', ')}`, {
    retryable,
    ...(retryAfter === undefined ? {} : { retryAfter }),
    details: { status, ...(text === undefined ? {} : { body: text }) },
    ...(status < 400 ? { remedy: 'Name the status in `expect` where it counts as success.' } : {}),
  })
}

const DAY_MS = 86_400_000

/** Reads `Retry-After` (RFC 9110, section 10.2.3): seconds or a date. Milliseconds, at most a day. */
function waitOf(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined
  const wait = /^\d{1,9}$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(0, wait), DAY_MS)
}
