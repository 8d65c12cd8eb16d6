// The package `wumbo`: everything a user imports, by name. Nothing inside the package imports this file.

// Open a Wumbo, start runs
export { createWumbo } from './wumbo.ts'
export type { Events, ForkOptions, GivenDecision, ListOptions, ReloadOptions, RetryOptions, RunHandle, Runs, StartOptions, Wumbo, WumboOptions } from './wumbo-api.ts'
export type { DecisionToSend, SendOptions } from './engine/postbox.ts'
export type { EventList, EventListOptions, PublishOptions, Published } from './engine/publishing.ts'
export type { UpdateSendOptions } from './engine/updating.ts'
export type { UpdateHandler, UpdateOptions } from './workflow/updates.ts'
export type { OpenApproval } from './engine/open-approvals.ts'
export type { ApprovalOptions, BoundApprovalOptions, BoundEventOptions, BoundSignalOptions, Decision, EventOptions, QueryHandler, SignalOptions, TopicEvent } from './workflow/waiting.ts'
export type { ChildSummary, RunDetails, RunSummary, StepSummary, UnreadMail } from './engine/inspect.ts'
export { executionPath, type PathEntry } from './engine/execution-path.ts'
export type { RecordedOperation, RunRecording } from './engine/recording.ts'
export type {
  ChangeOptions, CreatedWorkflow, CreateOptions, DefinedWorkflow, DefinitionFilter, Definitions, DefinitionVersion,
} from './engine/definitions-api.ts'
export type { MigrateOptions, MigratedRun, VersionInUse, Versions } from './engine/versions-api.ts'
export type { SourceFormat, VersionSummary, WorkflowStatus } from './model/definition.ts'
export type { RunEvent, RunObserver } from './model/event.ts'
export type { EndStatus, LiveStatus, RunStatus } from './model/run.ts'
export type { Finding, Store } from './store/port.ts'
export type { Duration } from './shared/duration.ts'
export { formatDuration, parseDuration } from './shared/duration.ts'

// Look at it in a browser
export { serve } from './server/serve.ts'
export type { ServeOptions, StatusServer } from './server/contract.ts'

// Write templates
export { defineTemplate } from './template/define.ts'
export { definePostgresTransaction, defineSqliteTransaction } from './template/define-transaction.ts'
export type {
  PostgresTransactionDefinition, PostgresTransactionTemplate, SqliteTransactionDefinition, SqliteTransactionTemplate,
} from './template/define-transaction.ts'
export type {
  PostgresTransaction, PostgresTransactionContext, SqliteStatement, SqliteTransaction, SqliteTransactionContext, SqliteValue, TransactionResult, TransactionRow,
} from './template/transaction-context.ts'
export { Template } from './template/template.ts'
export { pipe } from './template/compose-pipe.ts'
export { parallel } from './template/compose-parallel.ts'
export { branch } from './template/compose-branch.ts'
export { mapEach } from './template/compose-map.ts'
export { decorate, decoratorOrder } from './template/decorate/decorate.ts'
export type { Decorations } from './template/decorate/decorate.ts'
export { RANKS } from './template/decorate/decorator.ts'
export type { Decorator, DecoratorName, Invoke } from './template/decorate/decorator.ts'
export { UserContext, withAccess } from './template/decorate/access.ts'
export type { AccessRule } from './template/decorate/access.ts'
export { withBulkhead } from './template/decorate/bulkhead.ts'
export type { BulkheadOptions } from './template/decorate/bulkhead.ts'
export { withCache } from './template/decorate/cache.ts'
export type { CacheOptions } from './template/decorate/cache.ts'
export { withCircuitBreaker } from './template/decorate/circuit-breaker.ts'
export type { CircuitBreakerOptions, CircuitChange } from './template/decorate/circuit-breaker.ts'
export { withFallback } from './template/decorate/fallback.ts'
export type { FallbackOptions } from './template/decorate/fallback.ts'
export { FiguresSink, withMetrics } from './template/decorate/metrics.ts'
export type { MetricsSink, TemplateFigures } from './template/decorate/metrics.ts'
export { withMiddleware } from './template/decorate/middleware.ts'
export type { Middleware } from './template/decorate/middleware.ts'
export { withBridge, withObserver } from './template/decorate/observe.ts'
export type { Bridge, ExecutionObserver, ObservedExecution } from './template/decorate/observe.ts'
export { withRateLimit } from './template/decorate/rate-limit.ts'
export type { RateLimitOptions } from './template/decorate/rate-limit.ts'
export { withRetry } from './template/decorate/retry.ts'
export { withTimeout } from './template/decorate/timeout.ts'
export { withTrace } from './template/decorate/trace.ts'
export type { Span, Tracer } from './template/decorate/trace.ts'
export { loadBalance } from './template/load-balance.ts'
export type { BalanceOptions, BalanceStrategy } from './template/load-balance.ts'
export { lazy } from './template/lazy.ts'
export type { LazyDefinition } from './template/lazy.ts'
export { collect } from './template/collect.ts'
export type { Collected, ItemFailure } from './template/collect.ts'
export { createContext } from './template/context.ts'
export { serviceToken, services } from './template/services.ts'
export { TemplateRegistry, createRegistry } from './template/registry.ts'
export type { TemplateFilter } from './template/registry.ts'
export { builtinTemplates } from './builtin/index.ts'
export { dataAggregate } from './builtin/data-aggregate.ts'
export { fileRead } from './builtin/file-read.ts'
export { fileWrite } from './builtin/file-write.ts'
export { httpRequest } from './builtin/http-request.ts'
export { httpClient } from './builtin/http-client.ts'
export { egressClient } from './platform/egress.ts'
export type { EgressClient, EgressOptions, EgressRequest, EgressResponse } from './platform/egress.ts'
export { log } from './builtin/log.ts'
export { createLogger } from './platform/logger.ts'
export type {
  AnyTemplate, CallOptions, Compensate, CompensationOptions, CompletedStep, ExecutionResult, ExecutionState, InputOf, JsonSchema, Logger, OutputOf, RetryPolicy, Schema, ServiceToken,
  Services, TemplateContext, TemplateDefinition, TemplateHooks, TemplateMetadata, TemplateSchemas, UnknownStep,
} from './template/contract.ts'

