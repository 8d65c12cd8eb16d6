// One text or number as YAML writes it: plain where no reader of YAML 1.1 or 1.2 could take it for anything else, in quotes
// otherwise, as a block of lines where it has several. Nothing is folded.
import { visibleJson, visibleLine } from '../../shared/visible.ts'

/** What is plain from its first character on: letters, `${{`, paths; and durations such as `1h 30m`. */
const PLAIN = /^(?:[A-Za-z_/\u00c0-\u024f]|\$\{\{|\.\.?\/)/
const DURATION = /^\d+(?:\.\d+)?(?:ms|[smhdw])(?: \d+(?:\.\d+)?(?:ms|[smhdw]))*$/
/** Words that some reader takes for true, false, null or a number. */
const WORDS = new Set(['y', 'n', 'yes', 'no', 'on', 'off', 'true', 'false', 'null', 'nan', 'inf', 'infinity'])
/** A comment or a key begins inside of it. */
const BROKEN = /:(?:\s|$)|\s#/
/** Code points that are no characters, which YAML does not print. */
const NONE = /[\ufffe\uffff]/g

/** A text, number, boolean or null in one line. */
export function scalarText(value: unknown): string {
  return typeof value === 'string' ? stringText(value) : JSON.stringify(value ?? null)
}

/** The name of a key. */
export function keyText(key: string): string {
  return stringText(key)
}

/** A text of several lines as a block behind `|`; undefined when it is better in quotes. */
export function literalBlock(text: string): { readonly mark: string; readonly lines: readonly string[] } | undefined {
  const ends = text.endsWith('\n')
  const lines = (ends ? text.slice(0, -1) : text).split('\n')
  const [first = '', last = ''] = [lines[0], lines.at(-1)]
  if (!text.includes('\n') || first === '' || /^\s/.test(first) || last === '') return undefined
  if (lines.some((line) => isUnprintable(line) || /\s$/.test(line))) return undefined
  return { mark: ends ? '|' : '|-', lines }
}

function stringText(text: string): string {
  if (isUnprintable(text)) return doubleQuoted(text)
  if (isPlain(text)) return text
  return text.includes("'") && !/["\\]/.test(text) ? doubleQuoted(text) : `'${text.replaceAll("'", "''")}'`
}

function isPlain(text: string): boolean {
  if (DURATION.test(text)) return true
  return PLAIN.test(text) && text.trim() === text && !BROKEN.test(text) && !WORDS.has(text.toLowerCase())
}

/** What a reader could not see, a terminal would obey or YAML does not print: it stands as an escape. */
function isUnprintable(text: string): boolean {
  return visibleLine(text) !== text || text.search(NONE) !== -1
}

/** JSON is YAML, but for what is not printed. */
function doubleQuoted(text: string): string {
  return visibleJson(JSON.stringify(text)).replace(NONE, (unit) => `\\u${unit.charCodeAt(0).toString(16)}`)
}
