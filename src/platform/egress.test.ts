// The egress client against real servers on loopback: destinations, redirects, limits of time and size, failures.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { AbortedError, EgressRefusedError, HttpFailedError, InputInvalidError, PayloadTooLargeError } from '../errors.ts'
import { type EgressClient, egressClient, type EgressOptions, type EgressRequest } from './egress.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: Record<string, unknown>
  readonly body: string
}

let server: Server
let port: number
let answer: Answer
let seen: Seen[]
const clients: EgressClient[] = []

function client(options: EgressOptions = { allowPrivate: true }): EgressClient {
  const made = egressClient(options)
  clients.push(made)
  return made
}

const local = (path = '/'): string => `http://127.0.0.1:${port}${path}`
const get = (path = '/', more: Partial<EgressRequest> = {}): ReturnType<EgressClient['request']> => client().request({ url: local(path), ...more })
const text = (body: Uint8Array): string => Buffer.from(body).toString()

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      seen.push({ method: request.method!, url: request.url!, headers: request.headers, body: Buffer.concat(chunks).toString() })
      answer(request, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
beforeEach(() => {
  seen = []
  answer = (_, response) => response.end('ok')
})
afterEach(() => {
  for (const made of clients.splice(0)) made.close()
  server.closeAllConnections()
})
afterAll(() => new Promise((resolve) => server.close(resolve)))

describe('a request', () => {
  it('is sent and its whole answer given', async () => {
    answer = (_, response) => response.writeHead(201, { 'x-a': 'b', 'set-cookie': ['c=1', 'd=2'] }).end('made')
    const got = await client().request({ url: local('/things?q=1#hash'), method: 'post', headers: { 'X-Custom': 'v' }, body: Buffer.from('body') })
    expect(got).toMatchObject({ status: 201, headers: { 'x-a': 'b', 'set-cookie': 'c=1\nd=2' } })
    expect(text(got.body)).toBe('made')
    expect(seen).toMatchObject([{ method: 'POST', url: '/things?q=1', body: 'body', headers: { 'x-custom': 'v', 'user-agent': 'wumbo', 'content-length': '4', host: `127.0.0.1:${port}` } }])
  })

  it('keeps connections and uses them again', async () => {
    const ports = new Set<number | undefined>()
    answer = (request, response) => {
      ports.add(request.socket.remotePort)
      response.end()
    }
    const one = client()
    for (let n = 0; n < 3; n++) await one.request({ url: local() })
    expect(ports.size).toBe(1)
  })

  it('goes on a new connection when a kept one turns out closed, but not for what could have had an effect', async () => {
    let dropped = 0
    const one = client()
    await one.request({ url: local() })
    answer = (request, response) => {
      if (dropped++ === 0) request.socket.resetAndDestroy()
      else response.end('second')
    }
    expect(text((await one.request({ url: local() })).body)).toBe('second')
    dropped = 0
    await expect(one.request({ url: local(), method: 'POST' })).rejects.toMatchObject({ code: 'HTTP_FAILED', retryable: true })
    expect(dropped).toBe(1)
  })

  it.each([['gzip', gzipSync], ['deflate', deflateSync], ['br', brotliCompressSync]] as const)('reads an answer in %s', async (encoding, compress) => {
    answer = (_, response) => response.writeHead(200, { 'content-encoding': encoding }).end(compress('plain'))
    expect(text((await get()).body)).toBe('plain')
  })

  it('reads the answer of HEAD and of 204, which have no body', async () => {
    answer = (_, response) => response.writeHead(200, { 'content-length': 10_000_000, 'content-encoding': 'gzip' }).end()
    expect((await get('/', { method: 'HEAD', maxResponseBytes: 10 })).body.length).toBe(0)
    answer = (_, response) => response.writeHead(204, { 'content-encoding': 'gzip' }).end()
    expect((await get()).status).toBe(204)
  })

  it('heeds no proxy of the environment', async () => {
    const before = { ...process.env }
    Object.assign(process.env, { HTTP_PROXY: 'http://127.0.0.1:1', http_proxy: 'http://127.0.0.1:1', NODE_USE_ENV_PROXY: '1' })
    try {
      expect((await get()).status).toBe(200)
    } finally {
      process.env = before
    }
  })
})

describe('a destination', () => {
  const spellings = [
    '127.0.0.1', '127.1', '0', '0.0.0.0', '0177.1', '0x7f.0.0.1', '0x7f000001', '2130706433', '017700000001', '127.0.0.1.', '%31%32%37.0.0.1', '①②⑦.⓪.⓪.①', '127。0。0。1', '[::1]', '[::]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]',
    '[0:0:0:0:0:ffff:7f00:1]', '[64:ff9b::7f00:1]', '10.0.0.1', '192.168.0.1', '172.16.0.1', '100.64.0.1', '169.254.169.254', '[fe80::1]', '[fc00::1]', '[fd00:ec2::254]', '[2002:7f00:1::]', 'localhost',
  ]

  it.each(spellings)('on an own network is refused by default: %s', async (host) => {
    const request = client({}).request({ url: `http://${host}:${port}/` })
    await expect(request).rejects.toThrow(EgressRefusedError)
    expect(seen).toEqual([])
  })

  it.each(['file:///etc/passwd', 'gopher://127.0.0.1/', 'ftp://example.com/', 'data:text/plain,hi', 'javascript:1'])('is http or https: %s', async (url) => {
    await expect(client().request({ url })).rejects.toThrow(EgressRefusedError)
  })

  it('names no user, and is a URL', async () => {
    await expect(client().request({ url: `http://example.com@127.0.0.1:${port}/` })).rejects.toThrow(/without user and password/)
    await expect(client().request({ url: '/relative' })).rejects.toThrow(InputInvalidError)
  })

  it('is refused when any address of its name is', async () => {
    const resolve = (): Promise<{ address: string; family: number }[]> => Promise.resolve([{ address: '1.1.1.1', family: 4 }, { address: '::ffff:127.0.0.1', family: 6 }])
    await expect(client({ resolve }).request({ url: `http://rebind.example:${port}/` })).rejects.toMatchObject({ code: 'EGRESS_REFUSED', details: { host: 'rebind.example', address: '::ffff:127.0.0.1' } })
    expect(seen).toEqual([])
  })

  it('is looked up once, and what was checked is what is connected to', async () => {
    const answers = ['127.0.0.1', '127.0.0.9']
    const resolve = (): Promise<{ address: string; family: number }[]> => Promise.resolve([{ address: answers.shift()!, family: 4 }])
    const got = await client({ resolve, allow: ['127.0.0.1'] }).request({ url: `http://rebind.example:${port}/` })
    expect(got.status).toBe(200)
    expect(answers).toEqual(['127.0.0.9'])
    expect(seen[0]!.headers['host']).toBe(`rebind.example:${port}`)
  })

  it('is checked on the connected socket too, where a resolver lies', async () => {
    let asked = 0
    // The check of the name reads another address than the connection gets.
    const lying = { family: 4, get address() { return asked++ === 0 ? '1.1.1.1' : '127.0.0.1' } }
    await expect(client({ resolve: () => Promise.resolve([lying]) }).request({ url: `http://lying.example:${port}/`, timeoutMs: 5000 })).rejects.toThrow(EgressRefusedError)
    expect(asked).toBeGreaterThan(1)
    expect(seen).toEqual([])
  })

  it('that is allowed by name is reached', async () => {
    expect((await client({ allow: [`localhost:${port}`] }).request({ url: `http://localhost:${port}/` })).status).toBe(200)
  })
})

describe('a redirect', () => {
  it('is followed, and says where it ended', async () => {
    answer = ({ url }, response) => (url === '/a' ? response.writeHead(302, { location: 'b?x=1' }).end() : response.end('there'))
    const got = await get('/a')
    expect(text(got.body)).toBe('there')
    expect(got.url.href).toBe(local('/b?x=1'))
  })

  it.each([[301, 'POST', 'GET', ''], [302, 'POST', 'GET', ''], [303, 'PUT', 'GET', ''], [307, 'POST', 'POST', 'data'], [308, 'PUT', 'PUT', 'data'], [302, 'PUT', 'PUT', 'data'], [303, 'HEAD', 'HEAD', '']])('%i makes of %s a %s', async (status, method, next, body) => {
    answer = ({ url }, response) => (url === '/a' ? response.writeHead(status, { location: '/b' }).end() : response.end())
    await get('/a', { method, ...(method === 'HEAD' ? {} : { body: Buffer.from('data'), headers: { 'content-type': 'text/plain' } }) })
    expect(seen[1]).toMatchObject({ method: next, body })
    expect(seen[1]!.headers['content-type']).toBe(body === '' ? undefined : 'text/plain')
  })

  it('to an own network is refused, whatever led there', async () => {
    for (const location of ['http://127.0.0.2/', 'http://2130706434/', '//[::1]/', 'http://169.254.169.254/latest/meta-data/', 'file:///etc/passwd', 'http://user@127.0.0.1/']) {
      answer = (_, response) => response.writeHead(302, { location }).end()
      await expect(client({ allow: ['127.0.0.1/32'] }).request({ url: local() }), location).rejects.toThrow(EgressRefusedError)
    }
  })

  it('to another origin carries no credential; to the same origin it does', async () => {
    answer = ({ url }, response) => {
      if (url === '/a') response.writeHead(307, { location: '/b' }).end()
      else if (url === '/b') response.writeHead(307, { location: `http://localhost:${port}/c` }).end()
      else response.end()
    }
    const resolve = (): Promise<{ address: string; family: number }[]> => Promise.resolve([{ address: '127.0.0.1', family: 4 }])
    const headers = { Authorization: 'Bearer x', Cookie: 'a=1', 'X-Api-Key': 'k', Accept: 'text/plain', 'Idempotency-Key': 'i' }
    await client({ allowPrivate: true, resolve }).request({ url: local('/a'), headers })
    expect(seen[1]!.headers).toMatchObject({ authorization: 'Bearer x', cookie: 'a=1', 'x-api-key': 'k' })
    expect(seen[2]!.headers).toMatchObject({ accept: 'text/plain', 'idempotency-key': 'i' })
    for (const name of ['authorization', 'cookie', 'x-api-key']) expect(seen[2]!.headers).not.toHaveProperty(name)
  })

  it('without end stops after five', async () => {
    answer = (_, response) => response.writeHead(302, { location: '/again' }).end()
    await expect(get()).rejects.toMatchObject({ code: 'HTTP_FAILED', retryable: false })
    expect(seen.length).toBe(6)
  })

  it('without a location is an answer like any other', async () => {
    answer = (_, response) => response.writeHead(304).end()
    expect((await get()).status).toBe(304)
  })
})

describe('limits', () => {
  it('refuse an answer that is declared, or turns out, too long', async () => {
    answer = (_, response) => response.writeHead(200, { 'content-length': 1001 }).end('x'.repeat(1001))
    await expect(get('/', { maxResponseBytes: 1000 })).rejects.toThrow(PayloadTooLargeError)
    answer = (_, response) => {
      const more = (): void => {
        while (response.write('x'.repeat(10_000))) if (response.destroyed) return
        response.once('drain', more)
      }
      more()
    }
    await expect(get('/', { maxResponseBytes: 100_000 })).rejects.toThrow(PayloadTooLargeError)
    answer = (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(50_000_000)))
    await expect(get('/', { maxResponseBytes: 1_000_000 })).rejects.toThrow(PayloadTooLargeError)
    answer = (_, response) => response.end('x'.repeat(1000))
    expect((await get('/', { maxResponseBytes: 1000 })).body.length).toBe(1000)
  })

  it('end a request that takes too long, before the answer and in the middle of it', async () => {
    answer = () => undefined
    await expect(get('/', { timeoutMs: 20 })).rejects.toMatchObject({ code: 'HTTP_FAILED', retryable: true, details: { timeoutMs: 20 } })
    answer = (_, response) => response.write('half')
    await expect(get('/', { timeoutMs: 20 })).rejects.toThrow(/did not answer in full within 20 ms/)
  })

  it('heed the abort signal with its reason, before and during the answer', async () => {
    const reason = new AbortedError('cancelled')
    await expect(get('/', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    const controller = new AbortController()
    answer = (_, response) => {
      response.write('half')
      controller.abort(reason)
    }
    await expect(get('/', { signal: controller.signal })).rejects.toBe(reason)
  })
})

describe('a failure', () => {
  it('of the network is retryable, with its cause', async () => {
    await expect(client().request({ url: 'http://127.0.0.1:1/' })).rejects.toMatchObject({ code: 'HTTP_FAILED', retryable: true, details: { code: 'ECONNREFUSED' } })
    answer = (_, response) => response.destroy()
    await expect(get()).rejects.toMatchObject({ code: 'HTTP_FAILED', retryable: true })
    answer = (_, response) => response.writeHead(200, { 'content-length': 100 }).write('x', () => response.destroy())
    await expect(get()).rejects.toMatchObject({ code: 'HTTP_FAILED', retryable: true })
    await expect(client({ resolve: () => Promise.resolve([]) }).request({ url: 'http://nowhere.example/' })).rejects.toThrow(/nowhere.example has no address/)
  })

  it('of a certificate is not', async () => {
    const resolve = (): Promise<never> => Promise.reject(Object.assign(new Error('expired'), { code: 'CERT_HAS_EXPIRED' }))
    await expect(client({ resolve }).request({ url: 'https://old.example/' })).rejects.toMatchObject({ code: 'HTTP_FAILED', retryable: false })
  })

  it('of decompression is one of the answer', async () => {
    answer = (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('not gzip')
    await expect(get()).rejects.toThrow(HttpFailedError)
    answer = (_, response) => response.writeHead(200, { 'content-encoding': 'snappy' }).end('x')
    await expect(get()).rejects.toMatchObject({ code: 'HTTP_FAILED', retryable: false })
  })

  it('tells no query, which may hold secrets', async () => {
    await expect(client().request({ url: 'http://127.0.0.1:1/path?key=hunter2' })).rejects.toThrow(expect.objectContaining({ message: expect.not.stringContaining('hunter2') }))
  })

  it.each([{ 'bad name': 'x' }, { 'x-a': 'line\r\nfeed: 1' }, { Host: 'other' }, { 'Transfer-Encoding': 'chunked' }, { 'content-length': '5' }])('of headers is refused before anything is sent: %j', async (headers) => {
    await expect(get('/', { headers: headers as unknown as Record<string, string> })).rejects.toThrow(InputInvalidError)
    expect(seen).toEqual([])
  })
})
