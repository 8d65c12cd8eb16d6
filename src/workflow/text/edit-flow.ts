// Writes a collection in brackets whose keys or items were added, taken away or moved: on the same lines, with the same commas.
import { isMap, type YAMLMap, type YAMLSeq } from 'yaml'
import type { Pieces } from './edit-block.ts'
import type { Patch } from './patches.ts'
import { flowKey, renderFlow, type FlowStyle } from './render.ts'

/** The patch of a collection in brackets. */
export function flowPatch({ source, spans, parts, texts }: Pieces, flow: FlowStyle, node: YAMLMap | YAMLSeq): readonly Patch[] | undefined {
  const [first, last] = [spans[0], spans.at(-1)]
  if (first === undefined || last === undefined) return undefined
  const between = (index: number): string => source.slice(spans[index]?.end ?? 0, spans[index + 1]?.start ?? 0)
  const lead = source.slice((node.range?.[0] ?? 0) + 1, first.start)
  const usual = withoutNotes(spans.length > 1 ? between(0) : lead.includes('\n') ? `,${lead}` : flow.gap === '' ? ',' : ', ')
  const pieces = parts.map(({ key, value, from }, index) => {
    const span = from === undefined ? undefined : spans[from]
    const written = span === undefined || from === undefined ? `${isMap(node) ? `${flowKey(key, undefined, flow)}:${flow.gap}` : ''}${renderFlow(value, flow)}` : texts(from, span.start, span.end)
    if (index === 0) return written
    const before = parts[index - 1]?.from
    return `${before !== undefined && before + 1 === from ? between(before) : usual}${written}`
  })
  const added = parts.length - 1 - parts.findLastIndex(({ from }) => from !== undefined)
  const note = noteBehind(source, last.end)
  if (note === undefined || added === 0 || parts.at(-1 - added)?.from !== spans.length - 1) return [{ start: first.start, end: last.end, text: pieces.join('') }]
  // What is added behind a last item with a note of its own comes behind the note.
  const [more, rest] = [pieces.splice(-added), pieces.join('')]
  return [{ start: first.start, end: last.end + note.length, text: `${rest},${note.text}${more.join('').replace(/^,/, '')}${note.comma}` }]
}

/** The note on the line of the last item, and the comma before it. */
function noteBehind(source: string, offset: number): { readonly text: string; readonly comma: string; readonly length: number } | undefined {
  const match = /([ \t]*)(,?)([ \t]*)(#[^\r\n]*)/y
  match.lastIndex = offset
  const [whole, before = '', comma = '', behind = '', note = ''] = match.exec(source) ?? []
  return whole === undefined ? undefined : { text: (comma === '' ? before : behind) + note, comma, length: whole.length }
}

function withoutNotes(separator: string): string {
  return separator.replace(/[ \t]*#[^\n\r]*/g, '')
}
