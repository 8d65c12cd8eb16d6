// Collects what is wrong with a graph, so that all of it is told at once: each problem with its path, sorted by path.
import { DefinitionError } from '../errors.ts'
import type { ProblemCode } from './problem-codes.ts'

/** One thing that is wrong with a definition. */
export interface Problem {
  readonly code: ProblemCode
  /** Where: `steps.enrich.with.url`, `steps.route.switch[1].if`. The empty path is the definition itself. */
  readonly path: string
  readonly message: string
  /** What to do about it. */
  readonly remedy?: string
  /** What a text editor is to mark: the key instead of the value. */
  readonly on?: 'key'
  /** Where in the text at the path: the first character and the one behind the last. Nothing: all of it. */
  readonly span?: readonly [start: number, end: number]
}

/** A message may quote what was written, which may be of any length. */
const MAX_MESSAGE = 1500

/** A message without the middle of what is too long to be read. */
export function clipped(message: string): string {
  return message.length <= MAX_MESSAGE ? message : `${message.slice(0, MAX_MESSAGE - 400)} … (${message.length - MAX_MESSAGE + 200} characters left out) … ${message.slice(-200)}`
}

/** What may be told of a problem besides. */
export type ProblemMore = Pick<Problem, 'on' | 'span'> & { readonly remedy?: string | undefined }

/** The problems of one definition. */
export class Problems {
  readonly #found = new Map<string, Problem>()

  /** Notes a problem; the same one twice counts once. */
  add(code: ProblemCode, path: string, message: string, { remedy, ...more }: ProblemMore = {}): void {
    const text = clipped(message)
    const key = `${path}\n${text}`
    if (!this.#found.has(key)) this.#found.set(key, { code, path, message: text, ...(remedy === undefined ? {} : { remedy }), ...more })
  }

  /** Takes over what another collection holds. */
  take(others: Problems): void {
    for (const [key, problem] of others.#found) this.#found.set(key, problem)
  }

  /** Takes over what another collection holds of a part that stands at a path. */
  takeBelow(path: string, others: Problems): void {
    for (const { path: inside, code, message, ...more } of others.#found.values()) this.add(code, inside === '' ? path : `${path}.${inside}`, message, more)
  }

  get any(): boolean {
    return this.#found.size > 0
  }

  /** All problems, sorted by path and then by message. */
  get sorted(): readonly Problem[] {
    return [...this.#found.values()].sort((a, b) => compare(a.path, b.path) || compare(a.message, b.message))
  }

  /** Throws a DefinitionError that tells all problems; its details list them. `subject` is for example `workflow "onboard"`. */
  throwIfAny(subject: string): void {
    const problems = this.sorted
    const [first] = problems
    if (first === undefined) return
    const message = problems.length === 1 ? `${subject}: ${line(first)}` : `${subject} has ${problems.length} problems:\n${problems.map(entry).join('\n')}`
    const remedy = problems.length === 1 ? first.remedy : 'Correct the definition at the paths that the message names.'
    throw new DefinitionError(message, { path: first.path, details: { problems }, ...(remedy === undefined ? {} : { remedy }) })
  }
}

function line({ path, message }: Problem): string {
  return path === '' ? message : `${path}: ${message}`
}

/** One of several problems: each with its own remedy. */
function entry(problem: Problem): string {
  return problem.remedy === undefined ? `- ${line(problem)}` : `- ${line(problem)}\n  ${problem.remedy}`
}

/** By code units, but numbers in brackets by value: `switch[2]` before `switch[10]`. */
function compare(a: string, b: string): number {
  const [left, right] = [padded(a), padded(b)]
  return left < right ? -1 : left > right ? 1 : 0
}

function padded(path: string): string {
  return path.replace(/\[(\d+)\]/g, (_, digits: string) => `[${digits.padStart(10, '0')}]`)
}
