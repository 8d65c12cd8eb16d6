// HTTP in tests: routes, the log of requests, and that nothing reaches the network.
import { expect, test } from 'vitest'
import { z } from 'zod'
import { httpClient } from '../../src/builtin/http-client.ts'
import { httpRequest } from '../../src/builtin/http-request.ts'
import { defineTemplate } from '../../src/template/define.ts'
import { createTestWumbo } from '../../src/testing/index.ts'
import { fromText } from '../../src/workflow/from-text.ts'
import { defineWorkflow } from '../../src/workflow/define.ts'

const fetchPerson = defineWorkflow({
  name: 'fetch-person', input: z.object({ id: z.string() }),
  run: (ctx, { id }) => ctx.step('get', httpRequest, { url: `https://api.example.com/people/${id}`, query: { full: true } }, { retry: { maxAttempts: 3 } }),
})

test('http.request is answered by a route, and its request is logged', async () => {
  const t = await createTestWumbo()
  const route = t.http.on('GET', 'https://api.example.com/people/*', ({ url }) => ({ json: { name: url.pathname.split('/').at(-1) } }))
  const run = await t.run(fetchPerson, { id: 'ada' })
  expect(run.output).toMatchObject({ status: 200, body: { name: 'ada' }, encoding: 'json', url: 'https://api.example.com/people/ada?full=true' })
  expect(route.calls.map(({ method, url }) => `${method} ${url.search}`)).toEqual(['GET ?full=true'])
  expect(t.http.calls).toHaveLength(1)
  await t.close()
})

test('a failing server is tried again, after the time that it names', async () => {
  const t = await createTestWumbo()
  let call = 0
  t.http.on('GET', /people/, () => [{ fail: 'ECONNRESET' }, { status: 503, headers: { 'Retry-After': '7200' } }, { body: 'fine' }][call++] ?? {})
  const run = await t.run(fetchPerson, { id: 'ada' })
  expect(run.output).toMatchObject({ body: 'fine', encoding: 'text' })
  expect(run.durationMs).toBeGreaterThan(7_200_000)
  await t.close()
})

test('a request that no route takes fails at once, names the routes, and is told on close', async () => {
  const t = await createTestWumbo()
  const route = t.http.on('POST', 'https://api.example.com', {})
  const run = await t.run(fetchPerson, { id: 'ada' })
  expect(run.error?.cause).toMatchObject({ code: 'HTTP_FAILED', message: 'GET https://api.example.com/people/ada?full=true: no route of the test takes this request. Routes: POST https://api.example.com', remedy: expect.stringContaining("t.http.on('GET'") })
  expect(run.journal.rows[0]?.attempt).toBe(1)
  route.restore()
  await expect(t.http.request({ url: 'https://api.example.com', method: 'POST' })).rejects.toThrow('Routes: none')
  await expect(t.close()).rejects.toThrow('no route took GET https://api.example.com/people/ada?full=true')
})

test('the newest route wins, any method fits "*", and bodies are there as text and JSON', async () => {
  const t = await createTestWumbo()
  t.http.on('*', '*', { status: 500 })
  t.http.on('post', 'https://api.example.com/orders', (request) => ({ status: 201, json: request.json() }))
  const template = defineTemplate({
    name: 'send', version: '1.0.0', description: 'Sends by the client of the services.', input: z.object({}), output: z.object({ text: z.string(), other: z.number() }),
    async execute(_input, { services }) {
      const client = services.get(httpClient)
      const answer = await client.request({ url: 'https://api.example.com/orders', method: 'POST', body: new TextEncoder().encode('{"n":1}') })
      return { text: new TextDecoder().decode(answer.body), other: (await client.request({ url: 'https://elsewhere.example/' })).status }
    },
  })
  expect((await t.run(defineWorkflow({ name: 'w', input: z.object({}), run: (ctx) => ctx.step('send', template, {}) }), {})).output).toEqual({ text: '{"n":1}', other: 500 })
  expect(() => t.http.on('GET', '/people', {})).toThrow('expected an absolute URL')
  expect(() => t.http.on('GET it', 'https://a.example', {})).toThrow('expected a method')
  expect(() => t.http.on('GET', 'https://a.example', null as never)).toThrow('expected a reply')
  await t.close()
})

test('code that sends by fetch is answered by the same routes', async () => {
  const t = await createTestWumbo({ leftovers: 'allow' })
  t.http.on('POST', 'https://api.example.com/orders', (request) => ({ status: 201, json: { got: request.json(), type: request.headers['content-type'] } }))
  t.http.on('GET', 'https://api.example.com/none', { status: 204 })
  t.http.on('GET', 'https://api.example.com/away', { fail: 'ECONNREFUSED' })
  const answer = await t.http.fetch('https://api.example.com/orders', { method: 'POST', body: '{"n":1}', headers: { 'Content-Type': 'application/json' } })
  expect([answer.status, answer.ok, await answer.json()]).toEqual([201, true, { got: { n: 1 }, type: 'application/json' }])
  expect((await t.http.fetch(new URL('https://api.example.com/none'))).body).toBeNull()
  await expect(t.http.fetch('https://api.example.com/away')).rejects.toThrow(/fetch failed: .*ECONNREFUSED/)
  await expect(t.http.fetch(new Request('https://elsewhere.example'))).rejects.toThrow(TypeError)
  await expect(t.http.fetch('https://api.example.com/none', { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough')
  await t.close()
})

test('a definition in YAML is tested like any other', async () => {
  const t = await createTestWumbo()
  const { templates } = t.wumbo
  const graph = fromText('name: ping\nsteps:\n  get:\n    uses: http.request\n    with:\n      url: http://169.254.169.254/latest\noutput: ${{ steps.get.output.status }}\n', templates)
  t.http.on('GET', 'http://169.254.169.254/latest', { status: 204 })
  expect((await t.run(graph, {})).output).toBe(204)
  await t.close()
})
