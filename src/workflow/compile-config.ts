// The settings of a template, as a step or a case says them in `config`: checked by the template's own schema, fixed before any run.
// The template that it gives is the one that runs. Settings are plain JSON; expressions belong into `with`.
import { ConfigInvalidError, DefinitionError } from '../errors.ts'
import type { BodyModel } from '../model/workflow.ts'
import { didYouMean } from '../shared/nearest.ts'
import { labelOf } from '../template/callable.ts'
import { configureOf } from '../template/configured.ts'
import type { AnyTemplate, JsonSchema } from '../template/contract.ts'
import type { ValueProblem } from '../template/validator.ts'
import type { Compilation } from './compilation.ts'
import { shown } from './door.ts'
import type { Problems } from './problems.ts'
import { pathText } from './shape.ts'
import { typeOfSchema } from './types/from-schema.ts'
import { UNKNOWN, unionOf, wordsFor, type Type } from './types/type.ts'

const MAX_DEPTH = 64
const PLAIN_REMEDY = 'Settings are kept with the graph as JSON. Give the template plain data, or configure it where it is registered and name it without config.'

/** The template with its settings; what is wrong with them is noted, and the template as it was found is given then. */
export function compileConfig(body: BodyModel, template: AnyTemplate, owner: string, { problems, wrong, configured }: Compilation): AnyTemplate {
  const path = `${owner}.config`
  const given = Object.hasOwn(body, 'config') ? body.config : undefined
  if (wrong.has(path)) return template
  const label = labelOf(template.meta)
  const configure = configureOf(template)
  if (given === undefined) {
    if (template.config !== undefined || template.schemas.config === null) return template
    if (configure !== undefined) return new Settings({ path, label, problems, schema: template.schemas.config }).make({}, configure) ?? template
    problems.add('MISSING_CONFIG', path, `${label} needs settings and was given another name before it had them`, { remedy: 'Configure it first: named(template.configure({ … }), { … }).', on: 'key' })
    return template
  }
  if (configure === undefined) {
    const message = template.schemas.config === null ? `${label} has no settings` : `the settings of ${label} are fixed where it is registered`
    problems.add('SURPLUS_CONFIG', path, message, { remedy: 'Leave config out. What the template is to work on goes into with.', on: 'key' })
    return template
  }
  const settings = new Settings({ path, label, problems, schema: template.schemas.config ?? {} })
  if (!isJson(given, path, problems)) {
    settings.known(given)
    return template
  }
  const key = `${label}\n${JSON.stringify(given)}`
  const known = configured.get(key)
  if (known !== undefined) return known
  const made = settings.make(given, configure)
  if (made !== undefined) configured.set(key, made)
  return made ?? template
}

/** True for JSON without expressions; notes where it is not. */
function isJson(value: unknown, path: string, problems: Problems, depth = 0): boolean {
  const refuse = (message: string): false => {
    problems.add('INVALID_CONFIG', path, message, { remedy: PLAIN_REMEDY })
    return false
  }
  if (depth > MAX_DEPTH) return refuse(`nested more than ${MAX_DEPTH} deep`)
  if (typeof value === 'string') return isConstant(value, path, problems)
  if (value === null || typeof value === 'boolean' || Number.isFinite(value)) return true
  if (typeof value !== 'object') return refuse(`expected JSON, got ${typeof value === 'number' ? value : shown(value)}`)
  if (Array.isArray(value)) return value.map((item, index) => isJson(item, `${path}[${index}]`, problems, depth + 1)).every(Boolean)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return refuse('expected JSON, got an object of a class')
  if (Object.hasOwn(value, '__proto__')) return refuse('a key named __proto__ is no data')
  return Object.entries(value).map(([key, child]) => isJson(child, `${path}.${key}`, problems, depth + 1)).every(Boolean)
}

function isConstant(text: string, path: string, problems: Problems): boolean {
  const at = text.indexOf('${{')
  if (at === -1) return true
  problems.add('EXPRESSION_REFUSED', path, 'settings are fixed before any run, so an expression has no value yet', { remedy: 'Write the value itself, or hand over by with what depends on the run.', span: [at, text.length] })
  return false
}

interface Setting {
  readonly path: string
  /** `http.request@1.0.0`. */
  readonly label: string
  readonly problems: Problems
  /** What the template publishes of its settings. */
  readonly schema: JsonSchema
}

class Settings {
  readonly #set: Setting
  readonly #type: Type
  /** Names that are told as surplus, for not telling the one that was meant as missing. */
  readonly #surplus: string[] = []

