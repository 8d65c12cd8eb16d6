// A schema at work: checks a value and gives what the schema makes of it, or throws a failure that lists each problem with
// its path. Any Standard Schema, sync or async; the JSON Schema of a schema is published in publish.ts.
import { safeParseAsync, type $ZodType } from 'zod/v4/core'
import type { FailureClass } from '../errors.ts'
import type { MaybePromise, Schema, SchemaIssue } from './contract.ts'

/** One problem of a value: where (the empty text is the value itself), and what. */
export interface ValueProblem {
  readonly path: string
  readonly message: string
}

/** How a refusal is told. */
export interface Refusal {
  /** Who refuses: `score-lead@1.0.0`. */
  readonly owner: string
  /** What is refused. */
  readonly what: 'input' | 'output' | 'config' | 'payload' | 'form' | 'args'
  readonly failure: FailureClass
}

type Validate = Schema['~standard']['validate']
type Result = Awaited<ReturnType<Validate>>

/** Makes the check of a schema: sync when the schema is. */
export function compileCheck(schema: Schema, refusal: Refusal): (value: unknown) => MaybePromise<unknown> {
  const take = (result: Result): unknown => {
    if (result.issues === undefined) return result.value
    throw refused(result.issues, refusal)
  }
  let validate = '_zod' in schema ? probing(schema as Schema & $ZodType, (found) => (validate = found)) : schema['~standard'].validate
  return (value) => {
    const result = validate(value)
    if (result instanceof Promise) return result.then(take)
    if (result.issues === undefined) return result.value
    throw refused(result.issues, refusal)
  }
}

/**
 * Zod finds out that a schema is asynchronous by running it as if it were not, and drops the promises of that run: refinements
 * run twice, and one that rejects would end the process. So the first value is tried in a way that drops nothing, and a
 * schema that has turned out to be asynchronous is only run as such.
 */
function probing(schema: Schema & $ZodType, settle: (validate: Validate) => void): Validate {
  const { validate } = schema['~standard']
  const later: Validate = async (value) => {
    const result = await safeParseAsync(schema, value)
    return result.success ? { value: result.data } : { issues: result.error.issues }
  }
  const now: Validate = (value) => {
    const result = validate(value)
    if (result instanceof Promise) settle(later)
    return result
  }
  return (value) => {
    const probe = schema._zod.run({ value, issues: [] }, { async: true })
    const found = probe instanceof Promise ? later : now
    if (probe instanceof Promise) probe.catch(() => undefined)
    settle(found)
    return found(value)
  }
}

function refused(issues: readonly SchemaIssue[], { owner, what, failure }: Refusal): Error {
  const problems = issues.map(problemOf)
  const lines = problems.map(({ path, message }) => `${joinPath(what, path)}: ${message}`)
  return new failure(`${owner} refused its ${what}: ${lines.join('; ')}`, { path: joinPath(what, problems[0]?.path ?? ''), details: { problems } })
}

function problemOf(issue: SchemaIssue): ValueProblem {
  let path = ''
  for (const part of issue.path ?? []) {
    const key = typeof part === 'object' ? part.key : part
    if (typeof key === 'number') path += `[${key}]`
    else path += path === '' ? String(key) : `.${String(key)}`
  }
  return { path, message: issue.message }
}

function joinPath(root: string, path: string): string {
  if (path === '') return root
  return path.startsWith('[') ? `${root}${path}` : `${root}.${path}`
}
