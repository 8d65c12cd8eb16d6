// The types of workflows that are run inline, in the builder. Types only.
import type { Bind, CommonOptions, From, TakesNothing, Visible } from './builder-types.ts'
import type { GraphWorkflow, WorkflowBase } from './contract.ts'

/** Any graph. */
export type AnyGraph = GraphWorkflow<never, unknown>

/** What is sent to a graph, and what it gives. */
type SentTo<W extends AnyGraph> = W extends WorkflowBase<infer I, unknown> ? I : never
export type InlineOutput<W extends AnyGraph> = W extends WorkflowBase<never, infer O> ? O : never

/** A graph that is run as a part of this one, and what it is given: `input` may be left out when it takes an empty object. */
export type InlineStep<V extends Visible, W extends AnyGraph> = {
  /** A graph, as `build` or fromModel gives it. */
  readonly workflow: W
} & (TakesNothing<SentTo<W>> extends true ? { readonly input?: From<V, Bind<SentTo<NoInfer<W>>>> } : { readonly input: From<V, Bind<SentTo<NoInfer<W>>>> })

/** A graph that is run inline, as the body of a loop or of a case. */
export interface InlineOption<V extends Visible, W extends AnyGraph> {
  readonly inline: InlineStep<V, W>
}

/** What a step that runs a graph inline may say. */
export type InlineOptions<V extends Visible, W extends AnyGraph> = CommonOptions<V> & InlineStep<V, W>
