// Says in plain words what the parser of YAML found wrong: where exactly, and what somebody who is new to YAML is to do about it.
import type { YAMLError } from 'yaml'
import { lineEnd, lineStart, type Found } from './place.ts'
import { quoted } from './tokens.ts'

type Words = Pick<Found, 'message' | 'remedy' | 'start' | 'end'>

/** What an error of the parser means. */
export function syntaxProblem({ code, message, pos: [start, end] }: YAMLError, source: string): Found {
  const at = { source, start: Math.min(start, source.length), end: Math.min(Math.max(start, end), source.length) }
  const words = tabWords(at) ?? WORDS[code]?.(at, message) ?? plain(at, `expected YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`, 'Correct the line, or put the value in quotes.')
  return { code: 'YAML_SYNTAX', ...words }
}

interface At {
  readonly source: string
  readonly start: number
  readonly end: number
}

type Explain = (at: At, message: string) => Words

function plain({ start, end }: At, message: string, remedy: string): Words {
  return { message, remedy, start, end }
}

const WORDS: Partial<Record<YAMLError['code'], Explain>> = {
  TAB_AS_INDENT: (at) => plain(at, 'a tab is no indentation in YAML', 'Indent with spaces, for example two per level.'),
  BAD_SCALAR_START: (at) => {
    const rest = at.source.slice(at.start, lineEnd(at.source, at.start)).replace(/ #.*$/, '').trimEnd()
    return plain({ ...at, end: at.start + rest.length }, `a text cannot begin with ${at.source[at.start] ?? ''} unless it stands in quotes`, `Write ${quoted(rest)}`)
  },
  BAD_DQ_ESCAPE: (at) => plain({ ...at, end: at.start + 2 }, `there is no escape ${at.source.slice(at.start, at.start + 2)} in double quotes`, 'Write \\\\ for a backslash, or put the text in single quotes.'),
  BLOCK_AS_IMPLICIT_KEY: secondColon,
  MULTILINE_IMPLICIT_KEY: brokenKey,
  MISSING_CHAR: missing,
  BAD_INDENT: indentation,
  UNEXPECTED_TOKEN: unexpected,
  BLOCK_IN_FLOW: (at) => plain(at, 'expected a comma or a closing bracket before this', 'Separate what stands in { } and [ ] by commas.'),
  KEY_OVER_1024_CHARS: (at) => plain({ ...at, end: Math.min(at.end, at.start + 80) }, 'a key may have at most 1024 characters', 'Choose a shorter key.'),
  MULTIPLE_ANCHORS: (at) => plain(at, 'a value can have one anchor only', 'Leave one of the two out.'),
  BAD_ALIAS: (at) => plain(at, `a name is missing behind ${at.source[at.start] ?? ''}`, `Text that is or begins with ${at.source[at.start] ?? ''} stands in quotes.`),
  ALIAS_PROPS: (at) => plain(at, 'an alias can have no anchor of its own', 'Leave the anchor out.'),
  BAD_PROP_ORDER: (at) => plain(at, 'the anchor stands before the indicator', 'Write the anchor directly before the value.'),
}

/** A tab before the first character of the line is nearly always what is wrong with it. */
function tabWords({ source, start }: At): Words | undefined {
  const line = lineStart(source, start)
  const match = /^ *(\t+)(?=[^\s#])/.exec(source.slice(line, lineEnd(source, line)))
  if (match === null) return undefined
  const tab = line + match[0].indexOf('\t')
  return { message: 'a tab is no indentation in YAML', remedy: 'Indent with spaces, for example two per level.', start: tab, end: line + match[0].length }
}

/** `key: value: more`, an expression that holds `: `, or a line that is indented below a value. */
function secondColon(at: At): Words {
  const { source, start } = at
  const stop = lineEnd(source, start)
  const value = source.slice(start, stop)
  if (value.startsWith('- ') || value === '-') return plain({ ...at, end: stop }, 'a list cannot begin on the line of its key', 'Begin it on the next line, indented.')
  if (value.startsWith('? ') || value === '?') return plain({ ...at, end: stop }, 'a ? with a space behind it begins a key', 'Put the text in quotes.')
  const colon = /:(?=\s|$)/.exec(value)
  if (colon === null) return deeper(at)
  const shown = value.replace(/ #.*$/, '').trimEnd()
  const end = start + shown.length
  if (shown.includes('${{')) return { message: 'an expression that holds ": " must stand in quotes: behind it YAML expects a value', remedy: `Write ${quoted(shown)}`, start, end }
  return { message: 'two keys stand on one line: a ": " inside of a text makes a key of what is before it', remedy: `Put the text in quotes: ${quoted(shown)}. Keys below a key stand on lines of their own.`, start, end }
}

/** A line that is indented deeper than the line before it, which has a value already. */
function deeper({ source, start }: At): Words {
  let next = lineEnd(source, start)
  while (next < source.length && /^[ \t\r\n]/.test(source.slice(next, next + 1))) next++
  return { message: 'the line is indented deeper than the line before it, which has a value already', remedy: 'Indent keys of one object the same.', start: next, end: lineEnd(source, next) }
}

/** A line without `: ` that YAML takes for the beginning of the next key. */
function brokenKey(at: At): Words {
  const { source, start } = at
  const stop = lineEnd(source, start)
  const text = source.slice(start, stop)
  const nospace = /^([^\s:'"]+):(\S.*)$/.exec(text)
  if (nospace !== null) return { message: 'a space is missing behind the colon', remedy: `Write ${nospace[1] ?? ''}: ${nospace[2] ?? ''}`, start, end: stop }
  if (text === '-' || text.startsWith('- ')) return { message: 'a list item stands between the keys of an object', remedy: 'Indent the list below its key, or write a key.', start, end: stop }
  const before = source.slice(lineStart(source, start), start)
  if (/\S/.test(before)) return deeper(at)
  return { message: 'expected a key with a colon behind it', remedy: `Write ${text.trim()}: and a value. A text over several lines begins with > or | behind its key.`, start, end: stop }
}

function missing(at: At, message: string): Words {
  const { source, start } = at
  const stop = lineEnd(source, start)
  if (message.startsWith('Implicit map keys')) return brokenKey(at)
  if (message.startsWith('Comments must')) return plain({ ...at, end: stop }, 'a comment needs a space before its #', 'Write a space before #, or put the text in quotes if # belongs to it.')
  if (message.startsWith('Missing closing')) return plain(at, 'a closing quote is missing', 'Write the quote at the end of the text.')
  if (message.startsWith('Missing space after')) return plain(at, 'a space is missing behind the colon', 'Write a space behind the colon.')
  if (message.startsWith('Missing ,')) return plain(at, 'expected a comma before this', 'Separate what stands in { } and [ ] by commas; text with , [ ] { or } stands in quotes.')
  if (message.startsWith('Sequence item without')) return indentation(at)
  if (message.startsWith('Tags and anchors')) return plain(at, 'a space is missing behind the anchor', 'Write a space behind the name of the anchor.')
  if (message.startsWith('Block scalars with more-indented')) return plain(at, 'the first line of the text is indented less than the empty lines before it', 'Take the spaces out of the empty lines.')
  const end = /must end with a (.)/.exec(message)?.[1]
  if (end !== undefined) return unclosed(at, end)
  return plain(at, `expected YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`, 'Correct the line, or put the value in quotes.')
}

function indentation(at: At, message = ''): Words {
  const end = /must .*end with a (.)/.exec(message)?.[1]
  if (end !== undefined) return unclosed(at, end)
  const { source } = at
  if (message.startsWith('Block scalar')) return plain({ ...at, end: lineEnd(source, at.start) }, 'the line is indented less than the text that it belongs to', 'Indent all lines of the text behind | or > at least as deep as its first.')
  // The parser names the end of the line before, or the line itself.
  let start = at.start
  while (start < source.length && /[\s]/.test(source[start] ?? '')) start++
  const line = lineStart(source, start)
  return { message: 'the line is indented differently from the lines that it belongs to', remedy: 'Indent keys of one object, and items of one list, the same.', start: Math.min(line, start), end: Math.max(start, lineEnd(source, start)) }
}

/** The bracket that is not closed: the last one before the end of what was read that has no partner. */
function unclosed({ source, start }: At, close: string): Words {
  const atRoot = /^\s*[{[]/.test(source)
  const open = close === '}' ? '{' : '['
  let depth = 0
  for (let at = Math.min(start, source.length) - 1; at >= 0; at--) {
    if (source[at] === close) depth++
    else if (source[at] === open && depth-- === 0) return { message: `this ${open} has no closing ${close}`, remedy: `Write ${close} at the end.${atRoot ? '' : ' The lines inside are indented deeper than the key.'}`, start: at, end: at + 1 }
  }
  return { message: `a closing ${close} is missing`, remedy: `Write ${close} at the end.`, start, end: start }
}

function unexpected(at: At, message: string): Words {
  const { source, start } = at
  const stop = lineEnd(source, start)
  const char = source[start] ?? ''
  if (message.startsWith('Unexpected block-seq-ind on same line')) return plain({ ...at, end: stop }, 'a list cannot begin on the line of its key', 'Begin it on the next line, indented; or write it in brackets: [a, b]. A text that begins with "- " stands in quotes.')
  if (message.startsWith('Block scalar header') || message.startsWith('Not a YAML token')) {
    return plain({ ...at, start: lineStart(source, start) + (/[|>][^|>]*$/.exec(source.slice(lineStart(source, start), start + 1))?.index ?? start - lineStart(source, start)), end: stop }, 'behind | or > the text begins on the next line', 'Move the text to the next line, indented; or put it in quotes.')
  }
  if (message.startsWith('Unexpected , ') || message.startsWith('Unexpected empty item')) return plain(at, 'nothing stands between two commas', 'Leave one of the commas out.')
  if (message.includes('at node end') && /['"]/.test(source[start - 1] ?? '')) return plain({ ...at, end: stop }, `text stands behind the closing ${source[start - 1] ?? ''}`, source[start - 1] === "'" ? "An apostrophe inside single quotes is written ''; or put the text in double quotes." : 'Write \\" for a quote inside of double quotes; or put the text in single quotes.')
  if (message.includes('at node end') && /["']\s+$/.test(source.slice(lineStart(source, start), start))) return plain({ ...at, end: stop }, 'text stands behind the closing quote', 'Put all of it in quotes, or leave it out.')
  if (char === '}' || char === ']') return plain(at, `this ${char} closes nothing`, `Leave it out, or put a text that holds ${char} in quotes.`)
  if (char === '{' || char === '[') return plain(at, `${char} cannot stand here`, `Put a text that holds ${char} in quotes; separate what stands in { } and [ ] by commas.`)
  if (message.includes('in YAML stream') || message.includes('at node end')) return plain({ ...at, end: stop }, 'this does not belong to what stands before it', 'Is it indented like the lines that it belongs to? An object has keys with colons, a list has items with dashes: not both.')
  return plain(at, `${char === '' ? 'the end' : `"${source.slice(start, at.end)}"`} cannot stand here`, 'Correct the line, or put the value in quotes.')
}
