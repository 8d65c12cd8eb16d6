// The functions and methods of expressions: an allow-list, each with the number of its arguments. Docs: docs/reference/expressions.md,
// which a test compares with this list. What evaluates its arguments in its own way is named here and done in expression-evaluate.ts.
import { MAX_RESULT_BYTES, type Budget } from './expression-budget.ts'
import { int64, keysOf } from './expression-operators.ts'
import { computedPattern } from './expression-regex.ts'
import { payForSearch, textIndex, textPart, textParts, textSize } from './expression-text.ts'
import { CelError, isNumber, isObject, nameOf } from './expression-values.ts'

/** A function, or a method, whose receiver is the first of the values then. */
export interface Callable {
  /** The fewest and the most arguments, without the receiver. */
  readonly arity: readonly [fewest: number, most: number]
  /** Missing for what the evaluator does itself. */
  readonly apply?: (values: readonly unknown[], budget: Budget) => unknown
}

/** Functions that a call may name: `size(x)`. */
export const FUNCTIONS: ReadonlyMap<string, Callable> = new Map<string, Callable>([
  ['size', { arity: [1, 1], apply: ([of], budget) => size(of, budget) }],
  ['has', { arity: [1, 1] }],
  ['string', { arity: [1, 1], apply: ([of]) => toText(of) }],
  ['double', { arity: [1, 1], apply: ([of]) => toDouble(of) }],
  ['int', { arity: [1, 1], apply: ([of]) => toInt(of) }],
  ['bool', { arity: [1, 1], apply: ([of]) => toBool(of) }],
  ['dyn', { arity: [1, 1], apply: ([of]) => of }],
])

/** Methods: `x.contains(y)`. */
export const METHODS: ReadonlyMap<string, Callable> = new Map<string, Callable>([
  ['contains', { arity: [1, 1], apply: ([of, part], budget) => contains(of, part, budget) }],
  ['startsWith', { arity: [1, 1], apply: ([of, part], budget) => text(of, 'startsWith').startsWith(counted(text(part, 'startsWith'), budget)) }],
  ['endsWith', { arity: [1, 1], apply: ([of, part], budget) => text(of, 'endsWith').endsWith(counted(text(part, 'endsWith'), budget)) }],
  ['matches', { arity: [1, 1], apply: ([of, pattern], budget) => computedPattern(text(pattern, 'matches'), budget).matches(text(of, 'matches'), budget) }],
  ['lowerAscii', change('lowerAscii', (given) => given.replace(/[A-Z]+/g, (part) => part.toLowerCase()))],
  ['upperAscii', change('upperAscii', (given) => given.replace(/[a-z]+/g, (part) => part.toUpperCase()))],
  ['trim', change('trim', (given) => given.trim())],
  ['indexOf', { arity: [1, 2], apply: ([of, part, from], budget) => textIndex(text(of, 'indexOf'), text(part, 'indexOf'), { from, last: false, budget }) }],
  ['lastIndexOf', { arity: [1, 2], apply: ([of, part, from], budget) => textIndex(text(of, 'lastIndexOf'), text(part, 'lastIndexOf'), { from, last: true, budget }) }],
  ['substring', { arity: [1, 2], apply: ([of, start, end], budget) => textPart(text(of, 'substring'), start, end, budget) }],
  ['split', { arity: [1, 2], apply: ([of, separator, limit], budget) => textParts(text(of, 'split'), text(separator, 'split'), limit, budget) }],
  ['join', { arity: [0, 1], apply: ([of, separator], budget) => join(of, separator === undefined ? '' : text(separator, 'join'), budget) }],
  ['size', { arity: [0, 0], apply: ([of], budget) => size(of, budget) }],
  ['orValue', { arity: [1, 1] }],
  ['or', { arity: [1, 1] }],
  ['value', { arity: [0, 0] }],
  ['hasValue', { arity: [0, 0] }],
])