  constructor(set: Setting) {
    this.#set = set
    this.#type = typeOfSchema(set.schema, { defaults: false })
  }

  /** The configured template; undefined when something is wrong, which is noted. */
  make(given: unknown, configure: (config: unknown) => AnyTemplate): AnyTemplate | undefined {
    const config = this.known(given)
    try {
      const made = configure(config)
      return this.#surplus.length === 0 ? made : undefined
    } catch (thrown) {
      if (!(thrown instanceof ConfigInvalidError || thrown instanceof DefinitionError)) throw thrown
      const found = thrown.details?.['problems'] as readonly ValueProblem[] | undefined // as validator.ts lists them
      for (const problem of found ?? [{ path: '', message: thrown.message }]) this.#refused(problem, config)
      return undefined
    }
  }

  /** The settings without those that the schema does not know, which are noted: schemas of objects mostly pass over them in silence. */
  known(given: unknown): unknown {
    return this.#known(given, this.#type, [])
  }

  #known(value: unknown, type: Type, keys: readonly (string | number)[]): unknown {
    if (typeof value !== 'object' || value === null || type.unknown || keys.length > MAX_DEPTH) return value
    if (Array.isArray(value)) return value.map((item, index) => this.#known(item, itemOf(type), [...keys, index]))
    const shapes = type.alternatives.flatMap((one) => (one.kind === 'object' ? [one.shape] : []))
    if (shapes.length === 0) return value
    const names = [...new Set(shapes.flatMap((shape) => shape.names))]
    const kept: Record<string, unknown> = {}
    for (const [key, child] of Object.entries(value)) {
      const types = shapes.flatMap((shape) => shape.field(key)?.type ?? shape.rest?.() ?? [])
      if (types.length > 0) kept[key] = this.#known(child, unionOf(...types), [...keys, key])
      else this.#unknown([...keys, key], names)
    }
    return kept
  }

  #unknown(keys: readonly (string | number)[], names: readonly string[]): void {
    const { path, label, problems } = this.#set
    const key = String(keys.at(-1))
    this.#surplus.push(key)
    problems.add('SURPLUS_CONFIG', pathText([path, ...keys]), `${label} has no setting ${JSON.stringify(key)}.${didYouMean(key, names)}`, { remedy: names.length === 0 ? 'Leave it out.' : `Settings are: ${names.join(', ')}.`, on: 'key' })
  }

  #refused({ path: place, message }: ValueProblem, config: unknown): void {
    const { path, label, problems } = this.#set
    const keys = keysOf(place)
    const name = keys.at(-1)
    const parent = valueAt(config, keys.slice(0, -1))
    const missing = typeof name === 'string' && typeof parent === 'object' && parent !== null && !Object.hasOwn(parent, name)
    if (!missing) {
      problems.add('INVALID_CONFIG', pathText([path, ...keys]), `${label} refuses the setting: ${message}`, { remedy: 'Write a value that the config schema of the template accepts.' })
    } else if (this.#surplus.every((key) => didYouMean(key, [name]) === '')) {
      problems.add('MISSING_CONFIG', pathText([path, ...keys.slice(0, -1)]), `${label} needs the setting ${JSON.stringify(name)}${wordsAt(this.#type, keys)}`, { remedy: `Add it: config: { ${keys.join(': { ')}: …${' }'.repeat(keys.length)}.`, on: 'key' })
    }
  }
}

function itemOf(type: Type): Type {
  const items = type.alternatives.flatMap((one) => (one.kind === 'list' ? [one.item()] : []))
  return items.length === 0 ? UNKNOWN : unionOf(...items)
}

/** What is expected at a place, in brackets; nothing when the schema does not tell. */
function wordsAt(type: Type, keys: readonly (string | number)[]): string {
  let at = type
  for (const key of keys) {
    const found: Type[] = at.alternatives.flatMap((one) => (one.kind === 'object' ? (one.shape.field(String(key))?.type ?? []) : one.kind === 'list' ? one.item() : []))
    at = found.length === 0 ? UNKNOWN : unionOf(...found)
  }
  return at.unknown ? '' : ` (${wordsFor(at)})`
}

/** `auth.keys[0]` as keys. A key that has a dot in it is not told from two keys; then the value is told as refused. */
function keysOf(path: string): (string | number)[] {
  return [...path.matchAll(/\[(\d+)\]|[^.[\]]+/g)].map(([key, index]) => (index === undefined ? key : Number(index)))
}

function valueAt(value: unknown, keys: readonly (string | number)[]): unknown {
  let at = value
  for (const key of keys) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined
    at = (at as Readonly<Record<string | number, unknown>>)[key]
  }
  return at
}
