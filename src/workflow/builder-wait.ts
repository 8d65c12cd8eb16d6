// Waits as the builder is given them, turned into the model: sleeps, signals, events, approvals.
import type { EventModel, SignalModel } from '../model/waiting.ts'
import type { BodyModel } from '../model/workflow.ts'
import { bindingModel, called, expressionText, picked, type Given, type Site } from './builder-steps.ts'
import { EVENT_NAME } from './compile-wait.ts'
import { inputJsonSchema, type AnySchema } from './input.ts'
import { sourceOf } from './reference.ts'

export const SLEEP = ['sleep'] as const
export const SIGNAL = ['name', 'key', 'schema', 'timeout', 'onTimeout', 'fallback'] as const
export const EVENT = ['topic', 'key', 'where', 'schema', 'lookback', 'timeout', 'onTimeout', 'fallback'] as const
export const APPROVAL = ['title', 'assignees', 'form', 'timeout', 'onTimeout', 'fallback'] as const

/** A sleep: a duration or an expression that gives one, or `until` with a moment. The check of shape refuses everything else. */
export function sleepModel(given: unknown, path: string, site: Site): BodyModel {
  const said = called(given, site)
  const isUntil = typeof said === 'object' && said !== null && sourceOf(said) === undefined && Object.hasOwn(said, 'until')
  const sleep = isUntil ? { ...said, until: bound((said as Given)['until'], `${path}.sleep.until`, site) } : bindingModel(said, `${path}.sleep`, site)
  return { sleep } as BodyModel
}

/** A wait for a signal. */
export function signalModel(given: Given, path: string, site: Site): BodyModel {
  return { signal: { ...waitModel(given, { plain: ['name', 'onTimeout'], bound: ['key', 'timeout', 'fallback'], schema: 'schema' }, `${path}.signal`, site) } as unknown as SignalModel }
}

/** A wait for an event. */
export function eventModel(given: Given, path: string, site: Site): BodyModel {
  const { where, ...rest } = typeof given === 'object' && given !== null ? given : { where: undefined }
  const inner: Site = { ...site, loops: [...site.loops, { [EVENT_NAME]: { name: EVENT_NAME } }] }
  const wait = typeof given === 'object' && given !== null ? waitModel(rest, { plain: ['topic', 'lookback', 'onTimeout'], bound: ['key', 'timeout', 'fallback'], schema: 'schema' }, `${path}.event`, site) : given
  return { event: { ...wait, ...(where === undefined ? {} : { where: expressionText(called(where, inner), `${path}.event.where`, inner) }) } as unknown as EventModel }
}

/** An approval. */
export function approvalModel(given: Given, path: string, site: Site): BodyModel {
  return { approval: waitModel(given, { plain: ['onTimeout'], bound: ['title', 'assignees', 'timeout', 'fallback'], schema: 'form' }, `${path}.approval`, site) }
}

interface Keys {
  readonly plain: readonly string[]
  readonly bound: readonly string[]
  readonly schema: string
}

function waitModel(given: Given, { plain, bound: keys, schema }: Keys, path: string, site: Site): Given {
  if (typeof given !== 'object' || given === null) return given // told by the check of shape
  const said = given[schema] as AnySchema | undefined
  const rest = Object.keys(given).filter((key) => ![...plain, ...keys, schema].includes(key))
  return {
    ...picked(given, [...plain, ...rest]),
    ...(said === undefined ? {} : { [schema]: schemaModel(said, path, site) }),
    ...Object.fromEntries(keys.filter((key) => given[key] !== undefined).map((key) => [key, bound(given[key], `${path}.${key}`, site)])),
  }
}

function schemaModel(schema: AnySchema, path: string, { draft }: Site): unknown {
  if (typeof (schema as Partial<AnySchema> | null)?.['~standard']?.validate === 'function') return inputJsonSchema(path, schema)
  draft.problems.add('INVALID_VALUE', path, 'expected a Standard Schema as schema or form', { remedy: 'Write for example z.object({ … }), or jsonSchema({ … }).' })
  return undefined
}

function bound(given: unknown, path: string, site: Site): unknown {
  return bindingModel(called(given, site), path, site)
}
