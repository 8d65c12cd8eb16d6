// The body of one attempt of a step, as execution strategies get it.
import type { Handler } from '../execution/contract.ts'
import type { AnyTemplate } from '../template/contract.ts'
import type { StepContext } from './step-context.ts'

/** What one attempt runs. */
export interface Body {
  readonly template: AnyTemplate
  readonly input: unknown
  readonly context: StepContext
}

/** Runs an attempt. */
export const BODY: Handler = { kind: 'inline', name: 'step', run: (body: Body) => body.template.invoke(body.input, body.context) }
