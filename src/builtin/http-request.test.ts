// The template http.request against a real server on loopback: what is sent, what is made of the answer, which statuses fail
// and how.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { AbortedError, EgressRefusedError, HttpFailedError, InputInvalidError, PayloadTooLargeError } from '../errors.ts'
import { createContext, type ContextOptions } from '../template/context.ts'
import { httpRequest, type HttpRequestConfig, type HttpRequestInput, type HttpRequestOutput } from './http-request.ts'

let server: Server
let url: string
let answer: (request: IncomingMessage, response: ServerResponse) => void
let seen: { method: string | undefined; url: string | undefined; headers: IncomingMessage['headers']; body: string }[]

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      seen.push({ method: request.method, url: request.url, headers: request.headers, body })
      answer(request, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
})
beforeEach(() => {
  seen = []
  answer = (_, response) => response.end()
})
afterEach(() => server.closeAllConnections())
afterAll(() => new Promise((resolve) => server.close(resolve)))

function call(input: Partial<HttpRequestInput> = {}, config: HttpRequestConfig = {}, context: ContextOptions = {}): Promise<HttpRequestOutput> {
  return httpRequest.configure({ allowPrivate: true, ...config })({ url, ...input }, { context: createContext(context) })
}

const respond = (status: number, headers: Record<string, string> = {}, body: string | Uint8Array = ''): void => {
  answer = (_, response) => response.writeHead(status, headers).end(body)
}

describe('what is sent', () => {
  it('is the query, with lists repeated, null left out and the URL\'s own kept', async () => {
    const { url: answered } = await call({ url: `${url}a?x=1`, query: { y: 'a b', n: 2, yes: true, list: ['p', 'q'], none: null } })
    expect(seen[0]!.url).toBe('/a?x=1&y=a+b&n=2&yes=true&list=p&list=q')
    expect(answered).toBe(`${url}a?x=1&y=a+b&n=2&yes=true&list=p&list=q`)
  })

  it.each([[{ a: 1 }, '{"a":1}', 'application/json'], [[1], '[1]', 'application/json'], [null, 'null', 'application/json'], ['text', 'text', 'text/plain; charset=utf-8']])('is %j as a body', async (body, sent, type) => {
    await call({ method: 'POST', body })
    expect(seen[0]).toMatchObject({ body: sent, headers: { 'content-type': type } })
    await call({ method: 'POST', body, headers: { 'Content-Type': 'application/x-own' } })
    expect(seen[1]).toMatchObject({ headers: { 'content-type': 'application/x-own' } })
  })

  it.each([['POST', true], ['PUT', true], ['PATCH', true], ['DELETE', true], ['GET', false], ['HEAD', false], ['OPTIONS', false]] as const)('with %s carries an idempotency key: %s', async (method, carries) => {
    await call({ method }, {}, { idempotencyKey: 'run.1.charge' })
    expect(seen[0]!.headers['idempotency-key']).toBe(carries ? 'run.1.charge' : undefined)
  })

  it('carries the caller\'s own key where there is one, none outside a run, and a hash of one that no header can hold', async () => {
    await call({ method: 'POST', headers: { 'Idempotency-Key': 'mine' } }, {}, { idempotencyKey: 'run.1.charge' })
    await call({ method: 'POST' })
    await call({ method: 'POST' }, {}, { idempotencyKey: 'run.1.zahlung[ä ö]' })
    expect(seen.map(({ headers }) => headers['idempotency-key'])).toEqual(['mine', undefined, expect.stringMatching(/^[0-9a-f]{64}$/)])
  })

  it('is nothing when the input is wrong', async () => {
    await expect(call({ body: 'x' })).rejects.toThrow(InputInvalidError)
    await expect(call({ url: '/relative?secret=hunter2' })).rejects.toThrow(/url: expected an absolute URL.*got "\/relative"/)
    await expect(call({ timeout: 'soon' })).rejects.toMatchObject({ code: 'DEFINITION_INVALID' })
    await expect(call({ method: 'get' as 'GET' })).rejects.toThrow(InputInvalidError)
    await expect(call({ headers: { host: 'other' } })).rejects.toThrow(InputInvalidError)
    expect(seen).toEqual([])
  })
})

