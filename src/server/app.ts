// The HTTP application: every route with its handler, behind one door. It decides nothing about who may do what (permissions.ts),
// what a failure looks like (problem.ts) or where it listens (serve.ts).
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { Readable } from 'node:stream'
import { InternalError, RequestInvalidError, WorkflowNotFoundError } from '../errors.ts'
import type { RunStatus } from '../model/run.ts'
import { parseJson } from '../shared/parse-json.ts'
import type { ServedWumbo } from './contract.ts'
import { checkCaller } from './guard.ts'
import { eventRoutes } from './event-routes.ts'
import { mailRoutes } from './mail-routes.ts'
import { OpenSteps } from './open-steps.ts'
import { frame } from './pages/frame.ts'
import { html } from './pages/html.ts'
import { runPage } from './pages/run-page.ts'
import { runsPage, STATUSES } from './pages/runs-page.ts'
import { STYLE } from './pages/style.ts'
import { permissionOf } from './permissions.ts'
import { PROBLEM_TYPE, problemOf } from './problem.ts'
import { runEvents, settled } from './run-events.ts'
import { workflowRoutes } from './workflow-routes.ts'
import { emptyBody, forkBody, retryBody, startBody, waitOf, wireRun } from './wire.ts'

const BODY_LIMIT = 1 << 20
const REQUEST_TIMEOUT_MS = 30_000
const PAGE_SIZE = 50

/** Sent with every answer. Nothing is loaded but the style sheet, nothing may frame the pages, nothing is cached. */
const HEADERS = {
  'content-security-policy': "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
}

type Run = { Params: { id: string } }

/** Makes the application. Throws when a route has no permission in the table. */
export function createApp(wumbo: ServedWumbo, token: string): FastifyInstance {
  const app = fastify({
    bodyLimit: BODY_LIMIT, requestTimeout: REQUEST_TIMEOUT_MS, forceCloseConnections: true, return503OnClosing: true,
    // Addresses that cannot be read at all reach no hook.
    frameworkErrors: (thrown, request, reply) => void refuse(thrown, request, reply.headers(HEADERS)),
  })
  app.removeContentTypeParser('text/plain')
  takeJson(app)
  app.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) {
      if (permissionOf(one, url) === undefined) throw new InternalError(`the route ${one} ${url} names no permission; add it to the table in permissions.ts`)
    }
  })
  app.addHook('onRequest', async (request, reply) => {
    void reply.headers(HEADERS)
    // An address that does not exist is nobody's secret: only the name of the host and the sender are checked.
    const permission = request.is404 ? 'health:read' : permissionOf(request.method, request.routeOptions.url ?? '')
    if (permission === undefined) throw new InternalError(`no permission for ${request.method} ${request.url}`)
    checkCaller({ method: request.method, headers: request.headers }, permission, token)
  })
  app.setErrorHandler((thrown, request, reply) => refuse(thrown, request, reply))
  app.setNotFoundHandler((request, reply) => refuse(Object.assign(new Error('not found'), { code: 'FST_ERR_NOT_FOUND' }), request, reply))
  const open = new OpenSteps(wumbo)
  app.addHook('onClose', async () => open.close())
  health(app, wumbo)
  pages(app, wumbo, open)
  api(app, wumbo, open)
  mailRoutes(app, wumbo)
  eventRoutes(app, wumbo)
  workflowRoutes(app, wumbo)
  return app
}

/** Bodies are checked as Fastify checks them, and read as they were written. */
function takeJson(app: FastifyInstance): void {
  const check = app.getDefaultJsonParser('error', 'error')
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    void check(request, body, (error) => {
      if (error === null) done(null, parseJson(body))
      else done(error)
    })
  })
}

function health(app: FastifyInstance, wumbo: ServedWumbo): void {
  let lost = false
  void wumbo.lost.then(() => (lost = true))
  app.get('/livez', () => ({ status: 'live' }))
  app.get('/readyz', async (_request, reply) => {
    const { ready, reason } = wumbo.health()
    if (lost || !ready) void reply.code(503)
    return lost ? { status: 'lost' } : ready ? { status: 'ready' } : { status: 'not ready', reason }
  })
}