/** Methods whose first argument names the item for the other arguments: `list.map(x, x.price)`. */
export const MACROS: ReadonlyMap<string, Callable> = new Map<string, Callable>([
  ['all', { arity: [2, 2] }],
  ['exists', { arity: [2, 2] }],
  ['exists_one', { arity: [2, 2] }],
  ['map', { arity: [2, 3] }],
  ['filter', { arity: [2, 2] }],
])

function text(value: unknown, name: string): string {
  if (typeof value === 'string') return value
  throw new CelError(`${name} works on texts, got ${nameOf(value)}`)
}

function counted(part: string, budget: Budget): string {
  budget.spendText(part.length)
  return part
}

function contains(of: unknown, part: unknown, budget: Budget): boolean {
  if (Array.isArray(of)) throw new CelError('contains works on texts, got a list', 'An item of a list is found by: x in list.')
  const [whole, searched] = [text(of, 'contains'), text(part, 'contains')]
  payForSearch(whole, searched, budget)
  return whole.includes(searched)
}

function change(name: string, changed: (text: string) => string): Callable {
  const apply = ([of]: readonly unknown[], budget: Budget): string => {
    const given = text(of, name)
    budget.spendText(given.length * 4)
    return changed(given)
  }
  return { arity: [0, 0], apply }
}

function size(of: unknown, budget: Budget): bigint {
  if (typeof of === 'string') return textSize(of, budget)
  if (Array.isArray(of)) return BigInt(of.length)
  if (isObject(of)) return BigInt(keysOf(of, budget).length)
  throw new CelError(`size is that of a text, a list or an object, got ${nameOf(of)}`)
}

function join(of: unknown, separator: string, budget: Budget): string {
  if (!Array.isArray(of)) throw new CelError(`join works on lists, got ${nameOf(of)}`)
  budget.spendItems(of.length * 4)
  let length = 0
  for (const item of of as readonly unknown[]) {
    if (typeof item !== 'string') throw new CelError(`join takes a list of texts, got ${nameOf(item)} in it`, 'Make texts of the items: list.map(x, string(x)).join(", ").')
    length += item.length + separator.length
    if (length > MAX_RESULT_BYTES) break
  }
  budget.spendMade(length)
  return of.join(separator)
}

function toText(of: unknown): string {
  if (typeof of === 'string') return of
  if (isNumber(of) || typeof of === 'boolean') return String(of)
  throw new CelError(`string takes a text, a number or a boolean, got ${nameOf(of)}`, 'A list or an object stands as JSON in a text with ${{ }} in it.')
}

function toDouble(of: unknown): number {
  if (isNumber(of)) return Number(of)
  const number = typeof of === 'string' && of.length <= 64 && /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/.test(of) ? Number(of) : Number.NaN
  if (Number.isFinite(number)) return number
  throw new CelError(`double takes a number or a text that is one, got ${shown(of)}`)
}

function toInt(of: unknown): bigint {
  if (typeof of === 'bigint') return of
  if (typeof of === 'number' && Number.isFinite(of)) return int64(BigInt(Math.trunc(of)), 'int')
  if (typeof of === 'string' && /^[+-]?\d{1,19}$/.test(of)) return int64(BigInt(of), 'int')
  throw new CelError(`int takes a number or a text of digits, got ${shown(of)}`)
}

const TRUE = new Set(['1', 't', 'true', 'TRUE', 'True'])
const FALSE = new Set(['0', 'f', 'false', 'FALSE', 'False'])

function toBool(of: unknown): boolean {
  if (typeof of === 'boolean') return of
  if (typeof of === 'string' && TRUE.has(of)) return true
  if (typeof of === 'string' && FALSE.has(of)) return false
  throw new CelError(`bool takes true, false or a text that says so, got ${shown(of)}`)
}

function shown(value: unknown): string {
  return typeof value === 'string' && value.length <= 40 ? `the text ${JSON.stringify(value)}` : nameOf(value)
}
