// One expression: compiled once per definition, evaluated against frames of a run. A path into data is read directly; all
// else goes through CEL. A failure at run time is an ExpressionError with the path in the definition and the text.
import { ExpressionError } from '../errors.ts'
import { parseCel, reason, type ASTNode, type CelProgram } from './expression-cel.ts'
import { namesUsed } from './expression-names.ts'
import { accessesOf, MissingValueError, pathReader, spanOf, type Segment } from './expression-path.ts'
import { CelError } from './expression-values.ts'
import { COMPLETED, FAILED, type Frame, type Names, type Reference } from './frame.ts'
import type { Problems } from './problems.ts'

/** A compiled expression. */
export interface Expression {
  readonly text: string
  /** Where it stands in the definition: `steps.score.if`. */
  readonly path: string
  /** Its tree, and where it begins in the text at the path: for checks of types. */
  readonly ast: ASTNode
  readonly offset: number
  /** What it reads, each once. */
  readonly references: readonly Reference[]
  /** The same value whatever the run. */
  readonly constant: boolean
  /** Gives plain data. Throws ExpressionError. */
  readonly evaluate: (frame: Frame) => unknown
}

/** Where an expression stands, and what it can see. */
export interface Site {
  readonly path: string
  readonly names: Names
  readonly problems: Problems
  /** Where the expression begins in the text at the path. */
  readonly offset?: number
}

/** Compiles a text; notes what is wrong with it and gives undefined then. */
export function compileExpression(text: string, { path, names, problems, offset = 0 }: Site): Expression | undefined {
  const program = parseCel(text)
  if (!('ast' in program)) {
    const { at, message, code } = program
    const place = at === undefined ? '' : ` (at character ${at + 1})`
    const span: [number, number] = [offset + (at ?? 0), offset + (at === undefined ? text.length : at + 1)]
    problems.add(code, path, `\`${shortened(text)}\` is no expression${place}: ${message}`, { remedy: syntaxRemedy(text), span })
    return undefined
  }
  const used = namesUsed(program.ast, names)
  for (const { code, message, remedy, node } of used.problems) {
    const [start, end] = spanOf(node)
    problems.add(code, path, `\`${shortened(text)}\`: ${message}`, { remedy, span: [offset + start, offset + end] })
  }
  if (used.problems.length > 0) return undefined
  const read = directReader(program, used.references) ?? celReader(program, used.references)
  return { text, path, ast: program.ast, offset, references: used.references, constant: used.references.length === 0, evaluate: (frame) => guarded(read, frame, { text, path }) }
}

