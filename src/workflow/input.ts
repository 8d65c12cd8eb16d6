// A workflow's input schema at work: checking an input, and the JSON Schema that is published. Standard Schemas only;
// JSON Schemas that came with a graph's text are compiled in input-json.ts.
import { InputInvalidError, SchemaNotPublishableError } from '../errors.ts'
import type { JsonSchema, MaybePromise, Schema, SchemaIssue } from '../template/contract.ts'

/** Makes `check` of a workflow: sync when the schema is. Throws InputInvalidError with each problem and its path. */
export function inputCheck(workflow: string, schema: Schema<never, unknown> | Schema<unknown, unknown>): (input: unknown) => MaybePromise<unknown> {
  const validate = schema['~standard'].validate
  type Result = Awaited<ReturnType<typeof validate>>
  const take = (result: Result): unknown => {
    if (result.issues === undefined) return result.value
    throw inputInvalid(workflow, result.issues.map(issueAt))
  }
  return (input) => {
    const result = validate(input)
    return result instanceof Promise ? result.then(take) : take(result)
  }
}

/** One problem of an input: where, and what. The empty path is the input itself. */
export interface InputProblem {
  readonly path: string
  readonly message: string
}

/** The error of an input that its schema refuses. */
export function inputInvalid(workflow: string, problems: readonly InputProblem[]): InputInvalidError {
  const lines = problems.map(({ path, message }) => `${path === '' ? 'input' : `input.${path}`}: ${message}`)
  return new InputInvalidError(`the input of workflow "${workflow}" was refused: ${lines.join('; ')}`, {
    path: problems[0]?.path === undefined || problems[0].path === '' ? 'input' : `input.${problems[0].path}`,
    details: { problems },
  })
}

function issueAt(issue: SchemaIssue): InputProblem {
  const keys = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part))
  return { path: keys.join('.'), message: issue.message }
}

/** What a schema library adds to Standard Schema when it can tell its JSON Schema. */
interface Publishing {
  readonly jsonSchema?: { readonly input?: (options: { readonly target: string }) => Record<string, unknown> }
}

/** The JSON Schema (2020-12) of what is sent; null when the library cannot tell. Throws SchemaNotPublishableError for a schema that JSON Schema cannot say. */
export function inputJsonSchema(workflow: string, schema: Schema<never, unknown> | Schema<unknown, unknown>): JsonSchema {
  const publish = (schema['~standard'] as Publishing).jsonSchema?.input
  if (publish === undefined) return {}
  try {
    const { $schema: _, ...published } = publish({ target: 'draft-2020-12' })
    return published
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new SchemaNotPublishableError(`the input schema of workflow "${workflow}" has no JSON Schema: ${why}`, { path: 'input', cause })
  }
}
