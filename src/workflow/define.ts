// Makes a durable function: a workflow written as `run(ctx, input)`. It checks the definition at the door and runs
// nothing; the engine enters the function.
import { parseDuration, type Duration } from '../shared/duration.ts'
import type { MaybePromise, Schema } from '../template/contract.ts'
import type { FunctionWorkflow, OnCancel, WorkflowContext } from './contract.ts'
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
  /** Whether a cancelled run undoes its steps that have a compensation. Default `compensate`, and `leave` with a `cleanUp`; a run that fails always does. */
  readonly onCancel?: OnCancel
  /**
   * Cleans up when the run is cancelled: its steps are given up where they stand, and this is entered in place of `run`, with a context of its own and
   * the outputs of the steps that had completed, by path. Steps, waits and restarts go as in `run`. Then the run ends as cancelled, however this
   * ends. It stands in the place of compensations, which are for runs that fail.
   */
  readonly cleanUp?: (ctx: WorkflowContext, input: P, results: ReadonlyMap<string, unknown>) => MaybePromise<void>
  /** How long the clean-up may take, from when the cancel is taken up. Default 30 s. Only with `cleanUp`. */
  readonly cleanUpTimeout?: Duration
  /** The workflow. What is no pure computation goes through `ctx`. */
  readonly run: (ctx: WorkflowContext, input: P) => MaybePromise<O>
}

const KEYS = ['name', 'version', 'description', 'input', 'timeout', 'onCancel', 'cleanUp', 'cleanUpTimeout', 'run'] as const
const WHERE = 'defineWorkflow'

/**
 * Defines a durable function.
 * Throws DefinitionError that names the key, what was expected and what came; SchemaNotPublishableError for an input
 * schema that JSON Schema cannot say.
 */
export function defineWorkflow<I, P, O>(definition: WorkflowDefinition<I, P, O>): FunctionWorkflow<I, O> {
  checkKeys(WHERE, definition, KEYS)
  const { name, version = '1', description, input, timeout, onCancel, cleanUp, cleanUpTimeout, run } = definition
  checkName(WHERE, name)
  checkVersion(WHERE, version)
  checkDescription(WHERE, description)
  checkSchema(WHERE, 'input', input)
  if (typeof run !== 'function') throw refuse(WHERE, 'run', `expected a function (ctx, input) => …, got ${shown(run)}`, 'Write async run(ctx, input) { … }.')
  if (cleanUp !== undefined && typeof cleanUp !== 'function') throw refuse(WHERE, 'cleanUp', `expected a function (ctx, input, results) => …, got ${shown(cleanUp)}`, 'Write async cleanUp(ctx, input, results) { … }, or leave it out.')
  if (cleanUp !== undefined && onCancel === 'compensate') throw refuse(WHERE, 'onCancel', 'a cancelled run is either cleaned up or compensated', 'Leave onCancel out, and undo in cleanUp what a cancelled run has done; or leave cleanUp out.')
  if (cleanUpTimeout !== undefined && cleanUp === undefined) throw refuse(WHERE, 'cleanUpTimeout', 'bounds a clean-up, and there is none', 'Write cleanUp as well, or leave it out.')
  if (cleanUpTimeout !== undefined) parseDuration(cleanUpTimeout, 'cleanUpTimeout')
  if (timeout !== undefined) parseDuration(timeout, 'timeout')
  if (onCancel !== undefined && onCancel !== 'compensate' && onCancel !== 'leave') throw refuse(WHERE, 'onCancel', `expected compensate or leave, got ${shown(onCancel)}`, "Leave it out for compensate.")
  return Object.freeze({
    form: 'function' as const,
    name,
    version,
    ...(description === undefined ? {} : { description }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(onCancel === undefined ? {} : { onCancel }),
    schemas: Object.freeze({ input: inputJsonSchema(name, input as AnySchema) }),
    check: inputCheck(name, input as AnySchema),
    run,
    ...(cleanUp === undefined ? {} : { cleanUp }),
    ...(cleanUpTimeout === undefined ? {} : { cleanUpTimeout }),
  })
}