// Write workflows
export { defineWorkflow } from './workflow/define.ts'
export { workflow } from './workflow/builder.ts'
export { jsonSchema } from './workflow/input-schema.ts'
export type { ReadBy, SentBy } from './workflow/schema-type.ts'
export { and, cel, contains, eq, errorOf, fallback, gt, gte, has, includes, lt, lte, ne, not, or, size, text, typed } from './workflow/conditions.ts'
export { describeGraph } from './workflow/describe.ts'
export type { GraphDescription } from './workflow/describe.ts'
export type { WorkflowModel } from './model/workflow.ts'
export { fromModel } from './workflow/graph.ts'
export type { InlineSource, WorkflowSource } from './workflow/inline-finder.ts'
export { checkText, fromText } from './workflow/from-text.ts'
export type { CheckedText } from './workflow/from-text.ts'
export { DefinitionText } from './workflow/text/definition-text.ts'
export { renameStep } from './workflow/rename-step.ts'
export type { LocatedProblem, Place } from './workflow/text/place.ts'
export type { Problem } from './workflow/problems.ts'
export type { ProblemCode } from './workflow/problem-codes.ts'
export type { AnyWorkflow, FunctionWorkflow, GraphWorkflow, OnCancel, StepOptions, TypedStepOptions, Workflow, WorkflowContext } from './workflow/contract.ts'
export type { ChildBatch, ChildHandle, ChildOptions, ChildResult, ChildrenOptions } from './workflow/children.ts'
export type { ParentClose } from './model/child.ts'
export type { Builder, WorkflowOptions } from './workflow/builder.ts'
export type { Failure } from './workflow/failure.ts'
export type { Expr, Ref } from './workflow/reference.ts'

// Failures: one class each, with a stable code
export {
  WumboError, DefinitionError, SchemaNotPublishableError, TemplateNotFoundError, TemplateExistsError, WorkflowNotFoundError,
  WorkflowDisabledError, WorkflowConflictError,
  ExpressionError, InputInvalidError, OutputInvalidError, ConfigInvalidError, ValueNotStorableError, PayloadTooLargeError,
  PayloadCorruptError, BlobMissingError, TemplateFailedError, IllegalTransitionError, ServiceNotFoundError, TransactionUnsupportedError, TransactionRefusedError, StepFailedError,
  StepTimeoutError, HeartbeatTimeoutError, WaitTimeoutError, LoopLimitError, BranchesFailedError, ChildFailedError, AbortedError, DuplicateStepError, NonDeterminismError, RunFailedError, RunTimeoutError,
  RunCancelledError, CompensationFailedError, RunParkedError, RunNotFoundError, SignalInvalidError, ApprovalNotOpenError, QueryNotFoundError, QueryFailedError, UpdateNotFoundError, UpdateRefusedError, UpdateFailedError,
  RunQuarantinedError, EventInvalidError, MigrationRefusedError, WorkerNotFoundError, CircuitOpenError, BulkheadFullError, RateLimitedError, PermissionDeniedError,
  RunFinishedError, RunNotRetryableError, StepNotFoundError, ForkRefusedError, KeyReusedError, StoreLockedError,
  StoreTooNewError, StoreMovedError, StoreNotEmptyError, StoreUnsupportedError, StoreRowError, StoreFailedError, StoreClosedError, LaneFencedError, OverloadedError,
  HttpFailedError, EgressRefusedError, FileFailedError, ProjectInvalidError, UsageError, ModuleFailedError, StoreMissingError,
  OwnerUnreachableError, RequestInvalidError, UnauthenticatedError, ForbiddenError, RouteNotFoundError, InternalError, errorCatalogue,
} from './errors.ts'
export type { ErrorData, FailureDetails, FailureSpec, Fault } from './errors.ts'
