// The catalogue of failures: one class per failure, each with a stable code, whose fault it is, whether a
// retry can help, an HTTP status and a remedy. Messages say what was expected, what came and where; the
// remedy says what to do. Code decides by class or code, never by matching a message's text.

/** Whose fault a failure is: the user's input, the operation's surroundings, or a defect of Wumbo itself. */
export type Fault = 'user' | 'operation' | 'bug'

/** The fixed part of a failure, the same for each instance of its class. */
export interface FailureSpec {
  readonly code: string
  readonly fault: Fault
  /** True when trying again unchanged may succeed. */
  readonly retryable: boolean
  /** The HTTP status that carries this failure. */
  readonly status: number
  readonly remedy: string
}

/** What one instance adds to its class. */
export interface FailureDetails {
  readonly cause?: unknown
  /** Where: a path in a definition, a step's path, a file and line. */
  readonly path?: string
  /** Overrides the remedy of the class with a more exact one. */
  readonly remedy?: string
  /** Overrides `retryable` of the class: the template knows better than the class. */
  readonly retryable?: boolean
  /** Milliseconds to wait at least before the next attempt. */
  readonly retryAfter?: number
  /** Machine-readable facts, shown with `--json` and in HTTP answers. */
  readonly details?: Readonly<Record<string, unknown>>
}

/** The base of every failure that Wumbo raises. */
export class WumboError extends Error {
  readonly code: string
  readonly fault: Fault
  readonly retryable: boolean
  readonly status: number
  readonly remedy: string
  readonly path: string | undefined
  readonly retryAfter: number | undefined
  readonly details: Readonly<Record<string, unknown>> | undefined

  constructor(spec: FailureSpec, message: string, more: FailureDetails = {}) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause })
    this.name = new.target.name
    this.code = spec.code
    this.fault = spec.fault
    this.retryable = more.retryable ?? spec.retryable
    this.status = spec.status
    this.remedy = more.remedy ?? spec.remedy
    this.path = more.path
    this.retryAfter = more.retryAfter
    this.details = more.details
  }

  /** The failure as plain data, without stack: for the journal, `--json` and HTTP. */
  toJSON(): ErrorData {
    return errorData(this)
  }
}

/** A failure as plain data: what the journal keeps and what crosses process borders. */
export interface ErrorData {
  readonly name: string
  readonly code: string
  readonly message: string
  readonly retryable: boolean
  readonly remedy?: string
  readonly path?: string
  readonly details?: Readonly<Record<string, unknown>>
  readonly cause?: ErrorData
}

const MAX_CAUSES = 5

/** Turns any throwable into plain data: the one boundary where unknown failures become ours. */
export function errorData(thrown: unknown, depth = 0): ErrorData {
  if (!(thrown instanceof Error)) {
    return { name: 'Error', code: 'UNKNOWN', message: printable(thrown), retryable: true }
  }
  const own = thrown as Partial<WumboError> & Error
  const cause = thrown.cause === undefined || depth >= MAX_CAUSES ? undefined : errorData(thrown.cause, depth + 1)
  return {
    name: thrown.name,
    code: typeof own.code === 'string' ? own.code : 'UNKNOWN',
    message: thrown.message,
    retryable: typeof own.retryable === 'boolean' ? own.retryable : true,
    ...(typeof own.remedy === 'string' ? { remedy: own.remedy } : {}),
    ...(typeof own.path === 'string' ? { path: own.path } : {}),
    ...(own.details === undefined ? {} : { details: own.details }),
    ...(cause === undefined ? {} : { cause }),
  }
}

/** Rebuilds a throwable from its recorded data: code, message and causes survive, the class becomes RecordedError. */
export function errorFromData(data: ErrorData): WumboError {
  const known = catalogue.get(data.code)
  const spec: FailureSpec = known ?? {
    code: data.code, fault: 'operation', retryable: data.retryable, status: 500, remedy: data.remedy ?? 'See the message of the failure and its cause.',
  }
  const error = new WumboError(spec, data.message, {
    retryable: data.retryable,
    ...(data.cause === undefined ? {} : { cause: errorFromData(data.cause) }),
    ...(data.path === undefined ? {} : { path: data.path }),
    ...(data.remedy === undefined ? {} : { remedy: data.remedy }),
    ...(data.details === undefined ? {} : { details: data.details }),
  })
  error.name = data.name
  return error
}

function printable(value: unknown): string {
  if (typeof value === 'string') return value
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    return String(value)
  }
}

/** The class of one kind of failure. */
export interface FailureClass {
  new (message: string, more?: FailureDetails): WumboError
  readonly spec: FailureSpec
}

