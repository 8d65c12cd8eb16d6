// A template whose code is loaded when it is first executed: what it is, is known before.
import { DefinitionError } from '../errors.ts'
import { labelOf } from './callable.ts'
import type { AnyTemplate, InferInput, InferOutput, Schema, StepDefaults, Template, TemplateContext, TemplateMetadata } from './contract.ts'
import { defineTemplate } from './define.ts'
import { childContext } from './derived-context.ts'
import { shown } from './door.ts'

/** What is known before the code is there, and where the code is. */
export interface LazyDefinition<In extends Schema, Out extends Schema> extends TemplateMetadata, StepDefaults {
  readonly input: In
  readonly output: Out
  readonly pure?: boolean
  /** Loads the template, or a module whose default export it is. Asked once; after a failure asked again by the next execution. */
  readonly load: () => Promise<Template<InferInput<In>, InferOutput<Out>> | { readonly default: Template<InferInput<In>, InferOutput<Out>> }>
}

/**
 * Makes a template that loads its code when it is first executed. What is loaded must have its name and version, else DEFINITION_INVALID.
 * @example
 * export const render = lazy({ name: 'render', version: '1.0.0', description: 'Renders a page.', input: Page, output: Html, load: () => import('./render.ts') })
 */
export function lazy<In extends Schema, Out extends Schema>({ load, ...definition }: LazyDefinition<In, Out>): Template<InferInput<In>, InferOutput<Out>> {
  if (typeof load !== 'function') throw new DefinitionError(`lazy: load: expected a function that gives the template, got ${shown(load)}`, { path: 'load', remedy: "Write load: () => import('./render.ts')." })
  let loading: Promise<AnyTemplate> | null = null
  const loaded = (): Promise<AnyTemplate> => (loading ??= Promise.resolve().then(load).then((given) => checked(given, definition)).catch((thrown: unknown) => {
    loading = null
    throw thrown
  }))
  const made = defineTemplate({
    ...definition,
    async execute(input: unknown, context: TemplateContext) {
      const template = await loaded()
      return template.invoke(await template.check(input), childContext(context, { label: null })) as InferInput<Out> // checked by the output schema of the definition
    },
  } as never) as unknown
  return made as Template<InferInput<In>, InferOutput<Out>>
}

function checked(given: unknown, definition: TemplateMetadata): AnyTemplate {
  const found = (typeof given === 'function' ? given : (given as { readonly default?: unknown } | null)?.default) as AnyTemplate | undefined
  if (typeof found !== 'function' || typeof (found as Partial<AnyTemplate>).invoke !== 'function') throw new DefinitionError(`lazy ${definition.name}: expected load to give a template, got ${shown(given)}`, { path: definition.name })
  if (labelOf(found.meta) !== labelOf(definition)) throw new DefinitionError(`lazy ${labelOf(definition)}: what was loaded is ${labelOf(found.meta)}`, { path: definition.name, remedy: 'Give both the same name and version.' })
  return found
}
