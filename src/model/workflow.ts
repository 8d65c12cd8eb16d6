// The graph model: a workflow as plain data, the same in JSON, in YAML and out of the builder. Shapes and what each key
// means; workflow-schema.ts checks the shape, the folder workflow/ checks the meaning and makes graphs that run.

import type { InlineModel } from './inline.ts'
import type { ChildModel, ChildrenModel } from './children.ts'
import type { ApprovalModel, EventModel, SignalModel, UntilModel } from './waiting.ts'

/** Milliseconds, or text such as `30s`, `1h 30m`. */
export type DurationText = number | string

/** Keys of a definition whose value is a duration; those of a retry stand inside of it. */
export const DURATION_KEYS: ReadonlySet<string> = new Set(['sleep', 'delay', 'timeout', 'totalTimeout', 'heartbeatTimeout', 'cleanUpTimeout', 'initialDelay', 'maxDelay', 'lookback'])

/** How often and when a failed step is tried again. What is left out comes from the template, else from the defaults. */
export interface RetryModel {
  /** Attempts in all, the first one included. Default 1: no retry. */
  readonly maxAttempts?: number
  /** The curve of the waits. Default `exponential`. */
  readonly backoff?: 'exponential' | 'linear' | 'fibonacci' | 'fixed'
  /** The first wait. Default 1 s. */
  readonly initialDelay?: DurationText
  /** Caps every wait, whatever the curve. Default 5 m. */
  readonly maxDelay?: DurationText
  /** Spreads each wait evenly over 50 % to 100 % of its length. Default true. */
  readonly jitter?: boolean
  /** Codes of failures that are not retried, beside those that are terminal by class. */
  readonly nonRetryable?: readonly string[]
}

/** What undoes a step when its run fails or is cancelled. */
export interface CompensateModel {
  /** A template, as in a step. It takes no settings. */
  readonly uses: string
  /** The template's input; its texts may hold `${{ expressions }}` of `step.input`, `step.output`, `step.outcome` and `input`. Default: `{ input, output, outcome }` of the step. */
  readonly with?: unknown
  readonly retry?: RetryModel
  /** Per attempt. */
  readonly timeout?: DurationText
  /** What becomes of a step of which nobody knows whether it was done. Default `settle`. */
  readonly onUnknown?: 'settle' | 'compensate'
}

/** What a step does: exactly one of `uses`, `steps`, `switch`, `parallel`, `inline`, `sleep`, `signal`, `event`, `approval`, `child` and `children`. */
export interface BodyModel {
  /** A template: `name`, `name@1.2.0`, `name@^1`. Without a version: the newest. */
  readonly uses?: string
  /** Settings of the template, fixed before any run: plain JSON without expressions. Only with `uses`, only what the template's config schema takes. */
  readonly config?: unknown
  /** The template's input: any JSON; its texts may hold `${{ expression }}`. Default `{}`. Only with `uses`. */
  readonly with?: unknown
  /** A block: steps in a scope of their own, by id. Other steps see only the block's output. */
  readonly steps?: Readonly<Record<string, StepModel>>
  /** What a block gives. Default: the outputs, by id, of those of its steps that no other depends on. Only with `steps`. */
  readonly output?: unknown
  /** Cases, tried in order: the first whose condition is true is run. When none is, the step is skipped. */
  readonly switch?: readonly CaseModel[]
  /** Branches side by side, and how what they give becomes one output. */
  readonly parallel?: ParallelModel
  /** Another graph, run as a part of this one. The output is that of the workflow. */
  readonly inline?: InlineModel
  /** Waits durably, without a template: a duration, or a text whose `${{ expressions }}` make one. The output is null. */
  readonly sleep?: DurationText | UntilModel
  /** Waits for a signal with this name. The output is its payload. */
  readonly signal?: SignalModel
  /** Waits for an event of a topic. The output is the event: its id, topic, key, time and data. */
  readonly event?: EventModel
  /** Waits until a person has decided. The output tells who decided, when and what. */
  readonly approval?: ApprovalModel
  /** Starts a run of another workflow as a child of this one. The output is that of the child. */
  readonly child?: ChildModel
  /** Starts a child run for each input of a list. The output tells how many have completed and failed. */
  readonly children?: ChildrenModel
  /** Only with `uses`. */
  readonly retry?: RetryModel
  /** Per attempt. Only with `uses`. */
  readonly timeout?: DurationText
  /** For all attempts and the waits between them. Only with `uses`. */
  readonly totalTimeout?: DurationText
  /** An attempt that gives no sign of life for so long counts as timed out. Only with `uses`. */
  readonly heartbeatTimeout?: DurationText
  /** Overrides the template's durability level. Only with `uses`. */
  readonly level?: 'effect' | 'pure'
  /** What undoes the step; `false` undoes nothing, whatever the template says. Only with `uses`. */
  readonly compensate?: CompensateModel | false
}

