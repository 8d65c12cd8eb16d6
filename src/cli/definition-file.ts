// A definition that a user wrote into a file, by the name of its kind. What it means is checked where it is compiled.
import { extname } from 'node:path'
import { UsageError } from '../errors.ts'
import type { SourceFormat } from '../model/definition.ts'
import { locatedProblems, textError } from '../workflow/from-text.ts'
import { DefinitionText } from '../workflow/text/definition-text.ts'
import { readDefinitionSource } from './definition-source.ts'
import { shownPath } from './shown-path.ts'

/** A definition as a file holds it. */
export interface DefinitionFile {
  /** The text, as the user wrote it. */
  readonly source: string
  readonly format: Exclude<SourceFormat, 'model'>
  /** What the text says, unchecked. */
  readonly model: unknown
  readonly text: DefinitionText
}

const FORMATS: Readonly<Record<string, DefinitionFile['format']>> = { '.yaml': 'yaml', '.yml': 'yaml', '.json': 'json' }

/** Reads a .yaml, .yml or .json file. Throws USAGE for another kind of file or one that cannot be read, DEFINITION_INVALID for a text that is not what its name says. */
export async function readDefinitionFile(file: string): Promise<DefinitionFile> {
  const format = FORMATS[extname(file).toLowerCase()]
  if (format === undefined) throw new UsageError(`${file}: expected a .yaml, .yml or .json file`, { path: file, remedy: 'Only graphs are stored: write the workflow as YAML or JSON. A workflow in TypeScript belongs into the project\'s folder of workflows.' })
  const source = await readDefinitionSource(file)
  const text = DefinitionText.read(source)
  if (text.problems.length > 0) throw textError(text.problems, shownPath(file))
  return { source, format, model: text.model, text }
}

/** The error of a definition that was refused, with the places in its text where the problems stand. */
export function locatedError(thrown: unknown, { text }: DefinitionFile, file: string): unknown {
  const problems = locatedProblems(thrown, text)
  return problems === undefined ? thrown : textError(problems, shownPath(file))
}
