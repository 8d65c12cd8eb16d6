// TypeScript code as a tree that is printed: what fits stays in one line, the rest is broken into one line per part. Literals of
// plain data, and the names that code may use.
import { visibleLine } from '../../shared/visible.ts'

/** A piece of code: text of one line, parts between brackets, or a chain of calls. */
export type Code = string | Group | Chain

/** Parts between two brackets, separated by commas. */
export interface Group {
  readonly open: string
  readonly parts: readonly Code[]
  readonly close: string
  /** Object literals have blanks inside of their brackets. */
  readonly spaced: boolean
}

/** `head.a().b()`, one line per call. */
export interface Chain {
  readonly head: string
  readonly calls: readonly Code[]
}

const WIDTH = 120
const IDENTIFIER = /^[A-Za-z_$][A-Za-z0-9_$]*$/

/** An object literal. */
export function objectCode(entries: readonly (readonly [key: string, value: Code])[]): Group {
  return { open: '{', parts: entries.map(([key, value]) => prefixed(`${keyCode(key)}: `, value)), close: '}', spaced: true }
}

/** A list literal. */
export function listCode(items: readonly Code[]): Group {
  return { open: '[', parts: items, close: ']', spaced: false }
}

/** A call; `callee` may begin with a dot. */
export function callCode(callee: string, args: readonly Code[]): Group {
  const last = args.at(-1)
  const before = args.slice(0, -1)
  // An object at the end hugs the brackets of the call: f('a', { … }).
  if (typeof last === 'object' && 'open' in last && before.every((arg) => typeof arg === 'string')) return { ...last, open: `${callee}(${[...before, last.open].join(', ')}`, close: `${last.close})` }
  return { open: `${callee}(`, parts: args, close: ')', spaced: false }
}

/** An arrow function that gives the code. */
export function arrowCode(parameters: string, body: Code): Code {
  const isObject = typeof body === 'object' && 'open' in body && body.open === '{'
  return prefixed(`(${parameters}) => `, isObject ? { ...body, open: '({', close: '})' } : body)
}

/** The same code behind a text. */
export function prefixed(before: string, code: Code): Code {
  if (typeof code === 'string') return before + code
  return 'open' in code ? { ...code, open: before + code.open } : { ...code, head: before + code.head }
}

/** Plain JSON as code that gives it. */
export function dataCode(value: unknown): Code {
  if (typeof value !== 'object' || value === null) return scalarCode(value)
  if (Array.isArray(value)) return listCode(value.map(dataCode))
  return objectCode(Object.entries(value).map(([key, child]) => [key, dataCode(child)]))
}

/** A text, a number, true, false or null as a literal. */
export function scalarCode(value: unknown): string {
  return typeof value === 'string' ? textCode(value) : Object.is(value, -0) ? '-0' : String(value)
}

/** A text as a literal in quotes: single ones, or double ones where that saves escapes. Nothing invisible stands in it. */
export function textCode(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  return quote + visibleLine(text.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`)) + quote
}

/** The inside of a template literal that gives the text. */
export function templateCode(text: string): string {
  return visibleLine(text.replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('${', '\\${'))
}

/** How a member is read: `.name`, `['odd name']`, `[0]`. */
export function memberCode(key: string | number): string {
  if (typeof key === 'number') return `[${key}]`
  return IDENTIFIER.test(key) ? `.${key}` : `[${textCode(key)}]`
}

function keyCode(key: string): string {
  if (key === '__proto__') return "['__proto__']" // as a plain key it would set the prototype
  return IDENTIFIER.test(key) ? key : textCode(key)
}

/** Prints code; `indent` blanks stand before each further line. */
export function printCode(code: Code, indent = 0): string {
  if (typeof code === 'string') return code
  if ('head' in code) return [code.head, ...code.calls.map((call) => blanks(indent + 2) + printCode(call, indent + 2))].join('\n')
  const flat = flatText(code)
  if (flat !== undefined && flat.length + indent <= WIDTH) return flat
  if (code.parts.length === 0) return code.open + code.close
  const lines = code.parts.map((part) => `${blanks(indent + 2)}${printCode(part, indent + 2)},`)
  return [code.open, ...lines, blanks(indent) + code.close].join('\n')
}

/** The code in one line; undefined when there is a chain in it. */
function flatText(code: Code): string | undefined {
  if (typeof code === 'string') return code
  if ('head' in code) return undefined
  const parts: string[] = []
  for (const part of code.parts) {
    const flat = flatText(part)
    if (flat === undefined) return undefined
    parts.push(flat)
  }
  const blank = code.spaced && parts.length > 0 ? ' ' : ''
  return code.open + blank + parts.join(', ') + blank + code.close
}

function blanks(count: number): string {
  return ' '.repeat(count)
}
