// How wide text is on a terminal, and text cut to a width. Counts what people see as one character; control characters are made
// visible before (shared/visible.ts), colours are put on after.

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
const PLAIN = /^[\x20-\x7e]*$/
// Han, kana, hangul, full-width forms and emoji take two columns.
const WIDE = /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u
const MARK = /^\p{Mark}+$/u

/** The columns that a line takes. */
export function textWidth(text: string): number {
  if (PLAIN.test(text)) return text.length
  let width = 0
  for (const { segment } of segmenter.segment(text)) width += columnsOf(segment)
  return width
}

/** The text, or its beginning with `…` where it is wider than `width`. */
export function fitText(text: string, width: number): string {
  if (textWidth(text) <= width) return text
  if (width < 1) return ''
  let kept = ''
  let used = 1 // the ellipsis
  for (const { segment } of segmenter.segment(text)) {
    used += columnsOf(segment)
    if (used > width) break
    kept += segment
  }
  return `${kept}…`
}

/** The text, filled with spaces up to `width`. */
export function padText(text: string, width: number, side: 'left' | 'right' = 'right'): string {
  const space = ' '.repeat(Math.max(0, width - textWidth(text)))
  return side === 'right' ? text + space : space + text
}

function columnsOf(segment: string): number {
  return MARK.test(segment) ? 0 : WIDE.test(segment) ? 2 : 1
}
