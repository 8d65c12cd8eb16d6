// Operators by type: what each takes and gives. Equality compares anything, but of two types that share no value it is always false,
// which nobody means; such a comparison is refused.
import type { ASTNode } from '../expression-cel.ts'
import { shownNode } from './shown.ts'
import type { Refusing, Taking } from './calls.ts'
import { BOOLEAN, INT, listOf, NUMBER, STRING, unionOf, UNKNOWN, wordsFor, type Alternative, type Type } from './type.ts'

/** The operands of an operator. */
export interface Operands {
  readonly left: Type
  readonly right: Type
}

type Binary = Extract<ASTNode, { readonly op: '+' }> | ASTNode

const NUMBERS: Taking = { kinds: ['number', 'int'], words: 'a number' }
const ORDERED: Taking = { kinds: ['number', 'int', 'string', 'boolean'], words: 'a number or a text' }
const ADDED: Taking = { kinds: ['number', 'int', 'string', 'list'], words: 'numbers, texts or lists to add' }
const LOOKED_INTO: Taking = { kinds: ['list', 'object'], words: 'a list or an object', remedy: 'To look into a text write text.contains(part).' }

/** The type of `left op right`; tells what does not fit. */
export function typeOfOperator(node: Binary, operands: Operands, refusing: Refusing): Type {
  switch (node.op) {
    case '==':
    case '!=':
      return equality(node, operands, refusing)
    case '<':
    case '<=':
    case '>':
    case '>=':
      return order(node, operands, refusing)
    case 'in':
      return membership(node, operands, refusing)
    case '+':
      return sum(node, operands, refusing)
    case '-':
    case '*':
    case '/':
    case '%': {
      const [left, right] = node.args
      refusing.expect(left, operands.left, NUMBERS)
      refusing.expect(right, operands.right, NUMBERS)
      return arithmetic(operands)
    }
    default:
      return UNKNOWN
  }
}

function equality(node: ASTNode, { left, right }: Operands, refusing: Refusing): Type {
  if (!left.unknown && !right.unknown && !mayMeet(left, right)) {
    refusing.refuse(node, 'TYPE_MISMATCH', `${shownNode(node)} compares ${wordsFor(left)} with ${wordsFor(right)}, which are never equal`, 'Compare values of one kind; string(x) makes a text of a number, double(x) a number of a text.')
  }
  return BOOLEAN
}

/** Whether some value is of both types. Null is compared with anything: that is how people ask for it. */
function mayMeet(left: Type, right: Type): boolean {
  if (isNull(left) || isNull(right)) return true
  return left.alternatives.length === 0 || right.alternatives.length === 0 || left.alternatives.some((a) => right.alternatives.some((b) => mayEqual(a, b)))
}

function isNull({ alternatives: [one, more] }: Type): boolean {
  return one?.kind === 'null' && more === undefined
}

function mayEqual(a: Alternative, b: Alternative): boolean {
  const [kind, other] = [a.kind === 'int' ? 'number' : a.kind, b.kind === 'int' ? 'number' : b.kind]
  if (kind !== other) return false
  const [values, others] = [valuesOf(a), valuesOf(b)]
  return values === undefined || others === undefined || values.some((value) => others.includes(value))
}

function valuesOf(one: Alternative): readonly unknown[] | undefined {
  return 'values' in one ? one.values : undefined
}

function order(node: Extract<ASTNode, { readonly op: '<' }> | (ASTNode & { readonly args: readonly [ASTNode, ASTNode] }), { left, right }: Operands, refusing: Refusing): Type {
  const [a, b] = node.args
  if (!refusing.expect(a, left, ORDERED) || !refusing.expect(b, right, ORDERED)) return BOOLEAN
  if (left.unknown || right.unknown) return BOOLEAN
  const [kinds, others] = [groupsOf(left), groupsOf(right)]
  if (kinds.size > 1 || others.size > 1 || [...kinds].some((kind) => !others.has(kind))) {
    refusing.refuse(node, 'TYPE_MISMATCH', `${shownNode(node)} compares ${wordsFor(left)} with ${wordsFor(right)}`, 'Compare numbers with numbers and texts with texts; double(x) makes a number of a text.')
  }
  return BOOLEAN
}

function membership(node: ASTNode & { readonly args: readonly [ASTNode, ASTNode] }, { left, right }: Operands, refusing: Refusing): Type {
  if (!refusing.expect(node.args[1], right, LOOKED_INTO) || left.unknown) return BOOLEAN
  for (const one of right.alternatives) {
    const inside = one.kind === 'list' ? one.item() : STRING
    if (one.kind === 'list' && (inside.unknown || inside.alternatives.length === 0 || mayMeet(left, inside))) continue
    if (one.kind === 'object' && mayMeet(left, STRING) && !isNull(left)) continue
    refusing.refuse(node, 'TYPE_MISMATCH', `${shownNode(node)} looks for ${wordsFor(left)} ${one.kind === 'list' ? `in a list of ${wordsFor(inside)}` : 'among the names of fields, which are texts'}`, 'Look for a value of the kind that is in there.')
    return BOOLEAN
  }
  return BOOLEAN
}

function sum(node: ASTNode & { readonly args: readonly [ASTNode, ASTNode] }, operands: Operands, refusing: Refusing): Type {
  const { left, right } = operands
  const [a, b] = node.args
  if (!refusing.expect(a, left, ADDED) || !refusing.expect(b, right, ADDED)) return UNKNOWN
  if (left.unknown || right.unknown) return left.unknown && right.unknown ? UNKNOWN : sameKind(left.unknown ? right : left)
  const [kinds, others] = [groupsOf(left), groupsOf(right)]
  const [kind] = kinds
  if (kinds.size !== 1 || others.size !== 1 || kind === undefined || !others.has(kind)) {
    refusing.refuse(node, 'TYPE_MISMATCH', `${shownNode(node)} adds ${wordsFor(right)} to ${wordsFor(left)}`, 'Add values of one kind: string(x) makes a text of a number. In with and output a text may hold several expressions: "${{ a }} and ${{ b }}".')
    return UNKNOWN
  }
  if (kind === 'number') return arithmetic(operands)
  return kind === 'string' ? STRING : listOf(() => unionOf(itemOf(left), itemOf(right)))
}

/** What adding something unknown to a value gives: the same kind, if it succeeds. */
function sameKind(type: Type): Type {
  const kinds = groupsOf(type)
  const [kind] = kinds
  if (kinds.size !== 1) return UNKNOWN
  return kind === 'number' ? NUMBER : kind === 'string' ? STRING : kind === 'list' ? listOf(UNKNOWN) : UNKNOWN
}

function itemOf(type: Type): Type {
  return unionOf(...type.alternatives.map((one) => (one.kind === 'list' ? one.item() : UNKNOWN)))
}

function arithmetic({ left, right }: Operands): Type {
  const whole = [left, right].every((type) => !type.unknown && type.alternatives.length > 0 && type.alternatives.every(({ kind }) => kind === 'int'))
  return whole ? INT : NUMBER
}

function groupsOf(type: Type): ReadonlySet<string> {
  return new Set(type.alternatives.map(({ kind }) => (kind === 'int' ? 'number' : kind)))
}
