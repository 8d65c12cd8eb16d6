// The patterns of JSON Schemas that come as text: they run on RE2's engine, so that no definition can make an input take exponential
// time. Patterns that zod publishes and RE2 cannot say are known one by one and run natively.
import { regexes } from 'zod/v4/core'
import { linearRegex } from './linear-regex.ts'

/** What a validator asks of a regular expression. */
export interface SchemaPattern {
  readonly test: (text: string) => boolean
}

const MAX_KEPT = 500
const kept = new Map<string, SchemaPattern>()
let ofZod: ReadonlySet<string> | undefined

/** Compiles a pattern in the syntax of JavaScript (flag `u`), without look-around and back references. Throws an Error that says what is wrong. */
export function schemaPattern(text: string): SchemaPattern {
  const known = kept.get(text)
  if (known !== undefined) return known
  const native = new RegExp(text, 'u') // throws for what is no regular expression at all
  const pattern = zodPatterns().has(text) ? native : linear(text)
  if (kept.size >= MAX_KEPT) kept.clear()
  kept.set(text, pattern)
  return pattern
}

/** What a compiler of schemas is given in place of `new RegExp`. */
export const schemaRegExp = Object.assign(
  (text: string): SchemaPattern => {
    const pattern = schemaPattern(text)
    const named: SchemaPattern & { toString(): string } = { test: (subject) => pattern.test(subject), toString: () => text }
    return named // the compiler tells patterns apart by their text
  },
  { code: 'schemaRegExp' },
)

function linear(text: string): SchemaPattern {
  const { compiled } = linearRegex(text, 'javascript')
  return { test: (subject) => compiled.matcher(subject).find() }
}

/** The patterns of zod's formats, some of which look ahead; none of them backtracks for long. */
function zodPatterns(): ReadonlySet<string> {
  ofZod ??= new Set([...Object.values(regexes).flatMap((one) => (one instanceof RegExp ? [one.source] : [])), regexes.emoji().source])
  return ofZod
}
