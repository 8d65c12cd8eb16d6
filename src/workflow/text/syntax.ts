// Errors of YAML in words that say what to do. A newcomer's mistakes are mostly a few: an expression without quotes, a text that YAML
// takes for something else, a tab. They are told by what stands in the line, since the parser only knows where it got lost.
import type { YAMLError } from 'yaml'

/** An error in our words. */
export interface SyntaxProblem {
  readonly start: number
  readonly end: number
  readonly message: string
  readonly remedy: string
}

const QUOTE = 'Put the text into quotes: "…". Inside of double quotes write \\" for a quote.'
const QUOTE_EXPRESSION = "Put the expression into quotes: '${{ … }}'. In a text in single quotes write '' for a quote."

/** The errors of a text: one a line, since what follows in a line is mostly the echo of the first, and at most five. */
export function syntaxProblems(errors: readonly YAMLError[], source: string): readonly SyntaxProblem[] {
  const told = new Map<number, SyntaxProblem>()
  for (const error of [...errors].sort((a, b) => a.pos[0] - b.pos[0])) {
    const line = source.lastIndexOf('\n', error.pos[0] - 1)
    if (!told.has(line) && told.size < 5) told.set(line, problemOf(error, source, line + 1))
  }
  return [...told.values()]
}

function problemOf({ code, pos, message }: YAMLError, source: string, lineStart: number): SyntaxProblem {
  const end = source.indexOf('\n', pos[0])
  const line = source.slice(lineStart, end < 0 ? undefined : end)
  const words = wordsFor(code, message, line)
  const start = Math.min(pos[0], source.length)
  return { start, end: Math.max(start + 1, Math.min(pos[1], end < 0 ? source.length : end)), ...words }
}

function wordsFor(code: string, message: string, line: string): { readonly message: string; readonly remedy: string } {
  const bare = /^[^"'#]*\$\{\{/.test(line)
  switch (code) {
    case 'TAB_AS_INDENT':
      return { message: 'the line is indented with a tab', remedy: 'Indent with spaces: two for each level.' }
    case 'BLOCK_AS_IMPLICIT_KEY':
      if (bare || /:\s+\S.*\?.*:/.test(line)) return { message: 'a ": " inside of an expression without quotes begins a new key', remedy: QUOTE_EXPRESSION }
      return { message: 'a second ": " in one line begins a key where none can be', remedy: QUOTE }
    case 'MULTILINE_IMPLICIT_KEY':
    case 'KEY_OVER_1024_CHARS':
      return { message: 'expected a key with ": " behind it, got text', remedy: 'Write key: value, with a space behind the colon.' }
    case 'BAD_SCALAR_START':
      return { message: `a text cannot begin with ${/character (\S)/.exec(message)?.[1] ?? 'this character'} without quotes`, remedy: QUOTE }
    case 'TAG_RESOLVE_FAILED':
      return { message: 'a value that begins with "!" is a tag, and tags are not used here', remedy: 'Put it into quotes if it is an expression or a text: "!has(input.email)".' }
    case 'MISSING_CHAR':
      if (/ends? with a ?[}\]]/.test(message)) return unclosed(/\]/.test(message))
      if (/Missing ,/.test(message)) return { message: 'a comma is missing between two entries', remedy: 'Write { a: 1, b: 2 } and [1, 2], and put texts with special characters into quotes.' }
      return { message: message.includes('quote') ? 'a quote is not closed' : message, remedy: 'Close it, or write \'\' (in single quotes) or \\" (in double quotes) for a quote that is meant.' }
    case 'BAD_INDENT':
      if (/Flow/.test(message)) return unclosed(message.includes('sequence'))
      return { message: 'the line is indented unlike those around it', remedy: 'Keys of one object begin at the same column; what belongs to a key stands two spaces further in.' }
    case 'NON_STRING_KEY':
      return { message: 'a key must be a text', remedy: 'Write key: value.' }
    case 'BAD_DQ_ESCAPE':
      return { message: 'there is no such escape in double quotes', remedy: 'Write \\\\ for a backslash, or use single quotes, where it stands for itself.' }
    case 'UNEXPECTED_TOKEN':
      if (bare) return { message: 'an expression inside of { } or [ ] must stand in quotes', remedy: QUOTE_EXPRESSION }
      if (/:\s*[|>]/.test(line)) return { message: 'behind | or > the text begins in the next line', remedy: `Begin it there, further in; or put a text that begins so into quotes.` }
      if (/["'].*["']/.test(line)) return { message: 'there is text behind the closing quote', remedy: 'Put the whole value into quotes, and write \'\' (in single quotes) or \\" (in double quotes) for a quote inside.' }
      return { message: `something stands where nothing can: ${plain(message)}`, remedy: QUOTE }
    default:
      return { message: plain(message), remedy: 'See the line and the one before it; a text with special characters belongs in quotes.' }
  }
}

function unclosed(list: boolean): { readonly message: string; readonly remedy: string } {
  return { message: `a ${list ? 'list that begins with [' : 'group that begins with {'} is not closed`, remedy: `Close it with ${list ? ']' : '}'}, or put a text that begins so into quotes.` }
}

function plain(message: string): string {
  const text = message.replace(/ at line \d+, column \d+:?[^]*$/, '')
  return text.slice(0, 1).toLowerCase() + text.slice(1)
}
