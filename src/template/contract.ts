// What a template is, for those who write one, those who call one and the engine that runs one. Only types:
// define.ts makes templates, lifecycle.ts runs their hooks, context.ts makes what the hooks see, callable.ts what
// callers hold.
import type { ErrorData, WumboError } from '../errors.ts'
import type { Level } from '../model/record.ts'
import type { TransactionMeans } from '../model/transaction.ts'

/** A value, or a promise of it. */
export type MaybePromise<T> = T | Promise<T>

/** A problem that a schema found, with the path to it. */
export interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** Any validator that follows Standard Schema v1 (zod, valibot, arktype, …). `I` goes in, `O` comes out. */
export interface Schema<I = unknown, O = I> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => MaybePromise<{ readonly value: O; readonly issues?: undefined } | { readonly issues: readonly SchemaIssue[] }>
    readonly types?: { readonly input: I; readonly output: O } | undefined
  }
}

/** What a schema takes: the type before its defaults and transformations. */
export type InferInput<S extends Schema> = NonNullable<S['~standard']['types']>['input']

/** What a schema gives: the type after its defaults and transformations. */
export type InferOutput<S extends Schema> = NonNullable<S['~standard']['types']>['output']

/** A JSON Schema document (2020-12). */
export type JsonSchema = Readonly<Record<string, unknown>>

/** What a template says about itself. */
export interface TemplateMetadata {
  /** `[a-z0-9]` words joined by `-`, `.` or `_`, at most 100 characters: `score-lead`, `http.request`. */
  readonly name: string
  /** Semantic version, `1.0.0`. */
  readonly version: string
  readonly description: string
  readonly author?: string
  /** For the gallery: `action` has an effect, `transform` has none. */
  readonly kind?: string
  readonly category?: string
  readonly tags?: readonly string[]
  /** Other names under which the registry finds it. */
  readonly aliases?: readonly string[]
}

/** States of one execution of a template; state.ts says which follows which. */
export type ExecutionState = 'created' | 'validating' | 'preprocessing' | 'executing' | 'postprocessing' | 'packaging' | 'recovering' | 'succeeded' | 'failed' | 'aborted'

/** A logger. Fields are plain data; messages are one line. */
export interface Logger {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void
  info(message: string, fields?: Readonly<Record<string, unknown>>): void
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void
  error(message: string, fields?: Readonly<Record<string, unknown>>): void
}

/** Names a service by its type: `const Mailer = serviceToken<Mailer>('mailer')`. */
export interface ServiceToken<T> {
  readonly name: string
  /** Carries the type only; never set. */
  readonly type?: T
}

/** Where templates find services. */
export interface Services {
  /** The service, or throws ServiceNotFoundError. */
  get<T>(token: ServiceToken<T>): T
  has(token: ServiceToken<unknown>): boolean
}

/** What a hook sees of its execution. Inside a run it is the step's. */
export interface TemplateContext {
  readonly executionId: string
  /** Where the lifecycle stands. Only the lifecycle writes it; whoever makes a context makes it a writable field that begins as `created`. */
  readonly state: ExecutionState
  /** Aborts on timeout, on cancel and when the process stops. Inside a run its reason is a WumboError; a caller's own signal keeps its own reason. */
  readonly signal: AbortSignal
  readonly log: Logger
  readonly services: Services
  /** The attempt, from 1. */
  readonly attempt: number
  /** The same for every attempt of one step: send it to outside systems so that they can drop repetitions. Undefined outside a run. */
  readonly idempotencyKey: string | undefined
  /** The run and the step's path, inside a run. */
  readonly run: { readonly id: string; readonly path: string } | undefined
  /** Reports progress, 0 to 1, with an optional word. */
  progress(fraction: number, message?: string): void
  /** Tells that the work goes on; needed only where a heartbeat timeout is set. */
  heartbeat(): void
  /** Wall-clock time in milliseconds since 1970. */
  now(): number
}

/**
 * The hooks of a template, in the order in which they run. All but `execute` are optional; each may be sync or async. `I` is
 * what the input schema gives, `O` what the output schema takes, `C` what the config schema gives. A hook is called as a
 * method of the definition.
 */
