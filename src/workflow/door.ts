// Checks at the door of a definition: what was expected, what came, at which key, and what to do. They throw at the first
// problem, for definitions written in TypeScript; the checks of graph models collect theirs (see problems.ts).
import { DefinitionError } from '../errors.ts'
import { MAX_WORKFLOW_NAME, WORKFLOW_NAME } from '../model/workflow.ts'
import { didYouMean } from '../shared/nearest.ts'

const VERSION = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$/

/** Makes the error of one refused key. `where` is the function that was called, such as `defineWorkflow`. */
export function refuse(where: string, path: string, problem: string, remedy: string): DefinitionError {
  return new DefinitionError(`${where}: ${path}: ${problem}`, { path, remedy })
}

/** Names a value in a message: its JSON when short, else its kind. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'function') return 'a function'
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch {
    text = undefined
  }
  if (text !== undefined && text.length <= 60) return text
  if (Array.isArray(value)) return `a list of ${value.length}`
  return typeof value === 'string' ? `a text of ${value.length} characters` : typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/** Refuses anything but a plain object whose keys are all known. */
export function checkKeys(where: string, value: unknown, known: readonly string[]): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refuse(where, 'definition', `expected an object, got ${shown(value)}`, `Write ${where}({ … }).`)
  }
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue
    throw refuse(where, key, `no such key.${didYouMean(key, known)}`, `Keys are: ${known.join(', ')}.`)
  }
}

/** Refuses a name outside the grammar. */
export function checkName(where: string, name: unknown): void {
  if (typeof name === 'string' && name.length <= MAX_WORKFLOW_NAME && WORKFLOW_NAME.test(name)) return
  throw refuse(where, 'name', `expected words of lower-case letters and digits joined by "-", "." or "_", at most ${MAX_WORKFLOW_NAME} characters, got ${shown(name)}`, 'Name it like "onboard" or "billing.monthly-report".')
}

/** Refuses a version that is not a short word, such as `1` or `2026-11.b`. */
export function checkVersion(where: string, version: unknown): void {
  if (typeof version === 'string' && VERSION.test(version)) return
  throw refuse(where, 'version', `expected a text of letters, digits, ".", "_", "+" or "-", got ${shown(version)}`, "Write it as text: version: '2'. Leave it out for '1'.")
}

/** Refuses anything but text or nothing. */
export function checkDescription(where: string, description: unknown): void {
  if (description === undefined || typeof description === 'string') return
  throw refuse(where, 'description', `expected text, got ${shown(description)}`, 'Describe the workflow in one sentence, or leave it out.')
}

/** Refuses anything but a Standard Schema. */
export function checkSchema(where: string, path: string, schema: unknown): void {
  const standard = (typeof schema === 'object' && schema !== null) || typeof schema === 'function' ? (schema as Record<string, unknown>)['~standard'] : undefined
  if (typeof standard === 'object' && standard !== null && typeof (standard as Record<string, unknown>)['validate'] === 'function') return
  throw refuse(where, path, `expected a schema that follows Standard Schema (zod, valibot, arktype …), got ${shown(schema)}`, 'Write for example input: z.object({ … }).')
}
