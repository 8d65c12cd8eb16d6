// A project loaded: everything that its folders and the files named on the command line define, in modules and in definition files, and
// the choice of the one workflow that a command is about.
import { existsSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { DefinitionError, ModuleFailedError, UsageError, WorkflowNotFoundError, type WumboError } from '../errors.ts'
import { didYouMean } from '../shared/nearest.ts'
import type { AnyWorkflow } from '../workflow/contract.ts'
import { definitionsBelow, isDefinitionName } from './definition-source.ts'
import type { Generation } from './module-generations.ts'
import { textPlace } from './module-place.ts'
import { allOf, importModules, isModuleName, modulesBelow, type Definitions } from './modules.ts'
import { PROJECT_FILE } from './project-file.ts'
import type { Settings } from './settings.ts'
import { shownPath } from './shown-path.ts'

/** What a project and further files define, and what is wrong. */
export interface LoadedProject {
  /** What can be used; the workflows of further files count as the newest. */
  readonly definitions: Definitions
  readonly byFile: ReadonlyMap<string, Definitions>
  /** Modules first. When one failed, definition files are not looked at: what they use may be missing only for that. */
  readonly failures: readonly WumboError[]
}

/** Loads the modules of the project and further files, then its definition files, which use the templates of the modules. */
export async function loadProject(settings: Settings, files: readonly string[] = [], generation?: Generation): Promise<LoadedProject> {
  const below = (find: (folder: string) => Promise<readonly string[]>): Promise<string[]> => Promise.all(settings.folders.map(find)).then((found) => found.flat())
  const named = new Set(files)
  const modules = [...new Set([...(await below(modulesBelow)), ...files.filter(isModuleName)])]
  const imported = await importModules(modules, generation)
  const failures = [...imported.failures, ...repeated(imported.byFile)]
  const byFile = new Map(imported.byFile)
  if (failures.length === 0) {
    const found = [...new Set([...(await below(definitionsBelow)), ...files.filter(isDefinitionName)])].filter((file) => basename(file) !== PROJECT_FILE || named.has(file))
    // Named ones last: they take the place of others.
    const ordered = [...found.filter((file) => !named.has(file)), ...found.filter((file) => named.has(file))]
    if (ordered.length > 0) {
      const { withBuiltins } = await import('../builtin/index.ts')
      const { createRegistry } = await import('../index.ts')
      const { checkDefinitionFiles } = await import('./definition-files.ts')
      const { templates, workflows } = allOf(byFile.values())
      const checked = await checkDefinitionFiles(ordered, { templates: createRegistry(withBuiltins(templates)), workflows, named })
      failures.push(...checked.failures)
      for (const { file, workflow } of checked.defined) byFile.set(file, { templates: [], workflows: [workflow] })
    }
  }
  const inOrder = [...byFile].sort(([a], [b]) => Number(named.has(a)) - Number(named.has(b)))
  return { byFile, failures, definitions: allOf(inOrder.map(([, one]) => one)) }
}

/** Loads the project and further files. Throws what is wrong with them. */
export async function loadDefinitions(settings: Settings, files: readonly string[] = []): Promise<Definitions> {
  return (await loadAll(settings, files)).definitions
}

/** The same, with what the further file defines by itself. */
export async function loadWithFile(settings: Settings, file: string): Promise<{ readonly definitions: Definitions; readonly own: Definitions }> {
  const { definitions, byFile } = await loadAll(settings, [file])
  return { definitions, own: byFile.get(file) ?? { templates: [], workflows: [] } }
}

async function loadAll(settings: Settings, files: readonly string[]): Promise<LoadedProject> {
  const loaded = await loadProject(settings, files)
  const { together } = await import('./definition-files.ts')
  const failure = together(loaded.failures)
  if (failure !== undefined) throw failure
  return loaded
}

/** Two templates, or two durable functions, of one name and version. */
function repeated(byFile: ReadonlyMap<string, Definitions>): WumboError[] {
  const seen = new Map<string, { readonly thing: unknown; readonly file: string }>()
  const failures: WumboError[] = []
  for (const [file, { templates, workflows }] of byFile) {
    const functions = workflows.filter(({ form }) => form === 'function')
    const things = [...templates.map((thing) => ({ thing, kind: 'template', ...thing.meta })), ...functions.map((thing) => ({ thing, kind: 'workflow', name: thing.name, version: thing.version }))]
    for (const { thing, kind, name, version } of things) {
      const label = `${kind} ${name}@${version}`
      const first = seen.get(label)
      if (first === undefined) seen.set(label, { thing, file })
      else if (first.thing !== thing) {
        const where = textPlace(file, new RegExp(`(['"])${name.replaceAll('.', '\\.')}\\1`)) // names are words joined by "-", "." or "_"
        failures.push(new DefinitionError(`${shownPath(file)} defines the ${label}, which ${first.file === file ? 'it defines' : `${shownPath(first.file)} defines`} as well`, {
          path: shownPath(where), remedy: 'Raise the version of the one that changed, or rename or delete one of the two.',
        }))
      }
    }
  }
  return failures
}

const KINDS = '.ts, .mts, .js, .mjs, .yaml, .yml or .json file'

/** What `wumbo run` was asked for: a file's path when it looks like one, else a name. */
export function fileOf(word: string): string | undefined {
  const file = resolve(word)
  const isKnown = isModuleName(word) || isDefinitionName(word)
  if (existsSync(file) && isKnown) return file
  if (!/[\\/]/.test(word) && !isKnown) return undefined
  if (!existsSync(file)) throw new UsageError(`there is no file ${word}`, { path: word, remedy: `Name an existing ${KINDS}, or a workflow of the project.` })
  throw new ModuleFailedError(`${word} is no module and no definition`, { path: word, remedy: `Name a ${KINDS} that holds a workflow.` })
}

/** The files named with `--file`, checked. */
export function moduleFiles(words: readonly string[] | undefined): string[] {
  return (words ?? []).map((word) => {
    const file = fileOf(word)
    if (file !== undefined) return file
    throw new UsageError(`--file: there is no module or definition ${word}`, { path: '--file', remedy: `Name an existing ${KINDS}.` })
  })
}

/** The workflow called `name`: the newest of its versions. `others` are names that exist elsewhere, for the message. */
export function workflowNamed(definitions: Definitions, name: string, others: readonly string[] = []): AnyWorkflow {
  const found = definitions.workflows.findLast((workflow) => workflow.name === name)
  if (found !== undefined) return found
  const names = [...new Set([...namesOf(definitions.workflows), ...others])].sort()
  throw new WorkflowNotFoundError(`there is no workflow ${JSON.stringify(name)}.${didYouMean(name, names)} Known: ${names.join(', ') || 'none'}`, {
    path: name, remedy: 'Correct the name, export the workflow from a module in the project\'s folder of workflows or define it in a .yaml file there, or name its file.',
  })
}

/** The one workflow of a file, or of the project when `file` is undefined. */
export function onlyWorkflow(workflows: readonly AnyWorkflow[], file: string | undefined): AnyWorkflow {
  const where = file ?? 'the project'
  const names = namesOf(workflows)
  const newest = workflows.at(-1)
  if (newest !== undefined && names.length === 1) return newest
  if (newest === undefined) throw new WorkflowNotFoundError(`${where} exports no workflow`, { path: where, remedy: 'Export what defineWorkflow({ … }) gives, or write a definition.' })
  const example = `wumbo run ${file === undefined ? '' : `${file} --workflow `}${names[0] ?? 'NAME'}`
  throw new UsageError(`${where} has ${names.length} workflows: ${names.join(', ')}`, { path: where, remedy: `Name one of them: ${example}` })
}

function namesOf(workflows: readonly AnyWorkflow[]): string[] {
  return [...new Set(workflows.map(({ name }) => name))].sort()
}
