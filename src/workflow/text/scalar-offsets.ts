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

/** A text scalar: its value, the source it was read from (with quotes or block header), and how and where it is written. */
export interface Written {
  readonly value: string
  readonly raw: string
  readonly type: string | undefined
  /** The offset of `raw`. */
  readonly at: number
}

/** The origins of the UTF-16 units from `start` up to `end` of the value. */
export function originsOf({ value, raw, type, at }: Written, start = 0, end: number = value.length): readonly Origin[] {
  const double = type === Scalar.QUOTE_DOUBLE
  const single = type === Scalar.QUOTE_SINGLE
  let from = double || single ? 1 : 0
  if (type === Scalar.BLOCK_LITERAL || type === Scalar.BLOCK_FOLDED) from = raw.indexOf('\n') + 1
  const origins: Origin[] = []
  let index = 0
  /** One unit was made there. */
  const made = (offset: number, length: number): void => {
    if (index >= start) origins.push({ offset: at + offset, length })
    index++
  }
  while (index < Math.min(end, value.length)) {
    const wanted = value[index] ?? ''
    const here = raw[from]
    if (here === undefined) {
      made(Math.max(0, raw.length - 1), 1) // a line end that chomping added
    } else if (double && here === '\\') {
      const { text, length } = escapeAt(raw, from)
      for (let unit = 0; unit < text.length; unit++) made(from, length)
      from += length
    } else if (here === wanted) {
      const length = single && here === "'" ? 2 : 1
      made(from, length)
      from += length
    } else if (isBlank(wanted) && isBlank(here)) {
      made(from, 1)
      from++ // a line end that became a space, or the other way round
    } else if (isBlank(here)) {
      from++ // indentation, or blanks at the end of a line
    } else if (isBlank(wanted)) {
      made(from, 1)
    } else {
      made(from, 1)
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
