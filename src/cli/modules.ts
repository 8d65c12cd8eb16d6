// Modules of users: the files of a project's folders, imported, and what of their exports is a template or a workflow. It tells
// a file that cannot be imported by name and line; it registers nothing.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ModuleFailedError, WumboError } from '../errors.ts'
import type { AnyTemplate } from '../template/contract.ts'
import type { AnyWorkflow } from '../workflow/contract.ts'
import { provideOwnModules } from './module-fallback.ts'
import { withoutGeneration, type Generation } from './module-generations.ts'
import { failurePlace } from './module-place.ts'
import { shownPath } from './shown-path.ts'

/** What modules define. Each thing once, however many modules export it. */
export interface Definitions {
  readonly templates: readonly AnyTemplate[]
  readonly workflows: readonly AnyWorkflow[]
  /** Of one module: the names under which it exports its templates and workflows. */
  readonly names?: ReadonlyMap<AnyTemplate | AnyWorkflow, string>
}

const MODULE = /\.(?:[cm]?js|m?ts)$/
const NOT_MODULE = /\.d\.m?ts$|\.(?:test|spec|bench)\.[cm]?[jt]s$/

/** True for the name of a file that can be imported. */
export function isModuleName(name: string): boolean {
  return MODULE.test(name) && !NOT_MODULE.test(name)
}

/** The modules below a folder, sorted; none when there is no folder. Hidden ones, tests, `_names` and node_modules are left out. */
export async function modulesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((thrown: unknown) => {
    const { code, message } = thrown as NodeJS.ErrnoException
    if (code === 'ENOENT') return []
    throw new ModuleFailedError(`${folder} cannot be read: ${message}`, { cause: thrown, path: folder, remedy: 'Correct the folder in wumbo.yaml.' })
  })
  const found: string[] = []
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (/^[._]/.test(entry.name) || entry.name === 'node_modules') continue
    const path = join(folder, entry.name)
    if (entry.isDirectory()) found.push(...(await modulesBelow(path)))
    else if (isModuleName(entry.name)) found.push(path)
  }
  return found
}

/** What modules define, file by file, and which of them failed. */
export interface ImportedModules {
  readonly byFile: ReadonlyMap<string, Definitions>
  /** MODULE_FAILED, in the order of the files; one place is told once. */
  readonly failures: readonly WumboError[]
}

/** Imports modules in order: as this process knows them, or those of a generation. */
export async function importModules(files: readonly string[], generation?: Generation): Promise<ImportedModules> {
  provideOwnModules()
  const byFile = new Map<string, Definitions>()
  const failures = new Map<string, WumboError>()
  for (const file of files) {
    try {
      const exported = (await import(generation?.urlOf(file) ?? pathToFileURL(file).href)) as Readonly<Record<string, unknown>>
      const values = Object.values(exported)
      const names = new Map(Object.entries(exported).flatMap(([name, value]) => (isTemplate(value) || isWorkflow(value) ? [[value, name] as const] : [])))
      byFile.set(file, { templates: values.filter(isTemplate), workflows: values.filter(isWorkflow), names })
    } catch (thrown) {
      const failure = moduleFailed(file, thrown, generation)
      const key = `${failure.path ?? file}\n${thrown instanceof Error ? thrown.message : ''}`
      if (!failures.has(key)) failures.set(key, failure)
    }
  }
  return { byFile, failures: [...failures.values()] }
}

/** What several files define. */
export function allOf(definitions: Iterable<Definitions>): Definitions {
  const all = [...definitions]
  return { templates: [...new Set(all.flatMap(({ templates }) => templates))], workflows: [...new Set(all.flatMap(({ workflows }) => workflows))] }
}

function moduleFailed(file: string, thrown: unknown, generation: Generation | undefined): WumboError {
  const error: NodeJS.ErrnoException = thrown instanceof Error ? thrown : new Error(String(thrown))
  const remedy = REMEDIES[error.code ?? ''] ?? (error instanceof WumboError ? error.remedy : undefined)
  const name = shownPath(file)
  const place = failurePlace(error, file, generation?.files)
  return new ModuleFailedError(`${name} could not be imported: ${withoutGeneration(error.message.split('\n')[0] ?? '')}`, {
    cause: thrown, path: place === undefined ? name : shownPath(place), ...(remedy === undefined ? {} : { remedy }),
  })
}

const REMEDIES: Readonly<Record<string, string>> = {
  ERR_MODULE_NOT_FOUND: 'Correct the import (with its extension, such as ./greet.ts), or install the package that it names.',
  ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX: 'Use only TypeScript that disappears when its types are removed: no enum, no namespace, no parameter properties.',
  ERR_UNKNOWN_FILE_EXTENSION: 'Name a .ts, .mts, .js or .mjs file.',
}

function isTemplate(value: unknown): value is AnyTemplate {
  return typeof value === 'function' && 'meta' in value && 'schemas' in value && 'invoke' in value
}

function isWorkflow(value: unknown): value is AnyWorkflow {
  if (typeof value !== 'object' || value === null) return false
  const { form, name, version } = value as Partial<AnyWorkflow>
  return (form === 'function' || form === 'graph') && typeof name === 'string' && typeof version === 'string'
}
