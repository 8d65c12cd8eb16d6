// Writes one scalar as YAML: in the style it had where the new value allows that, else in the plainest that reads as the same value.
import type { Scalar } from 'yaml'
import { numberText } from './numbers.ts'

/** Where a scalar stands, as far as its spelling depends on it. */
export interface ScalarPlace {
  /** Inside of `{ }` or `[ ]`. */
  readonly flow: boolean
  readonly key: boolean
}

/** The style of a scalar in a text. */
export type ScalarStyle = Scalar.Type | undefined

/** A value that is no list and no object, on one line. */
export function scalarText(value: unknown, style: ScalarStyle, place: ScalarPlace): string {
  if (typeof value === 'number') return numberText(value)
  if (typeof value !== 'string') return String(value) // true, false and null
  if (style === 'QUOTE_DOUBLE') return doubleQuoted(value)
  const single = !UNQUOTABLE.test(value) && value.isWellFormed()
  if (style === 'QUOTE_SINGLE' && single) return singleQuoted(value)
  if (isPlain(value, place) && (style === 'PLAIN' || !LOOKS_OLD.test(value) || place.key)) return value
  return single && (!value.includes("'") || /["\\]/.test(value)) ? singleQuoted(value) : doubleQuoted(value)
}

/** What cannot stand in single quotes on one line, or would not be seen there. */
 
const UNQUOTABLE = /[\0-\x1f\x7f-\x9f\u00a0\u2028\u2029\ufeff]/

/** Texts that the core schema of YAML 1.2 reads as something else. */
const RESOLVED = /^(?:~|null|Null|NULL|true|True|TRUE|false|False|FALSE|[-+]?(?:\.inf|\.Inf|\.INF)|\.nan|\.NaN|\.NAN|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)$/

/** Texts that readers of YAML 1.1 take for booleans, times or numbers: quoted, so that every tool reads the same. */
const LOOKS_OLD = /^(?:y|n|yes|no|on|off|[-+]?[0-9][0-9_]*(?::[0-9_]+)*(?:\.[0-9_]*)?|\d{4}-\d\d?-\d\d?.*|=|<<)$/i

/** Whether a text reads as itself without quotes. */
export function isPlain(value: string, { flow, key }: ScalarPlace): boolean {
  if (value === '' || value !== value.trim() || UNQUOTABLE.test(value) || !value.isWellFormed()) return false
  if (RESOLVED.test(value) || value === '<<' || /^(?:---|\.\.\.)/.test(value)) return false
  if (/^[-?:](?:[\s,[\]{}]|$)/.test(value) || /^[,[\]{}#&*!|>'"%@`]/.test(value)) return false
  if (/:(?:\s|$)|\s#/.test(value)) return false
  if (flow && /[,[\]{}]|^[-?:]|:$/.test(value)) return false
  return !key || (value.length <= 1000 && !/^[?-]\s/.test(value))
}

function singleQuoted(value: string): string {
  return `'${value.replaceAll("'", "''")}'`
}

/** JSON, with what could break a line or would not be seen written as an escape. */
export function doubleQuoted(value: string): string {
  return JSON.stringify(value).replace(/[\x7f-\x9f\u00a0\u2028\u2029\ufeff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** A block scalar: its header, and its lines without their indentation. */
export interface BlockText {
  readonly header: string
  readonly lines: readonly string[]
}

/** Writes a text of several lines as a block; undefined when a block cannot hold it. */
export function blockText(value: string, style: ScalarStyle): BlockText | undefined {
   
  if (!value.includes('\n') || /[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]/.test(value) || !value.isWellFormed()) return undefined
  const body = value.replace(/\n+$/, '')
  const ends = value.length - body.length
  const lines = body.split('\n')
  // Blank lines with spaces, and a first line that begins with one, would be read as indentation.
  if (body === '' || lines.some((line) => line !== '' && line.trim() === '') || /^[ \t]/.test(lines.find((line) => line !== '') ?? ' ')) return undefined
  // A block that keeps the blank lines at its end would take those that follow it in the file for its own.
  if (ends > 1 && style === undefined) return undefined
  const chomp = ends === 0 ? '-' : ends === 1 ? '' : '+'
  const blanks = Array.from({ length: Math.max(0, ends - 1) }, () => '')
  const foldable = style === 'BLOCK_FOLDED' && !lines.some((line) => line === '' || /^[ \t]/.test(line))
  const spread = foldable ? lines.flatMap((line, index) => (index === 0 ? [line] : ['', line])) : lines
  return { header: `${foldable ? '>' : '|'}${chomp}`, lines: [...spread, ...blanks] }
}
