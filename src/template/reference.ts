// A reference to a template as definitions write it: `score-lead`, `score-lead@^1`, `score-lead@1.2.3`. Only the grammar;
// the registry finds what is meant.
import validRange from 'semver/ranges/valid.js'
import { DefinitionError } from '../errors.ts'

/** The parts of a reference. */
export interface TemplateReference {
  readonly name: string
  /** A semver range, normalised; null means the highest version. */
  readonly range: string | null
}

/** Reads a reference. Throws DefinitionError for an empty name or for what is no semver range. */
export function parseReference(reference: string): TemplateReference {
  const at = reference.indexOf('@')
  const name = (at < 0 ? reference : reference.slice(0, at)).trim()
  const text = at < 0 ? null : reference.slice(at + 1).trim()
  if (name === '') throw refuse(reference, 'expected a name before the "@"')
  if (text === null) return { name, range: null }
  const range = text === '' ? null : validRange(text)
  if (range === null) throw refuse(reference, `expected a semver range after the "@", got ${JSON.stringify(text)}`)
  return { name, range }
}

function refuse(reference: string, problem: string): DefinitionError {
  return new DefinitionError(`template reference ${JSON.stringify(reference)}: ${problem}`, { path: 'uses', remedy: 'Write for example score-lead, score-lead@^1 or score-lead@1.2.3.' })
}
