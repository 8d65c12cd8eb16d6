// Makes the template that callers hold: a function that gives the data, with `.execute()` for the result and the members
// that the engine uses. It knows nothing of definitions; defineTemplate and compositions hand in the parts.
import { errorData, type WumboError } from '../errors.ts'
import type { Level } from '../model/record.ts'
import type { TransactionMeans } from '../model/transaction.ts'
import type {
  AnyTemplate, CallOptions, ExecutionResult, MaybePromise, Template, TemplateContext, TemplateMetadata, TemplateSchemas, StepDefaults,
} from './contract.ts'
import { createContext, privateContext } from './context.ts'
import { childContext, isOwn, nextLabel, type OwnContext } from './derived-context.ts'
import { asAbort, asFailure } from './failure.ts'
import { enter } from './state.ts'

/** What a template consists of. */
export interface TemplateParts {
  readonly meta: TemplateMetadata
  readonly level: Level
  readonly transaction?: TransactionMeans
  readonly defaults: StepDefaults
  readonly schemas: TemplateSchemas
  readonly config: unknown
  readonly check: (input: unknown) => MaybePromise<unknown>
  readonly invoke: (checkedInput: unknown, context: TemplateContext) => MaybePromise<unknown>
  /** Present when there is a config schema. */
  readonly configure?: (config: unknown) => AnyTemplate
}

type ExecuteOptions = CallOptions & { readonly failSilently?: boolean }

/** Makes a template of its parts. The caller knows the types that its schemas stand for. */
export function makeTemplate<I, O>(parts: TemplateParts): Template<I, O> {
  const { meta, check, invoke } = parts

  const run = (input: unknown, context: TemplateContext): MaybePromise<unknown> => {
    let checked: unknown
    try {
      checked = check(input)
    } catch (thrown) {
      throw refused(thrown, context, meta)
    }
    if (!(checked instanceof Promise)) return invoke(checked, context)
    return checked.then(
      (value: unknown) => invoke(value, context),
      (thrown: unknown) => {
        throw refused(thrown, context, meta)
      },
    )
  }

  /** Nothing begins after an abort. */
  const runUnlessAborted = (input: unknown, context: OwnContext): MaybePromise<unknown> => {
    if (context.heeds && context.signal.aborted) {
      enter(context, 'aborted')
      throw asAbort(context.signal.reason, labelOf(meta))
    }
    return run(input, context)
  }

  const call = (input: unknown, options?: CallOptions): Promise<unknown> => {
    try {
      const given = runUnlessAborted(input, callContext(options, meta.name))
      return given instanceof Promise ? given : Promise.resolve(given)
    } catch (thrown) {
      return Promise.reject(thrown)
    }
  }

  const execute = async (input: unknown, options?: ExecuteOptions): Promise<ExecutionResult<unknown>> => {
    const context = callContext(options, meta.name)
    const began = context.monotonic()
    const facts = (): Pick<ExecutionResult<unknown>, 'attempts' | 'durationMs' | 'metadata'> => ({
      attempts: context.attempts,
      durationMs: context.monotonic() - began,
      metadata: { template: meta.name, version: meta.version, executionId: context.executionId, state: context.state },
    })
    try {
      const data = await runUnlessAborted(input, context)
      return { success: true, data, recovered: context.recovered, ...facts() }
    } catch (thrown) {
      if (options?.failSilently !== true) throw thrown
      const error = asFailure(thrown, labelOf(meta))
      return { success: false, error, errorData: errorData(error), ...facts() }
    }
  }

  const members: Omit<TemplateParts, 'configure'> & { readonly execute: typeof execute } = {
    meta, level: parts.level, defaults: parts.defaults, schemas: parts.schemas, config: parts.config, check, invoke, execute,
    ...(parts.transaction === undefined ? {} : { transaction: parts.transaction }),
  }
  const template = Object.assign(call, members, parts.configure === undefined ? {} : { configure: parts.configure })
  Object.defineProperty(template, 'name', { value: meta.name })
  return Object.freeze(template) as unknown as Template<I, O>
}

/** How messages name a template. */
export function labelOf(meta: TemplateMetadata): string {
  return `${meta.name}@${meta.version}`
}

/** The context of a direct call: the caller's own when it is fresh and nothing is to be added, else one derived from it. */
function callContext(options: CallOptions | undefined, name: string): OwnContext {
  if (options === undefined) return privateContext()
  const { context, signal, services, log } = options
  if (context === undefined) {
    if (signal === undefined && services === undefined && log === undefined) return privateContext()
    return createContext({ ...(signal === undefined ? {} : { signal }), ...(services === undefined ? {} : { services }), ...(log === undefined ? {} : { log }) })
  }
  const nothingToAdd = signal === undefined && services === undefined && log === undefined
  if (nothingToAdd && context.state === 'created' && isOwn(context)) return context
  const both = signal === undefined ? undefined : AbortSignal.any([context.signal, signal])
  return childContext(context, { label: nextLabel(context, name), signal: both, services, log })
}

function refused(thrown: unknown, context: TemplateContext, meta: TemplateMetadata): WumboError {
  enter(context, 'failed')
  return asFailure(thrown, labelOf(meta))
}
