// Makes the lifecycle of a template: the hooks in their order, validate → preprocess → execute → postprocess → package →
// output schema, then cleanup, with recover in between on failure. It does not check the input and does not repeat: callers
// do the first, the engine and decorators the second. As long as hooks are synchronous no promise is made.
import type { WumboError } from '../errors.ts'
import type { ExecutionState, MaybePromise, TemplateContext } from './contract.ts'
import { childContext, nextLabel } from './derived-context.ts'
import { Execution, nameFailure, phasesOf, type LifecyclePlan } from './execution.ts'
import { heeds, untilAborted } from './heed.ts'
import { isThenable } from '../shared/thenable.ts'
import { enter } from './state.ts'

/** Runs one execution with an input that was checked. */
export type Invoke = (input: unknown, context: TemplateContext) => MaybePromise<unknown>

const OPTIONAL = ['validate', 'preprocess', 'postprocess', 'package', 'cleanup', 'recover'] as const

/**
 * Makes the lifecycle of a template. A context that is not fresh belongs to a caller: the execution then gets a context
 * derived from it.
 */
export function compileLifecycle(plan: LifecyclePlan): Invoke {
  return OPTIONAL.every((hook) => plan.hooks[hook] === undefined) ? bareLifecycle(plan) : fullLifecycle(plan)
}

/** The context of the execution that begins. */
function freshContext(given: TemplateContext, name: string): TemplateContext {
  return given.state === 'created' ? given : childContext(given, { label: nextLabel(given, name) })
}

/** The fast path: `execute` alone. */
function bareLifecycle(plan: LifecyclePlan): Invoke {
  const { hooks, config, checkOutput, name } = plan
  const finish = async (pending: PromiseLike<unknown>, context: TemplateContext): Promise<unknown> => {
    try {
      const given = await (heeds(context) && plan.endsWithAborts !== true ? untilAborted(pending, context.signal) : pending)
      const result = checkOutput === undefined ? given : await checkOutput(given)
      enter(context, 'succeeded')
      return result
    } catch (thrown) {
      throw failed(thrown, context, plan)
    }
  }
  return (input, given) => {
    const context: { state: ExecutionState } & TemplateContext = freshContext(given, name)
    // Written without a question: a fresh context may always begin, and what executes may always succeed.
    context.state = 'executing'
    try {
      let result = hooks.execute(input, context, config)
      if (isThenable(result)) return finish(result, context)
      if (checkOutput !== undefined) {
        result = checkOutput(result)
        if (result instanceof Promise) return settleChecked(result, context, plan)
      }
      context.state = 'succeeded'
      return result
    } catch (thrown) {
      throw failed(thrown, context, plan)
    }
  }
}

async function settleChecked(pending: Promise<unknown>, context: TemplateContext, plan: LifecyclePlan): Promise<unknown> {
  try {
    const result = await pending
    enter(context, 'succeeded')
    return result
  } catch (thrown) {
    throw failed(thrown, context, plan)
  }
}

/** Names the failure and ends the execution with it. */
function failed(thrown: unknown, context: TemplateContext, plan: LifecyclePlan): WumboError {
  const error = nameFailure(thrown, context, plan)
  enter(context, context.signal.aborted ? 'aborted' : 'failed')
  return error
}

function fullLifecycle(plan: LifecyclePlan): Invoke {
  const phases = phasesOf(plan)
  return (input, given) => new Execution(plan, phases, freshContext(given, plan.name)).run(input)
}
