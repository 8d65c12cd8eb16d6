// CEL at work: parses expressions, says why a text is none, and makes programs of them. The grammar and the tree are cel-js's;
// evaluation is our own, over plain data and with a budget (expression-evaluate.ts says why). One parse at definition is all that is
// done until a program runs for the first time. Names are checked elsewhere (expression-names.ts).
import { Environment, type ASTNode } from '@marcbachmann/cel-js'
import { MAX_EXPRESSION_LENGTH, MAX_NESTING, MAX_NODES, MAX_TREE_DEPTH } from './expression-budget.ts'
import { compileTree } from './expression-evaluate.ts'
import { plainResult } from './expression-result.ts'
import type { ProblemCode } from './problem-codes.ts'

export type { ASTNode } from '@marcbachmann/cel-js'

/** An expression that parses. */
export interface CelProgram {
  readonly ast: ASTNode
  /** Evaluates; throws CelError. The result is plain data. */
  run(context: Readonly<Record<string, unknown>>): unknown
}

/** Why a text is no expression. */
export interface CelRefusal {
  readonly code: ProblemCode
  readonly message: string
  /** Where in the text; undefined when the language did not tell. */
  readonly at: number | undefined
}

/** Parses a text. Whether its parts fit together is checked where types are known (types/). */
export function parseCel(text: string): CelProgram | CelRefusal {
  if (text.length > MAX_EXPRESSION_LENGTH) return { code: 'SIZE_LIMIT', message: `it has ${text.length.toLocaleString('en')} characters, ${MAX_EXPRESSION_LENGTH.toLocaleString('en')} are the most; let a template do this`, at: undefined }
  try {
    const parsed = (shared ??= makeEnvironment()).parse(text)
    const deep = tooDeep(parsed.ast)
    if (deep !== undefined) return { code: 'DEPTH_LIMIT', message: `operators are chained more than ${MAX_TREE_DEPTH} deep; use a list: x in [a, b], or [a, b].join()`, at: deep.start }
    return new Program(parsed.ast, text)
  } catch (thrown) {
    return refusal(thrown)
  }
}

class Program implements CelProgram {
  readonly ast: ASTNode
  readonly #text: string
  #evaluate: ((context: Readonly<Record<string, unknown>>) => unknown) | undefined

  constructor(ast: ASTNode, text: string) {
    this.ast = ast
    this.#text = text
  }

  run(context: Readonly<Record<string, unknown>>): unknown {
    return plainResult((this.#evaluate ??= compileTree(this.ast, this.#text))(context))
  }
}

let shared: Environment | undefined

function makeEnvironment(): Environment {
  return new Environment({
    unlistedVariablesAreDyn: true,
    enableOptionalTypes: true,
    limits: { maxAstNodes: MAX_NODES, maxDepth: MAX_NESTING, maxListElements: MAX_NODES, maxMapEntries: MAX_NODES, maxCallArguments: 8 },
  })
}

/** The first node that lies too deep. Goes over the tree without recursion, since nothing has bounded it before. */
function tooDeep(ast: ASTNode): ASTNode | undefined {
  let level: ASTNode[] = [ast]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_TREE_DEPTH) return level[0]
    level = level.flatMap(childrenOf)
  }
  return undefined
}

/** The parts of a node that are nodes. */
export function childrenOf(node: ASTNode): readonly ASTNode[] {
  switch (node.op) {
    case 'value':
    case 'id':
      return []
    case '!_':
    case '-_':
      return [node.args]
    case '.':
    case '.?':
      return [node.args[0]]
    case 'call':
      return node.args[1]
    case 'rcall':
      return [node.args[1], ...node.args[2]]
    case 'map':
      return node.args.flat()
    default:
      return node.args
  }
}

function refusal(thrown: unknown): CelRefusal {
  const at = (thrown as { range?: { start: number } } | undefined)?.range?.start
  const { code } = (thrown ?? {}) as { code?: unknown }
  // A parser that ran out of its stack: only `!` and `-` in long rows get there.
  if (thrown instanceof RangeError) return { code: 'DEPTH_LIMIT', message: `it is nested more than ${MAX_NESTING} deep`, at: undefined }
  const message = reason(thrown)
  if (code === 'limit_exceeded') {
    return message.includes('maxDepth') ? { code: 'DEPTH_LIMIT', message: `it is nested more than ${MAX_NESTING} deep`, at } : { code: 'SIZE_LIMIT', message: `it has too many parts (${MAX_NODES.toLocaleString('en')} are the most, and 8 in a call); let a template do this`, at }
  }
  return { code: 'EXPRESSION_SYNTAX', message: readable(message), at }
}

/** What the parser calls tokens. */
const TOKENS: Readonly<Record<string, string>> = {
  EOF: 'the end', NUMBER: 'a number', STRING: 'a text', BOOLEAN: 'true or false', NULL: 'null', IDENTIFIER: 'a name', BYTES: 'bytes', PLUS: '+', MINUS: '-', MULTIPLY: '*', DIVIDE: '/', MODULO: '%',
  EQ: '==', NE: '!=', LT: '<', LE: '<=', GT: '>', GE: '>=', AND: '&&', OR: '||', NOT: '!', IN: 'in', LPAREN: '(', RPAREN: ')', LBRACKET: '[', RBRACKET: ']', LBRACE: '{', RBRACE: '}', DOT: '.', COMMA: ',', COLON: ':', QUESTION: '?',
}

function readable(message: string): string {
  const [, expected, got] = /^Expected ([A-Z]+), got ([A-Z]+)$/.exec(message) ?? []
  if (expected !== undefined && got !== undefined) return `expected ${TOKENS[expected] ?? expected}, got ${TOKENS[got] ?? got}`
  const [, strange] = /^Unexpected character: '?([^]+?)'?$/.exec(message) ?? []
  if (strange !== undefined) return `did not expect the character ${JSON.stringify(strange)} here`
  const [, unexpected] = /^Unexpected token: ([A-Z]+)$/.exec(message) ?? []
  return unexpected === undefined ? message : `did not expect ${TOKENS[unexpected] ?? unexpected} here`
}

/** Says in a line why evaluating or parsing threw. */
export function reason(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  const summary: unknown = (thrown as { summary?: unknown }).summary
  return typeof summary === 'string' ? summary : (thrown.message.split('\n')[0] ?? '')
}
