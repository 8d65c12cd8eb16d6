// Puts a value in place of another one of any kind: behind its key or dash, with the note that stands on the line of the old one.
import { isCollection, isScalar, type Node } from 'yaml'
import { tailEnd } from './chunks.ts'
import type { Patch } from './patches.ts'
import { lineEnd } from './place.ts'
import { renderFlow, renderValue, type Behind, type FileStyle, type FlowStyle } from './render.ts'
import { isEmpty } from './spans.ts'

/** A value in the text. */
export interface Slot {
  readonly node: Node | null
  readonly old: unknown
  /** Behind the colon or the dash, where a value begins. */
  readonly mark: number
  /** What must stand between the mark and a value that had none. */
  readonly lead: string
  readonly end: number
  readonly behind: Behind
  /** Undefined in a block. */
  readonly flow: FlowStyle | undefined
  readonly depth: number
}

/** The patch that replaces a value as a whole. */
export function replaceValue(slot: Slot, next: unknown, text: { readonly source: string; readonly style: FileStyle }): Patch {
  const { node, mark, end, lead, flow } = slot
  const start = node === null || isEmpty(node) ? undefined : node.range?.[0]
  if (flow !== undefined) return start === undefined ? { start: mark, end, text: `${lead}${renderFlow(next, flow)}` } : { start, end, text: renderFlow(next, flow) }
  return replaceInBlock({ ...slot, start }, next, text)
}

function replaceInBlock({ node, start, mark, end, behind }: Slot & { readonly start: number | undefined }, next: unknown, { source, style }: { readonly source: string; readonly style: FileStyle }): Patch {
  const below = isBelow(node, source, mark)
  // Comments that are indented deeper than the key belong to what is replaced; behind a text in a block they would be part of it.
  const tail = tailEnd(source, end, behind.column)
  const { head, lines } = renderValue(next, behind, style, !below && tail > lineEnd(source, end) && typeof next === 'string' ? 'QUOTE_DOUBLE' : undefined)
  const inline = lineEnd(source, mark) >= end
  if (lines.length === 0 && start !== undefined && inline && node?.anchor === undefined) return { start, end, text: head }
  const shown = head === '' ? '' : ` ${head}`
  if (lines.length === 0) return { start: mark, end: below ? tail : end, text: shown }
  // A note behind a value on one line stays on that line.
  const stop = below && !inline ? tail : lineEnd(source, end)
  const note = below && !inline ? '' : source.slice(end, stop).trimEnd()
  return { start: mark, end: stop, text: [`${shown}${note}`, ...lines].join(style.newline) }
}

/** Whether a value stands on the lines below its key. */
function isBelow(node: Node | null, source: string, mark: number): boolean {
  if (isScalar(node) && node.srcToken?.type === 'block-scalar') return true
  return (isCollection(node) && node.flow !== true) || (node?.range?.[0] ?? mark) > lineEnd(source, mark)
}
