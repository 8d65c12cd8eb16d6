// Makes a template of a definition: an object literal, or a class with the same members. It checks the definition, publishes
// its schemas and compiles its checks and its lifecycle once; running is lifecycle.ts.
import { ConfigInvalidError, InputInvalidError, OutputInvalidError } from '../errors.ts'
import { labelOf, makeTemplate, type TemplateParts } from './callable.ts'
import type {
  AnyTemplate, ConfigurableTemplate, InferInput, InferOutput, MaybePromise, Schema, Template, TemplateDefinition, TemplateHooks, TemplateSchemas, UnconfiguredTemplate,
} from './contract.ts'
import { checkDefinition, metadataOf, refuse, stepDefaultsOf, type Given } from './door.ts'
import { rememberConfiguration } from './configured.ts'
import { compileLifecycle } from './lifecycle.ts'
import { frozenCopy } from './frozen-copy.ts'
import { publishSchema } from './publish.ts'
import { compileCheck } from './validator.ts'

/** What a config of defaults only is made from. */
type NoFields = Readonly<Record<string, never>>

/** What a definition makes: a template; with a config schema one that can, or must, be configured first. */
export type DefinedTemplate<In extends Schema, Out extends Schema, Cfg extends Schema | undefined> = [Cfg] extends [Schema]
  ? NoFields extends InferInput<Cfg>
    ? ConfigurableTemplate<InferInput<In>, InferOutput<Out>, InferInput<Cfg>>
    : UnconfiguredTemplate<InferInput<In>, InferOutput<Out>, InferInput<Cfg>>
  : Template<InferInput<In>, InferOutput<Out>>

/**
 * Defines a template. Inputs are checked by `input` before any hook sees them, outputs by `output` after the last hook.
 *
 * Throws DefinitionError that names the key, what was expected and what came; SchemaNotPublishableError for a schema that
 * JSON Schema cannot express.
 * @example
 * export const scoreLead = defineTemplate({
 *   name: 'score-lead', version: '1.0.0', description: 'Scores a lead between 0 and 1.',
 *   input: z.object({ visits: z.int().min(0) }),
 *   output: z.object({ score: z.number().min(0).max(1) }),
 *   pure: true,
 *   execute: ({ visits }) => ({ score: Math.min(visits / 10, 1) }),
 * })
 * await scoreLead({ visits: 3 })   // { score: 0.3 }
 */
export function defineTemplate<In extends Schema, Out extends Schema, Cfg extends Schema | undefined = undefined>(
  definition: TemplateDefinition<In, Out, Cfg> | (new () => TemplateDefinition<In, Out, Cfg>),
): DefinedTemplate<In, Out, Cfg> {
  const given: unknown = typeof definition === 'function' ? new definition() : definition
  checkDefinition(given, typeof given === 'object' && given !== null && isLiteral(given))
  return templateOf(given) as DefinedTemplate<In, Out, Cfg>
}

function isLiteral(given: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(given)
  return prototype === Object.prototype || prototype === null
}

function templateOf(definition: Given): AnyTemplate {
  const meta = metadataOf(definition)
  const owner = labelOf(meta)
  const [input, output, config] = [definition['input'], definition['output'], definition['config']] as [Schema, Schema, Schema | undefined]
  const parts = {
    meta,
    level: definition['pure'] === true ? ('pure' as const) : ('effect' as const),
    defaults: stepDefaultsOf(definition),
    schemas: schemasOf(definition, owner),
    check: compileCheck(input, { owner, what: 'input', failure: InputInvalidError }),
  }
  const hooks = definition as unknown as TemplateHooks<unknown, unknown, unknown>
  const checkOutput = compileCheck(output, { owner, what: 'output', failure: OutputInvalidError })
  const withConfig = (fixed: unknown): TemplateParts => ({
    ...parts, config: fixed, invoke: compileLifecycle({ name: meta.name, version: meta.version, hooks, config: fixed, checkOutput }),
  })
  if (config === undefined) return makeTemplate(withConfig(undefined))

  const checkConfig = compileCheck(config, { owner, what: 'config', failure: ConfigInvalidError })
  const configure = (value: unknown): AnyTemplate => {
    const made: AnyTemplate = makeTemplate(withConfig(fixedConfig(owner, checkConfig(value))))
    rememberConfiguration(made, { base, given: frozenCopy(value) })
    return made
  }
  const base: AnyTemplate = makeTemplate({ ...unconfigured(owner, () => withConfig(fixedConfig(owner, checkConfig({}))), parts), configure })
  return base
}

/** The JSON Schemas of a checked definition. */
export function schemasOf(definition: Given, owner: string): TemplateSchemas {
  const own = (definition['jsonSchema'] ?? {}) as Partial<TemplateSchemas>
  const of = (what: 'input' | 'output' | 'config'): TemplateSchemas['input'] =>
    own[what] === undefined || own[what] === null ? publishSchema(definition[what] as Schema, { owner, what }) : frozenCopy(own[what])
  return Object.freeze({ input: of('input'), output: of('output'), config: definition['config'] === undefined ? null : of('config') })
}

function fixedConfig(owner: string, checked: MaybePromise<unknown>): unknown {
  if (!(checked instanceof Promise)) return frozenCopy(checked)
  checked.catch(() => undefined)
  throw refuse({ owner, path: 'config' }, 'expected a schema that checks at once, got one that gives a promise', 'Leave asynchronous refinements out of the config schema; check in the validate hook.')
}

/** The template before configure(): with the defaults of its config where all fields have one, else refusing every use. */
function unconfigured(owner: string, withDefaults: () => TemplateParts, parts: Omit<TemplateParts, 'config' | 'invoke'>): TemplateParts {
  try {
    return withDefaults()
  } catch (cause) {
    if (!(cause instanceof ConfigInvalidError)) throw cause
    const refuseUse = (): never => {
      throw new ConfigInvalidError(`${owner} is not configured: ${cause.message}`, {
        path: cause.path ?? 'config', remedy: 'Call .configure({ … }) and use the template that it gives.', ...(cause.details === undefined ? {} : { details: cause.details }),
      })
    }
    return { ...parts, config: undefined, check: refuseUse, invoke: refuseUse }
  }
}
