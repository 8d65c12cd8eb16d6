// The routes of stored workflows: thin, since what they do is the library's. Bodies and queries are read in workflow-wire.ts.
import type { FastifyInstance } from 'fastify'
import type { ServedWumbo } from './contract.ts'
import { byBody, createBody, listQuery, migrateBody, rollbackBody, useBody } from './workflow-wire.ts'
import { emptyBody } from './wire.ts'

type Named = { Params: { name: string } }
type Version = { Params: { name: string; version: string } }

/** Adds the routes. */
export function workflowRoutes(app: FastifyInstance, { definitions, versions }: Pick<ServedWumbo, 'definitions' | 'versions'>): void {
  app.get('/api/v1/workflows', (request) => definitions.list(listQuery(request.query)))
  app.post('/api/v1/workflows', async (request, reply) => {
    const { definition, ...options } = createBody(request.body)
    const created = await definitions.create(definition, { by: 'http', ...options })
    return reply.code(created.added ? 201 : 200).header('location', `/api/v1/workflows/${created.name}`).send(created)
  })
  app.get<Named>('/api/v1/workflows/:name', (request) => definitions.get(request.params.name))
  app.get<Named>('/api/v1/workflows/:name/versions', async (request) => ({ versions: await definitions.versions(request.params.name) }))
  app.get<Version>('/api/v1/workflows/:name/versions/:version', (request) => definitions.version(request.params.name, request.params.version))
  for (const change of ['enable', 'disable', 'archive'] as const) {
    app.post<Named>(`/api/v1/workflows/:name/${change}`, (request) => definitions[change](request.params.name, { by: 'http', ...byBody(request.body) }))
  }
  app.post<Named>('/api/v1/workflows/:name/use', (request) => {
    const { version, ...options } = useBody(request.body)
    return definitions.use(request.params.name, version, { by: 'http', ...options })
  })
  app.get<Named>('/api/v1/workflows/:name/in-use', async (request) => ({ versions: await versions.list(request.params.name) }))
  app.post<Named>('/api/v1/workflows/:name/rollback', (request) => versions.rollback(request.params.name, { by: 'http', ...rollbackBody(request.body) }))
  app.post<Named>('/api/v1/workflows/:name/migrate', (request) => versions.migrate(request.params.name, { by: 'http', ...migrateBody(request.body) }))
  app.post<Named>('/api/v1/workflows/:name/delete', async (request) => {
    emptyBody(request.body)
    await definitions.delete(request.params.name)
    return { deleted: true }
  })
}
