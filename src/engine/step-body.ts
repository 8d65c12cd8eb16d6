// One execution of a template for a step, as the execution strategy gets it.
import type { Handler } from '../execution/contract.ts'
import type { AnyTemplate } from '../template/contract.ts'
import type { StepContext } from './step-context.ts'

/** What is executed. */
export interface Body {
  readonly template: AnyTemplate
  readonly input: unknown
  readonly context: StepContext
}

/** Executes it. */
export const BODY: Handler = { kind: 'inline', name: 'step', run: (body: Body) => body.template.invoke(body.input, body.context) }
