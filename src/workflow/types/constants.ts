// Checks what a binding says without expressions against the template's JSON Schema: formats, ranges, patterns, choices. Expressions
// in it are left out: whatever the schema says of their places is for the types to tell. Nothing of the template is executed.
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { ErrorObject, ValidateFunction } from 'ajv'
import type { JsonSchema } from '../../template/contract.ts'
import type { BindingShape } from '../binding.ts'
import { formats } from '../formats.ts'

/** One thing that the schema refuses. */
export interface Refusal {
  /** `.retries`, `.items[0].price`. */
  readonly path: string
  readonly message: string
}

/** Stands for a value that is not known yet: of no kind that a schema could accept, so it is found in the errors. */
const LATER = Symbol('later')
const CHOICES = new Set(['anyOf', 'oneOf', 'not', 'if', 'contains', 'unevaluatedProperties', 'unevaluatedItems', 'dependentSchemas', 'uniqueItems'])

let compiler: Ajv2020 | undefined
const compiled = new WeakMap<JsonSchema, ValidateFunction | null>()

/** What a schema refuses of the constants in a binding. Nothing for a schema that cannot be compiled. */
export function refusedConstants(shape: BindingShape, schema: JsonSchema): readonly Refusal[] {
  const validate = validatorOf(schema)
  if (validate === null) return []
  const later: string[] = []
  const value = valueOf(shape, '', later)
  if (value === LATER || validate(value)) return []
  return (validate.errors ?? []).filter((error) => isCertain(error, later)).map((error) => ({ path: shownPath(error.instancePath), message: messageOf(error) }))
}

function validatorOf(schema: JsonSchema): ValidateFunction | null {
  let validate = compiled.get(schema)
  if (validate !== undefined) return validate
  try {
    compiler ??= new Ajv2020({ meta: false, validateSchema: false, strict: false, allErrors: true, logger: false, formats: { ...formats }, validateFormats: true })
    validate = compiler.compile(schema)
    compiler.removeSchema(schema)
  } catch {
    validate = null // a format or keyword of the template's own library: its own check tells, in a run
  }
  compiled.set(schema, validate)
  return validate
}

function valueOf(shape: BindingShape, path: string, later: string[]): unknown {
  switch (shape.kind) {
    case 'constant':
      return shape.value
    case 'list':
      return shape.items.map((item, index) => valueOf(item, `${path}/${index}`, later))
    case 'object':
      return Object.fromEntries(shape.fields.map(([key, part]) => [key, valueOf(part, `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, later)]))
    default:
      later.push(path)
      return LATER
  }
}

/** False for an error at a value that is not known yet, at a choice that depends on one, or inside of a choice, which tells by itself. */
function isCertain({ instancePath, keyword, schemaPath }: ErrorObject, later: readonly string[]): boolean {
  if (/\/(?:anyOf|oneOf|not|if|then|else|contains)\//.test(schemaPath)) return false
  const depends = CHOICES.has(keyword)
  return later.every((path) => path !== instancePath && !instancePath.startsWith(`${path}/`) && !(depends && path.startsWith(`${instancePath}/`)))
}

function shownPath(pointer: string): string {
  return pointer.split('/').slice(1).map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~')).map((key) => (/^\d+$/.test(key) ? `[${key}]` : `.${key}`)).join('')
}

function messageOf({ keyword, message, params }: ErrorObject): string {
  if (keyword === 'enum') return `${message ?? ''}: ${JSON.stringify((params as { readonly allowedValues: unknown }).allowedValues)}`
  if (keyword === 'const') return `must be ${JSON.stringify((params as { readonly allowedValue: unknown }).allowedValue)}`
  return message ?? keyword
}
