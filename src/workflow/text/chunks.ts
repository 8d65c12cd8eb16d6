// Cuts the lines of a block into chunks: one for each key of an object or item of a list, with the comments that belong to it.
//
// The rule: comments directly above a key, with no blank line between, belong to it; so do comments below it that are indented
// deeper. Blank lines above a key go with it. Other comments belong to nobody and stay. Those above the first key of a file
// belong to the file.
import { lineEnd, lineStart } from './place.ts'
import type { PartSpan } from './spans.ts'

/** The lines of one key or item, by offsets. Each piece begins where the one before it ends. */
export interface Chunk {
  readonly blankStart: number
  readonly commentStart: number
  readonly lineStart: number
  readonly bodyStart: number
  /** Behind the line break of its last line. */
  readonly bodyEnd: number
  /** Behind the comments below it that belong to nobody. */
  readonly looseEnd: number
}

interface Line {
  readonly start: number
  readonly end: number
  readonly comment: boolean
  readonly indent: number
}

/** Cuts a block; undefined when several parts share a line. */
export function chunksOf(source: string, spans: readonly PartSpan[], { column, root }: { readonly column: number; readonly root: boolean }): readonly Chunk[] | undefined {
  const chunks: Chunk[] = []
  for (const [index, span] of spans.entries()) {
    const line = lineStart(source, span.start)
    const above = chunks.at(-1)
    if (above !== undefined && line < above.bodyEnd) return undefined
    const head = above === undefined ? firstHead(source, line, { start: span.start, root }) : headOf(linesBetween(source, above.bodyEnd, line), line)
    if (above !== undefined) chunks[index - 1] = { ...above, looseEnd: head.blankStart }
    const content = nextLine(source, span.end)
    const between = linesBetween(source, content, index + 1 < spans.length ? lineStart(source, spans[index + 1]?.start ?? 0) : source.length)
    const tail = between.findLast(({ comment, indent }) => comment && indent > column)?.end ?? content
    chunks.push({ ...head, lineStart: line, bodyStart: span.start, bodyEnd: tail, looseEnd: tail })
  }
  return chunks
}

/** Where the line of a value ends, or the last of the comments below it that are indented deeper than its key: before the line break. */
export function tailEnd(source: string, offset: number, column: number): number {
  const last = linesBetween(source, nextLine(source, offset), source.length).findLast(({ comment, indent }) => comment && indent > column)
  return lineEnd(source, last?.start ?? offset)
}

type Head = Pick<Chunk, 'blankStart' | 'commentStart'>

/** Above the first part there are only comments that can be its own. */
function firstHead(source: string, line: number, { start, root }: { readonly start: number; readonly root: boolean }): Head {
  let commentStart = line
  const alone = source.slice(line, start).trim() === ''
  while (alone && !root && commentStart > 0) {
    const before = lineStart(source, commentStart - 1)
    if (!/^[ \t]*#/.test(source.slice(before, commentStart))) break
    commentStart = before
  }
  return { blankStart: commentStart, commentStart }
}

function headOf(lines: readonly Line[], line: number): Head {
  let at = lines.length
  while (lines[at - 1]?.comment === true) at--
  const commentStart = lines[at]?.start ?? line
  while (lines[at - 1]?.comment === false) at--
  return { blankStart: lines[at]?.start ?? commentStart, commentStart }
}

/** The blank lines and comments from an offset on, up to a limit or the first line that is neither. */
function linesBetween(source: string, from: number, limit: number): Line[] {
  const lines: Line[] = []
  let start = from
  while (start < limit) {
    const end = nextLine(source, start)
    const text = source.slice(start, end)
    const trimmed = text.trim()
    if (trimmed !== '' && !trimmed.startsWith('#')) break
    lines.push({ start, end, comment: trimmed !== '', indent: text.search(/\S|$/) })
    start = end
  }
  return lines
}

function nextLine(source: string, offset: number): number {
  const end = lineEnd(source, offset)
  return source.startsWith('\r\n', end) ? end + 2 : Math.min(end + 1, source.length)
}
