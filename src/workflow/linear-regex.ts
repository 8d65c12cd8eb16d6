// Regular expressions in linear time: RE2's engine, for expressions and for the patterns of JSON Schemas. Length and size of a pattern are
// bounded. Messages go on where the caller has named the pattern: `the pattern has 2,000 characters …`.
import { RE2JS } from 're2js'
import { MAX_PATTERN_LENGTH, MAX_PATTERN_SIZE } from './expression-budget.ts'

/** A compiled pattern, and of how many instructions it is made. */
export interface LinearRegex {
  readonly compiled: RE2JS
  readonly size: number
}

/** Why a text is no pattern. */
export class PatternError extends Error {
  readonly reason: 'length' | 'syntax' | 'size'

  constructor(reason: PatternError['reason'], message: string, cause?: unknown) {
    super(message, { cause })
    this.reason = reason
  }
}

/** Compiles a pattern in RE2's syntax, or in that of JavaScript. Throws PatternError. */
export function linearRegex(text: string, syntax: 're2' | 'javascript'): LinearRegex {
  if (text.length > MAX_PATTERN_LENGTH) throw new PatternError('length', `has ${text.length.toLocaleString('en')} characters, ${MAX_PATTERN_LENGTH.toLocaleString('en')} are the most`)
  const compiled = compile(text, syntax)
  const size = compiled.programSize()
  if (size > MAX_PATTERN_SIZE) throw new PatternError('size', `stands for ${size.toLocaleString('en')} instructions, ${MAX_PATTERN_SIZE.toLocaleString('en')} are the most`)
  return { compiled, size }
}

function compile(text: string, syntax: 're2' | 'javascript'): RE2JS {
  try {
    return RE2JS.compile(syntax === 're2' ? text : RE2JS.translateRegExp(text))
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message.replace('error parsing regexp: ', '') : String(thrown)
    throw new PatternError('syntax', `is no regular expression: ${why.slice(0, 200)}`, thrown)
  }
}
