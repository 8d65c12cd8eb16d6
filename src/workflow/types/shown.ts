// How messages name a part of an expression, and what they advise to write in its place.
import type { ASTNode } from '../expression-cel.ts'

const MAX_SHOWN = 60

/** A part as it is written, or its beginning when that is long. */
export function shownNode(node: ASTNode): string {
  const text = node.input.slice(node.start, node.end)
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN - 3)}…`
}

/** What stands before the last access. */
export function below(node: ASTNode): ASTNode {
  return node.op === '.' || node.op === '.?' || node.op === '[]' || node.op === '[?]' ? node.args[0] : node
}

/** What to write where a value may be null. */
export function nullGuard(node: ASTNode): string {
  const text = shownNode(node)
  return `Guard it: ${text} != null ? … : ….`
}

/** What to write where a value may be missing. */
export function guardOf(node: ASTNode): string {
  const text = shownNode(node)
  if (node.op !== '.') return `Give a value for when it is missing: ${shownNode(below(node))}[?…].orValue(…).`
  const [owner, key] = [shownNode(below(node)), node.args[1]]
  return `Guard it: has(${text}) ? ${text} : …, or give a value for when it is missing: ${owner}.?${key}.orValue(…).`
}
