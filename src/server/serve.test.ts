// The server over real HTTP on the loopback interface, with a stand-in for the Wumbo behind it.
import { request as httpRequest } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { RunNotFoundError, StoreFailedError } from '../errors.ts'
import type { DefinedWorkflow, Definitions } from '../engine/definitions-api.ts'
import type { RunDetails } from '../engine/inspect.ts'
import type { RunEvent, RunObserver } from '../model/event.ts'
import { createApp } from './app.ts'
import type { ServedWumbo, StatusServer } from './contract.ts'
import { OpenSteps } from './open-steps.ts'
import { runEvents } from './run-events.ts'
import { serve } from './serve.ts'

const HOSTILE = '<script>alert(1)</script>"\u001b[2J\u202e'
const ID = '019a0000-0000-7000-8000-000000000001'

class StandIn implements ServedWumbo {
  readonly workflows = [{ name: 'hello', version: '1' }, { name: 'hello', version: '2' }]
  readonly store = { kind: 'sqlite', facts: { file: '/tmp/a & b.db' } }
  readonly lost = new Promise<Error>(() => undefined)
  trouble: string | null = null

  readonly health = (): ReturnType<ServedWumbo['health']> => ({ ready: this.trouble === null, reason: this.trouble })

  readonly observers = new Set<RunObserver>()
  readonly calls: unknown[] = []
  readonly definitions = standInDefinitions(this)
  run: RunDetails = {
    id: ID, key: HOSTILE, workflow: 'hello', version: '2', status: 'running', gen: 1, createdAt: 1000, finishedAt: null, wakeAt: null, error: null, compensation: null, forkedFrom: null, parent: null, children: [],
    input: { name: HOSTILE, at: new Date(0) }, output: undefined, form: 'function', definition: null, templates: ['greet@1.0.0'], crashes: 0, pending: [], generations: [], migrations: [], unreadMail: [], approvals: [],
    steps: [{
      path: `greet[${HOSTILE}]`, seq: 1, gen: 1, kind: 'step', status: 'completed', level: 'effect', template: 'greet@1.0.0', attempt: 1,
      startedAt: 1000, finishedAt: 1500, input: null, output: HOSTILE, error: null, reads: ['$input'], failures: [],
    }],
  }
  readonly events: ServedWumbo['events'] = { publish: async (...call) => (this.calls.push(['publish', ...call]), { id: 'e1', isNew: true, runs: 2 }), list: async (filter) => (this.calls.push(['events', filter]), { events: [], next: null }) }
  readonly runs = {
    list: async () => ({ runs: [this.run], next: null }),
    get: async (id: string) => this.#found(id),
    cancel: async (id: string) => void this.calls.push(['cancel', this.#found(id).id]),
    pause: async (id: string) => void this.calls.push(['pause', this.#found(id).id]),
    resume: async (id: string) => void this.calls.push(['resume', this.#found(id).id]),
    signal: async (id: string, name: string, payload?: unknown, options?: object) => void this.calls.push(['signal', this.#found(id).id, name, payload, options]),
    query: async (id: string, name: string, args?: unknown) => (this.calls.push(['query', this.#found(id).id, name, args]), new Date(0)),
    update: async (id: string, name: string, args?: unknown, options?: object) => (this.calls.push(['update', this.#found(id).id, name, args, options]), new Date(0)),
    decide: async (id: string, approval: string, decision: object) => void this.calls.push(['decide', this.#found(id).id, approval, decision]),
    retry: async (id: string, options?: object) => (this.calls.push(['retry', this.#found(id).id, options]), 2),
  }

  async start(workflow: string, input: unknown, options?: object): Promise<{ id: string; existing: boolean }> {
    this.calls.push(['start', workflow, input, options])
    return { id: ID, existing: false }
  }

  async fork(id: string, options: object): Promise<{ id: string }> {
    this.calls.push(['fork', this.#found(id).id, options])
    return { id: 'new' }
  }

  readonly versions: ServedWumbo['versions'] = {
    list: async () => [], migrate: async (_name, { to }) => ({ to, runs: [] }), rollback: async (name, options) => (this.calls.push(['rollback', name, options]), { name, from: '2', to: '1' }) }

  observe(observer: RunObserver): () => void {
    this.observers.add(observer)
    return () => this.observers.delete(observer)
  }

  emit(event: RunEvent): void {
    for (const observer of this.observers) observer(event)
  }

  #found(id: string): RunDetails {
    if (id !== ID) throw new RunNotFoundError(`there is no run ${id}`)
    return this.run
  }
}

/** Knows one stored workflow, `hello` in version 2, and notes what is asked of it. */
function standInDefinitions({ calls }: { readonly calls: unknown[] }): Definitions {
  const hello: DefinedWorkflow = { name: 'hello', origin: 'stored', form: 'graph', status: 'enabled', version: '2', chosen: false, createdAt: 1, updatedAt: 2, by: 'ada' }
  const note = <T>(answer: T) => async (...call: unknown[]): Promise<T> => (calls.push(call), answer)
  return {
    current: (name) => (name === 'hello' ? '2' : undefined),
    create: async (definition, options) => (calls.push(['create', definition, options]), { name: 'hello', version: '2', templates: [], added: options?.source !== undefined, status: 'enabled' }),
    list: note({ workflows: [hello], next: null }), get: note(hello), versions: note([]), use: note(hello), enable: note(hello), disable: note(hello), archive: note(hello), delete: note(undefined),
    version: note({ name: 'hello', hash: '2', format: 'yaml', createdAt: 1, by: 'ada', body: '{}', source: '', current: true, definition: { name: 'hello', steps: {} }, templates: [] }),
  }
}

const open: StatusServer[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

async function served(wumbo = new StandIn(), port = 0): Promise<{ server: StatusServer; wumbo: StandIn; call: (path: string, more?: Call) => Promise<Answer> }> {
  const server = await serve(wumbo, { port })
  open.push(server)
  return { server, wumbo, call: (path, more) => call(server, path, more) }
}

interface Call {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string
  readonly token?: string | null
}

interface Answer {
  readonly status: number
  readonly headers: Record<string, unknown>
  readonly text: string
  readonly json: any // eslint-disable-line @typescript-eslint/no-explicit-any -- whatever the server sent
}

/** By node:http, which lets a test send any Host and Origin. */
function call(server: StatusServer, path: string, { method = 'GET', headers = {}, body, token = null }: Call = {}): Promise<Answer> {
  const all = { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers }
  return new Promise((resolve, reject) => {
    const sent = httpRequest(`${server.url}${path}`, { method, headers: all }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece)).on('end', () => {
        const json = /json/.test(response.headers['content-type'] ?? '') && !/ndjson/.test(response.headers['content-type'] ?? '') ? JSON.parse(text) : undefined
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json })
      })
    })
    sent.once('error', reject)
    sent.end(body)
  })
}

test('is live and ready', async () => {
  const { call } = await served()
  expect((await call('/livez')).json).toEqual({ status: 'live' })
  expect((await call('/readyz')).json).toEqual({ status: 'ready' })
})

test('is not ready while the store is away, and says why', async () => {
  const wumbo = new StandIn()
  const { call } = await served(wumbo)
  wumbo.trouble = 'the store cannot be reached'
  expect(await call('/readyz')).toMatchObject({ status: 503, json: { status: 'not ready', reason: 'the store cannot be reached' } })
  expect((await call('/livez')).status).toBe(200)
  wumbo.trouble = null
  expect((await call('/readyz')).status).toBe(200)
})

test('is no longer ready once the store is lost', async () => {
  const wumbo = new StandIn()
  const { call } = await served(Object.assign(wumbo, { lost: Promise.resolve(new Error('disk gone')) }))
  expect(await call('/readyz')).toMatchObject({ status: 503, json: { status: 'lost' } })
  expect((await call('/livez')).status).toBe(200)
})

test.each(['/', `/runs/${ID}`])('%s shows hostile names as text, without scripts', async (path) => {
  const { call } = await served()
  const { status, headers, text } = await call(path)
  expect(status).toBe(200)
  expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
  expect(text).not.toMatch(/<script|\u001b|\u202e| style=| on\w+=/)
  expect(headers['content-security-policy']).toContain("default-src 'none'")
  expect(headers['content-security-policy']).not.toContain('unsafe')
  expect(headers['x-content-type-options']).toBe('nosniff')
})

test('the page of a run shows its templates, and the exact definition of a graph as text', async () => {
  const { call, wumbo } = await served()
  expect((await call(`/runs/${ID}`)).text).toMatch(/<dt>Templates<\/dt><dd>greet@1\.0\.0<\/dd>/)
  wumbo.run = { ...wumbo.run, form: 'graph', definition: { name: 'hello', description: HOSTILE, steps: { greet: { uses: 'greet@1.0.0' } } } }
  const { text } = await call(`/runs/${ID}`)
  expect(text).toMatch(/<h2>Definition<\/h2>[^]*&quot;uses&quot;: &quot;greet@1\.0\.0&quot;/)
  expect(text).not.toMatch(/<script|\u001b|\u202e/)
})

test('answers a wrong page address with a page, and a wrong API address with a problem', async () => {
  const { call, server } = await served()
  const page = await call('/runs/%3Cscript%3E')
  expect(page).toMatchObject({ status: 404 })
  expect(page.text).toContain('RUN_NOT_FOUND')
  expect(page.text).not.toContain('<script>')
  expect(await call('/api/v1/nothing', { token: server.token })).toMatchObject({ status: 404, json: { code: 'ROUTE_NOT_FOUND', type: 'urn:wumbo:error:ROUTE_NOT_FOUND' } })
  expect((await call('/?status=lost')).status).toBe(400)
  expect(await call('/runs/%E0%A4%A')).toMatchObject({ status: 400, headers: { 'x-content-type-options': 'nosniff' } })
  expect(await call('/api/v1/runs/%E0%A4%A')).toMatchObject({ status: 400, json: { code: 'REQUEST_INVALID' } })
  expect((await call('/', { method: 'PUT', body: '{}' })).status).toBe(404)
})

test.each([
  ['evil.example', 403], ['127.0.0.1.evil.example', 403], ['localhost.evil.example:80', 403], ['127.0.0.1@evil.example', 403],
  ['localhost:1234', 200], ['127.0.0.1', 200], ['[::1]:8080', 200],
])('answers the host %j with %i', async (host, status) => {
  const { call } = await served()
  expect((await call('/', { headers: { host } })).status).toBe(status)
  expect((await call('/nothing', { headers: { host } })).status).toBe(status === 200 ? 404 : 403)
})

test.each([
  [{ origin: 'http://evil.example' }], [{ origin: 'null' }], [{ 'sec-fetch-site': 'cross-site' }], [{ 'sec-fetch-site': 'same-site' }],
])('refuses a change that another page sends: %j', async (headers) => {
  const { call, server, wumbo } = await served()
  const answer = await call('/api/v1/runs', { method: 'POST', token: server.token, body: '{"workflow":"hello"}', headers })
  expect(answer).toMatchObject({ status: 403, json: { code: 'FORBIDDEN' } })
  expect(wumbo.calls).toEqual([])
})

test.each([
  ['GET', `/api/v1/runs/${ID}`], ['GET', `/api/v1/runs/${ID}/events`], ['POST', '/api/v1/runs'], ['POST', `/api/v1/runs/${ID}/cancel`], ['POST', `/api/v1/runs/${ID}/retry`], ['POST', `/api/v1/runs/${ID}/fork`],
])('asks for the token: %s %s', async (method, path) => {
  const { call, wumbo } = await served()
  const body = method === 'POST' ? { body: '{}' } : {}
  for (const token of [null, 'wrong', '']) {
    const answer = await call(path, { method, token, ...body })
    expect(answer).toMatchObject({ status: 401, json: { code: 'UNAUTHENTICATED' }, headers: { 'www-authenticate': 'Bearer' } })
  }
  expect(wumbo.calls).toEqual([])
})

test('starts a run, and refuses a version that is not the newest', async () => {
  const { call, server, wumbo } = await served()
  const post = (body: unknown): Promise<Answer> => call('/api/v1/runs', { method: 'POST', token: server.token, body: JSON.stringify(body) })
  expect(await post({ workflow: 'hello', version: '2', input: { a: 1 }, id: 'order-1' })).toMatchObject({ status: 201, json: { id: ID, existing: false } })
  expect(wumbo.calls).toEqual([['start', 'hello', { a: 1 }, { id: 'order-1' }]])
  expect(await post({ workflow: 'hello', version: '1' })).toMatchObject({ status: 404, json: { code: 'WORKFLOW_NOT_FOUND' } })
})

test.each([
  ['{"workflow":1}', 'workflow: expected text'], ['{}', 'workflow: expected a name'], ['[]', 'expected a JSON object'],
  ['{"workflow":"hello","inptu":1}', 'Did you mean "input"?'], ['{', 'JSON'],
])('refuses the body %s', async (body, message) => {
  const { call, server } = await served()
  const answer = await call('/api/v1/runs', { method: 'POST', token: server.token, body })
  expect(answer).toMatchObject({ status: 400, json: { code: 'REQUEST_INVALID' } })
  expect(answer.json.detail).toContain(message)
})

test('takes JSON only, up to 1 MiB', async () => {
  const { call, server } = await served()
  const post = (headers: Record<string, string>, body: string): Promise<Answer> => call('/api/v1/runs', { method: 'POST', token: server.token, body, headers })
  expect(await post({ 'content-type': 'text/plain' }, '{"workflow":"hello"}')).toMatchObject({ status: 400, json: { code: 'REQUEST_INVALID' } })
  expect(await post({}, JSON.stringify({ workflow: 'hello', input: 'x'.repeat(1 << 20) }))).toMatchObject({ status: 413, json: { code: 'PAYLOAD_TOO_LARGE' } })
})

test('reads escaped keys as they were sent, and refuses what would change prototypes', async () => {
  const { call, server, wumbo } = await served()
  const post = (input: string): Promise<Answer> => call('/api/v1/runs', { method: 'POST', token: server.token, body: `{"workflow":"hello","input":${input}}` })
  for (const key of ['\\', '\n', '"']) await post(JSON.stringify({ '': 1, [key]: 2 }))
  expect((wumbo.calls as [string, string, object][]).map(([, , input]) => Object.keys(input)[1])).toEqual(['\\', '\n', '"'])
  expect(await post('{"__proto__":{"a":1}}')).toMatchObject({ status: 400, json: { code: 'REQUEST_INVALID' } })
  expect(await post('{')).toMatchObject({ status: 400, json: { code: 'REQUEST_INVALID' } })
})

test('cancels and retries', async () => {
  const { call, server, wumbo } = await served()
  const post = (path: string, body: string): Promise<Answer> => call(path, { method: 'POST', token: server.token, body })
  expect((await post(`/api/v1/runs/${ID}/cancel`, '{}')).status).toBe(202)
  expect((await post(`/api/v1/runs/${ID}/retry`, '{"by":"ada","reason":"mended"}')).json).toEqual({ gen: 2 })
  expect(await post(`/api/v1/runs/${ID}/fork`, '{"at":"charge","input":{"n":1}}')).toMatchObject({ status: 201, json: { id: 'new' } })
  expect(await post(`/api/v1/runs/${ID}/fork`, '{"step":"charge"}')).toMatchObject({ status: 400, json: { code: 'REQUEST_INVALID' } })
  expect(wumbo.calls).toEqual([['cancel', ID], ['retry', ID, { by: 'ada', reason: 'mended' }], ['fork', ID, { at: 'charge', input: { n: 1 } }]])
  expect(await post('/api/v1/runs/nobody/cancel', '{}')).toMatchObject({ status: 404, json: { code: 'RUN_NOT_FOUND' } })
})

test('sends signals and decisions, pauses and resumes, and refuses bodies that say something else', async () => {
  const { call, server, wumbo } = await served()
  const post = (what: string, body: object): Promise<Answer> => call(`/api/v1/runs/${ID}/${what}`, { method: 'POST', token: server.token, body: JSON.stringify(body) })
  expect(await post('signals', { name: 'paid', payload: { n: 1 }, key: 3, id: 'e' })).toMatchObject({ status: 202, json: { accepted: true } })
  expect((await post('signals', { name: 'paid' })).status).toBe(202)
  expect((await post('decisions', { approval: 'm', approved: false, by: 'ada', form: 1, comment: 'no' })).status).toBe(202)
  expect((await post('decisions', { approval: 'm', approved: true })).status).toBe(202)
  expect([(await post('pause', {})).status, (await post('resume', {})).status]).toEqual([202, 202])
  expect(wumbo.calls).toEqual([
    ['signal', ID, 'paid', { n: 1 }, { key: 3, id: 'e' }], ['signal', ID, 'paid', undefined, {}], ['decide', ID, 'm', { approved: false, by: 'ada', form: 1, comment: 'no' }],
    ['decide', ID, 'm', { approved: true, by: 'http' }], ['pause', ID], ['resume', ID],
  ])
  for (const [what, body] of [['query', { name: 'state', args: [1] }], ['updates/add', { args: [1], id: 'a', timeout: '1s' }]] as const) expect((await post(what, body)).json).toEqual({ value: { $: ['date', 0] } })
  expect(wumbo.calls.slice(-2)).toEqual([['query', ID, 'state', [1]], ['update', ID, 'add', [1], { id: 'a', timeout: '1s' }]])
  for (const [what, body, path] of [['query', {}, 'name'], ['updates/add', { id: 7 }, 'id'], ['updates/add', { data: 7 }, 'data'], ['signals', {}, 'name'], ['signals', { name: 'a', payLoad: 1 }, 'payLoad'], ['signals', { name: 'a', key: {} }, 'key'], ['decisions', { approved: true }, 'approval'], ['decisions', { approval: 'm' }, 'approved'], ['pause', { by: 'x' }, 'by']] as const) {
    expect(await post(what, body)).toMatchObject({ status: 400, json: { code: 'REQUEST_INVALID', path } })
  }
  expect((await call(`/api/v1/runs/${ID}/signals`, { method: 'POST', body: '{"name":"paid"}' })).status).toBe(401)
})

test('sends values in their JSON form, with tags for what JSON cannot say', async () => {
  const { call, server } = await served()
  const { json } = await call(`/api/v1/runs/${ID}`, { token: server.token })
  expect(json.input).toEqual({ name: HOSTILE, at: { $: ['date', 0] } })
  expect(json.output).toBeNull()
})

test('waits for the end of a run when it is asked to', async () => {
  const { call, server, wumbo } = await served()
  const listening = new Promise<void>((resolve) => {
    const observe = wumbo.observe.bind(wumbo)
    wumbo.observe = (observer) => (resolve(), observe(observer))
  })
  const answer = call(`/api/v1/runs/${ID}?wait=20000`, { token: server.token })
  await listening
  wumbo.run = { ...wumbo.run, status: 'completed', finishedAt: 2000, output: 7 }
  wumbo.emit({ run: ID, workflow: 'hello', at: 2000, type: 'run.ended', status: 'completed', error: null })
  expect((await answer).json).toMatchObject({ status: 'completed', output: 7 })
  expect((await call(`/api/v1/runs/${ID}?wait=forever`, { token: server.token })).status).toBe(400)
})

test('streams the events of a run: recorded ones first, none twice, until its end', async () => {
  const { call, server, wumbo } = await served()
  const listening = new Promise<void>((resolve) => {
    const observe = wumbo.observe.bind(wumbo)
    wumbo.observe = (observer) => (resolve(), observe(observer))
  })
  const answer = call(`/api/v1/runs/${ID}/events`, { token: server.token })
  await listening
  const about = { run: ID, workflow: 'hello', at: 1600, attempt: 1 }
  const told = wumbo.run.steps[0]!.path
  wumbo.emit({ ...about, run: 'another', type: 'step.started', path: 'x', template: 't' })
  wumbo.emit({ ...about, type: 'step.completed', path: told, durationMs: 500 })
  wumbo.emit({ ...about, type: 'step.started', path: 'next', template: 't' })
  wumbo.emit({ ...about, type: 'run.ended', status: 'completed', error: null })
  const lines = (await answer).text.trim().split('\n').map((line) => JSON.parse(line))
  expect(lines.map(({ type, path }) => [type, path])).toEqual([['step.completed', told], ['step.started', 'next'], ['run.ended', undefined]])
  expect(wumbo.observers.size).toBe(1) // the server itself, which remembers what goes on
})

test('tells of steps that began before anybody listened, and shows them', async () => {
  const { call, wumbo } = await served()
  const about = { run: ID, workflow: 'hello', at: 1600, attempt: 1 }
  wumbo.emit({ ...about, type: 'step.started', path: 'slow', template: 't' })
  wumbo.emit({ ...about, type: 'step.started', path: 'done', template: 't' })
  wumbo.emit({ ...about, type: 'step.completed', path: 'done', durationMs: 1 })
  expect((await call(`/runs/${ID}`)).text).toMatch(/running<\/td>\s*<td data-name="Step">slow/)
  const open = new OpenSteps(wumbo)
  wumbo.emit({ ...about, type: 'step.started', path: 'slow', template: 't' })
  const events = runEvents({ wumbo, open }, ID, new AbortController().signal)
  expect((await events.next()).value).toMatchObject({ type: 'step.completed', path: wumbo.run.steps[0]?.path })
  expect((await events.next()).value).toMatchObject({ type: 'step.started', path: 'slow' })
  wumbo.emit({ ...about, type: 'run.ended', status: 'completed', error: null })
  expect((await events.next()).value).toMatchObject({ type: 'run.ended' })
  expect(await events.next()).toMatchObject({ done: true })
  expect(open.of(ID)).toEqual([])
})

test('says nothing of the inside when it fails', async () => {
  const { call, server, wumbo } = await served()
  wumbo.runs.get = () => Promise.reject(new TypeError('cannot read /home/ada/secret.ts'))
  const answer = await call(`/api/v1/runs/${ID}`, { token: server.token })
  expect(answer).toMatchObject({ status: 500, json: { code: 'INTERNAL' } })
  wumbo.runs.get = () => Promise.reject(new StoreFailedError('the disk is full', { details: { file: '/home/ada/wumbo.db' }, cause: new Error('ENOSPC /home/ada') }))
  const full = await call(`/api/v1/runs/${ID}`, { token: server.token })
  expect(full).toMatchObject({ status: 503, json: { code: 'STORE_FAILED', retryable: true } })
  for (const { text } of [answer, full, await call(`/runs/${ID}`)]) expect(text).not.toMatch(/ada|TypeError/)
})

test('takes the next port when the one it was asked for is taken, and says so', async () => {
  const first = await served()
  const second = await served(new StandIn(), first.server.port)
  expect(second.server.moved).toBe(true)
  expect(second.server.port).toBeGreaterThan(first.server.port)
  expect((await second.call('/livez')).status).toBe(200)
})

test('does not start with a route that names no permission', () => {
  const app = createApp(new StandIn(), 'token')
  expect(() => app.get('/backdoor', () => 'open')).toThrow(/names no permission/)
})

test('workflows are created, listed, changed and deleted with the token, and not without', async () => {
  const { call, server, wumbo } = await served()
  const { token } = server
  const posted = (path: string, body: unknown) => call(`/api/v1/workflows${path}`, { method: 'POST', token, body: JSON.stringify(body) })
  expect(await posted('', { definition: { name: 'hello' }, source: 'name: hello', format: 'yaml', by: 'ada' })).toMatchObject({ status: 201, headers: { location: '/api/v1/workflows/hello' }, json: { version: '2' } })
  expect(await posted('', { definition: { name: 'hello' } })).toMatchObject({ status: 200 })
  for (const change of ['enable', 'disable', 'archive']) expect(await posted(`/hello/${change}`, { by: 'bob' })).toMatchObject({ status: 200, json: { name: 'hello' } })
  expect((await posted('/hello/use', { version: '2' })).status).toBe(200)
  expect((await posted('/hello/delete', {})).json).toEqual({ deleted: true })
  expect((await call('/api/v1/workflows?status=enabled,disabled&text=h&limit=5', { token })).json).toMatchObject({ workflows: [{ name: 'hello' }], next: null })
  for (const path of ['/hello', '/hello/versions', '/hello/versions/2']) expect((await call(`/api/v1/workflows${path}`, { token })).status).toBe(200)
  expect(wumbo.calls).toEqual([
    ['create', { name: 'hello' }, { by: 'ada', source: 'name: hello', format: 'yaml' }], ['create', { name: 'hello' }, { by: 'http' }],
    ['hello', { by: 'bob' }], ['hello', { by: 'bob' }], ['hello', { by: 'bob' }], ['hello', '2', { by: 'http' }], ['hello'],
    [{ status: ['enabled', 'disabled'], text: 'h', limit: 5 }], ['hello'], ['hello'], ['hello', '2'],
  ])
  for (const path of ['', '/hello', '/hello/versions/2']) expect((await call(`/api/v1/workflows${path}`)).status).toBe(401)
  for (const path of ['', '/hello/archive', '/hello/delete']) expect((await call(`/api/v1/workflows${path}`, { method: 'POST', body: '{}' })).status).toBe(401)
})

test.each([
  ['', { source: 'x' }, 'definition'], ['', { definition: {}, format: 'xml' }, 'format'], ['', { definition: {}, colour: 1 }, 'colour'], ['/hello/use', {}, 'version'], ['/hello/archive', { by: 7 }, 'by'], ['/hello/delete', { by: 'x' }, 'by'],
])('POST /api/v1/workflows%s %j is refused, naming %s', async (path, body, where) => {
  const { call, server } = await served()
  expect(await call(`/api/v1/workflows${path}`, { method: 'POST', token: server.token, body: JSON.stringify(body) })).toMatchObject({ status: 400, json: { code: 'REQUEST_INVALID', path: where } })
})

test.each([['status=on', 'status'], ['limit=0', 'limit'], ['limit=1001', 'limit'], ['name=x', 'name']])('GET /api/v1/workflows?%s is refused', async (query, where) => {
  const { call, server } = await served()
  expect(await call(`/api/v1/workflows?${query}`, { token: server.token })).toMatchObject({ status: 400, json: { code: 'REQUEST_INVALID', path: where } })
})

test('versions are chosen over HTTP', async () => {
  const { call, wumbo, server } = await served()
  await call('/api/v1/workflows/hello/rollback', { method: 'POST', token: server.token, body: '{"to":"1"}' })
  expect(wumbo.calls.at(-1)).toEqual(['rollback', 'hello', { by: 'http', to: '1' }])
})
