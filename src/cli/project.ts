// A project loaded: everything that its folders and the files named on the command line define, and the choice of the one
// workflow that a command is about.
import { existsSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { ModuleFailedError, UsageError, WorkflowNotFoundError } from '../errors.ts'
import { didYouMean } from '../shared/nearest.ts'
import type { AnyWorkflow } from '../workflow/contract.ts'
import { importDefinitions, isModuleName, modulesBelow, type Definitions } from './modules.ts'
import type { Settings } from './settings.ts'

/** Imports the modules of the project and further files. */
export async function loadDefinitions(settings: Settings, files: readonly string[] = []): Promise<Definitions> {
  const below = await Promise.all(settings.folders.map(modulesBelow))
  return importDefinitions([...new Set([...below.flat(), ...files])])
}

/** What `wumbo run` was asked for: a file's path when it looks like one, else a name. */
export function fileOf(word: string): string | undefined {
  const file = resolve(word)
  if (existsSync(file) && isModuleName(word)) return file
  if (!/[\\/]/.test(word) && !isModuleName(word)) return undefined
  if (!existsSync(file)) throw new UsageError(`there is no file ${word}`, { path: word, remedy: 'Name an existing .ts, .mts, .js or .mjs file, or a workflow of the project.' })
  throw new ModuleFailedError(`${word} is no module`, { path: word, remedy: 'Name a .ts, .mts, .js or .mjs file that exports a workflow.' })
}

/** The files named with `--file`, checked. */
export function moduleFiles(words: readonly string[] | undefined): string[] {
  return (words ?? []).map((word) => {
    const file = fileOf(word)
    if (file !== undefined) return file
    throw new UsageError(`--file: there is no module ${word}`, { path: '--file', remedy: 'Name an existing .ts, .mts, .js or .mjs file.' })
  })
}

/** The workflow called `name`: the newest of its versions. `others` are names that exist elsewhere, for the message. */
export function workflowNamed(definitions: Definitions, name: string, others: readonly string[] = []): AnyWorkflow {
  const found = definitions.workflows.findLast((workflow) => workflow.name === name)
  if (found !== undefined) return found
  const names = [...new Set([...namesOf(definitions.workflows), ...others])].sort()
  throw new WorkflowNotFoundError(`there is no workflow ${JSON.stringify(name)}.${didYouMean(name, names)} Known: ${names.join(', ') || 'none'}`, {
    path: name, remedy: 'Correct the name, export the workflow from a file in the project\'s folder of workflows, or name its file.',
  })
}

/** The one workflow of a file, or of the project when `file` is undefined. */
export function onlyWorkflow(workflows: readonly AnyWorkflow[], file: string | undefined): AnyWorkflow {
  const where = file ?? 'the project'
  const names = namesOf(workflows)
  const newest = workflows.at(-1)
  if (newest !== undefined && names.length === 1) return newest
  if (newest === undefined) throw new WorkflowNotFoundError(`${where} exports no workflow`, { path: where, remedy: 'Export what defineWorkflow({ … }) gives.' })
  const example = `wumbo run ${file === undefined ? '' : `${file} --workflow `}${names[0] ?? 'NAME'}`
  throw new UsageError(`${where} has ${names.length} workflows: ${names.join(', ')}`, { path: where, remedy: `Name one of them: ${example}` })
}

/** The path of a file as people write it. */
export function shownPath(file: string): string {
  return relative(process.cwd(), file) || file
}

function namesOf(workflows: readonly AnyWorkflow[]): string[] {
  return [...new Set(workflows.map(({ name }) => name))].sort()
}