const catalogue = new Map<string, FailureSpec>()

function failure(code: string, fault: Fault, status: number, remedy: string, retryable = false): FailureClass {
  const spec: FailureSpec = Object.freeze({ code, fault, retryable, status, remedy })
  catalogue.set(code, spec)
  return class extends WumboError {
    static readonly spec = spec
    constructor(message: string, more?: FailureDetails) {
      super(spec, message, more)
    }
  }
}

// Definitions
export class DefinitionError extends failure('DEFINITION_INVALID', 'user', 422, 'Correct the definition at the path that the message names.') {}
export class SchemaNotPublishableError extends failure('SCHEMA_NOT_PUBLISHABLE', 'user', 422, 'Use a schema that JSON Schema can express (no transform on output, Date, bigint, Map or custom), or hand in its JSON Schema as `jsonSchema`.') {}
export class TemplateNotFoundError extends failure('TEMPLATE_NOT_FOUND', 'user', 404, 'Register the template with createWumbo({ templates }), or correct the name or version range.') {}
export class TemplateExistsError extends failure('TEMPLATE_EXISTS', 'user', 409, 'Raise the version of the template, or register only one of the two.') {}
export class WorkflowNotFoundError extends failure('WORKFLOW_NOT_FOUND', 'user', 404, 'Register the workflow with createWumbo({ workflows }), or correct its name.') {}
export class WorkflowDisabledError extends failure('WORKFLOW_DISABLED', 'user', 409, 'Enable it: `wumbo workflow enable NAME`. Its running runs go on, and failed ones can be retried.') {}
export class WorkflowConflictError extends failure('WORKFLOW_CONFLICT', 'user', 409, 'The message says what stands against it; see `wumbo workflow list`.') {}
export class ExpressionError extends failure('EXPRESSION_FAILED', 'user', 422, 'Correct the expression; a value that may be missing needs a guard such as has(…).') {}
export class LoopLimitError extends failure('LOOP_LIMIT', 'operation', 500, 'Raise max, correct the condition that ends the loop, or say onMax: continue.') {}
export class WaitTimeoutError extends failure('WAIT_TIMEOUT', 'operation', 504, 'Send it and retry the run from this step, raise the timeout, or say onTimeout: continue.') {}
export class BranchesFailedError extends failure('BRANCHES_FAILED', 'operation', 500, 'The details name the failure of each branch.') {}

// Values
export class InputInvalidError extends failure('INPUT_INVALID', 'user', 422, 'Send an input that the schema accepts; the details list each problem with its path.') {}
export class OutputInvalidError extends failure('OUTPUT_INVALID', 'user', 500, 'Make the template return what its output schema says, or correct the schema.') {}
export class ConfigInvalidError extends failure('CONFIG_INVALID', 'user', 422, 'Correct the configuration at the path that the message names.') {}
export class ValueNotStorableError extends failure('VALUE_NOT_STORABLE', 'user', 422, 'Return plain data: see the table of values that the codec carries. Convert the value at the path that the message names.') {}
export class PayloadTooLargeError extends failure('PAYLOAD_TOO_LARGE', 'user', 413, 'Store the data elsewhere and pass a reference, or raise the limit.') {}
export class PayloadCorruptError extends failure('PAYLOAD_CORRUPT', 'operation', 500, 'Run `wumbo verify`, restore the store from a backup, or retry the run.') {}
export class BlobMissingError extends failure('BLOB_MISSING', 'operation', 500, 'Run `wumbo verify`; restore the blob folder that belongs to this store.') {}