describe('the answer', () => {
  it.each([
    ['application/json', '{"a":[1]}', { a: [1] }, 'json'],
    ['application/problem+json; charset=utf-8', '"x"', 'x', 'json'],
    ['text/html; charset=ISO-8859-1', Buffer.from([0x68, 0xe9]), 'hé', 'text'],
    ['application/atom+xml', '<a/>', '<a/>', 'text'],
    ['text/plain; charset=nonsense', 'x', 'x', 'text'],
    ['image/png', Buffer.from([1, 2, 255]), 'AQL/', 'base64'],
    ['', 'x', 'eA==', 'base64'],
    ['application/json', '', null, 'none'],
  ])('of type %s is read: %s', async (type, body, expected, encoding) => {
    respond(200, type === '' ? {} : { 'content-type': type }, body)
    expect(await call()).toMatchObject({ status: 200, body: expected, encoding })
  })

  it('that says JSON and is none fails for good, with its beginning', async () => {
    respond(200, { 'content-type': 'application/json' }, '<html>')
    await expect(call()).rejects.toMatchObject({ code: 'HTTP_FAILED', retryable: false, details: { body: '<html>' } })
  })

  it.each([[400, false], [401, false], [404, false], [409, false], [408, true], [425, true], [429, true], [500, true], [503, true]])('with status %i fails; retryable: %s', async (status, retryable) => {
    respond(status, { 'content-type': 'text/plain' }, 'why')
    await expect(call()).rejects.toMatchObject({ code: 'HTTP_FAILED', retryable, details: { status, body: 'why' }, message: `GET ${url} answered ${status}, expected 2xx` })
  })

  it('with a status that is expected succeeds', async () => {
    respond(404)
    expect(await call({ expect: ['2xx', 404] })).toMatchObject({ status: 404 })
    respond(304)
    expect(await call({ expect: ['3xx'] })).toMatchObject({ status: 304 })
    respond(200)
    await expect(call({ expect: [201] })).rejects.toThrow(HttpFailedError)
  })

  it('says when to try again: seconds, a date, a day at most, never the past', async () => {
    const now = Date.UTC(2026, 0, 1)
    const clock = { now: () => now, monotonic: () => 0, timer: () => () => undefined, defer: () => undefined }
    const wait = async (header: string, status = 503): Promise<unknown> => {
      respond(status, { 'retry-after': header })
      return call({}, {}, { clock }).catch((error: unknown) => (error as HttpFailedError).retryAfter)
    }
    expect(await wait('7')).toBe(7000)
    expect(await wait(new Date(now + 90_000).toUTCString())).toBe(90_000)
    expect(await wait(new Date(now - 90_000).toUTCString())).toBe(0)
    expect(await wait('999999999')).toBe(86_400_000)
    expect(await wait('soon')).toBeUndefined()
    expect(await wait('7', 404)).toBeUndefined()
  })

  it('tells at most the beginning of a failed body, and no bytes', async () => {
    respond(500, { 'content-type': 'text/plain' }, 'x'.repeat(10_000))
    await expect(call()).rejects.toMatchObject({ details: { body: `${'x'.repeat(2000)}…` } })
    respond(500, { 'content-type': 'image/png' }, 'x')
    await expect(call()).rejects.toMatchObject({ details: { status: 500 } })
  })
})

describe('limits', () => {
  it('come from the configuration, which no input can loosen', async () => {
    await expect(httpRequest({ url })).rejects.toThrow(EgressRefusedError)
    respond(200, {}, 'x'.repeat(101))
    await expect(call({}, { maxResponseBytes: 100 })).rejects.toThrow(PayloadTooLargeError)
    await expect(call({ maxResponseBytes: 1000 } as Partial<HttpRequestInput>, { maxResponseBytes: 100 })).rejects.toThrow(InputInvalidError)
    answer = (_, response) => response.writeHead(302, { location: '/' }).end()
    await expect(call({}, { maxRedirects: 0 })).rejects.toThrow(/at most 0 redirects/)
    answer = () => undefined
    await expect(call({}, { timeout: 20 })).rejects.toThrow(/within 20 ms/)
    await expect(call({ timeout: '20ms' })).rejects.toThrow(/within 20 ms/)
  })

  it('include the abort of the step', async () => {
    const controller = new AbortController()
    answer = () => controller.abort(new AbortedError('cancelled'))
    await expect(call({}, {}, { signal: controller.signal })).rejects.toMatchObject({ code: 'ABORTED' })
  })
})
