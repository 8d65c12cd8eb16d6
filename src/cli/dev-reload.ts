// Keeps what `wumbo dev` runs in step with the project's files: on a change all of it is loaded anew, then put in place at once; when
// anything of it is wrong, all stays as it was. Runs are the engine's: none is touched here.
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { InternalError, WumboError } from '../errors.ts'
import { ProjectWatch } from './dev-watch.ts'
import { isDefinitionName } from './definition-source.ts'
import { Generations } from './module-generations.ts'
import type { Definitions } from './modules.ts'
import { loadProject, type LoadedProject } from './project.ts'
import { PROJECT_FILE } from './project-file.ts'
import type { ReloadTeller } from './reload-lines.ts'
import type { Settings } from './settings.ts'

/** Where reloaded definitions go, such as `wumbo.reload`. Throws what it refuses. */
export type Place = (definitions: Definitions) => void

/** The project's definitions, loaded again whenever its files change. */
export class Reloader {
  readonly #settings: Settings
  readonly #tell: ReloadTeller
  readonly #generations: Generations | undefined
  readonly #projectFile: string
  #projectText: string
  #watch: ProjectWatch | undefined
  #place: Place | undefined
  #definitions: Definitions = { templates: [], workflows: [] }
  /** Files whose change was not told yet: of a reload that a later one has overtaken, too. */
  readonly #changed = new Set<string>()
  #latest = 0
  #broken = false
  #stopped = false

  private constructor(settings: Settings & { readonly project: string }, { tell, text }: { readonly tell: ReloadTeller; readonly text: string }) {
    this.#settings = settings
    this.#tell = tell
    this.#projectFile = join(settings.project, PROJECT_FILE)
    this.#projectText = text
    this.#generations = Generations.install(settings.project)
  }

  /** Begins to watch; nothing is loaded yet. */
  static async open(settings: Settings, { project, tell }: { readonly project: string; readonly tell: ReloadTeller }): Promise<Reloader> {
    const reloader = new Reloader({ ...settings, project }, { tell, text: await readFile(join(project, PROJECT_FILE), 'utf8').catch(() => '') })
    reloader.#watch = await ProjectWatch.open({ project, folders: settings.folders, onChange: (files) => void reloader.#onChange(files), onError: (error) => tell.blind(error.message) })
    return reloader
  }

  /** Loads for the first time. */
  async load(): Promise<LoadedProject> {
    const loaded = await this.#load()
    this.#definitions = loaded.definitions
    return loaded
  }

  /** From now on changes are put in place; those that came since `load` as well. */
  begin(place: Place): void {
    this.#place = place
    if (this.#changed.size > 0) void this.#reload()
  }

  /** Stops at once: a reload that is at work puts nothing in place. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#watch?.close()
  }

  async #load(): Promise<LoadedProject> {
    const since = Date.now()
    const generation = this.#generations?.begin()
    const loaded = await loadProject(this.#settings, [], generation)
    if (!this.#stopped) this.#watch?.add(generation?.files ?? [], since)
    return loaded
  }

  async #onChange(files: readonly string[]): Promise<void> {
    if (files.some((file) => basename(file) === PROJECT_FILE)) await this.#projectFileChanged()
    let relevant = files.filter((file) => basename(file) !== PROJECT_FILE)
    if (this.#generations === undefined) {
      const [module] = relevant.filter((file) => !isDefinitionName(file))
      if (module !== undefined) this.#tell.restart(module, `Node ${process.versions.node} cannot load modules again (it has no module.registerHooks).`)
      relevant = relevant.filter(isDefinitionName)
    }
    for (const file of relevant) this.#changed.add(file)
    if (relevant.length > 0 && this.#place !== undefined) await this.#reload()
  }

  async #reload(): Promise<void> {
    const number = ++this.#latest
    let failures: readonly WumboError[]
    let definitions = this.#definitions
    try {
      const loaded = await this.#load()
      failures = loaded.failures
      definitions = loaded.definitions
    } catch (thrown) {
      failures = [failureOf(thrown)]
    }
    // A later change is being loaded: it tells for both.
    if (this.#stopped || number !== this.#latest) return
    if (failures.length === 0) failures = this.#put(definitions)
    const changed = [...this.#changed].sort()
    this.#changed.clear()
    if (failures.length > 0) {
      this.#broken = true
      this.#tell.failed(changed, failures); return;
    }
    const names = new Set(definitions.workflows.map(({ name }) => name))
    const removed = [...new Set(this.#definitions.workflows.map(({ name }) => name))].filter((name) => !names.has(name)).sort()
    this.#tell.reloaded({ changed, definitions, removed, recovered: this.#broken })
    this.#definitions = definitions
    this.#broken = false
  }

  #put(definitions: Definitions): readonly WumboError[] {
    try {
      this.#place?.(definitions)
      return []
    } catch (thrown) {
      return [failureOf(thrown)]
    }
  }

  async #projectFileChanged(): Promise<void> {
    const text = await readFile(this.#projectFile, 'utf8').catch(() => '')
    if (text === this.#projectText) return
    this.#projectText = text
    this.#tell.restart(this.#projectFile, 'restart wumbo dev to work with it.')
  }
}

function failureOf(thrown: unknown): WumboError {
  return thrown instanceof WumboError ? thrown : new InternalError(`the project could not be loaded: ${thrown instanceof Error ? thrown.message : String(thrown)}`, { cause: thrown })
}
