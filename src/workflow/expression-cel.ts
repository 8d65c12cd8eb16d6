// CEL at work: the environment in which expressions are evaluated, and what becomes of their results. Numbers are doubles, as in
// JSON; the language's own integers only live inside an expression. Names are checked elsewhere (expression-names.ts).
import { Environment, type ASTNode } from '@marcbachmann/cel-js'
import type { ProblemCode } from './problem-codes.ts'

export type { ASTNode } from '@marcbachmann/cel-js'

/** An expression that parses and whose literals and functions fit together. */
export interface CelProgram {
  readonly ast: ASTNode
  /** Evaluates; throws whatever the language throws. The result is plain data. */
  run(context: Readonly<Record<string, unknown>>): unknown
}

/** Why a text is no expression. */
export interface CelRefusal {
  readonly code: ProblemCode
  readonly message: string
  /** Where in the text; undefined when the language did not tell. */
  readonly at: number | undefined
}

const ARITHMETIC: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
}

function makeEnvironment(): Environment {
  const environment = new Environment({
    // Data has no declared types here: declared lists and maps refuse or lose plain objects.
    unlistedVariablesAreDyn: true,
    homogeneousAggregateLiterals: false,
    enableOptionalTypes: true,
    limits: { maxAstNodes: 2000, maxDepth: 100 },
  })
  for (const [operator, apply] of Object.entries(ARITHMETIC)) {
    const mixed = (a: number | bigint, b: number | bigint): number => apply(Number(a), Number(b))
    environment.registerOperator(`double ${operator} int: double`, mixed)
    environment.registerOperator(`int ${operator} double: double`, mixed)
  }
  environment.registerOperator('double % double: double', (a: number, b: number) => a % b)
  return environment
}

let shared: Environment | undefined

/** Parses and checks a text. */
export function parseCel(text: string): CelProgram | CelRefusal {
  const environment = (shared ??= makeEnvironment())
  try {
    const checked = environment.parse(text).check()
    if (!checked.valid) return refusal(checked.error)
    // Checking leaves its marks on a tree; evaluation gets one of its own.
    const evaluate = environment.parse(text)
    return { ast: evaluate.ast, run: (context) => toPlain(evaluate({ ...context }), 0) }
  } catch (thrown) {
    return refusal(thrown)
  }
}

function refusal(thrown: unknown): CelRefusal {
  const at = (thrown as { range?: { start: number } } | undefined)?.range?.start
  const name = (thrown as { name?: unknown } | undefined)?.name
  return { code: name === 'TypeError' ? 'TYPE_MISMATCH' : 'EXPRESSION_SYNTAX', message: reason(thrown), at }
}

/** Says in a line why the language threw. */
export function reason(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  const summary: unknown = (thrown as { summary?: unknown }).summary
  return typeof summary === 'string' ? summary : (thrown.message.split('\n')[0] ?? '')
}

/**
 * Makes plain data of a result: integers become numbers. What is frozen came in as data and goes out as it is. Throws for
 * what JSON cannot say: infinities, integers beyond 2^53, optional values, types.
 */
function toPlain(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case 'number':
      if (Number.isFinite(value)) return value
      throw new RangeError(`the result is ${value}, which is no number that data can hold`)
    case 'bigint':
      if (value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER) return Number(value)
      throw new RangeError(`the result ${value.toString()} is beyond 2^53, where numbers lose digits`)
    case 'string':
    case 'boolean':
      return value
    case 'object':
      return value === null || Object.isFrozen(value) ? plainOrOptional(value) : copyPlain(value, depth)
    default:
      throw new TypeError(`the result is ${typeof value}, which is no data`)
  }
}

function plainOrOptional(value: object | null): object | null {
  if (value !== null && kindOf(value) === 'optional') throw new TypeError('the result is an optional value; end the expression with .orValue(…)')
  return value
}

function copyPlain(value: object, depth: number): unknown {
  if (depth > 100) throw new RangeError('the result is nested more than 100 deep')
  if (Array.isArray(value)) return value.map((item) => toPlain(item, depth + 1))
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) throw new TypeError(unplain(value))
  const copy: Record<string, unknown> = {}
  for (const key of Object.keys(value)) copy[key] = toPlain((value as Record<string, unknown>)[key], depth + 1)
  return copy
}

function unplain(value: object): string {
  const kind = kindOf(value)
  if (kind === 'optional') return 'the result is an optional value; end the expression with .orValue(…)'
  return `the result is ${kind === undefined ? 'an object of a class' : `of the kind ${kind}`}, which is no plain data`
}

function kindOf(value: object): string | undefined {
  const tag: unknown = (value as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag]
  return typeof tag === 'string' ? tag : undefined
}
