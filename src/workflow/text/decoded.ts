// Which characters of a text make which characters of a value: for quoted and plain scalars. Escapes, doubled quotes and line folds
// are followed one by one, so that a mistake inside a text can be marked where it was written. Block scalars: decoded-block.ts.

/** A decoded text; for each of its UTF-16 units, where in the source it begins and ends. */
export interface Decoded {
  readonly value: string
  readonly starts: readonly number[]
  readonly ends: readonly number[]
}

/** Gathers a decoded text unit by unit. */
export class Decoding implements Decoded {
  value = ''
  readonly starts: number[] = []
  readonly ends: number[] = []

  /** Adds text that all comes from the same piece of the source. */
  add(text: string, start: number, end: number): void {
    this.value += text
    for (let at = 0; at < text.length; at++) {
      this.starts.push(start)
      this.ends.push(end)
    }
  }

  /** Adds text that stands in the source as it is. */
  copy(text: string, start: number): void {
    this.value += text
    for (let at = 0; at < text.length; at++) {
      this.starts.push(start + at)
      this.ends.push(start + at + 1)
    }
  }

  /** Adds what line breaks become: one is a space, more of them are one fewer. */
  fold(breaks: readonly Span[]): void {
    const [first, ...rest] = breaks
    if (first !== undefined && rest.length === 0) this.add(' ', ...first)
    for (const one of rest) this.add('\n', ...one)
  }
}

/** A piece of the source. */
export type Span = readonly [start: number, end: number]

/** Decodes a plain scalar; `offset` is where its source begins. */
export function decodePlain(source: string, offset: number): Decoded {
  const decoding = new Decoding()
  eachFoldedLine(source, offset, decoding, (text, start) => decoding.copy(text, start))
  return decoding
}

/** Decodes a scalar in single quotes. */
export function decodeSingle(source: string, offset: number): Decoded {
  const decoding = new Decoding()
  eachFoldedLine(source.slice(1, -1), offset + 1, decoding, (text, start) => {
    for (let at = 0; at < text.length; at++) {
      if (text[at] === "'" && text[at + 1] === "'") {
        decoding.add("'", start + at, start + at + 2)
        at++
      } else decoding.copy(text[at] ?? '', start + at)
    }
  })
  return decoding
}

/** Takes the blanks off around line breaks, as plain and single-quoted scalars do, and folds the breaks. */
function eachFoldedLine(source: string, offset: number, decoding: Decoding, line: (text: string, start: number) => void): void {
  const lines = source.split('\n')
  let at = offset
  let breaks: Span[] = []
  lines.forEach((whole, index) => {
    const last = index === lines.length - 1
    const crlf = !last && whole.endsWith('\r')
    const text = crlf ? whole.slice(0, -1) : whole
    const before = index === 0 ? 0 : (/^[ \t]*/.exec(text)?.[0].length ?? 0)
    const kept = last ? text.slice(before) : text.slice(before).replace(/(?<![ \t])[ \t]+$/, '')
    // The first and the last line count as lines of text even when they are empty: only what is between is folded away.
    if (index === 0 || last || kept !== '') {
      decoding.fold(breaks)
      breaks = []
      line(kept, at + before)
    }
    breaks.push([at + text.length, at + whole.length + 1])
    at += whole.length + 1
  })
}

const ESCAPES: Readonly<Record<string, string>> = { 0: '\0', a: '\x07', b: '\b', e: '\x1b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', N: '\u0085', _: '\u00a0', L: '\u2028', P: '\u2029', ' ': ' ', '"': '"', '/': '/', '\\': '\\', '\t': '\t' }
const CODE_LENGTHS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 }

/** Decodes a scalar in double quotes. */
export function decodeDouble(source: string, offset: number): Decoded {
  const decoding = new Decoding()
  const end = source.length - 1
  let at = 1
  while (at < end) {
    const fold = /[ \t]*\r?\n(?:[ \t]*\r?\n)*[ \t]*/y
    fold.lastIndex = at
    const folded = fold.exec(source)?.[0]
    if (folded !== undefined) {
      decoding.fold(breaksIn(folded, offset + at))
      at += folded.length
    } else if (source[at] === '\\') at += escape(source, at, { decoding, offset })
    else {
      decoding.copy(source[at] ?? '', offset + at)
      at++
    }
  }
  return decoding
}

/** Decodes the escape at `at`; gives its length. */
function escape(source: string, at: number, { decoding, offset }: { readonly decoding: Decoding; readonly offset: number }): number {
  const joined = /\\\r?\n[ \t]*/y
  joined.lastIndex = at
  const join = joined.exec(source)?.[0]
  if (join !== undefined) return join.length
  const letter = source[at + 1] ?? ''
  const digits = CODE_LENGTHS[letter]
  const length = 2 + (digits ?? 0)
  const text = digits === undefined ? (ESCAPES[letter] ?? `\\${letter}`) : String.fromCodePoint(Number.parseInt(source.slice(at + 2, at + length), 16))
  decoding.add(text, offset + at, offset + at + length)
  return length
}

function breaksIn(text: string, offset: number): Span[] {
  return [...text.matchAll(/\r?\n/g)].map((match) => [offset + match.index, offset + match.index + match[0].length] as const)
}