export interface TemplateHooks<I, O, C> {
  /** After the schema: checks that a schema cannot say. Throw to refuse the input. */
  validate?(input: I, context: TemplateContext, config: C): MaybePromise<void>
  /** Prepares the input. What it returns goes to `execute`. */
  preprocess?(input: I, context: TemplateContext, config: C): MaybePromise<I>
  execute(input: I, context: TemplateContext, config: C): MaybePromise<O>
  /** Changes the result before it is checked. */
  postprocess?(output: O, context: TemplateContext, config: C): MaybePromise<O>
  /** The last word on the result, after `postprocess`: for wrapping. The output schema is checked after it. */
  package?(output: O, context: TemplateContext, config: C): MaybePromise<O>
  /**
   * Always runs, once, when hooks have begun: after success, error, timeout and cancel. On an abort it does not wait for a
   * hook that is still at work, so it may free what that hook hangs on. A throw here is logged, never raised.
   */
  cleanup?(context: TemplateContext, config: C): MaybePromise<void>
  /**
   * Turns a recoverable failure of the hooks into a result; return undefined to let it fail. Not asked after an abort, for a
   * defect of Wumbo itself, or for an input that the schema refuses.
   */
  recover?(error: WumboError, input: I, context: TemplateContext, config: C): MaybePromise<O | undefined>
}

/** How often and when a failed step is tried again. */
export interface RetryPolicy {
  /** Attempts in all, the first one included. Default 1: no retry. */
  readonly maxAttempts?: number
  /** Default `exponential`: 1, 2, 4, 8 …; `linear`: 1, 2, 3 …; `fibonacci`: 1, 1, 2, 3, 5 …; `fixed`: 1, 1, 1 … times `initialDelay`. */
  readonly backoff?: 'exponential' | 'linear' | 'fibonacci' | 'fixed'
  /** The first wait. Default 1 s. */
  readonly initialDelay?: number | string
  /** Caps every wait, whatever the curve. Default 5 m. */
  readonly maxDelay?: number | string
  /** Spreads each wait evenly over 50 % to 100 % of its length. Default true. */
  readonly jitter?: boolean
  /** Codes or class names of failures (or of their causes) that are not retried, beside those that are terminal by class. */
  readonly nonRetryable?: readonly string[]
}

/** What a compensation is told of a step that is known to have been done. */
export interface CompletedStep<I, O> {
  /** The step's input, as it was sent. */
  readonly input: I
  /** The step's recorded result. */
  readonly output: O
  readonly outcome: 'completed'
}

/** What a compensation is told of a step of which nobody knows whether it was done. */
export interface UnknownStep<I> {
  readonly input: I
  readonly output: null
  readonly outcome: 'unknown'
}

/** How a compensation is tried, and what happens when it is not known whether its step was done. */
interface CompensationSettings {
  /** Default: the template's own policy, else 5 attempts with exponential waits from 1 s. */
  readonly retry?: RetryPolicy
  /** Per attempt. Default: the template's own. */
  readonly timeout?: number | string
}

/** A compensation with settings. `onUnknown` says what to do with a step whose attempt was cut off by a timeout or a crash. */
export type CompensationOptions<I, O> = CompensationSettings &
  (
    | {
        readonly uses: Template<CompletedStep<I, O>, unknown>
        /** `settle`, the default: the step is attempted again with the same idempotency key until its outcome is known. */
        readonly onUnknown?: 'settle'
      }
    | {
        readonly uses: Template<CompletedStep<I, O> | UnknownStep<I>, unknown>
        /** The step is compensated with `outcome: 'unknown'` and `output: null`. */
        readonly onUnknown: 'compensate'
      }
  )

/** What undoes a step with input `I` and output `O`: a template that takes both, or one with settings. */
export type Compensate<I, O> = Template<CompletedStep<I, O>, unknown> | CompensationOptions<I, O>

/** A compensation whose types are not known here. */
export type AnyCompensation =
  | AnyTemplate
  | (CompensationSettings & {
      readonly uses: AnyTemplate
      readonly onUnknown?: 'settle' | 'compensate'
      /** Makes the input of what the compensation is told; a graph's `with`. Left out: the input is what it is told. */
      readonly prepare?: (step: CompletedStep<unknown, unknown> | UnknownStep<unknown>) => unknown
    })

/** What a template may say about how the engine is to treat its steps; a step's own options win. A direct call makes one attempt, without a timeout. */
export interface StepDefaults {
  readonly retry?: RetryPolicy
  /** Per attempt. */
  readonly timeout?: number | string
  readonly heartbeatTimeout?: number | string
  /** What undoes a step of this template when its run fails or is cancelled. A direct call is never undone. */
  readonly compensate?: AnyCompensation
}

/** What a definition's `config` gives to its hooks: undefined without one. */
export type ConfigOf<Cfg extends Schema | undefined> = Cfg extends Schema ? InferOutput<Cfg> : undefined

