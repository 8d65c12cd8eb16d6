// The same as decoded.ts for block scalars, `|` and `>`: indentation is taken off, lines are folded, the end is chomped. Follows the
// reader of the yaml package step by step; a property test holds the two together.
import type { CST } from 'yaml'
import { Decoding, type Decoded, type Span } from './decoded.ts'

/** One line of the source of a block scalar. */
interface Line {
  readonly start: number
  readonly indent: number
  readonly text: string
  /** The line break; empty at the end of the file. */
  readonly break: Span
}

interface Header {
  readonly folded: boolean
  readonly indent: number
  readonly chomp: string
  readonly length: number
}

/** Decodes a block scalar. */
export function decodeBlock(token: CST.BlockScalar): Decoded {
  const decoding = new Decoding()
  const header = headerOf(token)
  const lines = linesOf(token.source, token.offset + header.length)
  let content = lines.findLastIndex(({ text }) => text !== '') + 1
  if (content === 0) {
    if (header.chomp === '+' && token.source !== '') for (const line of lines.slice(0, Math.max(1, lines.length - 1))) decoding.add('\n', ...line.break)
    return decoding
  }
  const first = lines.findIndex(({ text }) => text !== '')
  const trim = header.indent === 0 ? (lines[first]?.indent ?? 0) : token.indent + header.indent
  // Blank lines behind the text that are indented deeper belong to it.
  for (let at = lines.length - 1; at >= content; at--) if ((lines[at]?.indent ?? 0) > trim) content = at + 1
  for (const line of lines.slice(0, first)) {
    blanks(line, trim, decoding)
    decoding.add('\n', ...line.break)
  }
  const body = lines.slice(first, content)
  if (header.folded) folded(body, trim, decoding)
  else literal(body, trim, decoding)
  if (header.chomp !== '-') chomped(lines, { content, trim, keep: header.chomp === '+' }, decoding)
  return decoding
}

function headerOf({ props }: CST.BlockScalar): Header {
  const text = 'source' in (props[0] ?? {}) ? (props[0] as CST.SourceToken).source : ''
  const length = props.reduce((sum, prop) => sum + ('source' in prop ? prop.source.length : 0), 0)
  return { folded: text[0] === '>', indent: Number(/[1-9]/.exec(text)?.[0] ?? 0), chomp: /[-+]/.exec(text)?.[0] ?? '', length }
}

function linesOf(source: string, offset: number): Line[] {
  let start = offset
  return source.split('\n').map((whole) => {
    const crlf = whole.endsWith('\r')
    const text = crlf ? whole.slice(0, -1) : whole
    const indent = /^ */.exec(text)?.[0].length ?? 0
    const end = Math.min(start + whole.length + 1, offset + source.length)
    const line: Line = { start, indent, text: text.slice(indent), break: [start + text.length, end] }
    start += whole.length + 1
    return line
  })
}

function blanks({ start, indent }: Line, trim: number, decoding: Decoding): void {
  if (indent > trim) decoding.copy(' '.repeat(indent - trim), start + trim)
}

function literal(lines: readonly Line[], trim: number, decoding: Decoding): void {
  lines.forEach((line, index) => {
    const before = lines[index - 1]
    if (before !== undefined) decoding.add('\n', ...before.break)
    blanks(line, trim, decoding)
    decoding.copy(line.text, line.start + line.indent)
  })
}

function folded(lines: readonly Line[], trim: number, decoding: Decoding): void {
  let breaks: Span[] = []
  let newlines = 0
  let separator = ''
  let deeperBefore = false
  for (const line of lines) {
    const deeper = line.indent > trim || line.text.startsWith('\t')
    if (!deeper && line.text === '') {
      if (separator === '\n') newlines++
      else separator = '\n'
    } else {
      if (deeper && separator === ' ') separator = '\n'
      else if (deeper && !deeperBefore && separator === '\n') separator = '\n\n'
      if (separator === ' ') decoding.add(' ', ...(breaks[0] ?? line.break))
      else for (const one of breaks.slice(breaks.length - newlines - separator.length)) decoding.add('\n', ...one)
      if (deeper) blanks(line, trim, decoding)
      decoding.copy(line.text, line.start + line.indent)
      separator = deeper ? '\n' : ' '
      deeperBefore = deeper
      newlines = 0
      breaks = []
    }
    breaks.push(line.break)
  }
}

function chomped(lines: readonly Line[], { content, trim, keep }: { readonly content: number; readonly trim: number; readonly keep: boolean }, decoding: Decoding): void {
  const last = lines[content - 1]
  if (last === undefined) return
  if (!keep || content === lines.length) {
    decoding.add('\n', ...last.break)
    return
  }
  for (const [index, line] of lines.slice(content).entries()) {
    decoding.add('\n', ...(lines[content + index - 1]?.break ?? line.break))
    blanks(line, trim, decoding)
  }
  if (!decoding.value.endsWith('\n')) decoding.add('\n', ...(lines.at(-1)?.break ?? last.break))
}
