// Helpers that make expressions out of references: they compare, combine and measure. Each gives an expression, never a value.
import { DefinitionError } from '../errors.ts'
import type { Failure } from './failure.ts'
import { expr, literal, ref, refOf, segmentText, sourceOf, TIGHT, wrapped, type Expr, type LoopName, type Ref, type Source } from './reference.ts'

/** A value, or an expression that gives it. */
export type Operand<T> = T | Expr<T>

/** `a == b`. Values of different types are not equal. */
export function eq<T>(a: Expr<T>, b: Operand<NoInfer<T>>): Expr<boolean> {
  return compare('==', a, b)
}

/** `a != b`. */
export function ne<T>(a: Expr<T>, b: Operand<NoInfer<T>>): Expr<boolean> {
  return compare('!=', a, b)
}

/** `a > b`, for numbers and for texts. */
export function gt<T extends number | string>(a: Expr<T>, b: Operand<NoInfer<T>>): Expr<boolean> {
  return compare('>', a, b)
}

/** `a >= b`, for numbers and for texts. */
export function gte<T extends number | string>(a: Expr<T>, b: Operand<NoInfer<T>>): Expr<boolean> {
  return compare('>=', a, b)
}

/** `a < b`, for numbers and for texts. */
export function lt<T extends number | string>(a: Expr<T>, b: Operand<NoInfer<T>>): Expr<boolean> {
  return compare('<', a, b)
}

/** `a <= b`, for numbers and for texts. */
export function lte<T extends number | string>(a: Expr<T>, b: Operand<NoInfer<T>>): Expr<boolean> {
  return compare('<=', a, b)
}

/** True when all are. */
export function and(first: Expr<boolean>, ...others: readonly Expr<boolean>[]): Expr<boolean> {
  return chain('&&', TIGHT.and, [first, ...others])
}

/** True when one is. */
export function or(first: Expr<boolean>, ...others: readonly Expr<boolean>[]): Expr<boolean> {
  return chain('||', TIGHT.or, [first, ...others])
}

/** True when the other is false. */
export function not(condition: Expr<boolean>): Expr<boolean> {
  const source = operand(condition)
  return make(`!${wrapped(source, TIGHT.unary)}`, TIGHT.unary, source)
}

/** True when there is a value: the step was not skipped, each key on the way is there. Null is a value. */
export function has(reference: Expr<unknown>): Expr<boolean> {
  const source = operand(reference)
  const [segment, ...more] = source.path?.segments ?? []
  if (source.path === undefined || segment === undefined) return make('true', TIGHT.path, source)
  const below = segmentText(segment)
  if (more.length === 0 && below.startsWith('.')) return make(`has(${source.path.root}${below})`, TIGHT.path, source)
  return make(`${optional(source)}.hasValue()`, TIGHT.path, source)
}

/** The value, or another where there is none: the step was skipped, or a key on the way is missing. Null is a value. */
export function fallback<T, D>(reference: Expr<T>, otherwise: Operand<D>): Ref<Exclude<T, undefined> | D> {
  const source = operand(reference)
  const other = operand(otherwise)
  if (source.path === undefined || source.path.segments.length === 0) return refOf(source)
  return refOf({ cel: `${optional(source)}.orValue(${other.cel})`, tightness: TIGHT.path, loops: loopsOf(source, other) })
}

/** The failure of a step that may have failed where it is read: `errorOf(steps.charge).code`. Without one it is missing, as `has` and `fallback` tell. */
export function errorOf(step: Expr<unknown>): Ref<Failure> {
  const { path, loops } = operand(step)
  if (path?.segments.length !== 1 || path.segments[0] !== 'output' || !path.root.startsWith('steps.')) throw new DefinitionError('errorOf: expected a step', { path: 'expression', remedy: 'Write errorOf(steps.charge), with the step itself and nothing below it.' })
  return ref(path.root, ['error'], loops)
}

/** The number of characters, items or keys. */
export function size(of: Expr<string | readonly unknown[] | object>): Expr<number> {
  const source = operand(of)
  return make(`size(${source.cel})`, TIGHT.path, source)
}

/** True when a list has the value among its items. */
export function includes<T>(list: Expr<readonly T[]>, value: Operand<NoInfer<T>>): Expr<boolean> {
  const [all, one] = [operand(list), operand(value)]
  return make(`${wrapped(one, TIGHT.unary)} in ${wrapped(all, TIGHT.unary)}`, TIGHT.compare, all, one)
}

/** True when a text has the other in it. */
export function contains(text: Expr<string>, part: Operand<string>): Expr<boolean> {
  const [whole, piece] = [operand(text), operand(part)]
  return make(`${wrapped(whole, TIGHT.path)}.contains(${piece.cel})`, TIGHT.path, whole, piece)
}

/** An expression as text, in CEL, for what the helpers do not say: `cel<number>('input.a + 1')`. Its names are those of the definition. */
export function cel<T = unknown>(text: string): Ref<T> {
  return refOf({ cel: text, tightness: TIGHT.loose, loops: [] })
}

/** Tells the type of what is not typed, such as the body of an answer. Nothing is checked: the step that uses it checks its input. */
export function typed<T>(expression: Expr<unknown>): Ref<T> {
  return refOf(operand(expression))
}

/** A text with expressions in it: text`Hello ${input.name}`. Texts, numbers and booleans stand as they are, lists and objects as JSON. */
export function text(plain: TemplateStringsArray, ...values: readonly Operand<unknown>[]): Expr<string> {
  const pieces = plain.flatMap((piece, index) => (index < values.length ? [piece, operand(values[index])] : [piece])).filter((piece) => piece !== '')
  const sources = pieces.filter((piece) => typeof piece !== 'string')
  const parts = pieces.map((piece) => (typeof piece === 'string' ? literal(piece) : `string(${piece.cel})`))
  return expr({ cel: parts.length === 0 ? '""' : parts.join(' + '), tightness: TIGHT.loose, loops: loopsOf(...sources), pieces })
}

function compare(operator: string, a: unknown, b: unknown): Expr<boolean> {
  const [left, right] = [operand(a), operand(b)]
  return make(`${wrapped(left, TIGHT.unary)} ${operator} ${wrapped(right, TIGHT.unary)}`, TIGHT.compare, left, right)
}

function chain(operator: string, tightness: number, conditions: readonly Expr<boolean>[]): Expr<boolean> {
  const sources = conditions.map(operand)
  const [only] = sources
  if (only !== undefined && sources.length === 1) return expr(only)
  return make(sources.map((source) => wrapped(source, tightness + 1)).join(` ${operator} `), tightness, ...sources)
}

/** The path of a reference, where each part may be missing. */
function optional({ path }: Source): string {
  const { root, segments } = path ?? { root: '', segments: [] }
  const [first = '', ...more] = segments.map(segmentText)
  return root + (first.startsWith('[') ? `[?${first.slice(1)}` : `.?${first.slice(1)}`) + more.join('')
}

function operand(value: unknown): Source {
  return sourceOf(value) ?? { cel: literal(value), tightness: TIGHT.path, loops: [] }
}

function make<T>(celText: string, tightness: number, ...sources: readonly Source[]): Expr<T> {
  return expr({ cel: celText, tightness, loops: loopsOf(...sources) })
}

function loopsOf(...sources: readonly Source[]): readonly LoopName[] {
  return [...new Set(sources.flatMap(({ loops }) => loops))]
}