// Templates and steps
export class TemplateFailedError extends failure('TEMPLATE_FAILED', 'operation', 500, 'See the cause; a retry policy repeats it, a handler catches it.', true) {}
export class IllegalTransitionError extends failure('ILLEGAL_TRANSITION', 'bug', 500, 'Report it with the two states that the message names.') {}
export class TransactionUnsupportedError extends failure('TRANSACTION_UNSUPPORTED', 'user', 422, 'Open Wumbo on the kind of store that the template is defined for, or define the template for this one.') {}
export class TransactionRefusedError extends failure('TRANSACTION_REFUSED', 'user', 422, 'Let the body only read and write your own tables; Wumbo begins and ends the transaction.') {}
export class ServiceNotFoundError extends failure('SERVICE_NOT_FOUND', 'user', 500, 'Provide the service: createWumbo({ services }) or .execute(input, { services }).') {}
export class StepFailedError extends failure('STEP_FAILED', 'operation', 500, 'See the cause. Correct it and run `wumbo runs retry`, or handle the failure in the workflow.') {}
export class StepTimeoutError extends failure('STEP_TIMEOUT', 'operation', 504, 'Raise the timeout, or make the template heed its abort signal.', true) {}
export class HeartbeatTimeoutError extends failure('HEARTBEAT_TIMEOUT', 'operation', 504, 'Call ctx.heartbeat() more often, or raise heartbeatTimeout.', true) {}
export class CircuitOpenError extends failure('CIRCUIT_OPEN', 'operation', 503, 'Wait until the circuit closes; see the cause for what made it open.', true) {}
export class BulkheadFullError extends failure('BULKHEAD_FULL', 'operation', 503, 'Try again later, or raise `concurrency` or `queue`.', true) {}
export class RateLimitedError extends failure('RATE_LIMITED', 'operation', 429, 'Try again after the time that the failure names, raise the limit, or let callers wait: `wait`.', true) {}
export class PermissionDeniedError extends failure('PERMISSION_DENIED', 'user', 403, 'Ask whoever grants the permission that the message names.') {}
export class AbortedError extends failure('ABORTED', 'operation', 499, 'The caller asked for it; start the work again when it is wanted.') {}

// Runs
export class DuplicateStepError extends failure('DUPLICATE_STEP', 'user', 422, 'Give each of the concurrent operations a name or a `key` of its own.') {}
export class NonDeterminismError extends failure('NON_DETERMINISM', 'user', 409, 'Raise the version of the workflow for new runs; continue this one with the code it started with, or retry it.') {}
export class ChildFailedError extends failure('CHILD_FAILED', 'operation', 500, 'See the child: `wumbo runs show RUN`. Handle the failure in the parent, or retry the parent, which starts the child anew.') {}
export class RunFailedError extends failure('RUN_FAILED', 'operation', 500, 'See `wumbo runs show`; correct the cause and run `wumbo runs retry`.') {}
export class RunTimeoutError extends failure('RUN_TIMEOUT', 'operation', 504, 'Raise the timeout of the workflow.') {}
export class RunCancelledError extends failure('RUN_CANCELLED', 'user', 409, 'Start a new run, or retry this one.') {}
export class RunParkedError extends failure('RUN_PARKED', 'operation', 409, 'The reason says what the run waits for; mend it and restart, or retry or cancel the run.') {}
export class RunQuarantinedError extends failure('RUN_QUARANTINED', 'operation', 500, 'Find out why the process dies during the step that the message names, mend it and run `wumbo runs retry`.') {}
export class CompensationFailedError extends failure('COMPENSATION_FAILED', 'operation', 500, 'Correct the cause and run `wumbo runs retry`, which goes on undoing; or undo by hand what is left, then `wumbo runs cancel`.') {}
export class RunNotFoundError extends failure('RUN_NOT_FOUND', 'user', 404, 'List the runs with `wumbo runs list`.') {}
export class SignalInvalidError extends failure('SIGNAL_INVALID', 'user', 422, 'Send a payload that the wait takes; the details list each problem with its path.') {}
export class EventInvalidError extends failure('EVENT_INVALID', 'user', 422, 'Publish under a topic such as order.paid, with data that the wait takes; the details list each problem with its path.') {}
export class ApprovalNotOpenError extends failure('APPROVAL_NOT_OPEN', 'user', 409, 'See `wumbo runs show RUN` for the approvals that the run waits for.') {}
export class QueryNotFoundError extends failure('QUERY_NOT_FOUND', 'user', 404, 'Ask one of the queries that the message names, or set it in the function: ctx.setQuery(name, handler).') {}
export class QueryFailedError extends failure('QUERY_FAILED', 'user', 422, 'Send arguments that the handler takes, or correct the handler; see the cause.') {}
export class UpdateNotFoundError extends failure('UPDATE_NOT_FOUND', 'user', 404, 'Send one of the updates that the message names, or set it in the function: ctx.setUpdate(name, options, handler).') {}
export class UpdateRefusedError extends failure('UPDATE_REFUSED', 'user', 422, 'Send arguments that the update takes in the present state of the run; see the message and the cause.') {}
export class UpdateFailedError extends failure('UPDATE_FAILED', 'user', 422, 'Correct the handler; see the cause. What it had changed before it failed stays.') {}
export class RunFinishedError extends failure('RUN_FINISHED', 'user', 409, 'A finished run is only reopened by `wumbo runs retry`.') {}
export class RunNotRetryableError extends failure('RUN_NOT_RETRYABLE', 'user', 409, 'Only failed, cancelled and parked runs are retried; start a new run instead.') {}
export class StepNotFoundError extends failure('STEP_NOT_FOUND', 'user', 404, 'Name a step as `wumbo runs show` does.') {}
export class MigrationRefusedError extends failure('MIGRATION_REFUSED', 'user', 409, 'Let the run end with its version, or fork it at the step that differs: wumbo fork RUN --at STEP.') {}
export class ForkRefusedError extends failure('FORK_REFUSED', 'user', 409, 'Fork at an earlier step, or start a new run.') {}
export class KeyReusedError extends failure('KEY_REUSED', 'user', 422, 'Use a new id for a different workflow or input; the same id names the same run.') {}

