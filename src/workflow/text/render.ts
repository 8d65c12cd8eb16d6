// Writes values as YAML: in blocks with the indentation of the file, or on one line inside of brackets; or as JSON in a file that is.
import { doubleQuoted, blockText, isPlain, scalarText, type ScalarStyle } from './scalar-text.ts'
import { isObject } from './plain-json.ts'

/** How a file is written. */
export interface FileStyle {
  readonly newline: string
  /** Spaces per level. */
  readonly unit: number
  /** Spaces before the dashes of a list, counted from its key. */
  readonly dash: number
  /** Everything in it is JSON. */
  readonly json: boolean
}

/** Where a value is written: behind a key or a dash that stands at a column. */
export interface Behind {
  readonly what: 'key' | 'dash'
  readonly column: number
}

/** A value: what stands on the line of its key or dash, and the lines below. */
export interface Rendered {
  readonly head: string
  readonly lines: readonly string[]
}

/** Writes a value in block style. */
export function renderValue(value: unknown, { what, column }: Behind, style: FileStyle, scalar?: ScalarStyle): Rendered {
  if (isObject(value) && Object.keys(value).length > 0) return compact(renderPairs(value, what === 'key' ? column + style.unit : column + 2, style), what)
  if (Array.isArray(value) && value.length > 0) return compact(renderItems(value, what === 'key' ? column + style.dash : column + 2, style), what)
  if (isObject(value)) return { head: '{}', lines: [] }
  if (Array.isArray(value)) return { head: '[]', lines: [] }
  const block = typeof value === 'string' && (scalar === undefined || scalar === 'BLOCK_LITERAL' || scalar === 'BLOCK_FOLDED') ? blockText(value, scalar) : undefined
  if (block === undefined) return { head: scalarText(value, scalar, { flow: false, key: false }), lines: [] }
  const pad = ' '.repeat(what === 'key' ? column + style.unit : column + 2)
  return { head: block.header, lines: block.lines.map((line) => (line === '' ? '' : pad + line)) }
}

/** Behind a dash the first line of a list or an object stands on the line of the dash. */
function compact(lines: readonly string[], what: Behind['what']): Rendered {
  return what === 'key' ? { head: '', lines } : { head: (lines[0] ?? '').trimStart(), lines: lines.slice(1) }
}

/** Writes the keys of an object, each on lines of its own that begin at a column. */
export function renderPairs(value: Readonly<Record<string, unknown>>, column: number, style: FileStyle): readonly string[] {
  return Object.entries(value).flatMap(([key, inner]) => {
    const { head, lines } = renderValue(inner, { what: 'key', column }, style)
    return [`${' '.repeat(column)}${keyText(key, undefined, false)}:${head === '' ? '' : ` ${head}`}`, ...lines]
  })
}

/** Writes the items of a list. */
export function renderItems(items: readonly unknown[], column: number, style: FileStyle): readonly string[] {
  return items.flatMap((item) => {
    const { head, lines } = renderValue(item, { what: 'dash', column }, style)
    return [`${' '.repeat(column)}- ${head}`, ...lines]
  })
}

/** Writes a key. */
export function keyText(key: string, style: ScalarStyle, flow: boolean): string {
  return scalarText(key, style === 'BLOCK_LITERAL' || style === 'BLOCK_FOLDED' ? undefined : style, { flow, key: true })
}

/** How a collection in brackets is written. */
export interface FlowStyle {
  readonly json: boolean
  /** What stands behind a colon. */
  readonly gap: string
  /** What stands inside of the braces of an object. */
  readonly pad: string
  /** The indentation of the line, where objects are spread over lines. */
  readonly spread?: { readonly column: number; readonly unit: number; readonly newline: string }
}

/** Writes a value inside of brackets. */
export function renderFlow(value: unknown, flow: FlowStyle, scalar?: ScalarStyle): string {
  if (Array.isArray(value)) return bracketed('[]', value.map((item) => renderFlow(item, deeper(flow))), flow)
  if (isObject(value)) return bracketed('{}', Object.entries(value).map(([key, inner]) => `${flowKey(key, undefined, flow)}:${flow.gap}${renderFlow(inner, deeper(flow))}`), flow)
  if (flow.json) return typeof value === 'string' ? doubleQuoted(value) : scalarText(value, undefined, { flow: true, key: false })
  return scalarText(value, scalar === 'BLOCK_LITERAL' || scalar === 'BLOCK_FOLDED' ? undefined : scalar, { flow: true, key: false })
}

/** Writes a key inside of brackets. */
export function flowKey(key: string, scalar: ScalarStyle, flow: FlowStyle): string {
  // Without a space behind the colon only a quoted key ends where it should.
  if (flow.json || (flow.gap === '' && isPlain(key, { flow: true, key: true }))) return doubleQuoted(key)
  return keyText(key, scalar, true)
}

function deeper({ spread, ...flow }: FlowStyle): FlowStyle {
  return spread === undefined ? flow : { ...flow, spread: { ...spread, column: spread.column + spread.unit } }
}

function bracketed(brackets: string, parts: readonly string[], { pad, spread, gap }: FlowStyle): string {
  const [open = '', close = ''] = brackets
  if (parts.length === 0) return brackets
  const inner = open === '{' ? pad : ''
  if (spread === undefined) return `${open}${inner}${parts.join(gap === '' ? ',' : ', ')}${inner}${close}`
  const indentation = ' '.repeat(spread.column)
  const line = `${spread.newline}${indentation}${' '.repeat(spread.unit)}`
  return `${open}${line}${parts.join(`,${line}`)}${spread.newline}${indentation}${close}`
}
