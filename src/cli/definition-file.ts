// Definitions as files: reads one that a user wrote, and writes one for people to read. The one place of the command line that knows
// YAML and JSON of workflows; what a definition means is checked where it is compiled.
import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { Document, parseDocument, visit } from 'yaml'
import { DefinitionError, UsageError } from '../errors.ts'
import type { SourceFormat } from '../model/definition.ts'
import type { WorkflowModel } from '../model/workflow.ts'
import { visibleText } from '../shared/visible.ts'

/** A definition as a file holds it. */
export interface DefinitionFile {
  /** The text, as the user wrote it. */
  readonly source: string
  readonly format: Exclude<SourceFormat, 'model'>
  /** What the text says, unchecked. */
  readonly model: unknown
}

const FORMATS: Readonly<Record<string, DefinitionFile['format']>> = { '.yaml': 'yaml', '.yml': 'yaml', '.json': 'json' }

/** Reads a .yaml, .yml or .json file. Throws USAGE for another kind of file or one that cannot be read, DEFINITION_INVALID for a text that is not what its name says. */
export async function readDefinitionFile(file: string): Promise<DefinitionFile> {
  const format = FORMATS[extname(file).toLowerCase()]
  if (format === undefined) throw new UsageError(`${file}: expected a .yaml, .yml or .json file`, { path: file, remedy: 'Only graphs are stored: write the workflow as YAML or JSON. A workflow in TypeScript belongs into the project\'s folder of workflows.' })
  const source = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new UsageError(`${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause, path: file, remedy: 'Name an existing .yaml, .yml or .json file.' })
  })
  return { source, format, model: format === 'json' ? parsedJson(source, file) : parsedYaml(source, file) }
}

/** A model as YAML, for people. What a terminal would obey stands in it as an escape, so that it reads back as the same. */
export function definitionYaml(model: WorkflowModel): string {
  const document = new Document(model, { aliasDuplicateObjects: false })
  visit(document, {
    Scalar(_key, node) {
      if (typeof node.value === 'string' && visibleText(node.value) !== node.value) node.type = 'QUOTE_DOUBLE'
    },
  })
  return visibleText(document.toString({ lineWidth: 120 }))
}

function parsedJson(source: string, file: string): unknown {
  try {
    return JSON.parse(source) as unknown
  } catch (cause) {
    throw new DefinitionError(`${file}: expected JSON: ${cause instanceof Error ? cause.message : String(cause)}`, { cause, path: file, remedy: 'Correct the file.' })
  }
}

function parsedYaml(source: string, file: string): unknown {
  const document = parseDocument(source, { prettyErrors: true, stringKeys: true })
  const [error] = document.errors
  if (error === undefined) return document.toJS() as unknown
  const { line, col } = error.linePos?.[0] ?? { line: 1, col: 1 }
  throw new DefinitionError(`${file}:${line}:${col}: expected YAML: ${error.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? ''}`, { path: `${file}:${line}`, remedy: 'Correct the file.' })
}