/** The definition of a template, as given to defineTemplate: the types of its hooks follow from its schemas. */
export interface TemplateDefinition<In extends Schema, Out extends Schema, Cfg extends Schema | undefined = undefined>
  extends TemplateMetadata, TemplateHooks<InferOutput<In>, InferInput<Out>, ConfigOf<Cfg>>, StepDefaults {
  readonly input: In
  readonly output: Out
  /** Settings that are fixed before use, by `.configure(config)`. Must be synchronous. */
  readonly config?: Cfg
  /** Same input, same output, no effect: its result may be recomputed, so it is recorded later. Default false. */
  readonly pure?: boolean
  /** The JSON Schemas to publish in place of what the schemas say, for what JSON Schema cannot express. */
  readonly jsonSchema?: { readonly input?: JsonSchema; readonly output?: JsonSchema; readonly config?: JsonSchema }
  /** Undoes a step of this template when its run fails or is cancelled: a template that takes `{ input, output, outcome }`. */
  readonly compensate?: Compensate<InferInput<In>, InferOutput<Out>>
}

/** What every outcome of an execution carries. */
interface ExecutionFacts {
  /** A direct call makes one; decorators that repeat say how many. */
  readonly attempts: number
  readonly durationMs: number
  /** At least `template`, `version` and `executionId`. */
  readonly metadata: Readonly<Record<string, unknown>>
}

/** An execution that gave data. */
export interface ExecutionSuccess<O> extends ExecutionFacts {
  readonly success: true
  readonly data: O
  /** True when the `recover` hook gave the data. */
  readonly recovered: boolean
}

/** An execution that failed. */
export interface ExecutionFailure extends ExecutionFacts {
  readonly success: false
  readonly error: WumboError
  /** The failure as plain data. */
  readonly errorData: ErrorData
}

/** One execution's outcome: check `success`. */
export type ExecutionResult<O> = ExecutionSuccess<O> | ExecutionFailure

/** What a caller may hand in. */
export interface CallOptions {
  /** The caller's own context: its log, services, signal and progress are handed on. */
  readonly context?: TemplateContext
  /** Aborts the execution; combined with the context's. */
  readonly signal?: AbortSignal
  readonly services?: Services
  readonly log?: Logger
}

/** A template: callable, executable, and usable as a step. `I` is what a caller sends, `O` what it gets. */
export interface Template<I = never, O = unknown> {
  /** Runs it once and gives the data, or throws a WumboError. */
  (input: I, options?: CallOptions): Promise<O>
  /** Runs it once and gives an ExecutionResult; throws for failures unless `failSilently`. */
  execute(input: I, options?: CallOptions & { readonly failSilently?: boolean }): Promise<ExecutionResult<O>>
  readonly meta: TemplateMetadata
  /** `effect` unless defined as pure or as a transaction. */
  readonly level: Level
  /** Present exactly when the level is `transaction`: which store it is for, and how that store reaches the body. */
  readonly transaction?: TransactionMeans
  readonly defaults: StepDefaults
  readonly schemas: TemplateSchemas
  /** The fixed configuration, or undefined. */
  readonly config: unknown
  /** Checks an input and gives what the hooks will see, or throws InputInvalidError. Sync when the schema is. */
  check(input: unknown): MaybePromise<unknown>
  /** The lifecycle after the input check, for the engine: no promise is made when every hook is sync. */
  invoke(checkedInput: unknown, context: TemplateContext): MaybePromise<O>
}

/** A template with a config schema whose fields all have defaults: usable as it is, or configured. */
export interface ConfigurableTemplate<I, O, C> extends Template<I, O> {
  /** Gives a template with this configuration, checked and fixed. Throws ConfigInvalidError. */
  configure(config: C): Template<I, O>
}

/** Stands for the input of a template that cannot be used before it is configured: nothing is assignable to it. */
export interface ConfigureFirst {
  readonly 'call .configure(config) first': never
}

/** A template that needs a configuration: only what `configure` gives can be called or used as a step. */
export interface UnconfiguredTemplate<I, O, C> extends Template<ConfigureFirst, O> {
  /** Gives a template with this configuration, checked and fixed. Throws ConfigInvalidError. */
  configure(config: C): Template<I, O>
}

/** A template whose types are not known here: what registries, the engine and graphs hold. */
export type AnyTemplate = Template<never, unknown>

/** What a caller of the template sends. */
export type InputOf<T extends AnyTemplate> = T extends Template<infer I, unknown> ? I : never

/** What a caller of the template gets. */
export type OutputOf<T extends AnyTemplate> = T extends Template<never, infer O> ? O : never

/** A template's schemas as JSON Schema: inputs as they are sent, outputs as they are given. */
export interface TemplateSchemas {
  readonly input: JsonSchema
  readonly output: JsonSchema
  readonly config: JsonSchema | null
}
