// Regular expressions of expressions: `text.matches(pattern)` finds the pattern anywhere in the text. They run on RE2's engine, whose
// time is the product of the text's length and the pattern's size; both are bounded, and an evaluation pays for the product.
import { MAX_PATTERN_LENGTH, type Budget } from './expression-budget.ts'
import { CelError } from './expression-values.ts'
import { linearRegex, PatternError, type LinearRegex } from './linear-regex.ts'

/** A pattern that is ready to be used. */
export interface Pattern {
  readonly matches: (text: string, budget: Budget) => boolean
}

/** Computed patterns are kept, so that a loop compiles one only once; so many, the eldest goes first. */
const KEPT = 64
const kept = new Map<string, Pattern>()

/** What compiling costs in elements: something always, and more for each character. A thousand of them take some milliseconds. */
const COMPILING = 50
const ELEMENTS_PER_CHARACTER = 8
/** Characters times instructions of the pattern that count as one element. */
const PRODUCT_PER_ELEMENT = 32

/** Compiles a pattern. Throws CelError that says what is wrong with it. */
export function compilePattern(text: string): Pattern {
  const { compiled, size } = compile(text)
  return {
    matches: (subject, budget) => {
      budget.spend(1 + Math.floor((subject.length * size) / PRODUCT_PER_ELEMENT))
      return compiled.matcher(subject).find()
    },
  }
}

/** Compiles a pattern that came out of a computation, or finds it among those that were compiled before. */
export function computedPattern(text: string, budget: Budget): Pattern {
  const known = kept.get(text)
  if (known !== undefined) return known
  budget.spend(COMPILING + Math.min(text.length, MAX_PATTERN_LENGTH) * ELEMENTS_PER_CHARACTER)
  const pattern = compilePattern(text)
  const [eldest] = kept.keys()
  if (eldest !== undefined && kept.size >= KEPT) kept.delete(eldest)
  kept.set(text, pattern)
  return pattern
}

function compile(text: string): LinearRegex {
  try {
    return linearRegex(text, 're2')
  } catch (thrown) {
    if (!(thrown instanceof PatternError)) throw thrown
    throw new CelError(`the pattern ${thrown.message}`, REMEDIES[thrown.reason])
  }
}

const REMEDIES: Readonly<Record<PatternError['reason'], string | undefined>> = {
  length: undefined,
  size: 'Repeat less: each {n} repeats what stands before it n times.',
  syntax: 'The syntax is that of RE2: no look-around, no back references. A backslash is written twice in a text, or once in a raw one: r"\\d+".',
}
