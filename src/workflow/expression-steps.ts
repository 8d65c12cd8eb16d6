// Where an expression names steps, as places in its text: for renaming. What the names mean is expression-names.ts.
import { childrenOf, parseCel, type ASTNode } from './expression-cel.ts'
import { MACROS } from './expression-functions.ts'
import { accessesOf, spanOf, type Access } from './expression-path.ts'

/** One place where an expression names a step: `a` of `steps.a`, or `"a"` of `steps["a"]`. */
export interface StepMention {
  readonly id: string
  readonly start: number
  readonly end: number
  /** Written as text in brackets. */
  readonly quoted: boolean
}

/** The places where an expression names steps; none in a text that is no expression. */
export function stepMentions(expression: string): readonly StepMention[] {
  const program = parseCel(expression)
  if (!('ast' in program)) return []
  const mentions: StepMention[] = []
  visit(program.ast, new Set(), mentions)
  return mentions
}

function visit(node: ASTNode, bound: ReadonlySet<string>, mentions: StepMention[]): void {
  const { base, accesses } = accessesOf(node)
  for (const { node: access } of accesses) if (access.op === '[]' || access.op === '[?]') visit(access.args[1], bound, mentions)
  if (base.op === 'id' && base.args === 'steps' && !bound.has('steps')) mention(accesses[0], mentions)
  else visitParts(base, bound, mentions)
}

function mention(access: Access | undefined, mentions: StepMention[]): void {
  if (typeof access?.key !== 'string') return
  const [start, end] = spanOf(access.node)
  mentions.push({ id: access.key, start, end, quoted: access.node.op === '[]' || access.node.op === '[?]' })
}

function visitParts(node: ASTNode, bound: ReadonlySet<string>, mentions: StepMention[]): void {
  if (node.op === 'rcall') visitMethod(node.args, bound, mentions)
  else for (const part of childrenOf(node)) visit(part, bound, mentions)
}

function visitMethod([name, receiver, args]: readonly [string, ASTNode, readonly ASTNode[]], bound: ReadonlySet<string>, mentions: StepMention[]): void {
  visit(receiver, bound, mentions)
  const [variable, ...rest] = args
  const macro = MACROS.has(name) && variable?.op === 'id'
  const inner = macro ? new Set(bound).add(variable.args) : bound
  for (const arg of macro ? rest : args) visit(arg, inner, mentions)
}
