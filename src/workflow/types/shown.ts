// How messages name a part of an expression.
import type { ASTNode } from '../expression-cel.ts'

const MAX_SHOWN = 60

/** A part as it is written, or its beginning when that is long. */
export function shownNode(node: ASTNode): string {
  const text = node.input.slice(node.start, node.end)
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN - 3)}…`
}
