// Writes the lines of a block whose keys or items were added, taken away or moved: each with its own comments, all else as it was.
import type { Part } from './align.ts'
import { chunksOf, type Chunk } from './chunks.ts'
import type { Patch } from './patches.ts'
import { renderItems, renderPairs, type FileStyle } from './render.ts'
import type { PartSpan } from './spans.ts'

/** What a collection is made of anew. */
export interface Pieces {
  readonly source: string
  readonly spans: readonly PartSpan[]
  readonly parts: readonly Part[]
  /** A piece of an old part, with what changed inside of it. */
  readonly texts: (index: number, start: number, end: number) => string
  readonly style: FileStyle
}

/** The patch of a block; undefined when its parts do not stand on lines of their own. */
export function blockPatch({ source, spans, parts, texts, style }: Pieces, { column, root }: { readonly column: number; readonly root: boolean }): readonly Patch[] | undefined {
  const chunks = chunksOf(source, spans, { column, root })
  const first = chunks?.[0]
  const last = chunks?.at(-1)
  if (chunks === undefined || first === undefined || last === undefined) return undefined
  // The first key of an object in a list stands on the line of the dash.
  const inline = source.slice(first.lineStart, first.bodyStart).trim() !== '' || source.startsWith('\ufeff', first.lineStart)
  const pad = ' '.repeat(column)
  const spaced = chunks.length > 1 && chunks.slice(1).every(({ blankStart, commentStart }) => blankStart < commentStart)
  const lines = (text: string): string => (text.endsWith('\n') ? text : `${text}${style.newline}`)
  const placed = parts.map(({ key, value, from }, index) => {
    const chunk = from === undefined ? undefined : chunks[from]
    const blank = index === 0 ? '' : chunk === undefined || chunk === first ? (spaced ? style.newline : '') : source.slice(chunk.blankStart, chunk.commentStart)
    const body = chunk === undefined ? (spans[0]?.key === null ? renderItems([value], column, style) : renderPairs({ [key]: value }, column, style)).join(style.newline).slice(column) : texts(from ?? 0, chunk.bodyStart, chunk.bodyEnd)
    const comments = chunk === undefined ? '' : source.slice(chunk.commentStart, chunk.lineStart)
    const head = index === 0 && inline ? (comments === '' ? '' : comments.trimStart() + pad) : `${blank}${comments}${pad}`
    return { from, text: head + lines(body) }
  })
  const text = withLoose(placed, chunks, source)
  const start = inline ? first.bodyStart : first.commentStart
  const end = last.looseEnd
  return [{ start, end, text: source.slice(start, end).endsWith('\n') ? text : text.replace(/\r?\n$/, '') }]
}

/** Comments that belong to nobody stay behind the part that they stood behind, or where that one was. */
function withLoose(placed: readonly { readonly from: number | undefined; readonly text: string }[], chunks: readonly Chunk[], source: string): string {
  const stayed = new Set(placed.map(({ from }) => from))
  const owner = (index: number): number => {
    for (let at = index; at >= 0; at--) if (stayed.has(at)) return at
    return -1
  }
  const loose = new Map<number, string>()
  chunks.forEach(({ bodyEnd, looseEnd }, index) => {
    if (bodyEnd < looseEnd) loose.set(owner(index), (loose.get(owner(index)) ?? '') + source.slice(bodyEnd, looseEnd))
  })
  return (loose.get(-1) ?? '') + placed.map(({ from, text }) => text + (from === undefined ? '' : (loose.get(from) ?? ''))).join('')
}
