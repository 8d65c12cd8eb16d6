// What the API takes of stored workflows: bodies and queries checked key by key.
import type { ChangeOptions, CreateOptions, DefinitionFilter } from '../engine/definitions-api.ts'
import type { MigrateOptions } from '../engine/versions-api.ts'
import { RequestInvalidError } from '../errors.ts'
import { WORKFLOW_TRANSITIONS } from '../model/definition.ts'
import type { SourceFormat, WorkflowStatus } from '../model/definition.ts'
import type { WorkflowModel } from '../model/workflow.ts'
import { didYouMean } from '../shared/nearest.ts'
import { checkedObject, text } from './wire.ts'

const FORMATS: readonly string[] = ['yaml', 'json', 'model'] satisfies SourceFormat[]
const STATUSES: readonly string[] = Object.keys(WORKFLOW_TRANSITIONS)
const MAX_LIMIT = 1000

/** Checks the body of POST /api/v1/workflows. The definition itself is checked where it is compiled. */
export function createBody(body: unknown): CreateOptions & { readonly definition: WorkflowModel } {
  const fields = checkedObject(body, ['definition', 'source', 'format', 'by'])
  if (fields['definition'] === undefined) throw new RequestInvalidError('definition: expected a workflow as an object, got nothing', { path: 'definition' })
  const source = text(fields, 'source')
  const format = text(fields, 'format')
  if (format !== undefined && !FORMATS.includes(format)) throw new RequestInvalidError(`format: expected one of ${FORMATS.join(', ')}, got ${JSON.stringify(format)}`, { path: 'format' })
  return {
    definition: fields['definition'] as WorkflowModel, // whatever came: create() checks all of it
    ...(source === undefined ? {} : { source }), ...(format === undefined ? {} : { format: format as SourceFormat }), ...by(fields),
  }
}

/** Checks a body that says who asks at most. */
export function byBody(body: unknown): ChangeOptions {
  return by(checkedObject(body, ['by']))
}

/** Checks the body of POST /api/v1/workflows/:name/use. */
export function useBody(body: unknown): ChangeOptions & { readonly version: string } {
  const fields = checkedObject(body, ['version', 'by'])
  const version = text(fields, 'version')
  if (version === undefined) throw new RequestInvalidError('version: expected the hash of a version, got nothing', { path: 'version' })
  return { version, ...by(fields) }
}

/** Checks the body of POST /api/v1/workflows/:name/rollback. */
export function rollbackBody(body: unknown): ChangeOptions & { readonly to?: string } {
  const fields = checkedObject(body, ['to', 'by'])
  const to = text(fields, 'to')
  return { ...(to === undefined ? {} : { to }), ...by(fields) }
}

/** Checks the body of POST /api/v1/workflows/:name/migrate. */
export function migrateBody(body: unknown): MigrateOptions {
  const fields = checkedObject(body, ['from', 'to', 'run', 'dryRun', 'reason', 'by'])
  const to = text(fields, 'to')
  if (to === undefined) throw new RequestInvalidError('to: expected the version to move to, got nothing', { path: 'to' })
  const { dryRun } = fields
  if (dryRun !== undefined && typeof dryRun !== 'boolean') throw new RequestInvalidError(`dryRun: expected true or false, got ${JSON.stringify(dryRun)}`, { path: 'dryRun' })
  const named = (['from', 'run', 'reason'] as const).flatMap((key) => {
    const word = text(fields, key)
    return word === undefined ? [] : [[key, word] as const]
  })
  return { to, ...Object.fromEntries(named), ...(dryRun === undefined ? {} : { dryRun }), ...by(fields) }
}

/** Reads the query of GET /api/v1/workflows. */
export function listQuery(query: unknown): DefinitionFilter {
  const fields = checkedObject(query, ['status', 'prefix', 'text', 'after', 'limit'])
  const status = text(fields, 'status')?.split(',')
  const wrong = status?.find((one) => !STATUSES.includes(one))
  if (wrong !== undefined) throw new RequestInvalidError(`status: expected one of ${STATUSES.join(', ')}, got ${JSON.stringify(wrong)}.${didYouMean(wrong, STATUSES)}`, { path: 'status' })
  const limit = text(fields, 'limit')
  if (limit !== undefined && !(/^\d{1,4}$/.test(limit) && Number(limit) >= 1 && Number(limit) <= MAX_LIMIT)) throw new RequestInvalidError(`limit: expected a whole number from 1 to ${MAX_LIMIT}, got ${JSON.stringify(limit)}`, { path: 'limit' })
  const named = (['prefix', 'text', 'after'] as const).flatMap((key) => {
    const word = text(fields, key)
    return word === undefined ? [] : [[key, word] as const]
  })
  return { ...Object.fromEntries(named), ...(status === undefined ? {} : { status: status as WorkflowStatus[] }), ...(limit === undefined ? {} : { limit: Number(limit) }) }
}

function by(fields: Readonly<Record<string, unknown>>): ChangeOptions {
  const who = text(fields, 'by')
  return who === undefined ? {} : { by: who }
}
