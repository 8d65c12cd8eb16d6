// The package `wumbo`: everything a user imports, by name. Nothing inside the package imports this file.

// Open a Wumbo, start runs
export { createWumbo } from './wumbo.ts'
export type { ListOptions, RunHandle, Runs, StartOptions, Wumbo, WumboOptions } from './wumbo-api.ts'
export type { PathEntry, RunDetails, RunSummary, StepSummary } from './engine/inspect.ts'
export { executionPath } from './engine/inspect.ts'
export type { RunEvent, RunObserver } from './model/event.ts'
export type { EndStatus, LiveStatus, RunStatus } from './model/run.ts'
export type { Finding, Store } from './store/port.ts'
export type { Duration } from './shared/duration.ts'
export { formatDuration, parseDuration } from './shared/duration.ts'

// Write templates
export { defineTemplate } from './template/define.ts'
export { Template } from './template/template.ts'
export { serviceToken, services } from './template/services.ts'
export type { AnyTemplate, CallOptions, ExecutionResult, InputOf, Logger, OutputOf, RetryPolicy, Schema, Services, ServiceToken, TemplateContext, TemplateDefinition, TemplateMetadata } from './template/contract.ts'

// Write workflows
export { defineWorkflow } from './workflow/define.ts'
export type { AnyWorkflow, FunctionWorkflow, StepOptions, Workflow, WorkflowContext } from './workflow/contract.ts'

// Failures
export * as errors from './errors.ts'
export { WumboError, errorCatalogue } from './errors.ts'
export type { ErrorData, FailureDetails, FailureSpec, Fault } from './errors.ts'
