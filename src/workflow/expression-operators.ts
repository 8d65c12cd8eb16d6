// The operators of expressions. Whole numbers that are written in an expression are CEL's int (bigint here) among themselves and
// become doubles where they meet data. No operation gives a number that JSON cannot hold: there is no infinity and no NaN.
import { checkDepth, type Budget } from './expression-budget.ts'
import { CelError, isNumber, isObject, nameOf, Optional } from './expression-values.ts'

/** Applies an operator to two values. */
export type Binary = (a: unknown, b: unknown, budget: Budget) => unknown

const MAX_INT = 2n ** 63n - 1n
const MIN_INT = -(2n ** 63n)

/** The operators that take two values and evaluate both. */
export const BINARY: ReadonlyMap<string, Binary> = new Map<string, Binary>([
  ['==', (a, b, budget) => equal(a, b, budget)],
  ['!=', (a, b, budget) => !equal(a, b, budget)],
  ['<', (a, b, budget) => compare('<', a, b, budget) < 0],
  ['<=', (a, b, budget) => compare('<=', a, b, budget) <= 0],
  ['>', (a, b, budget) => compare('>', a, b, budget) > 0],
  ['>=', (a, b, budget) => compare('>=', a, b, budget) >= 0],
  ['+', add],
  ['-', (a, b) => calculate('-', a, b, SUBTRACT)],
  ['*', (a, b) => calculate('*', a, b, MULTIPLY)],
  ['/', (a, b) => calculate('/', a, notZero(b, 'division'), DIVIDE)],
  ['%', (a, b) => calculate('%', a, notZero(b, 'modulo'), REMAINDER)],
  ['in', within],
])

interface Arithmetic {
  readonly ints: (a: bigint, b: bigint) => bigint
  readonly doubles: (a: number, b: number) => number
}

const ADD: Arithmetic = { ints: (a, b) => a + b, doubles: (a, b) => a + b }
const SUBTRACT: Arithmetic = { ints: (a, b) => a - b, doubles: (a, b) => a - b }
const MULTIPLY: Arithmetic = { ints: (a, b) => a * b, doubles: (a, b) => a * b }
const DIVIDE: Arithmetic = { ints: (a, b) => a / b, doubles: (a, b) => a / b }
const REMAINDER: Arithmetic = { ints: (a, b) => a % b, doubles: (a, b) => a % b }

/** The same value. Kinds that differ are not equal; the two kinds of numbers are one. */
export function equal(a: unknown, b: unknown, budget: Budget, depth = 0): boolean {
  if (a === b) return true
  if (typeof a === 'string') {
    if (typeof b !== 'string' || a.length !== b.length) return false
    budget.spendText(a.length)
    return a === b
  }
  if (isNumber(a)) return isNumber(b) && sameNumber(a, b)
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  checkDepth(depth, 'a compared value')
  if (Array.isArray(a)) return Array.isArray(b) && equalLists(a, b, budget, depth)
  if (a instanceof Optional) return b instanceof Optional && equal(a.held, b.held, budget, depth + 1)
  for (const value of [a, b]) if (!Array.isArray(value) && !(value instanceof Optional) && !isObject(value)) throw new CelError(`${nameOf(value)} is not compared`)
  return isObject(a) && isObject(b) && equalObjects(a, b, budget, depth)
}

function sameNumber(a: number | bigint, b: number | bigint): boolean {
  return typeof a === typeof b ? a === b : Number(a) === Number(b)
}

function equalLists(a: readonly unknown[], b: readonly unknown[], budget: Budget, depth: number): boolean {
  if (a.length !== b.length) return false
  budget.spendItems(a.length)
  return a.every((item, index) => equal(item, b[index], budget, depth + 1))
}

function equalObjects(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>, budget: Budget, depth: number): boolean {
  const [left, right] = [keysOf(a, budget), keysOf(b, budget)]
  return left.length === right.length && left.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key], budget, depth + 1))
}

/** The keys of an object. */
export function keysOf(object: Readonly<Record<string, unknown>>, budget: Budget): readonly string[] {
  const keys = Object.keys(object)
  budget.spendKeys(keys.length)
  return keys
}

function compare(operator: string, a: unknown, b: unknown, budget: Budget): number {
  if (isNumber(a) && isNumber(b)) return a < b ? -1 : a > b ? 1 : 0
  if (typeof a === 'string' && typeof b === 'string') {
    budget.spendText(Math.min(a.length, b.length))
    return a < b ? -1 : a > b ? 1 : 0
  }
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b)
  throw new CelError(`${operator} compares two numbers, two texts or two booleans, got ${nameOf(a)} and ${nameOf(b)}`)
}

function add(a: unknown, b: unknown, budget: Budget): unknown {
  if (typeof a === 'string' && typeof b === 'string') {
    // Both are kept, and joined when they are read; so a chain of pieces pays for each piece once.
    budget.spendMade(a.length + b.length > MANY ? a.length + b.length : Math.min(a.length, b.length))
    return a + b
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    budget.spendItems(a.length + b.length)
    return (a as readonly unknown[]).concat(b)
  }
  if (isNumber(a) && isNumber(b)) return calculate('+', a, b, ADD)
  const remedy = typeof a === 'string' || typeof b === 'string' ? 'Make a text of the other: string(x), or write the text with ${{ }} in it.' : undefined
  throw new CelError(`+ takes two numbers, two texts or two lists, got ${nameOf(a)} and ${nameOf(b)}`, remedy)
}

/** Texts beyond this length pay for all of it, so that none is made beyond the greatest length. */
const MANY = 1024 * 1024

function calculate(operator: string, a: unknown, b: unknown, { ints, doubles }: Arithmetic): number | bigint {
  if (typeof a === 'bigint' && typeof b === 'bigint') return int64(ints(a, b), operator)
  if (!isNumber(a) || !isNumber(b)) throw new CelError(`${operator} takes two numbers, got ${nameOf(a)} and ${nameOf(b)}`)
  const result = doubles(Number(a), Number(b))
  if (Number.isFinite(result)) return result
  throw new CelError(`${operator} of ${nameOf(a)} and ${nameOf(b)} gives ${result}, which is no number that data can hold`)
}

function notZero(value: unknown, what: string): unknown {
  if (value === 0 || value === 0n) throw new CelError(`${what} by zero`, 'Guard it: x != 0 ? y / x : 0.')
  return value
}

/** Takes the sign of a number around. */
export function negated(value: unknown): number | bigint {
  if (typeof value === 'number') return -value
  if (typeof value === 'bigint') return int64(-value, '-')
  throw new CelError(`- takes a number, got ${nameOf(value)}`)
}

/** A whole number within 64 bits, as CEL has them. */
export function int64(value: bigint, operation: string): bigint {
  if (value <= MAX_INT && value >= MIN_INT) return value
  throw new CelError(`the whole number that ${operation} gives is beyond 64 bits`)
}

function within(value: unknown, container: unknown, budget: Budget): boolean {
  if (Array.isArray(container)) {
    budget.spendItems(container.length)
    return container.some((item) => equal(value, item, budget))
  }
  if (isObject(container)) return typeof value === 'string' && Object.hasOwn(container, value) && container[value] !== undefined
  const remedy = typeof container === 'string' ? 'A part of a text is found by text.contains(part).' : undefined
  throw new CelError(`in looks into a list or an object, got ${nameOf(container)}`, remedy)
}
