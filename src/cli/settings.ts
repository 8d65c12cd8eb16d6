// What a command works with, from four places: its options win over the environment (WUMBO_*), that over wumbo.yaml, that over the
// defaults. Paths of the file are relative to the file, paths of options and environment to the folder where the command stands.
import { dirname, join, resolve } from 'node:path'
import { ProjectInvalidError, UsageError } from '../errors.ts'
import type { Duration } from '../shared/duration.ts'
import { isPostgresUrl, withoutPassword } from '../shared/postgres-url.ts'
import { findProjectFile, PROJECT_FILE, readProjectFile } from './project-file.ts'
import { CONCURRENCY, RETENTION, STORE, type Check } from './project-keys.ts'

/** What a command was given that bears on settings. */
export interface SettingOptions {
  /** The project's folder. */
  readonly project?: string
  readonly store?: string
  readonly port?: number
}

/** `sqlite` with an absolute file, `postgres` with its address, which may hold a password, and that address without one; or `memory`. */
export type StoreSetting =
  | { readonly kind: 'sqlite'; readonly file: string }
  | { readonly kind: 'postgres'; readonly url: string; readonly shown: string }
  | { readonly kind: 'memory' }

/** What a command works with. */
export interface Settings {
  /** The folder of wumbo.yaml; null outside a project. */
  readonly project: string | null
  readonly store: StoreSetting
  /** Absolute folders of the project; empty outside of one. */
  readonly folders: readonly string[]
  readonly strategy: 'sync' | 'async'
  /** Undefined: the library's default. */
  readonly concurrency: number | undefined
  /** Undefined: the library's default. Null: for ever. */
  readonly retention: Duration | null | undefined
  readonly port: number
}

const DEFAULT_STORE = 'sqlite:.wumbo/wumbo.db'
const DEFAULT_PORT = 8080

/** Puts the settings together. Throws USAGE for a wrong option or variable, PROJECT_INVALID for a wrong file. */
export async function readSettings(options: SettingOptions, env: NodeJS.ProcessEnv, cwd: string = process.cwd()): Promise<Settings> {
  const named = options.project ?? given(env, 'WUMBO_PROJECT')
  const file = findFile(named, cwd)
  const project = file === undefined ? null : dirname(file)
  const written = file === undefined ? {} : await readProjectFile(file)
  const base = project ?? cwd
  return {
    project,
    store: storeOf(options, env, { cwd, base, written: written.store }),
    folders: project === null ? [] : [...new Set([written.templates ?? 'templates', written.workflows ?? 'workflows'])].map((folder) => join(base, folder)),
    strategy: written.execution?.strategy ?? 'async',
    concurrency: fromEnv(env, 'WUMBO_CONCURRENCY', { check: CONCURRENCY, read: Number }) ?? written.execution?.concurrency,
    retention: retentionOf(env, written.retention),
    port: options.port ?? portOf(env),
  }
}

/** The settings of a command that only makes sense in a project. */
export function requireProject(settings: Settings): string {
  if (settings.project !== null) return settings.project
  throw new ProjectInvalidError(`there is no ${PROJECT_FILE} here or in a folder above`, { remedy: 'Make a project with `wumbo init`, go into one, or name it with --project DIR.' })
}

function findFile(named: string | undefined, cwd: string): string | undefined {
  if (named === undefined) return findProjectFile(cwd)
  const folder = resolve(cwd, named)
  const file = findProjectFile(folder)
  if (file !== undefined && dirname(file) === folder) return file
  throw new ProjectInvalidError(`${folder} is no project: it has no ${PROJECT_FILE}`, { path: folder, remedy: `Correct --project, or make one there: wumbo init ${named}` })
}

function storeOf(options: SettingOptions, env: NodeJS.ProcessEnv, place: { cwd: string; base: string; written: string | undefined }): Settings['store'] {
  const variable = given(env, 'WUMBO_STORE')
  const [store, base, from] = options.store !== undefined ? [options.store, place.cwd, '--store']
    : variable !== undefined ? [variable, place.cwd, 'WUMBO_STORE']
      : [place.written ?? DEFAULT_STORE, place.base, PROJECT_FILE]
  return parseStore(store, { base, from })
}

/** Reads the words for a store; a relative file is relative to `base`, and `from` says where they stood. Throws USAGE. */
export function parseStore(store: string, { base, from }: { readonly base: string; readonly from: string }): StoreSetting {
  const problem = STORE.refuse(store)
  if (problem !== undefined) throw new UsageError(`${from}: expected ${problem}, got ${JSON.stringify(withoutPassword(store))}`, { path: from, remedy: 'Write for example --store sqlite:.wumbo/wumbo.db.' })
  if (store === 'memory') return { kind: 'memory' }
  if (isPostgresUrl(store)) return { kind: 'postgres', url: store, shown: withoutPassword(store) }
  return { kind: 'sqlite', file: resolve(base, store.slice('sqlite:'.length)) }
}

/** The words for a store, as createWumbo takes them. */
export function storeWords(store: StoreSetting): string {
  return store.kind === 'sqlite' ? `sqlite:${store.file}` : store.kind === 'postgres' ? store.url : 'memory'
}

function retentionOf(env: NodeJS.ProcessEnv, written: Duration | null | undefined): Duration | null | undefined {
  if (given(env, 'WUMBO_RETENTION') === 'null') return null
  return fromEnv(env, 'WUMBO_RETENTION', { check: RETENTION, read: String }) ?? written
}

function portOf(env: NodeJS.ProcessEnv): number {
  return fromEnv(env, 'WUMBO_PORT', { check: PORT, read: Number }) ?? DEFAULT_PORT
}

/** A port to listen on; 0 takes any. */
export const PORT: Check = {
  expected: 'a whole number from 0 to 65535',
  refuse: (value) => (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 65_535 ? undefined : PORT.expected),
}

function fromEnv<T>(env: NodeJS.ProcessEnv, name: string, how: { check: Check; read: (text: string) => T }): T | undefined {
  const text = given(env, name)
  if (text === undefined) return undefined
  const value = how.read(text)
  const problem = how.check.refuse(value)
  if (problem === undefined) return value
  throw new UsageError(`${name}: expected ${problem}, got ${JSON.stringify(text)}`, { path: name, remedy: 'Correct the environment variable, or unset it.' })
}

/** A variable that is set to something. */
function given(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const text = env[name]
  return text === undefined || text === '' ? undefined : text
}
