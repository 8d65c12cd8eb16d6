// The routes by which something is sent to a run: signals, decisions, pause and resume, each answered once it is stored; queries and updates, answered with what their handler gives.
import type { FastifyInstance } from 'fastify'
import { RequestInvalidError } from '../errors.ts'
import type { DecisionToSend, SendOptions } from '../engine/postbox.ts'
import type { UpdateSendOptions } from '../engine/updating.ts'
import { valueJson } from '../shared/value-json.ts'
import type { ServedWumbo } from './contract.ts'
import { checkedObject, emptyBody, text } from './wire.ts'

type Run = { Params: { id: string } }

const ACCEPTED = { accepted: true } as const

/** Adds the routes. */
export function mailRoutes(app: FastifyInstance, { runs }: ServedWumbo): void {
  app.post<Run>('/api/v1/runs/:id/signals', async (request, reply) => {
    const { name, payload, options } = signalBody(request.body)
    await runs.signal(request.params.id, name, payload, options)
    return reply.code(202).send(ACCEPTED)
  })
  app.post<Run>('/api/v1/runs/:id/decisions', async (request, reply) => {
    const { approval, decision } = decisionBody(request.body)
    await runs.decide(request.params.id, approval, decision)
    return reply.code(202).send(ACCEPTED)
  })
  app.post<Run>('/api/v1/runs/:id/query', async (request) => {
    const fields = checkedObject(request.body, ['name', 'args'])
    const name = text(fields, 'name')
    if (name === undefined) throw new RequestInvalidError('name: expected the name of a query, got nothing', { path: 'name' })
    return { value: valueJson(await runs.query(request.params.id, name, fields['args'])) }
  })
  app.post<{ Params: { id: string; name: string } }>('/api/v1/runs/:id/updates/:name', async (request) => {
    const { args, options } = updateBody(request.body)
    return { value: valueJson(await runs.update(request.params.id, request.params.name, args, options)) }
  })
  for (const what of ['pause', 'resume'] as const) {
    app.post<Run>(`/api/v1/runs/:id/${what}`, async (request, reply) => {
      emptyBody(request.body)
      await runs[what](request.params.id)
      return reply.code(202).send(ACCEPTED)
    })
  }
}

/** Checks the body of POST /api/v1/runs/:id/signals. */
export function signalBody(body: unknown): { readonly name: string; readonly payload: unknown; readonly options: SendOptions } {
  const fields = checkedObject(body, ['name', 'payload', 'key', 'id'])
  const name = text(fields, 'name')
  if (name === undefined) throw new RequestInvalidError('name: expected the name of a signal, got nothing', { path: 'name' })
  const id = text(fields, 'id')
  const key = typeof fields['key'] === 'number' ? fields['key'] : text(fields, 'key')
  return { name, payload: fields['payload'], options: { ...(key === undefined ? {} : { key }), ...(id === undefined ? {} : { id }) } }
}

/** Checks the body of POST /api/v1/runs/:id/updates/:name; none is an empty one. */
export function updateBody(body: unknown): { readonly args: unknown; readonly options: UpdateSendOptions } {
  const fields = checkedObject(body ?? {}, ['args', 'id', 'timeout'])
  const id = text(fields, 'id')
  const timeout = text(fields, 'timeout')
  return { args: fields['args'], options: { ...(id === undefined ? {} : { id }), ...(timeout === undefined ? {} : { timeout }) } } // the engine parses it
}

/** Checks the body of POST /api/v1/runs/:id/decisions. */
export function decisionBody(body: unknown): { readonly approval: string; readonly decision: DecisionToSend } {
  const fields = checkedObject(body, ['approval', 'approved', 'by', 'form', 'comment'])
  const approval = text(fields, 'approval')
  const { approved, form } = fields
  if (approval === undefined) throw new RequestInvalidError('approval: expected the path of an approval, got nothing', { path: 'approval' })
  if (typeof approved !== 'boolean') throw new RequestInvalidError(`approved: expected true or false, got ${JSON.stringify(approved) ?? 'nothing'}`, { path: 'approved' })
  const by = text(fields, 'by') ?? 'http'
  const comment = text(fields, 'comment')
  return { approval, decision: { approved, by, ...(form === undefined ? {} : { form }), ...(comment === undefined ? {} : { comment }) } }
}
