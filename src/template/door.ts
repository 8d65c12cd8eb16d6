// Checks at the door of a template's definition: what was expected, what came, at which key, and what to do. They only
// look; define.ts makes the template.
import valid from 'semver/functions/valid.js'
import { DefinitionError } from '../errors.ts'
import { compensationOf } from './compensation.ts'
import { parseDuration } from '../shared/duration.ts'
import { didYouMean } from '../shared/nearest.ts'
import type { AnyCompensation, RetryPolicy, Schema, StepDefaults, TemplateMetadata } from './contract.ts'

const NAME = /^[a-z0-9]+(?:[-._][a-z0-9]+)*$/
const MAX_NAME = 100
const HOOKS = ['validate', 'preprocess', 'execute', 'postprocess', 'package', 'cleanup', 'recover'] as const
const META = ['name', 'version', 'description', 'author', 'kind', 'category', 'tags', 'aliases'] as const
const STEP_DEFAULTS = ['retry', 'timeout', 'heartbeatTimeout', 'compensate'] as const
const KEYS: readonly string[] = [...META, 'input', 'output', 'config', 'pure', 'jsonSchema', ...HOOKS, ...STEP_DEFAULTS]
const RETRY_KEYS = ['maxAttempts', 'backoff', 'initialDelay', 'maxDelay', 'jitter', 'nonRetryable']
const BACKOFFS = ['exponential', 'linear', 'fibonacci', 'fixed']
const SCHEMAS = ['input', 'output', 'config']

/** Where a problem is: the template as far as it has a name, and the key. */
interface Place {
  readonly owner: string
  readonly path: string
}

/** A definition as it comes: any of it may be wrong. */
export type Given = Readonly<Record<string, unknown>>

/** Checks a whole definition. `literal`: it is an object literal, whose unknown keys are mistakes; a class may have members of its own. */
export function checkDefinition(given: unknown, literal: boolean): asserts given is Given {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw refuse({ owner: 'defineTemplate', path: 'definition' }, `expected an object, got ${shown(given)}`, 'Write defineTemplate({ name, version, description, input, output, execute }).')
  }
  const definition = given as Given
  const owner = typeof definition['name'] === 'string' ? `template "${definition['name']}"` : 'defineTemplate'
  if (literal) checkKeys(owner, definition, { keys: KEYS, prefix: '' })
  checkMetadata(definition, owner)
  for (const hook of HOOKS) checkHook(owner, hook, definition[hook])
  checkSchema({ owner, path: 'input' }, definition['input'])
  checkSchema({ owner, path: 'output' }, definition['output'])
  if (definition['config'] !== undefined) checkSchema({ owner, path: 'config' }, definition['config'])
  checkBoolean({ owner, path: 'pure' }, definition['pure'])
  checkJsonSchemas(owner, definition['jsonSchema'])
}

/** Refuses keys that are neither metadata nor defaults for steps. */
export function checkNaming(given: unknown): asserts given is Given {
  if (typeof given !== 'object' || given === null) throw refuse({ owner: 'named', path: 'options' }, `expected an object, got ${shown(given)}`, 'Write named(template, { name, version, description }).')
  checkKeys('named', given, { keys: [...META, ...STEP_DEFAULTS], prefix: '' })
  checkMetadata(given as Given, `template "${String((given as Given)['name'])}"`)
}

/** Checks what a template says about itself. */
function checkMetadata(definition: Given, owner: string): void {
  checkName({ owner, path: 'name' }, definition['name'])
  const version = definition['version']
  if (typeof version !== 'string' || valid(version) !== version) {
    throw refuse({ owner, path: 'version' }, `expected a semantic version such as "1.0.0", got ${shown(version)}`, "Write version: '1.0.0' and raise it when the template changes.")
  }
  const description = definition['description']
  if (typeof description !== 'string' || description.trim() === '') {
    throw refuse({ owner, path: 'description' }, `expected a sentence, got ${shown(description)}`, 'Say in one sentence what the template does.')
  }
  for (const path of ['author', 'kind', 'category']) {
    const value = definition[path]
    if (value !== undefined && (typeof value !== 'string' || value === '')) throw refuse({ owner, path }, `expected text, got ${shown(value)}`, 'Write text, or leave it out.')
  }
  checkTexts({ owner, path: 'tags' }, definition['tags'])
  checkTexts({ owner, path: 'aliases' }, definition['aliases'])
  for (const [index, alias] of ((definition['aliases'] ?? []) as unknown[]).entries()) checkName({ owner, path: `aliases[${index}]` }, alias)
}

