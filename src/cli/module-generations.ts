// Imports the modules of a project anew without a new process: Node keeps a module by its URL, so each generation gives the URLs of the
// project's own files another query, and those of what they import. Packages keep their one instance. What old generations loaded stays
// in memory, because code may still run there.
import module, { createRequire } from 'node:module'
import { realpathSync } from 'node:fs'
import { sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const QUERY = /[?&]wumbo=(\d+)/

/** `src/` or `dist/` of this package: one instance, also when the project is the folder around it. */
const OWN_FOLDER = new URL('..', import.meta.url).href

/** One loading of a project's modules. */
export interface Generation {
  /** Files of the project that were imported, and those that were asked for and are not there. */
  readonly files: ReadonlySet<string>
  /** What to import for a file. */
  urlOf(file: string): string
}

/** The text without the queries of generations: messages and stacks name files. */
export function withoutGeneration(text: string): string {
  return text.replaceAll(/\?wumbo=\d+/g, '')
}

/** The generations of one project in this process. */
export class Generations {
  readonly #root: string
  readonly #below: string
  #number = 0
  #files = new Set<string>()

  private constructor(folder: string) {
    const real = realpathSync(folder)
    this.#below = real.endsWith(sep) ? real : real + sep
    this.#root = pathToFileURL(this.#below).href
  }

  /** Begins to watch over the imports of this process. Undefined where this Node cannot: then a changed module needs a new process. */
  static install(folder: string): Generations | undefined {
    // Typed as always there; Node before 22.15 and other runtimes have none.
    const { registerHooks } = module as Partial<typeof module>
    if (registerHooks === undefined) return undefined
    const generations = new Generations(folder)
    registerHooks({ resolve: (specifier, context, next) => generations.#resolve(specifier, context, next) })
    return generations
  }

  /** The next loading: nothing that an earlier one imported from the project is taken again. */
  begin(): Generation {
    const number = ++this.#number
    const files = (this.#files = new Set())
    const { cache } = createRequire(import.meta.url)
    for (const file of Object.keys(cache)) if (this.#isOwn(pathToFileURL(file).href)) Reflect.deleteProperty(cache, file)
    return { files, urlOf: (file) => `${pathToFileURL(realpathSync(file)).href}?wumbo=${number}` }
  }

  #resolve(specifier: string, context: module.ResolveHookContext, next: (specifier: string, context?: Partial<module.ResolveHookContext>) => module.ResolveFnOutput): module.ResolveFnOutput {
    const { parentURL = '' } = context
    const number = QUERY.exec(parentURL)?.[1]
    const isLatest = number === undefined || Number(number) === this.#number
    try {
      const resolved = next(specifier, context)
      if (!this.#isOwn(resolved.url)) return resolved
      if (isLatest) this.#files.add(fileURLToPath(resolved.url))
      // What is required is known by its file and was forgotten by begin().
      if (number === undefined || QUERY.test(resolved.url) || context.conditions.includes('require')) return resolved
      return { ...resolved, url: `${resolved.url}${resolved.url.includes('?') ? '&' : '?'}wumbo=${number}` }
    } catch (thrown) {
      const missing = /^\.{0,2}\//.test(specifier) && parentURL.startsWith('file:') ? new URL(specifier, parentURL).href : ''
      if (isLatest && this.#isOwn(missing)) this.#files.add(fileURLToPath(missing))
      throw thrown
    }
  }

  /** True for the URL of a file of the project, outside of packages. */
  #isOwn(url: string): boolean {
    return url.startsWith(this.#root) && !url.includes('/node_modules/') && !url.startsWith(OWN_FOLDER)
  }
}
