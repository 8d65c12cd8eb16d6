// What the codec says when it refuses a value: where it is, what it is, and what to do instead. Only words.
import { ValueNotStorableError } from '../errors.ts'

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/

/** One step into a value: a property, an index, or a text of its own for maps and sets. */
export type PathStep = string | number | { readonly text: string }

/** Writes the way into a value, the way code would: `result.items[3].callback`, `result["two words"]`. */
export function pathText(root: string, steps: readonly PathStep[]): string {
  let text = root
  for (const step of steps) {
    if (typeof step === 'number') text += `[${step}]`
    else if (typeof step === 'object') text += step.text
    else text += IDENTIFIER.test(step) ? `.${step}` : `[${JSON.stringify(step.length > 100 ? `${step.slice(0, 99)}…` : step)}]`
  }
  return text
}

/** The failure for a value that cannot be stored, with a remedy of its own. */
export function notStorable(path: string, found: string, remedy: string, cause?: unknown): ValueNotStorableError {
  return new ValueNotStorableError(`${path}: expected plain data, got ${found}`, { path, remedy, ...(cause === undefined ? {} : { cause }) })
}

/** Tells what a value is that no rule accepts, and what to do instead. */
export function describeRefused(value: unknown): { readonly found: string; readonly remedy: string } {
  if (typeof value === 'function') {
    const isClass = /^class\b/.test(Function.prototype.toString.call(value))
    return { found: `a ${isClass ? 'class' : 'function'}${typeof value.name === 'string' && value.name !== '' ? ` (${value.name})` : ''}`, remedy: 'Leave it out, or call it and return the data it gives.' }
  }
  if (typeof value === 'symbol') return { found: `a symbol (${value.description ?? ''})`, remedy: 'Use a string in its place.' }
  const name = className(value as object)
  if (value instanceof Promise) return { found: 'a Promise', remedy: 'Await it first: was an `await` forgotten?' }
  if (value instanceof WeakMap || value instanceof WeakSet || value instanceof WeakRef) {
    return { found: `a ${name}`, remedy: 'Use a Map, a Set or a plain object: weak references cannot be stored.' }
  }
  if (value instanceof URL) return { found: 'an instance of class URL', remedy: 'Store its text: url.href.' }
  if (value instanceof RegExp) return { found: 'a regular expression', remedy: 'Store its source and flags as strings.' }
  if (Array.isArray(value)) return { found: `an instance of class ${name}, which extends Array`, remedy: 'Make an ordinary array of it: Array.from(value).' }
  return {
    found: `an instance of class ${name}`,
    remedy: `Convert it to plain data first, for example by spreading it ({ ...value }) or by its own toJSON(), or give the codec a type for ${name}.`,
  }
}

function className(value: object): string {
  const make: unknown = (Object.getPrototypeOf(value) as { constructor?: unknown } | null)?.constructor
  return typeof make === 'function' && typeof make.name === 'string' && make.name !== '' ? make.name : 'without a name'
}
