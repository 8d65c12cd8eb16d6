// Splits the texts of a definition into plain text and `${{ expressions }}`. It knows where an expression ends, which needs
// CEL's quotes and braces, and nothing else of the language. Only texts of definitions are split; data never is.
//
// There is no escape of its own: an expression that is a text says what an expression cannot, so `${{ '${{' }}` stands for `${{`.

/** A piece of a text: plain, or an expression with its offset in the text. */
export type Piece = { readonly kind: 'plain'; readonly text: string } | { readonly kind: 'expression'; readonly text: string; readonly offset: number }

const OPEN = '${{'
const CLOSE = '}}'

/** Splits a text; undefined when an expression is not closed. */
export function splitText(text: string): readonly Piece[] | undefined {
  const pieces: Piece[] = []
  let at = 0
  for (;;) {
    const open = text.indexOf(OPEN, at)
    if (open !== at && at < text.length) pieces.push({ kind: 'plain', text: open === -1 ? text.slice(at) : text.slice(at, open) })
    if (open === -1) return pieces
    const start = open + OPEN.length
    const end = endOfExpression(text, start)
    if (end === -1) return undefined
    const inner = text.slice(start, end)
    pieces.push({ kind: 'expression', text: inner.trim(), offset: start + inner.length - inner.trimStart().length })
    at = end + CLOSE.length
  }
}

/** Takes `${{ }}` off a bare expression that was written with it; the offset is where the rest begins. */
export function bareExpression(text: string): { readonly text: string; readonly offset: number } {
  const blank = text.length - text.trimStart().length
  const trimmed = text.trim()
  const [only, more] = trimmed.startsWith(OPEN) ? (splitText(trimmed) ?? []) : []
  return only?.kind === 'expression' && more === undefined ? { text: only.text, offset: blank + only.offset } : { text: trimmed, offset: blank }
}

/** Writes data so that it stays data: what looks like an expression becomes an expression that gives just that text. */
export function escapeText(text: string): string {
  return text.includes(OPEN) ? text.replaceAll(OPEN, () => "${{ '${{' }}") : text
}

/** Where the `}}` stands that closes the expression beginning at `start`; -1 when there is none. */
function endOfExpression(text: string, start: number): number {
  let braces = 0
  for (let at = start; at < text.length; at++) {
    const unit = text[at]
    if (unit === '"' || unit === "'") {
      at = endOfLiteral(text, at)
      if (at === -1) return -1
    } else if (unit === '{') braces++
    else if (unit === '}') {
      if (braces > 0) braces--
      else if (text[at + 1] === '}') return at
    }
  }
  return -1
}

/** The last quote of the literal that begins at `open`; -1 when it is not closed. */
function endOfLiteral(text: string, open: number): number {
  const quote = text[open] ?? ''
  const mark = text.startsWith(quote.repeat(3), open) ? quote.repeat(3) : quote
  const raw = /(?:^|[^A-Za-z0-9_])(?:[rR][bB]?|[bB][rR])$/.test(text.slice(Math.max(0, open - 3), open))
  for (let at = open + mark.length; at < text.length; at++) {
    if (text[at] === '\\' && !raw) at++
    else if (text.startsWith(mark, at)) return at + mark.length - 1
  }
  return -1
}
