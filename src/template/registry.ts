// Finds templates by name, alias, version range, category, tag or text. It holds what was registered and nothing else:
// discovering templates in folders and packages is the caller's work.
import maxSatisfying from 'semver/ranges/max-satisfying.js'
import rcompare from 'semver/functions/rcompare.js'
import prerelease from 'semver/functions/prerelease.js'
import { TemplateExistsError, TemplateNotFoundError } from '../errors.ts'
import { nearest } from '../shared/nearest.ts'
import { labelOf } from './callable.ts'
import type { AnyTemplate } from './contract.ts'
import { parseReference } from './reference.ts'
import { rank } from './search.ts'

const MAX_FOUND = 1000

/** Which templates to list. All that is given must hold. */
export interface TemplateFilter {
  readonly category?: string
  readonly kind?: string
  readonly tag?: string
  /** Words that must occur in name, alias, tag, category or description. The best match comes first. */
  readonly text?: string
}

/**
 * A registry of templates. The same registrations give the same answers, in whatever order they came.
 * @example
 * const registry = createRegistry([scoreLead, clean])
 * registry.resolve('clean@^1')   // the highest version 1
 * registry.search('lead')   // [scoreLead, …]
 */
export class TemplateRegistry {
  /** Name → version → template. */
  #templates = new Map<string, Map<string, AnyTemplate>>()
  /** Alias → name. */
  #aliases = new Map<string, string>()
  /** What references stand for, until the next registration. Bounded: references may come from outside. */
  readonly #found = new Map<string, AnyTemplate>()

  /**
   * Adds templates. Registering the same object again changes nothing.
   * Throws TemplateExistsError when another template has the name and version, or another name has the alias.
   */
  register(...templates: readonly AnyTemplate[]): this {
    for (const template of templates) this.#add(template)
    return this
  }

  /**
   * Holds these templates in place of all that were registered, at once: a lookup sees the old ones or the new ones.
   * Throws TemplateExistsError as register does, and then changes nothing.
   */
  replace(templates: Iterable<AnyTemplate>): this {
    const next = new TemplateRegistry().register(...templates)
    this.#templates = next.#templates
    this.#aliases = next.#aliases
    this.#found.clear()
    return this
  }

  /**
   * The template that a reference names: `score-lead` (the highest version; a prerelease only when there is nothing else),
   * `score-lead@^1` (the highest that the range allows), `score-lead@1.2.3` (exactly this one). Aliases are names too.
   * Throws TemplateNotFoundError with the nearest name, or the versions there are; DefinitionError for no reference.
   */
  resolve(reference: string): AnyTemplate {
    const template = this.find(reference)
    if (template === undefined) throw this.#notFound(reference)
    return template
  }

  /** Like resolve, but undefined when there is none. */
  find(reference: string): AnyTemplate | undefined {
    const known = this.#found.get(reference)
    if (known !== undefined) return known
    const { name, range } = parseReference(reference)
    const versions = this.#versionsOf(name)
    const template = versions?.get(pick([...versions.keys()], range) ?? '')
    if (template === undefined) return undefined
    if (this.#found.size >= MAX_FOUND) this.#found.clear()
    this.#found.set(reference, template)
    return template
  }

  has(reference: string): boolean {
    return this.find(reference) !== undefined
  }

  /** The versions of a name or alias, highest first; empty when there is none. */
  versions(name: string): string[] {
    return [...(this.#versionsOf(name)?.keys() ?? [])].sort(rcompare)
  }

  /** The highest version of each template that passes the filter: by relevance with a text, else by name. */
  list(filter: TemplateFilter = {}): AnyTemplate[] {
    const { category, kind, tag, text } = filter
    const passing = [...this.#templates.keys()].sort().map((name) => this.resolve(name)).filter(({ meta }) =>
      (category === undefined || meta.category === category) && (kind === undefined || meta.kind === kind) && (tag === undefined || meta.tags?.includes(tag) === true))
    return text === undefined || text.trim() === '' ? passing : rank(passing, text)
  }

  /** The templates that have all words of the text, best match first. */
  search(text: string): AnyTemplate[] {
    return this.list({ text })
  }

  /** Category → names in it, both sorted; templates without one are under the empty text. */
  categories(): ReadonlyMap<string, readonly string[]> {
    const names = new Map<string, string[]>()
    for (const { meta } of this.list()) {
      const category = meta.category ?? ''
      names.set(category, [...(names.get(category) ?? []), meta.name])
    }
    return new Map([...names].sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  #add(template: AnyTemplate): void {
    const { name, version, aliases = [] } = template.meta
    const versions = this.#templates.get(name) ?? new Map<string, AnyTemplate>()
    if (versions.get(version) === template) return
    if (versions.has(version)) {
      throw new TemplateExistsError(`there is a template ${labelOf(template.meta)} already, and it is not this one`, { path: labelOf(template.meta) })
    }
    const claimed = this.#aliases.get(name)
    if (claimed !== undefined) {
      throw new TemplateExistsError(`the name "${name}" is an alias of ${claimed}`, { path: name, remedy: `Choose another name, or take the alias from ${claimed}.` })
    }
    for (const alias of aliases) {
      const owner = this.#templates.has(alias) ? alias : this.#aliases.get(alias)
      if (owner === undefined || owner === name) continue
      throw new TemplateExistsError(`the alias "${alias}" of ${name} belongs to ${owner}`, { path: `${name}.aliases`, remedy: 'Choose another alias.' })
    }
    versions.set(version, template)
    this.#templates.set(name, versions)
    for (const alias of aliases) if (alias !== name) this.#aliases.set(alias, name)
    this.#found.clear()
  }

  #versionsOf(name: string): Map<string, AnyTemplate> | undefined {
    return this.#templates.get(name) ?? this.#templates.get(this.#aliases.get(name) ?? '')
  }

  #notFound(reference: string): TemplateNotFoundError {
    const { name, range } = parseReference(reference)
    const versions = this.versions(name)
    if (versions.length > 0) {
      return new TemplateNotFoundError(`there is no version of "${name}" that satisfies ${range}; there are: ${versions.join(', ')}`, {
        path: reference, remedy: 'Correct the range, or register a version that satisfies it.', details: { name, versions },
      })
    }
    const near = nearest(name, [...this.#templates.keys(), ...this.#aliases.keys()])
    const hint = near !== undefined ? ` Did you mean "${near}" (${this.versions(near).join(', ')})?` : this.#templates.size === 0 ? ' None is registered.' : ''
    return new TemplateNotFoundError(`there is no template "${name}".${hint}`, { path: reference, details: { name, ...(near === undefined ? {} : { near, versions: this.versions(near) }) } })
  }
}

/** Makes a registry, with templates if given. */
export function createRegistry(templates: Iterable<AnyTemplate> = []): TemplateRegistry {
  return new TemplateRegistry().register(...templates)
}

/** The version that a range means among those there are. No range: the highest, prereleases last. */
function pick(versions: readonly string[], range: string | null): string | null {
  if (range !== null) return maxSatisfying([...versions], range)
  const stable = versions.filter((version) => prerelease(version) === null)
  return [...(stable.length > 0 ? stable : versions)].sort(rcompare)[0] ?? null
}
