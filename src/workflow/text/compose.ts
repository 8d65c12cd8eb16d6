// Turns a text into the nodes of YAML, without ever going deeper than a definition may: the depth is watched while the text is cut into
// tokens, before anything that calls itself sees them.
import { Composer, Lexer, Parser, type Document, type ParsedNode, type YAMLError } from 'yaml'

/** A text may have so many characters: about a megabyte. */
export const MAX_TEXT = 1024 * 1024

/** Objects and lists may stand inside each other so deep. */
export const MAX_DEPTH = 100

/** A text may have so many tokens: names, colons, line ends, blanks. A thousand steps have some 70,000. */
export const MAX_TOKENS = 250_000

/** Aliases and anchors that a text may have. */
const MAX_ALIASES = 1000

/** What was read. */
export interface Composed {
  readonly document: Document.Parsed<ParsedNode> | undefined
  readonly errors: readonly YAMLError[]
  /** Where the nesting became too deep. */
  readonly tooDeep: number | undefined
  /** Where the text became too long. */
  readonly tooLong: number | undefined
  /** Where the aliases became too many. */
  readonly tooMany: number | undefined
  /** Where a second document begins. */
  readonly second: number | undefined
}

const NOTHING: Composed = { document: undefined, errors: [], tooDeep: undefined, tooLong: undefined, tooMany: undefined, second: undefined }

/** Reads a text of at most MAX_TEXT characters. */
export function compose(source: string): Composed {
  const parser = new Parser()
  const lexer = new Lexer()
  const tokens = []
  let [count, aliases] = [0, 0]
  for (const lexeme of lexer.lex(source)) {
    if ((lexeme[0] === '*' || lexeme[0] === '&') && ++aliases > MAX_ALIASES) return { ...NOTHING, tooMany: parser.offset }
    if (++count > MAX_TOKENS) return { ...NOTHING, tooLong: parser.offset }
    for (const token of parser.next(lexeme)) tokens.push(token)
    if (parser.stack.length > MAX_DEPTH + 2) return { ...NOTHING, tooDeep: parser.offset }
  }
  for (const token of parser.end()) tokens.push(token)
  // Keys are compared where the model is made: here every pair of them would be.
  const composer = new Composer({ version: '1.2', schema: 'core', uniqueKeys: false, stringKeys: true, prettyErrors: false, merge: false })
  const [document, second] = [...composer.compose(tokens, true, source.length)]
  const errors = [...(document?.errors ?? []), ...(document?.warnings ?? [])]
  return { ...NOTHING, document, errors, second: second?.range?.[0] }
}
