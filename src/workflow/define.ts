// Makes a durable function: a workflow written as `run(ctx, input)`. It checks the definition at the door and runs
// nothing; the engine enters the function.
import { parseDuration, type Duration } from '../shared/duration.ts'
import type { MaybePromise, Schema } from '../template/contract.ts'
import type { FunctionWorkflow, WorkflowContext } from './contract.ts'
import { checkDescription, checkKeys, checkName, checkSchema, checkVersion, refuse, shown } from './door.ts'
import { inputCheck, inputJsonSchema, type AnySchema } from './input.ts'

/** What defineWorkflow takes. `I` is what start() sends, `P` what the schema makes of it and `run` sees, `O` what `run` gives. */
export interface WorkflowDefinition<I, P, O> {
  /** Lower-case words joined by `-`, `.` or `_`, at most 100 characters. */
  readonly name: string
  /** Raise it when `run` changes: running runs keep the version that they started with. Default `1`. */
  readonly version?: string
  readonly description?: string
  /** Any Standard Schema. Every input is checked by it before a run starts. */
  readonly input: Schema<I, P>
  /** For a run as a whole. Default: none. */
  readonly timeout?: Duration
  /**
   * Cleans up when the run is cancelled: its steps are given up where they stand, and this is entered in place of `run`, with a context of its own and
   * the outputs of the steps that had completed, by path. Steps, waits and restarts go as in `run`. Then the run ends as cancelled, however this ends.
   */
  readonly onCancel?: (ctx: WorkflowContext, input: P, results: ReadonlyMap<string, unknown>) => MaybePromise<void>
  /** How long the clean-up may take, from when the cancel is taken up. Default 30 s. Only with `onCancel`. */
  readonly cancelTimeout?: Duration
  /** The workflow. What is no pure computation goes through `ctx`. */
  readonly run: (ctx: WorkflowContext, input: P) => MaybePromise<O>
}

const KEYS = ['name', 'version', 'description', 'input', 'timeout', 'run', 'onCancel', 'cancelTimeout'] as const
const WHERE = 'defineWorkflow'

/**
 * Defines a durable function.
 * Throws DefinitionError that names the key, what was expected and what came; SchemaNotPublishableError for an input
 * schema that JSON Schema cannot say.
 */
export function defineWorkflow<I, P, O>(definition: WorkflowDefinition<I, P, O>): FunctionWorkflow<I, O> {
  checkKeys(WHERE, definition, KEYS)
  const { name, version = '1', description, input, timeout, run, onCancel, cancelTimeout } = definition
  checkName(WHERE, name)
  checkVersion(WHERE, version)
  checkDescription(WHERE, description)
  checkSchema(WHERE, 'input', input)
  if (typeof run !== 'function') throw refuse(WHERE, 'run', `expected a function (ctx, input) => …, got ${shown(run)}`, 'Write async run(ctx, input) { … }.')
  if (onCancel !== undefined && typeof onCancel !== 'function') throw refuse(WHERE, 'onCancel', `expected a function (ctx, input, results) => …, got ${shown(onCancel)}`, 'Write async onCancel(ctx, input, results) { … }, or leave it out.')
  if (cancelTimeout !== undefined && onCancel === undefined) throw refuse(WHERE, 'cancelTimeout', 'bounds a clean-up, and there is none', 'Write onCancel as well, or leave it out.')
  if (cancelTimeout !== undefined) parseDuration(cancelTimeout, 'cancelTimeout')
  if (timeout !== undefined) parseDuration(timeout, 'timeout')
  return Object.freeze({
    form: 'function' as const,
    name,
    version,
    ...(description === undefined ? {} : { description }),
    ...(timeout === undefined ? {} : { timeout }),
    schemas: Object.freeze({ input: inputJsonSchema(name, input as AnySchema) }),
    check: inputCheck(name, input as AnySchema),
    run,
    ...(onCancel === undefined ? {} : { onCancel }),
    ...(cancelTimeout === undefined ? {} : { cancelTimeout }),
  })
}
