// A graph made ready to run: scopes of nodes with their dependencies counted, expressions compiled, templates found. Made once
// per definition by compile.ts, shared by all its runs, never changed.
import type { ParentClose } from '../model/child.ts'
import type { CompensateModel, WorkflowModel } from '../model/workflow.ts'
import type { AnyTemplate, JsonSchema, MaybePromise } from '../template/contract.ts'
import type { Binding } from './binding.ts'
import type { OnCancel, StepOptions } from './contract.ts'
import type { Expression } from './expression.ts'
import type { JoinPlan, ScopeJoins } from './plan-join.ts'

/** A step that must stand well before another may begin: where it is, from the outside in. */
export interface Requirement {
  readonly depth: number
  readonly index: number
}

/** How one step depends on another of its scope: by reading its output, or only by order. */
export interface Edge {
  readonly from: number
  readonly kind: 'data' | 'order'
}

/** The steps of one scope: of the workflow, of a block, of a case. */
export interface ScopePlan {
  /** The scope's place in the definition: `steps`, `steps.orders.steps`. */
  readonly path: string
  /** 0 for the workflow's own steps. */
  readonly depth: number
  readonly ids: readonly string[]
  readonly nodes: readonly NodePlan[]
  /** What the scope gives; null: the outputs, by id, of its leaves. */
  readonly output: Binding | null
  /** The steps that no other of the scope depends on. */
  readonly leaves: readonly number[]
  /** Null when no step says more of its `needs` than that they must have completed. */
  readonly joins: ScopeJoins | null
}

/** One step. */
export interface NodePlan {
  readonly id: string
  readonly index: number
  /** `steps.orders`. */
  readonly path: string
  /** Steps of the scope that must be settled, well or not, before this one is looked at. */
  readonly edges: readonly Edge[]
  readonly dependents: readonly number[]
  /** Steps that must have completed, else this one is skipped. */
  readonly requires: readonly Requirement[]
  /** What its `needs` say beyond that steps must have completed; null for nothing. */
  readonly join: JoinPlan | null
  readonly condition: Expression | null
  readonly each: EachPlan | null
  readonly loop: LoopPlan | null
  readonly continueOnError: boolean
  /** What stands in its place when it has failed. */
  readonly handler: HandlerPlan | null
  readonly body: BodyPlan
}

/** What stands in the place of a step that has failed. */
export interface HandlerPlan {
  /** `steps.charge.onError`. */
  readonly path: string
  /** The codes of the failures that it takes; null for all. */
  readonly codes: readonly string[] | null
  /** Steps that must have completed, else the failure stands. */
  readonly requires: readonly Requirement[]
  /** A body, or only what it gives. */
  readonly does: BodyPlan | { readonly kind: 'output'; readonly output: Binding }
}

/** A workflow: its steps, and what is run when they have come to an end. */
export interface GraphPlan extends ScopePlan {
  /** After a failure with one of the codes; null for any. */
  readonly onError: { readonly codes: readonly string[] | null; readonly scope: ScopePlan } | null
  readonly final: ScopePlan | null
  /** The workflows that its steps run inline, each once. */
  readonly inlined: readonly SubWorkflow[]
}

/** A body that is run for each item of a list. */
export interface EachPlan {
  readonly list: Expression
  readonly as: string
  readonly concurrency: number
}

/** A body that is run again and again, until a condition ends it. */
export interface LoopPlan {
  readonly max: number
  readonly until: Expression | null
  readonly while: Expression | null
  /** The wait between two turns. */
  readonly delay: SleepPlan | null
  readonly initial: Binding
  readonly as: string
  /** Whether the step goes on with what it has when all turns are made. */
  readonly goesOn: boolean
}

/** What a step does. */
export type BodyPlan = StepPlan | BlockPlan | SwitchPlan | ParallelPlan | InlinePlan | SleepPlan | WaitPlan | ChildPlan | ChildrenPlan

export interface StepPlan {
  readonly kind: 'step'
  /** Configured: what is called. */
  readonly template: AnyTemplate
  readonly input: Binding
  readonly options: StepOptions
  /** What undoes the step, where the graph says so. */
  readonly compensate?: CompensatePlan
}

/** What undoes a step: its input reads the step as the only item there is. */
export interface CompensatePlan {
  readonly template: AnyTemplate
  readonly input: Binding
  /** `with` was given. */
  readonly isBound: boolean
  readonly options: Pick<CompensateModel, 'retry' | 'timeout' | 'onUnknown'>
}

export interface BlockPlan {
  readonly kind: 'block'
  readonly scope: ScopePlan
}

export interface SwitchPlan {
  readonly kind: 'switch'
  /** What stands for a step that was refused keeps its input, so that the types in it are checked all the same. */
  readonly refused?: Binding
  readonly cases: readonly CasePlan[]
}

