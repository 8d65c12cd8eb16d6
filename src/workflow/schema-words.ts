// A first look at a JSON Schema that people wrote: keywords, their values, types, formats and patterns, each mistake told at its place
// with the nearest right word. It stands in for the meta-schema, whose compiling takes longer than all else in a definition; what the
// words mean together is for the compiler of schemas.
import { didYouMean } from '../shared/nearest.ts'
import { shown } from './door.ts'
import { formats } from './formats.ts'
import { PatternError } from './linear-regex.ts'
import type { Problems } from './problems.ts'
import { schemaPattern } from './schema-regex.ts'

const TYPES = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null']

/** What the value of a keyword must be, and what is in it to be looked at. */
interface Word {
  readonly expected: string
  readonly fits: (value: unknown) => boolean
}

const SCHEMA: Word = { expected: 'a schema (an object, true or false)', fits: isSchema }
const SCHEMAS: Word = { expected: 'a list of schemas', fits: (value) => Array.isArray(value) && value.length > 0 && value.every(isSchema) }
const NAMED: Word = { expected: 'an object of schemas by name', fits: (value) => isObject(value) && Object.values(value).every(isSchema) }
const COUNT: Word = { expected: 'a whole number from 0', fits: (value) => Number.isInteger(value) && (value as number) >= 0 }
const NUMBER: Word = { expected: 'a number', fits: (value) => typeof value === 'number' }
const TEXT: Word = { expected: 'a text', fits: (value) => typeof value === 'string' }
const YES: Word = { expected: 'true or false', fits: (value) => typeof value === 'boolean' }
const NAMES: Word = { expected: 'a list of different names', fits: isNames }
const ANYTHING: Word = { expected: 'anything', fits: () => true }

function words(word: Word, ...names: readonly string[]): readonly (readonly [string, Word])[] {
  return names.map((name) => [name, word] as const)
}

const WORDS: ReadonlyMap<string, Word> = new Map([
  ...words(SCHEMA, 'items', 'contains', 'additionalProperties', 'propertyNames', 'if', 'then', 'else', 'not', 'unevaluatedItems', 'unevaluatedProperties', 'contentSchema'),
  ...words(SCHEMAS, 'prefixItems', 'allOf', 'anyOf', 'oneOf'),
  ...words(NAMED, 'properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'),
  ...words(COUNT, 'maxLength', 'minLength', 'maxItems', 'minItems', 'maxContains', 'minContains', 'maxProperties', 'minProperties'),
  ...words(NUMBER, 'maximum', 'exclusiveMaximum', 'minimum', 'exclusiveMinimum'),
  ['multipleOf', { expected: 'a number above 0', fits: (value) => typeof value === 'number' && value > 0 }],
  ...words(TEXT, 'pattern', 'format', 'title', 'description', '$id', '$schema', '$ref', '$anchor', '$dynamicRef', '$dynamicAnchor', '$comment', 'contentEncoding', 'contentMediaType'),
  ...words(YES, 'uniqueItems', 'deprecated', 'readOnly', 'writeOnly'),
  ['required', NAMES],
  ['dependentRequired', { expected: 'an object of lists of names', fits: (value) => isObject(value) && Object.values(value).every(isNames) }],
  ['enum', { expected: 'a list of at least one value', fits: (value) => Array.isArray(value) && value.length > 0 }],
  ['examples', { expected: 'a list', fits: Array.isArray }],
  ['type', { expected: 'a type, or a list of different types', fits: (value) => typeof value === 'string' || (isNames(value) && (value as readonly unknown[]).length > 0) }],
  ...words(ANYTHING, 'const', 'default'),
])

const MAX_DEPTH = 60
/** A schema has at most so many parts: compiling takes a fraction of a millisecond for each. */
const MAX_PARTS = 1000

/** Tells what is wrong with the words of a schema; true when nothing is. */
export function checkSchemaWords(schema: unknown, path: string, problems: Problems): boolean {
  const check = new WordCheck(problems)
  check.part(schema, path, 0)
  if (check.parts > MAX_PARTS) check.refuse(path, `the schema has more than ${MAX_PARTS.toLocaleString('en')} parts`, { code: 'SIZE_LIMIT', remedy: 'Say less of the input, and let a template check the rest.' })
  return check.right
}

