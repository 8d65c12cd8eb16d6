// The routes on events by topic: publishing one, and those that are kept.
import type { FastifyInstance } from 'fastify'
import type { EventListOptions, PublishOptions } from '../engine/publishing.ts'
import { RequestInvalidError } from '../errors.ts'
import { valueJson } from '../shared/value-json.ts'
import type { ServedWumbo } from './contract.ts'
import { checkedObject, text } from './wire.ts'

/** Adds the routes. */
export function eventRoutes(app: FastifyInstance, { events }: ServedWumbo): void {
  app.post('/api/v1/events', async (request, reply) => {
    const { topic, data, options } = eventBody(request.body)
    return reply.code(202).send(await events.publish(topic, data, options))
  })
  app.get('/api/v1/events', async (request) => {
    const { events: found, next } = await events.list(eventQuery(request.query))
    return { events: found.map((event) => ({ ...event, data: valueJson(event.data) })), next }
  })
}

/** Checks the body of POST /api/v1/events. */
export function eventBody(body: unknown): { readonly topic: string; readonly data: unknown; readonly options: PublishOptions } {
  const fields = checkedObject(body, ['topic', 'data', 'key', 'id'])
  const topic = text(fields, 'topic')
  if (topic === undefined) throw new RequestInvalidError('topic: expected the topic of an event, got nothing', { path: 'topic' })
  const key = typeof fields['key'] === 'number' ? fields['key'] : text(fields, 'key')
  const id = text(fields, 'id')
  return { topic, data: fields['data'] ?? null, options: { ...(key === undefined ? {} : { key }), ...(id === undefined ? {} : { id }) } }
}

/** Checks the query of GET /api/v1/events. */
export function eventQuery(query: unknown): EventListOptions {
  const fields = checkedObject(query, ['topic', 'key', 'limit', 'before'])
  const topic = text(fields, 'topic')
  const key = text(fields, 'key')
  const limit = whole(fields, 'limit', 1000)
  const before = whole(fields, 'before', Number.MAX_SAFE_INTEGER)
  return { ...(topic === undefined ? {} : { topic }), ...(key === undefined ? {} : { key }), ...(limit === undefined ? {} : { limit }), ...(before === undefined ? {} : { before }) }
}

function whole(fields: Readonly<Record<string, unknown>>, key: string, most: number): number | undefined {
  const word = text(fields, key)
  if (word === undefined) return undefined
  const value = /^\d+$/.test(word) ? Number(word) : Number.NaN
  if (value >= 1 && value <= most) return value
  throw new RequestInvalidError(`${key}: expected a whole number from 1 to ${most}, got ${JSON.stringify(word)}`, { path: key })
}