/** The metadata of a checked definition, frozen. */
export function metadataOf(definition: Given): TemplateMetadata {
  const meta: Record<string, unknown> = {}
  for (const key of META) {
    const value = definition[key]
    if (value !== undefined) meta[key] = Array.isArray(value) ? Object.freeze([...(value as unknown[])]) : value
  }
  return Object.freeze(meta) as unknown as TemplateMetadata
}

/** The defaults for steps of a checked definition, with durations in milliseconds. Throws DefinitionError for what cannot be. */
export function stepDefaultsOf(definition: Given): StepDefaults {
  const owner = `template "${String(definition['name'])}"`
  const { retry, timeout, heartbeatTimeout, compensate } = definition
  return Object.freeze({
    ...(retry === undefined ? {} : { retry: retryOf(owner, retry) }),
    ...(timeout === undefined ? {} : { timeout: durationOf({ owner, path: 'timeout' }, timeout) }),
    ...(heartbeatTimeout === undefined ? {} : { heartbeatTimeout: durationOf({ owner, path: 'heartbeatTimeout' }, heartbeatTimeout) }),
    ...(compensate === undefined ? {} : { compensate: compensateOf(owner, definition) }),
  })
}

/** Makes the error of one refused key. */
export function refuse({ owner, path }: Place, problem: string, remedy: string): DefinitionError {
  return new DefinitionError(`${owner}: ${path}: ${problem}`, { path, remedy })
}

/** Names a value in a message: its JSON when short, else its kind. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || value === null) {
    const text = JSON.stringify(value)
    return text.length <= 60 ? text : `${text.slice(0, 57)}…"`
  }
  return Array.isArray(value) ? `a list of ${value.length}` : typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

function checkKeys(owner: string, value: object, known: { readonly keys: readonly string[]; readonly prefix: string }): void {
  for (const key of Object.keys(value)) {
    if (known.keys.includes(key)) continue
    throw refuse({ owner, path: `${known.prefix}${key}` }, `there is no such key.${didYouMean(key, known.keys)}`, `Keys are: ${known.keys.join(', ')}.`)
  }
}

function checkName(place: Place, name: unknown): void {
  if (typeof name === 'string' && name.length <= MAX_NAME && NAME.test(name)) return
  throw refuse(place, `expected words of lower-case letters and digits joined by "-", "." or "_", at most ${MAX_NAME} characters, got ${shown(name)}`, 'Name it like "score-lead" or "http.request".')
}

function checkHook(owner: string, hook: string, value: unknown): void {
  if (typeof value === 'function' || (value === undefined && hook !== 'execute')) return
  throw refuse({ owner, path: hook }, `expected a function, got ${shown(value)}`, hook === 'execute' ? 'Write execute: (input, context, config) => output.' : 'Write a function, or leave it out.')
}

/** Refuses anything but a Standard Schema. */
export function checkSchema(place: Place, schema: unknown): asserts schema is Schema {
  const standard = (typeof schema === 'object' && schema !== null) || typeof schema === 'function' ? (schema as Given)['~standard'] : undefined
  if (typeof standard === 'object' && standard !== null && typeof (standard as Given)['validate'] === 'function') return
  throw refuse(place, `expected a schema that follows Standard Schema (zod, valibot, arktype …), got ${shown(schema)}`, `Write for example ${place.path}: z.object({ … }).`)
}

