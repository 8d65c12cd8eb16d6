// Which characters of a text make which characters of a value: for quoted and plain scalars. Escapes, doubled quotes and line folds
// are followed one by one, so that a mistake inside a text can be marked where it was written. Block scalars: decoded-block.ts.

/** A decoded text; for each of its UTF-16 units, where in the source it begins and ends. */
export interface Decoded {
  readonly value: string
  /** Undefined for a place that the value does not have. */
  unitAt(index: number): Span | undefined
}

/** A piece of the value: a copy of the source from `start` on, or all of it made of the one piece up to `end`. */
interface Run {
  readonly at: number
  readonly start: number
  readonly end: number
  readonly copied: boolean
}

/** Gathers a decoded text piece by piece. */
export class Decoding implements Decoded {
  value = ''
  readonly #runs: Run[] = []

  /** Adds text that all comes from the same piece of the source. */
  add(text: string, start: number, end: number): void {
    if (text === '') return
    this.#runs.push({ at: this.value.length, start, end, copied: false })
    this.value += text
  }

  /** Adds text that stands in the source as it is. */
  copy(text: string, start: number): void {
    if (text === '') return
    const last = this.#runs.at(-1)
    // What follows on what was copied before is part of the same piece.
    if (last?.copied !== true || start - last.start !== this.value.length - last.at) this.#runs.push({ at: this.value.length, start, end: start, copied: true })
    this.value += text
  }

  unitAt(index: number): Span | undefined {
    if (index < 0 || index >= this.value.length) return undefined
    let low = 0
    let high = this.#runs.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#runs[middle]?.at ?? 0) <= index) low = middle + 1
      else high = middle
    }
    const run = this.#runs[low - 1]
    if (run === undefined) return undefined
    const start = run.start + index - run.at
    return run.copied ? [start, start + 1] : [run.start, run.end]
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
    let at = 0
    for (let quote = text.indexOf("''"); quote !== -1; quote = text.indexOf("''", at)) {
      decoding.copy(text.slice(at, quote), start + at)
      decoding.add("'", start + quote, start + quote + 2)
      at = quote + 2
    }
    decoding.copy(text.slice(at), start + at)
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
    if (source[at] === '\\') at += escape(source, at, { decoding, offset })
    else {
      // Blanks count as text only where no line break follows.
      const text = matchAt(/[^\\\n\r \t]+|[ \t]+(?![ \t\r\n])/y, source, at)
      const fold = text === undefined ? matchAt(/[ \t]*\r?\n(?:[ \t]*\r?\n)*[ \t]*/y, source, at) : undefined
      if (fold === undefined) decoding.copy((text ?? source.charAt(at)).slice(0, end - at), offset + at)
      else decoding.fold(breaksIn(fold, offset + at))
      at += (text ?? fold ?? ' ').length
    }
  }
  return decoding
}

function matchAt(pattern: RegExp, source: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(source)?.[0]
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
