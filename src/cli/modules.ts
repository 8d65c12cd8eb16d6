// Modules of users: the files of a project's folders, imported, and what of their exports is a template or a workflow. It tells
// a file that cannot be imported by name and line; it registers nothing.
import { spawnSync } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { ModuleFailedError, WumboError } from '../errors.ts'
import type { AnyTemplate } from '../template/contract.ts'
import type { AnyWorkflow } from '../workflow/contract.ts'
import { provideOwnModules } from './module-fallback.ts'

/** What modules define. Each thing once, however many modules export it. */
export interface Definitions {
  readonly templates: readonly AnyTemplate[]
  readonly workflows: readonly AnyWorkflow[]
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

/** Imports modules in order and gives what they define. Throws MODULE_FAILED; failures of definitions come as they are, with the file. */
export async function importDefinitions(files: readonly string[]): Promise<Definitions> {
  provideOwnModules()
  const templates = new Set<AnyTemplate>()
  const workflows = new Set<AnyWorkflow>()
  for (const file of files) {
    const exported = (await importModule(file)) as Readonly<Record<string, unknown>>
    for (const value of Object.values(exported)) {
      if (isTemplate(value)) templates.add(value)
      else if (isWorkflow(value)) workflows.add(value)
    }
  }
  return { templates: [...templates], workflows: [...workflows] }
}

async function importModule(file: string): Promise<unknown> {
  try {
    return await import(pathToFileURL(file).href)
  } catch (thrown) {
    throw moduleFailed(file, thrown)
  }
}

function moduleFailed(file: string, thrown: unknown): WumboError {
  const error: NodeJS.ErrnoException = thrown instanceof Error ? thrown : new Error(String(thrown))
  const remedy = REMEDIES[error.code ?? ''] ?? (error instanceof WumboError ? error.remedy : undefined)
  const name = relative(process.cwd(), file) || file
  const place = placeOf(error) ?? (error instanceof SyntaxError ? checkedPlace(file) : undefined)
  return new ModuleFailedError(`${name} could not be imported: ${error.message.split('\n')[0] ?? ''}`, {
    cause: thrown, path: place === undefined ? name : (relative(process.cwd(), place) || place), ...(remedy === undefined ? {} : { remedy }),
  })
}

const REMEDIES: Readonly<Record<string, string>> = {
  ERR_MODULE_NOT_FOUND: 'Correct the import (with its extension, such as ./greet.ts), or install the package that it names.',
  ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX: 'Use only TypeScript that disappears when its types are removed: no enum, no namespace, no parameter properties.',
  ERR_UNKNOWN_FILE_EXTENSION: 'Name a .ts, .mts, .js or .mjs file.',
}

/** Where it went wrong in the user's files: what V8 puts before the stack of a syntax error, or the first frame outside of this package. */
function placeOf(error: Error): string | undefined {
  const places = [...(error.stack ?? '').matchAll(/(?:^|[ (])(?:file:\/\/)?(\/[^\n()]+?:\d+(?::\d+)?)\)?$/gm)].map((match) => decodeURI(match[1] ?? ''))
  return places.find((place) => !place.startsWith(OWN_FOLDER))
}

/** Plain JavaScript tells the place of a syntax error only when Node itself reports it. */
function checkedPlace(file: string): string | undefined {
  const { stderr } = spawnSync(process.execPath, ['--check', file], { encoding: 'utf8', timeout: 10_000 })
  const place = /^(?:file:\/\/)?(\/.+:\d+)$/m.exec(stderr)?.[1]
  return place === undefined ? undefined : decodeURI(place)
}

/** `src/` or `dist/` of this package. */
const OWN_FOLDER = fileURLToPath(new URL('..', import.meta.url))

function isTemplate(value: unknown): value is AnyTemplate {
  return typeof value === 'function' && 'meta' in value && 'schemas' in value && 'invoke' in value
}

function isWorkflow(value: unknown): value is AnyWorkflow {
  if (typeof value !== 'object' || value === null) return false
  const { form, name, version } = value as Partial<AnyWorkflow>
  return (form === 'function' || form === 'graph') && typeof name === 'string' && typeof version === 'string'
}
