// Remembers of each template that `.configure()` gave what it was made of, so that a graph can keep the settings as data and make
// the same template again. Not for users: a template itself shows only its checked configuration.
import type { AnyTemplate } from './contract.ts'

/** What a configured template was made of. */
export interface Configuration {
  /** The template that was configured. */
  readonly base: AnyTemplate
  /** The settings as they were given, before the schema filled in defaults and transformed them; frozen. */
  readonly given: unknown
}

const known = new WeakMap<AnyTemplate, Configuration>()

/** Notes what a configured template was made of. */
export function rememberConfiguration(template: AnyTemplate, configuration: Configuration): void {
  known.set(template, configuration)
}

/** What a template was configured with; undefined when it was not. */
export function configurationOf(template: AnyTemplate): Configuration | undefined {
  return known.get(template)
}

/** `configure` of a template or of the one that it was made of; undefined when it has no settings, or they cannot be given any more. */
export function configureOf(template: AnyTemplate): ((config: unknown) => AnyTemplate) | undefined {
  const { base } = configurationOf(template) ?? { base: template }
  return (base as { readonly configure?: (config: unknown) => AnyTemplate }).configure // only templates with a config schema have it
}
