// Names of operations become paths: scope + name + key, with an occurrence number where a name is used again in
// strict sequence. Once two operations of a scope have been open together a repeated name is refused, live and on
// replay alike, because numbers given out under concurrency would swap results without a word.
import { DefinitionError, DuplicateStepError } from '../errors.ts'
import { escapeKey } from '../shared/escape-key.ts'
import { SmallMap } from '../shared/small-map.ts'
import { checkOptions } from './known-options.ts'

/** A name of an operation, or of a signal. */
export const NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,99}$/

/** A scope of a durable function: the run itself, a branch of `all`, an item of `map`. */
export class Scope {
  readonly prefix: string
  #open = 0
  #concurrent = false
  readonly #used = new SmallMap<number>()

  constructor(prefix: string) {
    this.prefix = prefix
  }

  /** Claims the path of an operation that opens now. Call `close` when its answer is delivered. */
  open(name: string, key?: string | number): string {
    const path = this.#claim(name, key)
    if (++this.#open > 1) this.#concurrent = true
    return path
  }

  /** Claims the paths of branches that open now as one operation: each goes on in a scope of its own. Call `close` once, when all have ended. */
  openAll(names: readonly string[]): string[] {
    const paths = names.map((name) => this.#claim(name, undefined))
    if (++this.#open > 1) this.#concurrent = true
    return paths
  }

  close(): void {
    this.#open--
  }

  #claim(name: string, key: string | number | undefined): string {
    if (!NAME.test(name)) {
      throw new DefinitionError(`step name: expected a letter or _ and then letters, digits, _ or -, at most 100, got ${JSON.stringify(name)}`, {
        path: this.prefix + name, remedy: 'Give the step a plain name; put what varies into its `key`.',
      })
    }
    const base = this.prefix + (key === undefined ? name : `${name}[${escapeKey(key)}]`)
    const times = (this.#used.get(base) ?? 0) + 1
    if (times > 1 && (this.#open > 0 || this.#concurrent)) {
      throw new DuplicateStepError(`the name ${JSON.stringify(base)} is used again in a scope whose operations run concurrently`, { path: base })
    }
    this.#used.set(base, times)
    return times === 1 ? base : `${base}#${times}`
  }
}

/** Refuses what cannot be a name. */
export function checkOperationName(name: string, what: string): void {
  if (typeof name !== 'string' || !NAME.test(name)) throw new DefinitionError(`${what}: expected a letter or _ and then letters, digits, _ or -, at most 100, as name`, { path: 'name' })
}

/** The prefixes of the scopes of a map's items: `orders[17].`, refused when two items have one key. */
export function itemPrefixes(base: string, keys: readonly (string | number)[]): string[] {
  const seen = new Set<string>()
  return keys.map((key) => {
    const prefix = `${base}[${escapeKey(key)}].`
    if (seen.has(prefix)) throw new DuplicateStepError(`two items of ${base} have the key ${JSON.stringify(key)}`, { path: prefix.slice(0, -1) })
    seen.add(prefix)
    return prefix
  })
}

/** How many items of a map are at work at once: the default is 10. Throws for what is no number of them, and no list. */
export function mapWidth(name: string, items: unknown, options: { readonly concurrency?: number }): number {
  checkOptions('map', options, `map ${name}`)
  const { concurrency = 10 } = options
  if (!Number.isInteger(concurrency) || concurrency < 1) throw new DefinitionError(`map ${name}: concurrency: expected a whole number from 1, got ${String(concurrency)}`, { path: `${name}.concurrency` })
  if (!Array.isArray(items)) throw new DefinitionError(`map ${name}: expected a list of items, got ${typeof items}`, { path: name })
  return concurrency
}
