// From a text to a workflow: reads it, checks what it means, and tells each problem where it stands. Nothing is executed or fetched.
import { DefinitionError, WumboError } from '../errors.ts'
import type { GraphWorkflow } from './contract.ts'
import { fromModel, type TemplateSource } from './graph.ts'
import type { WorkflowSource } from './inline-finder.ts'
import type { Problem } from './problems.ts'
import { DefinitionText } from './text/definition-text.ts'
import { byPlace, type LocatedProblem } from './text/place.ts'

/** What came of a text: a workflow, or what is wrong with it. */
export interface CheckedText {
  readonly workflow: GraphWorkflow<unknown> | undefined
  /** By place. Empty when there is a workflow. */
  readonly problems: readonly LocatedProblem[]
}

/**
 * Checks the text of a definition, YAML or JSON, and makes the workflow that it says; `workflows` are those that it may run inline. Never throws
 * for what is wrong in the text.
 * @example
 * const { workflow, problems } = checkText(source, createRegistry([...builtinTemplates, scoreLead]))
 * for (const { at, code, message } of problems) console.log(`${at.line}:${at.column}: ${code} ${message}`)
 */
export function checkText(source: string, templates: TemplateSource, workflows: WorkflowSource = []): CheckedText {
  return checkRead(DefinitionText.read(source), templates, workflows)
}

/** The same for a text that was read. */
export function checkRead(text: DefinitionText, templates: TemplateSource, workflows: WorkflowSource = []): CheckedText {
  if (text.problems.length > 0) return { workflow: undefined, problems: text.problems }
  try {
    return { workflow: fromModel(text.model, templates, workflows), problems: [] }
  } catch (thrown) {
    const problems = locatedProblems(thrown, text)
    if (problems === undefined) throw thrown
    return { workflow: undefined, problems }
  }
}

/** The problems that a failure lists, each with its place in the text; undefined for a failure of another kind. */
export function locatedProblems(thrown: unknown, text: DefinitionText): readonly LocatedProblem[] | undefined {
  const problems: unknown = thrown instanceof WumboError && thrown.code === 'DEFINITION_INVALID' ? thrown.details?.['problems'] : undefined
  if (!Array.isArray(problems)) return undefined
  return (problems as Problem[]).map((problem) => ({ ...problem, at: text.place(problem) })).sort(byPlace)
}

/**
 * Makes a workflow of a definition's text, YAML or JSON. `file` stands in the message; `workflows` are those that it may run inline. A text has no types of TypeScript: `I` and `O`,
 * what start() takes and result() gives, are the caller's word.
 * Throws DefinitionError that tells each problem with line, column, code and remedy; its details list them.
 */
export function fromText<I = unknown, O = unknown>(source: string, templates: TemplateSource, file = 'definition', workflows: WorkflowSource = []): GraphWorkflow<I, O> {
  const { workflow, problems } = checkText(source, templates, workflows)
  if (workflow === undefined) throw textError(problems, file)
  return workflow as GraphWorkflow<I, O> // the caller's word
}

/** The error that tells problems with their places. */
export function textError(problems: readonly LocatedProblem[], file: string): DefinitionError {
  const lines = problems.map(({ at, code, path, message, remedy }) => `${file}:${at.line}:${at.column}: ${code} ${path === '' ? '' : `${path}: `}${message}${remedy === undefined ? '' : `\n  ${remedy}`}`)
  const [first] = problems
  const more = first === undefined || problems.length > 1 ? {} : { remedy: first.remedy ?? 'Correct the definition at this place.' }
  return new DefinitionError(problems.length === 1 ? (lines[0]?.split('\n')[0] ?? '') : `${file} has ${problems.length} problems:\n${lines.join('\n')}`, {
    path: `${file}:${first?.at.line ?? 1}:${first?.at.column ?? 1}`,
    details: { file, problems: problems.map(({ at, ...problem }) => ({ file, ...at, ...problem })) }, ...more,
  })
}