/** What people who know other languages write, and how it is written here. */
const HABITS: readonly (readonly [found: RegExp, remedy: string])[] = [
  [/^\s*$/, 'Write an expression between ${{ and }}.'],
  [/[\u201c\u201d\u2018\u2019]/, 'Quotes are the straight ones: "…" or \'…\'.'],
  [/\bif\b\s*\(/, 'A choice is written condition ? one : other.'],
  [/\bnew\s/, 'Nothing is made in an expression. Hand times in with the input, or let a template give them.'],
  [/\.\d+\b/, 'An item of a list is read by its place in brackets: items[0].'],
  [/[!=]==/, 'Write == and !=: values of different types are never equal.'],
  [/=>/, 'There are no functions to write: list.map(x, x.price), list.filter(x, x.price > 0).'],
  [/\?\?/, 'For a value that may be missing write x.?y.orValue("…").'],
  [/\?\.(?!\w+\s*:)/, 'For a field that may be missing write x.?y, and end with .orValue("…").'],
  [/`/, 'Texts stand in "…" or \'…\'; put texts together with +.'],
  [/(?<![&])&(?!&)|(?<![|])\|(?!\|)|\s(?:and|or)\s/i, 'Write && for and, || for or.'],
  [/(?:^|\s)not\s/i, 'Write ! for not: !input.done.'],
  [/(?<![=!<>])=(?!=)/, 'To compare write ==; nothing can be set in an expression.'],
  [/\?/, 'A choice has three parts: condition ? one : other.'],
]

function syntaxRemedy(text: string): string {
  const outside = text.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '""') // what stands in texts is no mistake
  return HABITS.find(([found]) => found.test(outside))?.[1] ?? 'Expressions are CEL: input.amount > 100 && steps.score.output.ok'
}

/** A text for a message: the beginning of it when it is long. */
export function shortened(text: string): string {
  return text.length <= 120 ? text : `${text.slice(0, 100)} … (${text.length} characters)`
}

/** Evaluates a condition. Throws ExpressionError for anything but true and false. */
export function evaluateCondition(expression: Expression, frame: Frame): boolean {
  const value = expression.evaluate(frame)
  if (typeof value === 'boolean') return value
  throw expressionError(expression, `expected true or false, got ${kindOf(value)}`, 'Compare it with something: x > 0, x != null, size(x) > 0.')
}

/** Evaluates what must be a list. Throws ExpressionError for anything else. */
export function evaluateList(expression: Expression, frame: Frame): readonly unknown[] {
  const value = expression.evaluate(frame)
  if (Array.isArray(value)) return value
  throw expressionError(expression, `expected a list, got ${kindOf(value)}`, 'forEach goes over a list; one item alone is [x].')
}

/** Makes the error of an expression that failed. */
export function expressionError({ text, path }: Pick<Expression, 'text' | 'path'>, why: string, remedy?: string, cause?: unknown): ExpressionError {
  return new ExpressionError(`${path}: \`${text}\`: ${why}`, {
    path, details: { expression: text }, ...(remedy === undefined ? {} : { remedy }), ...(cause === undefined ? {} : { cause }),
  })
}

/** Names the kind of a value, for messages. */
export function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  switch (typeof value) {
    case 'object':
      return value === null ? 'null' : 'an object'
    case 'string':
      return 'a text'
    case 'number':
      return `the number ${value}`
    default:
      return String(value)
  }
}

function guarded(read: (frame: Frame) => unknown, frame: Frame, at: Pick<Expression, 'text' | 'path'>): unknown {
  try {
    return read(frame)
  } catch (thrown) {
    if (thrown instanceof MissingValueError || thrown instanceof CelError) throw expressionError(at, thrown.message, thrown.remedy)
    throw expressionError(at, reason(thrown), undefined, thrown)
  }
}

/** A reader that goes around CEL, when the expression is nothing but a path. */
function directReader({ ast }: CelProgram, references: readonly Reference[]): ((frame: Frame) => unknown) | undefined {
  const [reference] = references
  if (reference === undefined || references.length > 1) return undefined
  const { base, accesses } = accessesOf(ast)
  if (base.op !== 'id') return undefined
  const segments: Segment[] = []
  for (const { key, optional } of accesses) {
    if (key === undefined || optional) return undefined
    segments.push(key)
  }
  return pathReader(reference, reference.kind === 'step' ? segments.slice(2) : segments)
}

function celReader(program: CelProgram, references: readonly Reference[]): (frame: Frame) => unknown {
  const fill = references.map(filler)
  return (frame) => {
    const context: Context = { steps: {} }
    for (const put of fill) put(context, frame)
    return program.run(context)
  }
}

type Context = Record<string, unknown> & { readonly steps: Record<string, unknown> }

function filler(reference: Reference): (context: Context, frame: Frame) => void {
  switch (reference.kind) {
    case 'input':
      return (context, frame) => void (context['input'] = frame.input)
    case 'item':
      return (context, frame) => void (context[reference.name] = frame.items[reference.depth]?.item)
    case 'index':
      return (context, frame) => void (context[reference.name] = frame.items[reference.depth]?.index)
    case 'step':
      return (context, frame) => {
        const scope = frame.scopes[reference.depth]
        const standing = scope?.standings[reference.index]
        // Without an output `has(steps.x.output)` is false and reading it is an error; so it is with the error of a step that has not failed.
        context.steps[reference.id] = standing === COMPLETED ? { output: scope?.outputs[reference.index] } : standing === FAILED ? { error: scope?.failures[reference.index] } : {}
      }
  }
}