function pages(app: FastifyInstance, wumbo: ServedWumbo, open: OpenSteps): void {
  app.get('/style.css', async (_request, reply) => reply.type('text/css; charset=utf-8').header('cache-control', 'max-age=3600').send(STYLE))
  app.get('/', async (request, reply) => {
    const { status, after } = request.query as Record<string, unknown>
    if (status !== undefined && !STATUSES.includes(status as RunStatus)) throw new RequestInvalidError(`status: expected one of ${STATUSES.join(', ')}, got ${JSON.stringify(status)}`, { path: 'status' })
    if (after !== undefined && typeof after !== 'string') throw new RequestInvalidError('after: expected the id of a run', { path: 'after' })
    const chosen = status as RunStatus | undefined
    const page = await wumbo.runs.list({ limit: PAGE_SIZE, ...(chosen === undefined ? {} : { status: [chosen] }), ...(after === undefined ? {} : { after }) })
    return reply.type('text/html; charset=utf-8').send(runsPage(wumbo, { ...page, status: chosen, first: after === undefined, now: Date.now() }))
  })
  app.get<Run>('/runs/:id', async (request, reply) => {
    const run = await wumbo.runs.get(request.params.id)
    return reply.type('text/html; charset=utf-8').send(runPage(run, open.of(run.id), Date.now()))
  })
}

function api(app: FastifyInstance, wumbo: ServedWumbo, open: OpenSteps): void {
  const source = { wumbo, open }
  app.post('/api/v1/runs', async (request, reply) => {
    const { workflow, version, input, id, queue } = startBody(request.body)
    const here = wumbo.definitions.current(workflow)
    if (version !== undefined && here !== undefined && here !== version) {
      throw new WorkflowNotFoundError(`this process runs ${workflow} in version ${here}, not ${version}`, { path: 'version', remedy: 'Let the process that owns the store load the workflow as it is now: wumbo dev does so when it is saved and nothing is wrong with the project; restart any other.' })
    }
    const run = await wumbo.start(workflow, input, { ...(id === undefined ? {} : { id }), ...(queue === undefined ? {} : { queue }) })
    return reply.code(run.existing ? 200 : 201).header('location', `/api/v1/runs/${run.id}`).send({ id: run.id, existing: run.existing })
  })
  app.get<Run>('/api/v1/runs/:id', async (request, reply) => {
    const ms = waitOf(request.query)
    if (ms > 0) await settled(source, request.params.id, { ms, signal: closedOf(reply) })
    return wireRun(await wumbo.runs.get(request.params.id))
  })
  app.get<Run>('/api/v1/runs/:id/events', async (request, reply) => {
    const events = runEvents(source, request.params.id, closedOf(reply))
    const first = await events.next() // a run that does not exist is refused before the stream begins
    async function* lines(): AsyncGenerator<string> {
      if (first.done !== true) yield `${JSON.stringify(first.value)}\n`
      for await (const event of events) yield `${JSON.stringify(event)}\n`
    }
    return reply.type('application/x-ndjson; charset=utf-8').send(Readable.from(lines()))
  })
  app.post<Run>('/api/v1/runs/:id/cancel', async (request, reply) => {
    emptyBody(request.body)
    await wumbo.runs.cancel(request.params.id)
    return reply.code(202).send({ accepted: true })
  })
  app.post<Run>('/api/v1/runs/:id/retry', async (request) => ({ gen: await wumbo.runs.retry(request.params.id, { by: 'http', ...retryBody(request.body) }) }))
  app.post<Run>('/api/v1/runs/:id/fork', async (request, reply) => {
    const { id } = await wumbo.fork(request.params.id, forkBody(request.body))
    return reply.code(201).header('location', `/api/v1/runs/${id}`).send({ id })
  })
}

/** Aborts when the caller goes away. */
function closedOf(reply: FastifyReply): AbortSignal {
  const closed = new AbortController()
  reply.raw.once('close', () => closed.abort())
  return closed.signal
}

function refuse(thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = problemOf(thrown)
  void reply.code(problem.status)
  if (problem.status === 401) void reply.header('www-authenticate', 'Bearer')
  if (request.url.startsWith('/api/')) return reply.type(PROBLEM_TYPE).send(JSON.stringify(problem))
  const content = html`<main><nav><a href="/">All runs</a></nav><h1>${problem.code}</h1><p class="problem">${problem.detail}</p><p class="soft">${problem.remedy}</p></main>`
  return reply.type('text/html; charset=utf-8').send(frame(problem.code, content))
}