interface Refusal {
  readonly code?: 'INVALID_SCHEMA' | 'INVALID_NAME' | 'SIZE_LIMIT'
  readonly remedy?: string
  readonly on?: 'key'
}

class WordCheck {
  right = true
  parts = 0
  readonly #problems: Problems

  constructor(problems: Problems) {
    this.#problems = problems
  }

  refuse(path: string, message: string, { code = 'INVALID_SCHEMA', ...more }: Refusal): void {
    this.#problems.add(code, path, message, more)
    this.right = false
  }

  part(schema: unknown, path: string, depth: number): void {
    if (!isObject(schema) || depth > MAX_DEPTH || ++this.parts > MAX_PARTS) return
    for (const [key, value] of Object.entries(schema)) this.#word(key, value, { at: `${path}.${key}`, depth })
  }

  #word(key: string, value: unknown, { at, depth }: { readonly at: string; readonly depth: number }): void {
    const word = WORDS.get(key)
    if (word === undefined) {
      this.refuse(at, `${JSON.stringify(key)} is no keyword of JSON Schema.${didYouMean(key, WORDS.keys())}`, { remedy: depth === 0 ? 'The fields of the input stand under properties.' : 'Correct it, or leave it out: what is not checked is refused.', on: 'key' })
      return
    }
    if (!word.fits(value)) {
      // The types of a list are told one by one.
      if (key === 'type' && Array.isArray(value)) this.#types(value, at)
      if (this.right || key !== 'type') this.refuse(at, `expected ${word.expected}, got ${shown(value)}`, { remedy: 'Correct it as JSON Schema (2020-12) has it.' })
      return
    }
    if (key === 'type') this.#types(value, at)
    else if (key === 'format') this.#format(String(value), at)
    else if (key === 'pattern') this.#pattern(String(value), at)
    if (key === 'patternProperties') for (const name of Object.keys(value as object)) this.#pattern(name, `${at}.${name}`, 'key')
    for (const [where, part] of partsOf(word, value)) {
      if (where === '.__proto__') this.refuse(at + where, 'a key named __proto__ is no data', { code: 'INVALID_NAME', remedy: 'Choose another name.', on: 'key' })
      else this.part(part, at + where, depth + 1)
    }
  }

  #types(value: unknown, path: string): void {
    for (const [index, type] of (Array.isArray(value) ? value : [value]).entries()) {
      if (typeof type === 'string' && TYPES.includes(type)) continue
      const near = typeof type === 'string' ? didYouMean(type, TYPES) : ''
      this.refuse(Array.isArray(value) ? `${path}[${index}]` : path, `there is no type ${JSON.stringify(type)}.${near}`, { remedy: `Types are: ${TYPES.join(', ')}.` })
    }
  }

  #format(name: string, path: string): void {
    if (Object.hasOwn(formats, name)) return
    const known = Object.keys(formats)
    this.refuse(path, `there is no format ${JSON.stringify(name)}.${didYouMean(name, known)}`, { remedy: `Formats are: ${known.join(', ')}.` })
  }

  #pattern(text: string, path: string, on?: 'key'): void {
    try {
      schemaPattern(text)
    } catch (thrown) {
      const why = thrown instanceof Error ? thrown.message : String(thrown)
      this.refuse(path, `this is no pattern that can be checked: ${thrown instanceof PatternError ? `it ${why}` : why}`, { remedy: 'Patterns are regular expressions of JavaScript without look-around and back references, so that no input takes long to check.', ...(on === undefined ? {} : { on }) })
    }
  }
}

/** The schemas in the value of a keyword. */
function partsOf(word: Word, value: unknown): readonly (readonly [where: string, part: unknown])[] {
  if (word === SCHEMA) return [['', value]]
  if (word === SCHEMAS) return (value as readonly unknown[]).map((part, index) => [`[${index}]`, part])
  return word === NAMED ? Object.entries(value as object).map(([name, part]) => [`.${name}`, part] as const) : []
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isSchema(value: unknown): boolean {
  return typeof value === 'boolean' || isObject(value)
}

function isNames(value: unknown): boolean {
  return Array.isArray(value) && value.every((name) => typeof name === 'string') && new Set(value).size === value.length
}
