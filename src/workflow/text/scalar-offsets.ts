// Where the characters of a scalar's value stand in its source: through quotes and their escapes, through lines that YAML folds into
// one, through the indentation of blocks. Characters keep their order in every style; only white space and escapes differ.
import { Scalar } from 'yaml'

/** Where one character was made: the offset of its source, and how much of the source it took. */
export interface Origin {
  readonly offset: number
  readonly length: number
}

const ESCAPES: Readonly<Record<string, string>> = { 0: '\0', a: '\x07', b: '\b', e: '\x1b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', N: '\u0085', _: '\u00a0', L: '\u2028', P: '\u2029' }
const HEX: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 }

/**
 * The origin of each UTF-16 unit of `value`, the value of a text scalar that was read from `raw`, its source with quotes or block
 * header. `at` is the offset of `raw`.
 */
export function originsOf(value: string, raw: string, { type, at }: { readonly type: string | undefined; readonly at: number }): readonly Origin[] {
  const double = type === Scalar.QUOTE_DOUBLE
  const single = type === Scalar.QUOTE_SINGLE
  let from = double || single ? 1 : 0
  if (type === Scalar.BLOCK_LITERAL || type === Scalar.BLOCK_FOLDED) from = raw.indexOf('\n') + 1
  const origins: Origin[] = []
  for (let index = 0; index < value.length;) {
    const wanted = value[index] ?? ''
    const here = raw[from]
    if (here === undefined) {
      origins.push({ offset: at + Math.max(0, raw.length - 1), length: 1 }) // a line end that chomping added
      index++
    } else if (double && here === '\\') {
      const { text, length } = escapeAt(raw, from)
      if (text !== '') for (let unit = 0; unit < text.length; unit++) origins.push({ offset: at + from, length })
      index += text.length
      from += length
    } else if (here === wanted) {
      const length = single && here === "'" ? 2 : 1
      origins.push({ offset: at + from, length })
      index++
      from += length
    } else if (isBlank(wanted) && isBlank(here)) {
      origins.push({ offset: at + from, length: 1 })
      index++
      from++ // a line end that became a space, or the other way round
    } else if (isBlank(here)) {
      from++ // indentation, or blanks at the end of a line
    } else if (isBlank(wanted)) {
      origins.push({ offset: at + from, length: 1 })
      index++
    } else {
      origins.push({ offset: at + from, length: 1 })
      index++
      from++
    }
  }
  return origins
}

/** What an escape of a double-quoted text stands for; a line end that is escaped stands for nothing, with the blanks behind it. */
function escapeAt(raw: string, at: number): { readonly text: string; readonly length: number } {
  const letter = raw[at + 1] ?? ''
  const digits = HEX[letter]
  if (digits !== undefined) {
    const code = Number.parseInt(raw.slice(at + 2, at + 2 + digits), 16)
    return { text: Number.isNaN(code) || code > 0x10ffff ? '?' : String.fromCodePoint(code), length: 2 + digits }
  }
  if (letter === '\n' || letter === '\r') return { text: '', length: (/^\\\r?\n[ \t]*/.exec(raw.slice(at)) ?? ['\\'])[0].length }
  return { text: ESCAPES[letter] ?? letter, length: 2 }
}

function isBlank(unit: string): boolean {
  return unit === ' ' || unit === '\t' || unit === '\n' || unit === '\r'
}
