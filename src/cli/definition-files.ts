// The definitions of a project: files of YAML and JSON beside its modules, checked against the templates that the modules brought. It
// tells every problem of every file where it stands; it executes and fetches nothing.
import { DefinitionError, type WumboError } from '../errors.ts'
import type { GraphWorkflow } from '../workflow/contract.ts'
import { textError } from '../workflow/from-text.ts'
import { DefinitionText } from '../workflow/text/definition-text.ts'
import type { LocatedProblem } from '../workflow/text/place.ts'
import { readDefinitionSource } from './definition-source.ts'
import { DefinitionTexts, type TextFile, type TextSurroundings } from './definition-texts.ts'
import { shownPath } from './shown-path.ts'

/** What one file defines. */
export interface DefinedInFile {
  readonly file: string
  readonly workflow: GraphWorkflow<unknown>
}

/** What files define, and what is wrong with the others. */
export interface CheckedFiles {
  readonly defined: readonly DefinedInFile[]
  /** One for each file: DEFINITION_INVALID with every problem of it, or USAGE for one that cannot be read. */
  readonly failures: readonly WumboError[]
}

/** How a text that cannot be read as a whole says `steps` all the same: as YAML at the margin, as JSON anywhere. */
const SAYS_STEPS = /^steps\s*:|^["']steps["']\s*:/m
const SAYS_STEPS_IN_JSON = /^\s*\{[^]*?["']steps["']\s*:/

/**
 * Reads and checks definition files. One that says no `steps` is something else and left out, unless it is among `named`. Two files may
 * not give one name, but a named one takes the place of another. They may run each other inline, and the workflows of modules.
 */
export async function checkDefinitionFiles(files: readonly string[], { named, ...surroundings }: TextSurroundings & { readonly named: ReadonlySet<string> }): Promise<CheckedFiles> {
  const defined: DefinedInFile[] = []
  const failures = new Map<string, WumboError>()
  const owners = new Map<string, string>()
  const read: TextFile[] = []
  for (const file of files) {
    try {
      const text = DefinitionText.read(await readDefinitionSource(file))
      if (named.has(file) || isDefinition(text)) read.push({ file, text })
    } catch (thrown) {
      failures.set(file, thrown as WumboError) // reading throws nothing else
    }
  }
  const texts = new DefinitionTexts(read, surroundings)
  for (const { file, text } of read) {
    try {
      const { workflow, problems } = texts.check(text)
      if (workflow === undefined) throw textError(problems, shownPath(file))
      const owner = owners.get(workflow.name)
      if (owner !== undefined && !named.has(file)) throw textError([secondOf(workflow.name, owner, text)], shownPath(file))
      owners.set(workflow.name, file)
      defined.push({ file, workflow })
    } catch (thrown) {
      failures.set(file, thrown as WumboError) // checking throws nothing else
    }
  }
  return { defined, failures: files.flatMap((file) => failures.get(file) ?? []) }
}

/** One failure that tells all of them: the definitions' problems together, else the first. */
export function together(failures: readonly WumboError[]): WumboError | undefined {
  const [first] = failures
  if (failures.length < 2 || !failures.every((failure) => failure instanceof DefinitionError && Array.isArray(failure.details?.['problems']))) return first
  const problems = failures.flatMap((failure) => failure.details?.['problems'] as readonly unknown[])
  // A failure of several problems tells what to do below each of them.
  const told = failures.map(({ message, remedy, details }) => ((details?.['problems'] as readonly unknown[]).length === 1 ? `${message}\n  ${remedy}` : message))
  return new DefinitionError(told.join('\n'), {
    ...(first?.path === undefined ? {} : { path: first.path }), details: { problems }, remedy: 'Correct the definitions at the places that the message names.',
  })
}

/** Whether a text says `steps`: what does not is something else. */
export function isDefinition(text: DefinitionText): boolean {
  if (text.problems.length > 0) return SAYS_STEPS.test(text.source) || SAYS_STEPS_IN_JSON.test(text.source)
  return typeof text.model === 'object' && text.model !== null && 'steps' in text.model
}

function secondOf(name: string, owner: string, text: DefinitionText): LocatedProblem {
  return {
    code: 'DUPLICATE_NAME', path: 'name', at: text.place({ path: 'name' }),
    message: `${shownPath(owner)} defines a workflow "${name}" as well`, remedy: 'Give each its own name, or delete one of the files.',
  }
}
