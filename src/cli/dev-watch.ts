// Watches what a project is made of: its folders, and the folders of further files that its modules import. Tells which files changed, a
// burst of saves at once. It decides nothing about what a change means.
import { realpathSync, statSync } from 'node:fs'
import { basename, dirname, join, relative, sep } from 'node:path'
import { watch, type FSWatcher } from 'chokidar'
import { isDefinitionName } from './definition-source.ts'
import { isModuleName } from './modules.ts'
import { PROJECT_FILE } from './project-file.ts'

/** After a change, quiet for so long: then it is told. Editors write a file in several steps, and save several files in a row. */
const QUIET_MS = 60
/** A stream of changes is told at least so often. */
const AT_MOST_MS = 1000

/** What is watched, and who is told. */
export interface WatchOptions {
  /** The project's folder, and those of its folders that hold definitions. */
  readonly project: string
  readonly folders: readonly string[]
  /** Gets the files that were written, added or deleted: full paths, sorted. */
  readonly onChange: (files: readonly string[]) => void
  /** The operating system watches no more: too many files, a folder that may not be read. */
  readonly onError: (error: Error) => void
}

/** A watch over a project, until it is closed. */
export class ProjectWatch {
  readonly #options: WatchOptions
  readonly #folders: readonly string[]
  readonly #below: FSWatcher
  /** Folders of single files: not what is below them. */
  readonly #beside: FSWatcher
  readonly #imported = new Set<string>()
  readonly #changed = new Set<string>()
  #since = 0
  #timer: NodeJS.Timeout | undefined

  private constructor(options: WatchOptions) {
    // Modules are known by their real path, so changes are told by it too.
    const root = realpathSync(options.project)
    this.#options = options
    this.#folders = options.folders.map((folder) => join(root, relative(options.project, folder)))
    const ignored = (path: string): boolean => relative(root, path).split(sep).some((name) => name === 'node_modules' || /^\.[^.]/.test(name))
    this.#below = watch([...this.#folders], { ignored, ignoreInitial: true })
    this.#beside = watch([root], { ignored, ignoreInitial: true, depth: 0 })
    for (const watcher of [this.#below, this.#beside]) {
      watcher.on('all', (event, path) => {
        if (event !== 'addDir' && event !== 'unlinkDir' && this.#counts(path)) this.#heard(path)
      })
      watcher.on('error', (thrown) => options.onError(thrown instanceof Error ? thrown : new Error(String(thrown))))
    }
  }

  /** Resolves when every later change will be told. */
  static async open(options: WatchOptions): Promise<ProjectWatch> {
    const opened = new ProjectWatch(options)
    await Promise.all([opened.#below, opened.#beside].map((watcher) => new Promise<void>((resolve) => watcher.once('ready', () => resolve()))))
    return opened
  }

  /** Watches these files of the project too. One that has changed since `loaded`, milliseconds since 1970, is told. */
  add(files: Iterable<string>, loaded: number): void {
    for (const file of files) {
      if (this.#imported.has(file)) continue
      this.#imported.add(file)
      if (this.#isBelow(file)) continue
      this.#beside.add(dirname(file))
      if ((statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0) >= loaded) this.#heard(file)
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer)
    await Promise.all([this.#below.close(), this.#beside.close()])
  }

  #counts(path: string): boolean {
    if (this.#imported.has(path) || basename(path) === PROJECT_FILE) return true
    return this.#isBelow(path) && !/^[._]/.test(basename(path)) && (isModuleName(path) || isDefinitionName(path))
  }

  #isBelow(path: string): boolean {
    return this.#folders.some((folder) => path.startsWith(folder + sep))
  }

  #heard(file: string): void {
    const now = performance.now()
    if (this.#changed.size === 0) this.#since = now
    this.#changed.add(file)
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      const files = [...this.#changed].sort()
      this.#changed.clear()
      this.#options.onChange(files)
    }, Math.max(0, Math.min(QUIET_MS, this.#since + AT_MOST_MS - now)))
  }
}
