// The types of children in the builder. Types only.
import type { ParentClose } from '../model/child.ts'
import type { Bind, From, Visible } from './builder-types.ts'
import type { AnyWorkflow, Workflow } from './contract.ts'
import type { Failure } from './failure.ts'
import type { Expr } from './reference.ts'

/** A workflow, or the name of one, registered or stored. */
export type Startable = AnyWorkflow | string

/** What is sent to a workflow, and what it gives; of a name nothing is known. */
type SentTo<W extends Startable> = W extends Workflow<infer I> ? I : unknown
type GivenBy<W extends Startable> = W extends Workflow<never, infer O> ? O : unknown

/** How a child is started. */
interface StartOptions<W extends Startable> {
  /** A workflow, which stands in the model by its name: register it too. Or the name of one, registered or stored. */
  readonly workflow: W
  /** What becomes of a child when this run ends before it. Default `cancel`. */
  readonly parentClose?: ParentClose
  /** The queue that workers take a child from. Default: that of this run. */
  readonly queue?: string
}

/** A child run. `T` is false for one that is only started. */
export interface ChildStep<V extends Visible, W extends Startable, T extends boolean> extends StartOptions<W> {
  /** What the child is started with. Default `{}`. */
  readonly input?: From<V, Bind<SentTo<NoInfer<W>>>>
  /** Whether to wait for its end: then the output is that of the child, else its id. Default true. */
  readonly wait?: T
}

/** A child run for each input. `C` is what its output holds besides. */
export interface ChildrenStep<V extends Visible, W extends Startable, C extends Collect> extends StartOptions<W> {
  /** What the children are started with: a list, or an expression that gives one. */
  readonly inputs: From<V, Expr<readonly SentTo<NoInfer<W>>[]> | readonly Bind<SentTo<NoInfer<W>>>[]>
  /** Children under way at a time. Default 100. */
  readonly concurrency?: number
  /** When all have ended and some of them have not completed: `fail` fails the step with CHILD_FAILED, `continue` goes on. Default `fail`. */
  readonly onFailure?: 'fail' | 'continue'
  /** What the output holds beside how many there were: the list of their `outputs`, null for one that has not completed, or of their `results`. Default: neither. */
  readonly collect?: C & ('outputs' | 'results')
}

/** `undefined` where nothing more than the counts is asked for. */
export type Collect = 'outputs' | 'results' | undefined

/** A child, as the body of a loop or of a case. */
export interface ChildOption<V extends Visible, W extends Startable, T extends boolean> {
  readonly child: ChildStep<V, W, T>
}

/** Many children, as the body of a loop or of a case. */
export interface ChildrenOption<V extends Visible, W extends Startable, C extends Collect> {
  readonly children: ChildrenStep<V, W, C>
}

/** What a step that starts a child gives. */
export type ChildOutput<W extends Startable, T extends boolean> = T extends false ? string : GivenBy<W>

/** What a step that starts many gives. */
export type ChildrenOutput<W extends Startable, C extends Collect> = {
  readonly count: number
  readonly completed: number
  /** Failed or cancelled. */
  readonly failed: number
} & (C extends 'outputs' ? { readonly outputs: readonly (GivenBy<W> | null)[] } : C extends 'results' ? { readonly results: readonly CollectedResult<GivenBy<W>>[] } : unknown)

/** How one of many children ended. */
export interface CollectedResult<O> {
  /** The place of its input. */
  readonly index: number
  /** The id of the run. */
  readonly run: string
  readonly status: 'completed' | 'failed' | 'cancelled'
  /** Null unless it has completed. */
  readonly output: O | null
  /** Null when it has completed. */
  readonly error: Failure | null
}
