// The checker and the evaluator agree: an expression that is accepted for a schema does not fail for any value of that schema, and
// gives a value of the type that was found. Schemas, values and expressions are random; a failing seed is printed and replays.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseCel } from '../expression-cel.ts'
import { Facts } from './facts.ts'
import { inferType, type TypeProblem } from './infer.ts'
import { typeOfSchema } from './from-schema.ts'
import { UNKNOWN, wordsFor, type Alternative, type Type } from './type.ts'

type Schema = Readonly<Record<string, unknown>>

const NAMES = ['a', 'b', 'c', 'odd key']
const TEXTS = ['', 'x', 'yes', 'a b']

/** Random choices out of one seed. */
class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0 || 1
  }

  next(below: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0
    return Math.floor((this.#state / 2 ** 32) * below)
  }

  one<T>(list: readonly T[]): T {
    return list[this.next(list.length)] as T // the lists below are not empty
  }
}

function randomSchema(dice: Dice, depth: number): Schema {
  const kinds = depth <= 0 ? ['string', 'number', 'boolean', 'enum', 'nullable'] : ['string', 'number', 'boolean', 'enum', 'nullable', 'list', 'object', 'object', 'object', 'record', 'choice']
  switch (dice.one(kinds)) {
    case 'enum':
      return { enum: TEXTS.slice(0, 1 + dice.next(3)) }
    case 'nullable':
      return { type: [dice.one(['string', 'number', 'boolean']), 'null'] }
    case 'list':
      return { type: 'array', items: randomSchema(dice, depth - 1) }
    case 'record':
      return { type: 'object', additionalProperties: randomSchema(dice, depth - 1) }
    case 'choice':
      return { anyOf: [randomSchema(dice, depth - 1), randomSchema(dice, depth - 1)] }
    case 'object':
      return objectSchema(dice, depth)
    case 'boolean':
      return { type: 'boolean' }
    case 'number':
      return { type: dice.one(['number', 'integer']) }
    default:
      return { type: 'string' }
  }
}

function objectSchema(dice: Dice, depth: number): Schema {
  const names = ['a', ...NAMES.slice(1).filter(() => dice.next(4) > 0)]
  return { type: 'object', properties: Object.fromEntries(names.map((name) => [name, randomSchema(dice, depth - 1)])), required: names.filter(() => dice.next(3) > 0) }
}

function randomValue(schema: Schema, dice: Dice): unknown {
  if (Array.isArray(schema['enum'])) return dice.one(schema['enum'])
  if (Array.isArray(schema['anyOf'])) return randomValue(dice.one(schema['anyOf'] as Schema[]), dice)
  const type = Array.isArray(schema['type']) ? dice.one(schema['type'] as string[]) : schema['type']
  switch (type) {
    case 'null':
      return null
    case 'string':
      return dice.one(TEXTS)
    case 'boolean':
      return dice.next(2) === 0
    case 'integer':
    case 'number':
      return dice.one([0, 1, 2, 7, -3, ...(type === 'number' ? [0.5] : [])])
    case 'array':
      return Array.from({ length: dice.next(4) }, () => randomValue(schema['items'] as Schema, dice))
    case 'object': {
      const { properties, required = [], additionalProperties } = schema as { properties?: Record<string, Schema>; required?: string[]; additionalProperties?: Schema }
      const rest = additionalProperties === undefined ? [] : NAMES.filter(() => dice.next(2) === 0).map((name) => [name, randomValue(additionalProperties, dice)])
      const own = Object.entries(properties ?? {}).filter(([name]) => required.includes(name) || dice.next(2) === 0)
      return Object.fromEntries([...rest, ...own.map(([name, part]) => [name, randomValue(part, dice)])])
    }
    default:
      throw new Error(`no values for ${JSON.stringify(schema)}`)
  }
}

/** A path that mostly leads somewhere, with the schema that it leads to. */
function randomPath(dice: Dice, roots: readonly (readonly [string, Schema])[], optional = false): readonly [text: string, schema: Schema] {
  let [text, schema] = dice.one(roots)
  for (let steps = dice.next(4); steps > 0; steps--) {
    const part = Array.isArray(schema['anyOf']) ? dice.one(schema['anyOf'] as Schema[]) : schema
    const { properties, items, additionalProperties } = part as { properties?: Record<string, Schema>; items?: Schema; additionalProperties?: Schema }
    const ask = optional ? '?' : ''
    const names = Object.keys(properties ?? {})
    if (names.length > 0 || additionalProperties !== undefined) {
      const name = dice.next(12) === 0 || names.length === 0 ? dice.one(NAMES) : dice.one(names)
      text += /^\w+$/.test(name) && dice.next(5) > 0 ? `.${ask}${name}` : `[${ask}${JSON.stringify(name)}]`
      schema = properties?.[name] ?? additionalProperties ?? {}
    } else if (optional && items !== undefined) {
      text += '[?0]'
      schema = items
    } else break
  }
  return [text, schema]
}

type Roots = readonly (readonly [string, Schema])[]

function randomExpression(dice: Dice, roots: Roots, depth: number): string {
  const sub = (): string => randomExpression(dice, roots, depth - 1)
  const path = (): string => randomPath(dice, roots)[0]
  if (depth <= 0) return dice.one([path, path, path, () => dice.one(['1', '2.5', '"x"', 'true', 'null', '[]', '"yes"'])])()
  const all: (() => string)[] = [
    path, path,
    () => `${sub()} ${dice.one(['==', '!=', '<', '>=', '+', '-', '*', '&&', '||', 'in'])} ${sub()}`,
    () => `!(${condition(dice, roots, depth - 1)})`,
    () => `-(${sub()})`,
    () => `(${condition(dice, roots, depth - 1)}) ? (${sub()}) : (${sub()})`,
    () => `(${condition(dice, roots, depth - 1)}) && (${condition(dice, roots, depth - 1)})`,
    () => guarded(dice, roots),
    () => `${randomPath(dice, roots, true)[0]}.orValue(${sub()})`,
    () => `size(${sub()})`,
    () => `string(${sub()})`,
    () => `(${sub()}).${dice.one(['contains', 'startsWith', 'indexOf'])}(${sub()})`,
    () => macro(dice, roots, depth),
    () => `[${sub()}, ${sub()}]`,
    () => `{"a": ${sub()}, "b": ${sub()}}`,
  ]
  return dice.one(all)()
}

function condition(dice: Dice, roots: Roots, depth: number): string {
  const [path] = randomPath(dice, roots)
  return dice.one([() => `has(${path.includes('.') ? path : `${path}.a`})`, () => `${path} != null`, () => `${path} == ${dice.one(['"x"', '1', 'true', 'null'])}`, () => `"a" in ${path}`, () => randomExpression(dice, roots, depth)])()
}

/** What people write: a guard and what it guards. */
function guarded(dice: Dice, roots: Roots): string {
  const [path] = randomPath(dice, roots)
  const guard = dice.one([`has(${path})`, `${path} != null`, `has(${path}) && ${path} != null`, `!has(${path})`])
  return dice.one([`${guard} ? ${path} : null`, `${guard} && ${path} == "x"`, `${guard} ? ${path} : ${path}`])
}

function macro(dice: Dice, roots: Roots, depth: number): string {
  const [list, schema] = randomPath(dice, roots)
  const inner: Roots = [...roots, ['v', (schema['items'] ?? { type: 'string' }) as Schema]]
  const body = randomExpression(dice, inner, depth - 1)
  const test = condition(dice, inner, depth - 1)
  return dice.one([`${list}.map(v, ${body})`, `${list}.map(v, ${test}, ${body})`, `${list}.filter(v, ${test})`, `${list}.exists(v, ${test})`, `${list}.all(v, ${test})`])
}

/** Whether a value is of a type. */
function isOf(value: unknown, type: Type): boolean {
  return type.unknown || type.alternatives.some((one) => isOne(value, one))
}

function isOne(value: unknown, one: Alternative): boolean {
  switch (one.kind) {
    case 'null':
      return value === null
    case 'int':
      return Number.isInteger(value)
    case 'list':
      return Array.isArray(value) && value.every((item) => isOf(item, one.item()))
    case 'object': {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
      const rest = one.shape.rest?.()
      return one.shape.names.every((name) => Object.hasOwn(value, name) || one.shape.field(name)?.optional === true)
        && Object.entries(value).every(([name, child]) => isOf(child, one.shape.field(name)?.type ?? rest ?? UNKNOWN))
    }
    case 'optional':
      return false
    default:
      return typeof value === one.kind && (one.values === undefined || one.values.includes(value as string))
  }
}

/** What may go wrong with values that are right by type. */
const OF_VALUES = /out of bounds|no number that data can hold|by zero|beyond 2\^53|optional value/

interface Sample {
  readonly text: string
  readonly type: Type
  readonly problems: readonly TypeProblem[]
  readonly runs: readonly { readonly input: unknown; readonly value?: unknown; readonly error?: string }[]
}

function sample(seed: number): Sample | undefined {
  const dice = new Dice(seed)
  const schema = objectSchema(dice, 3)
  const text = randomExpression(dice, [['input', schema]], 1 + dice.next(3))
  const program = parseCel(text)
  if (!('ast' in program)) return undefined
  const problems: TypeProblem[] = []
  const type = inferType(program.ast, { named: (name) => (name === 'input' ? typeOfSchema(schema, { defaults: false }) : undefined), step: () => undefined }, Facts.none, (problem) => problems.push(problem))
  const runs = Array.from({ length: 8 }, () => {
    const input = randomValue(schema, dice)
    try {
      return { input, value: program.run({ input }) }
    } catch (thrown) {
      return { input, error: thrown instanceof Error ? (thrown.message.split('\n')[0] ?? '') : String(thrown) }
    }
  })
  return { text, type, problems, runs }
}

describe('the checker of types', () => {
  test('accepts no expression that fails for a value of its schema, and finds the type of what it gives', () => {
    let accepted = 0
    let seen = 0
    fc.assert(fc.property(fc.integer({ min: 1, max: 2 ** 31 }), (seed) => {
      const one = sample(seed)
      if (one === undefined) return
      seen++
      if (one.problems.length > 0) return
      accepted++
      for (const { input, value, error } of one.runs) {
        const context: string = `${one.text}\nfor ${JSON.stringify(input)}\nof type ${wordsFor(one.type)}`
        if (error !== undefined && !OF_VALUES.test(error)) expect.fail(`${context}\nfailed: ${error}`)
        if (error === undefined && !isOf(value, one.type)) expect.fail(`${context}\ngave ${JSON.stringify(value)}`)
      }
    }), { numRuns: 4000 })
    expect(accepted / seen, 'a checker that refuses everything agrees with any evaluator').toBeGreaterThan(0.15)
  })
})