/** One case of a switch: a body, and either `if` or `else`. */
export interface CaseModel extends BodyModel {
  /** An expression that is true or false. */
  readonly if?: string
  /** Marks the last case, which is run when no other is. */
  readonly else?: true
  /** What the case is called in paths: `route.vip`. Default `case0`, `case1` …, and `else`. */
  readonly name?: string
  readonly description?: string
}

/** Branches that run side by side. */
export interface ParallelModel {
  /** Bodies by name. The name is part of the paths of what they do: `quotes.fast`. */
  readonly branches: Readonly<Record<string, BranchModel>>
  /** How what they give becomes the output of the step. Default `all`. */
  readonly merge?: MergeModel
  /** Branches at work at a time, at most. Default: all. */
  readonly concurrency?: number
}

/** One branch: a body. */
export interface BranchModel extends BodyModel {
  readonly description?: string
  /** A branch that fails counts as skipped. Default false. */
  readonly continueOnError?: boolean
}

/**
 * `all`: the outputs by name, null for a branch that was skipped; the first failure fails the step. `any`: the output of the first that succeeds.
 * `first`: what the first comes to that ends. `weighted`: the average of numbers; each branch has a weight greater than 0. `output`: any JSON whose
 * texts may hold `${{ expression }}` of `branches`.
 */
export type MergeModel = 'all' | 'any' | 'first' | { readonly weighted: Readonly<Record<string, number>> } | { readonly output: unknown }

/** An edge from a step that must have ended before: what must have become of it, and a condition. */
export interface NeedModel {
  readonly step: string
  /** What must have become of the step. Default `success`. */
  readonly on?: 'success' | 'failure' | 'skipped' | 'always'
  /** An expression that is true or false, looked at when the step has ended. It reads that step, the input, and what lies outside of the scope. */
  readonly if?: string
  /** In place of `if`: taken when no edge with `if` that leaves the same step is. */
  readonly else?: true
}

/** Which of its edges let a step begin. */
export type JoinRule = 'all' | 'any' | 'noneFailed' | 'always'

/** How often a body is repeated: one turn after the other, each with paths of its own (`poll[0]`, `poll[1]` …). */
export interface LoopModel {
  /** Turns at most, from 1 to 10000. */
  readonly max: number
  /** Looked at after each turn: on true the loop ends. `last` is the output of the turn that has ended, `iteration` its number from 0. */
  readonly until?: string
  /** Looked at before each turn, the first one included: on false the loop ends. `last` is the output of the turn before. */
  readonly while?: string
  /** Waits durably between two turns: a duration, or a text whose `${{ expressions }}` make one. Default: no wait. */
  readonly delay?: DurationText
  /** What `last` is before the first turn: any JSON; its texts may hold `${{ expression }}`. Default null. */
  readonly initial?: unknown
  /** What the output of the turn before is called in expressions. Default `last`. */
  readonly as?: string
  /** When all turns are made and no condition has ended the loop: `fail` fails the step with LOOP_LIMIT, `continue` gives the last output. Default `fail`. */
  readonly onMax?: 'fail' | 'continue'
}

/** What stands in the place of a step that has failed: a body, or only an output. Its expressions see the failure as `error`. */
export interface OnErrorModel extends BodyModel {
  /** Failures with one of these codes are handled, all others fail the step as ever. Default: all are handled. */
  readonly codes?: readonly string[]
}

/** Steps that are run when the run has failed for good. Their expressions see the failure as `error`, and the steps of the run. */
export interface RunErrorModel {
  /** Only after failures with one of these codes. Default: after all. */
  readonly codes?: readonly string[]
  readonly steps: Readonly<Record<string, StepModel>>
}

/** Steps that are run when the steps of the run have come to an end, in whatever way. Their expressions see `outcome` and `error`. */
export interface FinallyModel {
  readonly steps: Readonly<Record<string, StepModel>>
}