// Store and process
export class StoreLockedError extends failure('STORE_LOCKED', 'user', 409, 'Stop the process that owns the store, or send the command to it.') {}
export class StoreTooNewError extends failure('STORE_TOO_NEW', 'user', 409, 'Use a Wumbo at least as new as the one that wrote this store.') {}
export class StoreMovedError extends failure('STORE_MOVED', 'user', 409, 'Name the store that it was moved to: in wumbo.yaml, WUMBO_STORE or --store.') {}
export class StoreNotEmptyError extends failure('STORE_NOT_EMPTY', 'user', 409, 'Move into an empty store: another file or database, or another schema with ?schema=name.') {}
export class StoreUnsupportedError extends failure('STORE_UNSUPPORTED', 'user', 500, 'Use Node 22.23, 24.21 or newer, which bring SQLite 3.51.3 or newer.') {}
export class StoreRowError extends failure('STORE_ROW_REFUSED', 'operation', 500, 'The row breaks a rule of the store; only the run that wrote it fails. See the cause.') {}
export class StoreFailedError extends failure('STORE_FAILED', 'operation', 503, 'See the cause (disk full, permissions, I/O error); what was acknowledged is kept.', true) {}
export class StoreClosedError extends failure('STORE_CLOSED', 'operation', 503, 'Open the store again: createWumbo(…).') {}
export class LaneFencedError extends failure('LANE_FENCED', 'operation', 409, 'Another process took over; this one must stop writing. Restart it.') {}
export class OverloadedError extends failure('OVERLOADED', 'operation', 503, 'Wait and send again; what was accepted is still worked on.', true) {}

// Built-ins and command line
export class HttpFailedError extends failure('HTTP_FAILED', 'operation', 502, 'See the status and the body in the details.', true) {}
export class EgressRefusedError extends failure('EGRESS_REFUSED', 'user', 403, 'Allow the address: http.request config `allowPrivate: true`, or use a public one.') {}
export class FileFailedError extends failure('FILE_FAILED', 'operation', 500, 'Check that the path exists, lies inside the root folder and may be used.') {}
export class ProjectInvalidError extends failure('PROJECT_INVALID', 'user', 422, 'Correct wumbo.yaml, or create one with `wumbo init`.') {}
export class UsageError extends failure('USAGE', 'user', 400, 'See `wumbo --help`.') {}
export class ModuleFailedError extends failure('MODULE_FAILED', 'user', 422, 'Correct the file that the message names; `--verbose` shows where it threw.') {}
export class StoreMissingError extends failure('STORE_MISSING', 'user', 404, 'Start a run first, which creates the store; or name the right one with --store or in wumbo.yaml.') {}
export class WorkerNotFoundError extends failure('WORKER_NOT_FOUND', 'user', 404, 'List the workers with `wumbo workers list`.') {}
export class OwnerUnreachableError extends failure('OWNER_UNREACHABLE', 'operation', 503, 'The store is owned by a process that does not answer; stop it, or wait and send again.', true) {}

// Server
export class RequestInvalidError extends failure('REQUEST_INVALID', 'user', 400, 'Send the request as the message says.') {}
export class UnauthenticatedError extends failure('UNAUTHENTICATED', 'user', 401, 'Send the token of the process that owns the store, as `Authorization: Bearer …`.') {}
export class ForbiddenError extends failure('FORBIDDEN', 'user', 403, 'Open the address that the process printed, from this machine.') {}
export class RouteNotFoundError extends failure('ROUTE_NOT_FOUND', 'user', 404, 'Begin at the address that the process printed.') {}
export class InternalError extends failure('INTERNAL', 'bug', 500, 'Run it again with --verbose and report what it prints.') {}

/** Every failure by its code; each has a page in docs/errors/. */
export const errorCatalogue: Readonly<Record<string, FailureSpec>> = Object.freeze(Object.fromEntries(catalogue))
