// The first pass over a text: its syntax tree, made by an iterative parser under watch. The depth of nesting is held here, before
// anything recurses over the tree; and what must not stand in a definition at all is told: tags, directives, open quotes.
import { Lexer, Parser, type CST } from 'yaml'
import { splitText } from '../interpolation.ts'
import { lineEnd, type Found } from './place.ts'

/** Objects and lists stand in each other at most so deep. */
export const MAX_DEPTH = 100

/** A text may have so many tokens: names, colons, blanks, line ends. A thousand steps have some 70,000. */
const MAX_TOKENS = 150_000
/** So many marks and line ends may be in it. They are counted early in a long text, since reading them all takes the time. */
const MAX_MARKS = 100_000
const EARLY = 2000
const MARKS: ReadonlySet<number> = new Set(Array.from('\n:,-?{}[]&*!|>\'"#', (mark) => mark.charCodeAt(0)))

/** What the first pass gives. */
export interface Tokens {
  readonly trees: readonly CST.Token[]
  readonly found: readonly Found[]
  /** False when reading stopped: what the trees hold is not to be looked at. */
  readonly complete: boolean
  /** From here on, what the next pass finds wrong only follows from what this one has told. */
  readonly noiseFrom: number
}

const SCALAR = '\u001F'
const DOCUMENT = '\u0002'
const FLOW_END = '\u0018'

/** Parses a text into syntax trees. */
export function readTokens(source: string): Tokens {
  const watch = new Watch(source)
  const parser = new Parser()
  const trees: CST.Token[] = []
  let count = 0
  for (const lexeme of new Lexer().lex(source)) {
    if (++count > MAX_TOKENS || (count === EARLY && hasTooManyMarks(source))) {
      const start = parser.offset
      return { trees, found: [...watch.found, tooMany(start)], complete: false, noiseFrom: start }
    }
    watch.see(lexeme, parser.offset)
    for (const tree of parser.next(lexeme)) trees.push(tree)
    if (parser.stack.length > MAX_DEPTH && depthOf(parser.stack) > MAX_DEPTH) {
      const start = parser.stack.at(-1)?.offset ?? parser.offset
      const remedy = `Lists and objects may stand in each other ${MAX_DEPTH} deep. Make the definition flatter.`
      return { trees, found: [...watch.found, { code: 'DEPTH_LIMIT', message: `nested more than ${MAX_DEPTH} deep`, remedy, start, end: lineEnd(source, start) }], complete: false, noiseFrom: start }
    }
  }
  for (const tree of parser.end()) trees.push(tree)
  return { trees, found: watch.found, complete: true, noiseFrom: watch.noiseFrom }
}

function hasTooManyMarks(source: string): boolean {
  if (source.length <= MAX_MARKS) return false
  let marks = 0
  for (let at = 0; at < source.length; at++) if (MARKS.has(source.charCodeAt(at)) && ++marks > MAX_MARKS) return true
  return false
}

function tooMany(start: number): Found {
  return { code: 'SIZE_LIMIT', message: `the text has more than ${MAX_MARKS.toLocaleString('en')} marks and line ends, or more than ${MAX_TOKENS.toLocaleString('en')} names, values and marks`, remedy: 'Keep data out of the definition: hand it in as the input, or read it from a file.', start, end: start }
}

function depthOf(stack: readonly CST.Token[]): number {
  let depth = 0
  for (const { type } of stack) if (type === 'block-map' || type === 'block-seq' || type === 'flow-collection') depth++
  return depth
}

/** Looks at each token as it comes. */
class Watch {
  readonly found: Found[] = []
  noiseFrom = Infinity
  readonly #source: string
  #scalarNext = false
  /** The plain text that came last, while nothing but space stands behind it. */
  #plain: { readonly text: string; readonly offset: number } | undefined

  constructor(source: string) {
    this.#source = source
  }

  see(lexeme: string, offset: number): void {
    if (this.#scalarNext) {
      this.#scalarNext = false
      this.#plain = { text: lexeme, offset }
      if (lexeme.endsWith('$') && this.#source.startsWith('{{', offset + lexeme.length)) this.#expressionInFlow(offset, offset + lexeme.length)
      return
    }
    switch (lexeme[0]) {
      case SCALAR:
        this.#scalarNext = true
        return
      case ' ':
      case '\t':
      case DOCUMENT:
      case FLOW_END:
        return
      case '#':
        this.#comment(lexeme, offset)
        break
      case '!':
        this.#refuse(offset, lexeme.length, `tags are not read, here ${lexeme}`, 'Leave the tag out. What is to be text stands in quotes.')
        break
      case '%':
        if (!/^%YAML\s+1\.2\s*$/.test(lexeme)) this.#refuse(offset, lexeme.length, `directives are not read, here ${lexeme}`, 'Leave the line out; a definition is YAML 1.2.')
        break
      case '"':
      case "'":
        this.#quoted(lexeme, offset)
        break
      default:
    }
    this.#plain = undefined
  }

  #refuse(start: number, length: number, message: string, remedy: string): void {
    this.found.push({ code: 'YAML_SYNTAX', message, remedy, start, end: start + length })
  }

  #quoted(lexeme: string, start: number): void {
    const quote = lexeme[0] ?? ''
    if (isClosed(lexeme)) return
    this.noiseFrom = Math.min(this.noiseFrom, start)
    const end = lineEnd(this.#source, start)
    this.found.push({ code: 'YAML_SYNTAX', message: `the text that begins with ${quote} here has no closing ${quote}`, remedy: `Write ${quote} at the end of the text.${quote === "'" ? " An apostrophe inside is written ''." : ''}`, start, end })
  }

  /** In `{ }` and `[ ]` the braces of an expression are those of an object. */
  #expressionInFlow(textStart: number, braces: number): void {
    const stop = lineEnd(this.#source, braces)
    const close = this.#source.slice(braces, stop).indexOf('}}')
    const start = textStart
    const behind = close === -1 ? stop : braces + close + 2
    const end = behind + (/^[^\s,\]}]*/.exec(this.#source.slice(behind, stop))?.[0].length ?? 0)
    this.noiseFrom = Math.min(this.noiseFrom, start)
    this.found.push({ code: 'YAML_SYNTAX', message: 'inside of { } and [ ] an expression must stand in quotes: its braces are read as an object', remedy: `Write ${quoted(this.#source.slice(start, end))}`, start, end })
  }

  /** ` #` begins a comment, also in the middle of an expression. */
  #comment(lexeme: string, offset: number): void {
    if (this.#plain === undefined || splitText(this.#plain.text) !== undefined) return
    const { text, offset: start } = this.#plain
    this.found.push({ code: 'YAML_SYNTAX', message: 'the expression is cut off: what stands behind " #" is a comment', remedy: `Put the whole value in quotes: ${quoted(`${text} ${lexeme}`)}`, start, end: offset + lexeme.length })
  }
}

function isClosed(lexeme: string): boolean {
  if (lexeme.length === 1 || lexeme.at(-1) !== lexeme[0]) return false
  if (lexeme[0] === "'") return true
  let slashes = 0
  while (lexeme[lexeme.length - 2 - slashes] === '\\') slashes++
  return slashes % 2 === 0
}

/** How a text is written in quotes, for a remedy. */
export function quoted(text: string): string {
  return text.includes("'") ? JSON.stringify(text) : `'${text}'`
}
