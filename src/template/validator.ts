// A schema at work: checks a value and gives what the schema makes of it, or throws a failure that lists each problem with
// its path. Any Standard Schema, sync or async; the JSON Schema of a schema is published in publish.ts.
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
  readonly what: 'input' | 'output' | 'config'
  readonly failure: FailureClass
}

/** Makes the check of a schema: sync when the schema is. */
export function compileCheck(schema: Schema, refusal: Refusal): (value: unknown) => MaybePromise<unknown> {
  const { validate } = schema['~standard']
  const take = (result: Awaited<ReturnType<typeof validate>>): unknown => {
    if (result.issues === undefined) return result.value
    throw refused(result.issues, refusal)
  }
  return (value) => {
    const result = validate(value)
    if (result instanceof Promise) return result.then(take)
    if (result.issues === undefined) return result.value
    throw refused(result.issues, refusal)
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
