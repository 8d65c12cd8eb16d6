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
  const text = parts.map(({ key, value, from }, index) => {
    const span = from === undefined ? undefined : spans[from]
    const written = span === undefined || from === undefined ? `${isMap(node) ? `${flowKey(key, undefined, flow)}:${flow.gap}` : ''}${renderFlow(value, flow)}` : texts(from, span.start, span.end)
    if (index === 0) return written
    const before = parts[index - 1]?.from
    return `${before !== undefined && before + 1 === from ? between(before) : usual}${written}`
  })
  return [{ start: first.start, end: last.end, text: text.join('') }]
}

function withoutNotes(separator: string): string {
  return separator.replace(/[ \t]*#[^\n\r]*/g, '')
}
