// `with` and `output`: JSON whose texts may hold expressions. Compiled once; what holds no expression is kept as one frozen
// constant. A text that is one expression gives the expression's value, otherwise text is made of the pieces.
import { compileExpression, expressionError, kindOf, type Expression, type Site } from './expression.ts'
import { NO_FRAME, referenceKey, type Frame, type Reference } from './frame.ts'
import { splitText } from './interpolation.ts'
import { CONVERT_REMEDY, type ProblemCode } from './problem-codes.ts'

/** Compiled JSON. */
export interface Binding {
  readonly references: readonly Reference[]
  /** True when it holds no expression that reads anything. */
  readonly constant: boolean
  /** What it is made of: for checks of types. */
  readonly shape: BindingShape
  /** Throws ExpressionError. */
  readonly evaluate: (frame: Frame) => unknown
}

/** The parts of a binding. `wrong`: a problem was told, so nothing more is to be said of it. */
export type BindingShape =
  | { readonly kind: 'constant'; readonly value: unknown }
  | { readonly kind: 'expression'; readonly expression: Expression }
  | { readonly kind: 'text'; readonly expressions: readonly Expression[] }
  | { readonly kind: 'list'; readonly items: readonly BindingShape[] }
  | { readonly kind: 'object'; readonly fields: readonly (readonly [key: string, part: BindingShape])[] }
  | { readonly kind: 'wrong' }

const MAX_DEPTH = 64

/** Compiles a value; notes what is wrong with it and gives a binding of nothing then. */
export function compileBinding(value: unknown, site: Site): Binding {
  const references = new Map<string, Reference>()
  const part = compilePart(value, site, { references, depth: 0 })
  return { references: [...references.values()], constant: part.constant, shape: part.shape, evaluate: part.evaluate }
}

/** A value that expressions do not change. */
export function constantBinding(value: unknown): Binding {
  return { references: [], constant: true, shape: { kind: 'constant', value }, evaluate: () => value }
}

/** The input that a step or a child is given: an empty object where nothing is said. */
export function inputBinding(given: unknown, site: Site): Binding {
  return given === undefined ? NO_INPUT : compileBinding(given, site)
}

const NO_INPUT = constantBinding(Object.freeze({}))

interface Part {
  readonly constant: boolean
  readonly shape: BindingShape
  readonly evaluate: (frame: Frame) => unknown
}

interface Walk {
  readonly references: Map<string, Reference>
  readonly depth: number
}

function compilePart(value: unknown, site: Site, walk: Walk): Part {
  if (walk.depth > MAX_DEPTH) return refused(site, 'DEPTH_LIMIT', `nested more than ${MAX_DEPTH} deep`)
  switch (typeof value) {
    case 'string':
      return compileText(value, site, walk)
    case 'boolean':
      return constant(value)
    case 'number':
      return Number.isFinite(value) ? constant(value) : refused(site, 'INVALID_VALUE', `expected a finite number, got ${value}`)
    case 'object':
      if (value === null) return constant(null)
      if (Array.isArray(value)) return compileList(value, site, walk)
      return compileObject(value, site, walk)
    default:
      return refused(site, 'INVALID_VALUE', `expected JSON, got ${typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`}`)
  }
}

function constant(value: unknown, shape: BindingShape = { kind: 'constant', value }): Part {
  return { constant: true, shape, evaluate: () => value }
}

function refused({ path, problems }: Site, code: ProblemCode, message: string, remedy?: string): Part {
  problems.add(code, path, message, { remedy })
  return constant(null, { kind: 'wrong' })
}

function compileList(list: readonly unknown[], site: Site, walk: Walk): Part {
  const parts = list.map((item, index) => compilePart(item, { ...site, path: `${site.path}[${index}]` }, { ...walk, depth: walk.depth + 1 }))
  const evaluate = (frame: Frame): unknown => parts.map((part) => part.evaluate(frame))
  const shape: BindingShape = { kind: 'list', items: parts.map((part) => part.shape) }
  return parts.every((part) => part.constant) ? constant(Object.freeze(evaluate(NO_FRAME)), shape) : { constant: false, shape, evaluate }
}

function compileObject(object: object, site: Site, walk: Walk): Part {
  const prototype: unknown = Object.getPrototypeOf(object)
  if (prototype !== Object.prototype && prototype !== null) return refused(site, 'INVALID_VALUE', 'expected JSON, got an object of a class')
  const parts: (readonly [string, Part])[] = []
  for (const [key, value] of Object.entries(object)) {
    const inner = { ...site, path: `${site.path}.${key}` }
    if (key === '__proto__') refused(inner, 'INVALID_NAME', 'a key named __proto__ is no data')
    else parts.push([key, compilePart(value, inner, { ...walk, depth: walk.depth + 1 })])
  }
  const evaluate = (frame: Frame): unknown => {
    const made: Record<string, unknown> = {}
    for (const [key, part] of parts) made[key] = part.evaluate(frame)
    return made
  }
  const shape: BindingShape = { kind: 'object', fields: parts.map(([key, part]) => [key, part.shape]) }
  return parts.every(([, part]) => part.constant) ? constant(Object.freeze(evaluate(NO_FRAME)), shape) : { constant: false, shape, evaluate }
}

function compileText(text: string, site: Site, walk: Walk): Part {
  const pieces = splitText(text)
  if (pieces === undefined) return refused(site, 'EXPRESSION_SYNTAX', 'a ${{ is not closed by }}', 'Write }} behind the expression; what is no expression is written ${{ "${{" }}.')
  const [only] = pieces
  if (only === undefined || (pieces.length === 1 && only.kind === 'plain')) return constant(text)
  const parts: (string | Expression)[] = []
  for (const piece of pieces) {
    const part = piece.kind === 'plain' ? piece.text : compileExpression(piece.text, { ...site, offset: piece.offset })
    if (part === undefined) continue
    parts.push(part)
    if (typeof part !== 'string') for (const reference of part.references) walk.references.set(referenceKey(reference), reference)
  }
  if (parts.length < pieces.length) return constant(null, { kind: 'wrong' })
  const [first] = parts
  const evaluate = parts.length === 1 && typeof first === 'object' ? first.evaluate : joined(parts)
  const expressions = parts.filter((part) => typeof part === 'object')
  const [expression] = expressions
  const shape: BindingShape = parts.length === 1 && expression !== undefined ? { kind: 'expression', expression } : { kind: 'text', expressions }
  if (expressions.some((part) => !part.constant)) return { constant: false, shape, evaluate }
  try {
    return constant(evaluate(NO_FRAME), shape)
  } catch (thrown) {
    return refused(site, 'TYPE_MISMATCH', thrown instanceof Error ? thrown.message.slice(site.path.length + 2) : String(thrown), CONVERT_REMEDY)
  }
}

function joined(parts: readonly (string | Expression)[]): (frame: Frame) => string {
  return (frame) => {
    let text = ''
    for (const part of parts) text += typeof part === 'string' ? part : inText(part.evaluate(frame), part)
    return text
  }
}

/** How a value stands in a text: texts, numbers and booleans as they are, lists and objects as JSON. */
function inText(value: unknown, expression: Expression): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (value === null) throw expressionError(expression, 'null cannot stand in a text', 'Say what is to stand there instead: x != null ? x : "none".')
  try {
    const text: unknown = JSON.stringify(value) // undefined for what JSON cannot say
    if (typeof text === 'string') return text
  } catch {
    // falls through to the same refusal
  }
  throw expressionError(expression, `${kindOf(value)} cannot stand in a text`)
}
