// Publishes a schema as JSON Schema (2020-12): inputs as they are sent, outputs as they are given. A schema that JSON
// Schema cannot express is refused with the path of each part that it cannot say; checking values is validator.ts.
import { toJSONSchema, type $ZodType } from 'zod/v4/core'
import { SchemaNotPublishableError } from '../errors.ts'
import type { JsonSchema, Schema } from './contract.ts'
import { frozenCopy } from './frozen-copy.ts'

/** What is published, and for whom. */
export interface Publication {
  /** Who has the schema: `score-lead@1.0.0`, `workflow onboard`. */
  readonly owner: string
  /** Which of its schemas. */
  readonly what: 'input' | 'output' | 'config'
}

/** What schema libraries add to Standard Schema when they can tell their JSON Schema. */
interface Publisher {
  readonly jsonSchema?: {
    readonly input: (options: PublishOptions) => Record<string, unknown>
    readonly output: (options: PublishOptions) => Record<string, unknown>
  }
}

interface PublishOptions {
  readonly target: 'draft-2020-12'
  readonly libraryOptions?: Readonly<Record<string, unknown>>
}

/** A part of a zod schema that JSON Schema cannot say. */
interface Unsayable {
  readonly path: readonly (string | number)[]
  readonly message: string
}

const REMEDY = 'Use a schema that JSON Schema can express (a text in ISO form for a date, a text for a bigint, a record for a map; no transform on an output), or hand in its JSON Schema as `jsonSchema: { … }`.'

/** The JSON Schema of a schema. Throws SchemaNotPublishableError that names the path of each part without one. */
export function publishSchema(schema: Schema, publication: Publication): JsonSchema {
  const { owner, what } = publication
  const direction = what === 'output' ? 'output' : 'input'
  const standard = schema['~standard']
  const publisher = publisherOf(schema, direction)
  if (publisher === undefined) {
    throw new SchemaNotPublishableError(`the ${what} schema of ${owner} cannot tell its JSON Schema: its library (${standard.vendor}) has no \`~standard.jsonSchema\``, {
      path: what, remedy: `Hand in its JSON Schema: jsonSchema: { ${what}: { type: 'object', … } }; or use a library that tells it, such as zod 4.2 or newer.`,
    })
  }
  const unsayable: Unsayable[] = []
  let published: Record<string, unknown>
  try {
    published = publisher({ target: 'draft-2020-12', ...(standard.vendor === 'zod' ? { libraryOptions: collecting(unsayable) } : {}) })
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new SchemaNotPublishableError(`the ${what} schema of ${owner} has no JSON Schema: ${why}`, { path: what, cause, remedy: REMEDY })
  }
  if (unsayable.length > 0) throw refusal(publication, unsayable)
  const { $schema: _, ...rest } = published
  return frozenCopy(rest)
}

/** What tells the JSON Schema: the library itself, or zod for schemas of zod/mini and of versions that do not. */
function publisherOf(schema: Schema, direction: 'input' | 'output'): ((options: PublishOptions) => Record<string, unknown>) | undefined {
  const own = (schema['~standard'] as Publisher).jsonSchema?.[direction]
  if (typeof own === 'function') return own
  if (!('_zod' in schema)) return undefined
  return ({ target, libraryOptions }) => toJSONSchema(schema as unknown as $ZodType, { target, io: direction, ...libraryOptions })
}

/** Zod hands each part that it cannot express to a function; all are collected, so that one message names them all. */
function collecting(found: Unsayable[]): Readonly<Record<string, unknown>> {
  return {
    unrepresentable: ({ path, message }: Unsayable): 'any' => {
      found.push({ path: [...path], message })
      return 'any'
    },
  }
}

function refusal({ owner, what }: Publication, parts: readonly Unsayable[]): SchemaNotPublishableError {
  const problems = parts.map(({ path, message }) => ({ path: valuePath(what, path), message }))
  const lines = problems.map(({ path, message }) => `${path}: ${message}`)
  return new SchemaNotPublishableError(`the ${what} schema of ${owner} has no JSON Schema: ${lines.join('; ')}`, {
    path: problems[0]?.path ?? what, remedy: REMEDY, details: { problems },
  })
}

/** Turns a path in a JSON Schema (`properties`, `at`, `items`) into a path in the value (`input.at[]`). */
function valuePath(root: string, path: readonly (string | number)[]): string {
  let text = root
  for (let i = 0; i < path.length; i++) {
    const part = path[i]
    if (part === 'properties') text += `.${String(path[++i])}`
    else if (part === 'items') text += '[]'
    else if (part === 'prefixItems') text += `[${String(path[++i])}]`
    else if (part === 'additionalProperties') text += '.*'
    else if (part === 'anyOf' || part === 'oneOf' || part === 'allOf') text += ` (option ${Number(path[++i]) + 1})`
    else text += `.${String(part)}`
  }
  return text
}