/** One step. */
export interface StepModel extends BodyModel {
  readonly description?: string
  /** Steps that must have completed before, without their data being used, or edges with conditions. */
  readonly needs?: string | NeedModel | readonly (string | NeedModel)[]
  /**
   * Which of `needs` let the step begin: `all` when each edge is taken; `any` as soon as one is; `noneFailed` when all have ended and none has
   * failed; `always` when all have ended. Otherwise the step is skipped. Default `all`.
   */
  readonly join?: JoinRule
  /** An expression that is true or false; on false the step is skipped. Decides on the whole step, before `forEach`. */
  readonly if?: string
  /** An expression that gives a list: the body is run for each item; the step's output is the list of the bodies' outputs. */
  readonly forEach?: string
  /** What an item is called in the expressions of the body, beside `index`. Default `item`. Only with `forEach`. */
  readonly as?: string
  /** Items at work at a time, at most. Default 10. Only with `forEach`. */
  readonly concurrency?: number
  /** Repeats the body until a condition ends it; the step's output is that of the last turn. Not beside `forEach`. */
  readonly loop?: LoopModel
  /**
   * The run does not fail because of this step. Steps that depend on it are skipped all the same. With `forEach`: a failed
   * item does not keep the others from running; the step has failed when one of them has. Default false.
   */
  readonly continueOnError?: boolean
  /** What stands in the place of the step when it has failed for good, after its retries: its output becomes that of the step. */
  readonly onError?: OnErrorModel
}

/** Where a step is drawn. Never part of the logic. */
export interface PlaceModel {
  readonly x: number
  readonly y: number
}

/** A workflow as a graph of steps. */
export interface WorkflowModel {
  /** Names the JSON Schema for editors. Part of the text, never of the logic. */
  readonly $schema?: string
  /** Lower-case words joined by `-`, `.` or `_`, at most 100 characters. */
  readonly name: string
  readonly description?: string
  /** JSON Schema (2020-12) of the input. Default: anything. */
  readonly input?: Readonly<Record<string, unknown>>
  /** The steps, by id. A reference to a step's output makes a dependency; what does not depend runs side by side. */
  readonly steps: Readonly<Record<string, StepModel>>
  /** What the run gives: any JSON whose texts may hold `${{ expression }}`. Default: the outputs, by id, of the steps that no other depends on. */
  readonly output?: unknown
  /**
   * After a step has failed for good, `stop`: no further step begins, open ones are let finish, then the run fails;
   * `continue`: what does not depend on the failed step goes on, then the run fails. Default `stop`.
   */
  readonly onFailure?: 'stop' | 'continue'
  /** For a run as a whole. Default: none. */
  readonly timeout?: DurationText
  /** Whether a cancelled run undoes its steps that have a compensation. Default `compensate`. */
  readonly onCancel?: 'compensate' | 'leave'
  /** Runs steps when the run has failed. It stays failed, with its own failure. */
  readonly onError?: RunErrorModel
  /** Runs steps when the run has completed, failed, was cancelled or has reached its timeout. */
  readonly finally?: FinallyModel
  /** How long `finally`, and `onError`, may take after a cancel or after the timeout of the run. Default 30 s. */
  readonly cleanUpTimeout?: DurationText
  /** The definitions of the workflows that are run inline, by `name@version`, as they were when this one was saved. Need not be written: what is missing is looked up and filled in. */
  readonly workflows?: Readonly<Record<string, WorkflowModel>>
  /** Where steps are drawn, by path. Never part of the logic: moving a step changes no version. */
  readonly layout?: Readonly<Record<string, PlaceModel>>
}

/** Items of a `forEach` at work at a time, unless it says otherwise. */
export const DEFAULT_CONCURRENCY = 10

/** What the item of a loop is called, unless it says otherwise. */
export const DEFAULT_ITEM = 'item'

/** What the output of the last turn of a loop is called, unless it says otherwise. */
export const DEFAULT_LAST = 'last'

/** What a case is called in paths, unless it says otherwise. */
export function defaultCaseName(model: CaseModel, index: number): string {
  return model.else === true ? 'else' : `case${index}`
}

/** Words of lower-case letters and digits joined by `-`, `.` or `_`: `onboard`, `billing.monthly-report`. */
export const WORKFLOW_NAME = /^[a-z0-9]+(?:[-._][a-z0-9]+)*$/

/** A workflow's name has at most so many characters. */
export const MAX_WORKFLOW_NAME = 100

/** Ids of steps, names of items and of cases: they stand in expressions and in paths. */
export const STEP_ID = /^[A-Za-z_][A-Za-z0-9_]*$/

/** An id has at most so many characters. */
export const MAX_STEP_ID = 100
