// One text or number as YAML writes it: plain where no reader of YAML 1.1 or 1.2 could take it for anything else, in quotes
// otherwise, as a block of lines where it has several. Nothing is folded.

/** What is plain from its first character on: letters, `${{`, paths; and durations such as `1h 30m`. */
const PLAIN = /^(?:[A-Za-z_/\u00c0-\u024f]|\$\{\{|\.\.?\/)/
const DURATION = /^\d+(?:\.\d+)?(?:ms|[smhdw])(?: \d+(?:\.\d+)?(?:ms|[smhdw]))*$/
/** Words that some reader takes for true, false, null or a number. */
const WORDS = new Set(['y', 'n', 'yes', 'no', 'on', 'off', 'true', 'false', 'null', 'nan', 'inf', 'infinity'])
/** A comment or a key begins inside of it. */
const BROKEN = /:(?:\s|$)|\s#/
/** What must be escaped: controls, line and paragraph separators, halves of pairs, marks of byte order, what is no character. */
const UNPRINTABLE = /[\0-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]/u
const ESCAPED = /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g

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
  if (lines.some((line) => UNPRINTABLE.test(line) || /\s$/.test(line))) return undefined
  return { mark: ends ? '|' : '|-', lines }
}

function stringText(text: string): string {
  if (UNPRINTABLE.test(text)) return doubleQuoted(text)
  if (isPlain(text)) return text
  return text.includes("'") && !/["\\]/.test(text) ? doubleQuoted(text) : `'${text.replaceAll("'", "''")}'`
}

function isPlain(text: string): boolean {
  if (DURATION.test(text)) return true
  return PLAIN.test(text) && text.trim() === text && !BROKEN.test(text) && !WORDS.has(text.toLowerCase())
}

/** JSON is YAML, but for characters that YAML does not print. */
function doubleQuoted(text: string): string {
  return JSON.stringify(text).replace(ESCAPED, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
