// The input schema of a graph that came as JSON: compiled once, checks inputs and fills in defaults on a copy. JSON Schema
// 2020-12, strict: keywords and formats that nobody would check are refused when the workflow is defined. Nothing is fetched.
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { ErrorObject, ValidateFunction } from 'ajv'
import { InputInvalidError } from '../errors.ts'
import type { JsonSchema } from '../template/contract.ts'
import { formats } from './formats.ts'
import type { Problems } from './problems.ts'
import { schemaRegExp } from './schema-regex.ts'
import { checkSchemaWords } from './schema-words.ts'

const MAX_TOLD = 20

let shared: Ajv2020 | undefined

function makeCompiler(): Ajv2020 {
  // schema-words.ts has looked at the schema by then; compiling the meta-schema would take a tenth of a second of every start.
  return new Ajv2020({ meta: false, validateSchema: false, strict: true, strictTypes: false, strictRequired: false, allErrors: true, useDefaults: true, logger: false, formats: { ...formats }, code: { regExp: schemaRegExp, optimize: false } })
}

/** Whether a schema, or a part of it, has an id. */
function namesItself(schema: JsonSchema): boolean {
  return JSON.stringify(schema).includes('"$id"')
}

/** What a value is after the check, with defaults filled in; or what is wrong with it. */
export type Checked = { readonly value: unknown } | { readonly errors: readonly ValueError[] }

/** What is wrong with a value, and where: keys and indexes from the outside in. */
export interface ValueError {
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** Compiles a schema into the check of a workflow's input; notes a problem and gives undefined when it is no schema. */
export function compileJsonSchema(workflow: string, schema: JsonSchema, problems: Problems): ((input: unknown) => unknown) | undefined {
  const check = compileSchema(schema, 'input', problems)
  if (check === undefined) return undefined
  return (input) => {
    const checked = check(input)
    if ('errors' in checked) throw refused(workflow, checked.errors)
    return checked.value
  }
}

/** Compiles a schema that stands at `place`; notes a problem and gives undefined when it is no schema. The check leaves the value as it is. */
export function compileSchema(schema: JsonSchema, place: string, problems: Problems): ((value: unknown) => Checked) | undefined {
  if (schema['$async'] !== undefined) {
    problems.add('INVALID_SCHEMA', `${place}.$async`, 'a value is checked at once', { remedy: 'Leave $async out.', on: 'key' })
    return undefined
  }
  if (!checkSchemaWords(schema, place, problems)) return undefined
  let validate: ValidateFunction
  try {
    // Ids in one schema must not meet ids in another, but making a compiler costs more than all else in a definition.
    const compiler = namesItself(schema) ? makeCompiler() : (shared ??= makeCompiler())
    validate = compiler.compile(schema)
    compiler.removeSchema(schema)
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown)
    problems.add('INVALID_SCHEMA', placeOf(why, place), `this is no JSON Schema (2020-12) that can be checked: ${worded(why)}`, { remedy: 'Correct the schema at this place.' })
    return undefined
  }
  return (value) => {
    const copy = copyPlain(value)
    return validate(copy) ? { value: copy } : { errors: (validate.errors ?? []).map((error) => ({ path: pathOf(error), message: messageOf(error) })) }
  }
}

/** Where in the schema, as far as the compiler says it: `schema at path "#/properties/email"`, `data/properties/email/type must be …`. */
function placeOf(why: string, place: string): string {
  const pointer = /at path "#([^"]*)"/.exec(why)?.[1] ?? /(?:^|: )data(\/[^ ,]*)/.exec(why)?.[1] ?? ''
  return pointer.split('/').slice(1).reduce((path, segment) => {
    const key = segment.replaceAll('~1', '/').replaceAll('~0', '~')
    return /^\d+$/.test(key) ? `${path}[${key}]` : `${path}.${key}`
  }, place)
}

function worded(why: string): string {
  const [first = ''] = why.replace(/^schema is invalid: /, '').replace(/^strict mode: /, '').split(', data/')
  return first.replace(/^data(?:\/[^ ]*)? /, '').replace(/ \(use allow\w+\)$/, '')
}

function refused(workflow: string, errors: readonly ValueError[]): InputInvalidError {
  const problems = errors.slice(0, MAX_TOLD).map(({ path, message }) => ({ path: pathText(path), message }))
  const lines = problems.map(({ path, message }) => `${at(path)}: ${message}`)
  const more = errors.length > MAX_TOLD ? `; and ${errors.length - MAX_TOLD} more` : ''
  return new InputInvalidError(`workflow "${workflow}" refused its input: ${lines.join('; ')}${more}`, { path: at(problems[0]?.path ?? ''), details: { problems } })
}

function at(path: string): string {
  return path === '' ? 'input' : path.startsWith('[') ? `input${path}` : `input.${path}`
}

/** Where a value is wrong; for a missing key, where it is missing. */
function pathOf({ instancePath, params, keyword }: ErrorObject): readonly (string | number)[] {
  const keys = instancePath.split('/').slice(1).map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
  const named = params as { readonly missingProperty?: string; readonly additionalProperty?: string; readonly unevaluatedProperty?: string }
  const extra = keyword === 'required' ? named.missingProperty : (named.additionalProperty ?? named.unevaluatedProperty)
  if (extra !== undefined) keys.push(extra)
  return keys.map((key) => (/^\d+$/.test(key) ? Number(key) : key))
}

/** `orders`, 3, `price` as people write it: `orders[3].price`. */
function pathText(path: readonly (string | number)[]): string {
  return path.reduce<string>((text, key) => (typeof key === 'number' ? `${text}[${key}]` : text === '' ? key : `${text}.${key}`), '')
}

function messageOf({ keyword, message, params }: ErrorObject): string {
  if (keyword === 'required') return 'is missing'
  if (keyword === 'additionalProperties' || keyword === 'unevaluatedProperties') return 'is not known'
  if (keyword === 'enum') return `${message ?? ''}: ${JSON.stringify((params as { readonly allowedValues: unknown }).allowedValues)}`
  return message ?? keyword
}

/** Copies plain data, so that defaults are filled into the copy; the rest is taken as it is. */
function copyPlain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(copyPlain)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return value
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, copyPlain(child)]))
}