/** Branches side by side, and what becomes of what they give. */
export interface ParallelPlan {
  readonly kind: 'parallel'
  readonly branches: readonly BranchPlan[]
  readonly merge: MergePlan
  /** Branches at work at a time, at most. */
  readonly concurrency: number
}

/** One branch. */
export interface BranchPlan {
  readonly name: string
  /** `steps.p.parallel.branches.a`. */
  readonly path: string
  /** Steps that must have completed, else the branch is skipped. */
  readonly requires: readonly Requirement[]
  readonly continueOnError: boolean
  readonly body: BodyPlan
}

/** How the outputs of branches become one. */
export type MergePlan =
  | { readonly kind: 'all' | 'any' | 'first' }
  /** The weights by the places of the branches. */
  | { readonly kind: 'weighted'; readonly weights: readonly number[] }
  /** Reads the outputs of the branches as the innermost item. */
  | { readonly kind: 'output'; readonly output: Binding }

/** A graph that can be run as a part of another. */
export interface SubWorkflow {
  readonly name: string
  readonly version: string
  readonly plan: GraphPlan
  /** The pinned definition; those of its own sub-workflows stand beside it. */
  readonly model: WorkflowModel
  readonly beside: Readonly<Record<string, WorkflowModel>>
  readonly templates: ReadonlyMap<string, AnyTemplate>
  /** Checks an input by the JSON Schema of the definition, and fills in its defaults. */
  readonly check: (input: unknown) => unknown
  readonly onFailure: 'stop' | 'continue'
  readonly onCancel: OnCancel
  /** What it, or what it runs inline, does at its end. */
  readonly closes: { readonly onError: boolean; readonly final: boolean }
  /** How long that may take after a cancel, in milliseconds; null when nothing says it. */
  readonly cleanUpMs: number | null
  /** By the name of a workflow that is run inside: the names on the way to it, this one first. */
  readonly inside: ReadonlyMap<string, readonly string[]>
  /** How deep sub-workflows are nested in it; 1 for none. */
  readonly depth: number
  readonly steps: number
}

/** Another graph, run as a part of this one. */
export interface InlinePlan {
  readonly kind: 'inline'
  readonly workflow: SubWorkflow
  readonly input: Binding
}

/** A durable wait. */
export interface SleepPlan {
  readonly kind: 'sleep'
  /** Where the duration stands: `steps.coolOff.sleep`. */
  readonly path: string
  /** The duration, or the moment, as the definition says it. */
  readonly text: string | number
  /** Gives a duration as text, or a number of milliseconds; a moment where it sleeps until one. */
  readonly duration: Binding
  readonly isMoment: boolean
}

/** A wait for a signal, an event or a decision. */
export interface WaitPlan {
  readonly kind: 'wait'
  readonly on: 'signal' | 'event' | 'approval'
  /** Where it stands: `steps.paid.signal`. */
  readonly path: string
  /** Of the signal; the topic of an event; of an approval the id of its step. */
  readonly name: string
  readonly key: Binding | null
  readonly title: Binding | null
  readonly assignees: Binding | null
  /** Of an event: which one it takes, told by the event as the innermost item; null for any. */
  readonly where: Expression | null
  /** Of an event: how long before the run's start it may have been published. */
  readonly lookbackMs: number
  /** Of the payload, or of the form. */
  readonly schema: JsonSchema | null
  readonly check: ((value: unknown) => MaybePromise<unknown>) | null
  readonly timeout: SleepPlan | null
  /** What it goes on with when nothing came in time; null when it fails then. */
  readonly fallback: Binding | null
}

/** What is started as a child, and how. */
interface StartPlan {
  /** Where it stands: `steps.ship.child`. */
  readonly path: string
  readonly workflow: string
  readonly close: ParentClose
  readonly queue: string | null
}

/** A child run. */
export interface ChildPlan extends StartPlan {
  readonly kind: 'child'
  readonly input: Binding
  /** Whether the step waits for its end. */
  readonly waits: boolean
}

/** A child run for each input of a list. */
export interface ChildrenPlan extends StartPlan {
  readonly kind: 'children'
  readonly inputs: Binding
  readonly concurrency: number
  /** Whether the step goes on when some have not completed. */
  readonly goesOn: boolean
  /** What the output holds beside how many there were. */
  readonly collect: 'outputs' | 'results' | null
}

export interface CasePlan {
  /** What stands for the case in paths: its name, `case0`, `else`. */
  readonly name: string
  /** Null for `else`. */
  readonly condition: Expression | null
  /** Steps that must have completed, else the case is skipped when it is chosen. */
  readonly requires: readonly Requirement[]
  readonly body: BodyPlan
}