function checkBoolean(place: Place, value: unknown): void {
  if (value === undefined || typeof value === 'boolean') return
  throw refuse(place, `expected true or false, got ${shown(value)}`, 'Write true or false, or leave it out.')
}

function checkTexts(place: Place, value: unknown): void {
  if (value === undefined) return
  if (!Array.isArray(value)) throw refuse(place, `expected a list of texts, got ${shown(value)}`, `Write ${place.path}: ['…'].`)
  const wrong = value.findIndex((text) => typeof text !== 'string' || text === '')
  if (wrong >= 0) throw refuse({ ...place, path: `${place.path}[${wrong}]` }, `expected text, got ${shown(value[wrong])}`, `Write ${place.path}: ['…'].`)
}

function checkJsonSchemas(owner: string, value: unknown): void {
  if (value === undefined) return
  const place = { owner, path: 'jsonSchema' }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refuse(place, `expected an object, got ${shown(value)}`, 'Write jsonSchema: { input: { … } }.')
  checkKeys(owner, value, { keys: SCHEMAS, prefix: 'jsonSchema.' })
  for (const [key, schema] of Object.entries(value)) {
    if (typeof schema === 'object' && schema !== null && !Array.isArray(schema)) continue
    throw refuse({ owner, path: `jsonSchema.${key}` }, `expected a JSON Schema (an object), got ${shown(schema)}`, `Write jsonSchema: { ${key}: { type: 'object', … } }.`)
  }
}

function retryOf(owner: string, value: unknown): RetryPolicy {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refuse({ owner, path: 'retry' }, `expected an object, got ${shown(value)}`, 'Write retry: { maxAttempts: 5 }.')
  }
  checkKeys(owner, value, { keys: RETRY_KEYS, prefix: 'retry.' })
  const { maxAttempts, backoff, initialDelay, maxDelay, jitter, nonRetryable } = value as Given
  if (maxAttempts !== undefined && (!Number.isInteger(maxAttempts) || Number(maxAttempts) < 1 || Number(maxAttempts) > 100_000)) {
    throw refuse({ owner, path: 'retry.maxAttempts' }, `expected a whole number from 1 to 100000, got ${shown(maxAttempts)}`, 'Count the first attempt too: maxAttempts: 3 repeats twice.')
  }
  if (backoff !== undefined && !BACKOFFS.includes(backoff as string)) {
    throw refuse({ owner, path: 'retry.backoff' }, `expected ${BACKOFFS.join(', ')}, got ${shown(backoff)}.${typeof backoff === 'string' ? didYouMean(backoff, BACKOFFS) : ''}`, 'Leave it out for exponential.')
  }
  checkBoolean({ owner, path: 'retry.jitter' }, jitter)
  checkTexts({ owner, path: 'retry.nonRetryable' }, nonRetryable)
  return Object.freeze({
    ...(value as RetryPolicy),
    ...(initialDelay === undefined ? {} : { initialDelay: durationOf({ owner, path: 'retry.initialDelay' }, initialDelay) }),
    ...(maxDelay === undefined ? {} : { maxDelay: durationOf({ owner, path: 'retry.maxDelay' }, maxDelay) }),
  })
}

function compensateOf(owner: string, { compensate, pure }: Given): AnyCompensation {
  if (pure === true) throw refuse({ owner, path: 'compensate' }, 'a pure template has no effect that could be undone', 'Leave out pure, or compensate.')
  try {
    compensationOf(compensate, 'compensate')
  } catch (cause) {
    throw cause instanceof DefinitionError ? refuse({ owner, path: cause.path ?? 'compensate' }, cause.message.replace(/^[^:]*: /, ''), cause.remedy) : cause
  }
  return compensate as AnyCompensation
}

function durationOf({ owner, path }: Place, value: unknown): number {
  try {
    return parseDuration(value as string, path)
  } catch (cause) {
    throw cause instanceof DefinitionError ? new DefinitionError(`${owner}: ${cause.message}`, { path, remedy: `Write for example ${path}: '30s'.` }) : cause
  }
}
