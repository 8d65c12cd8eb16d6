// Runs the hooks of a template in their order: validate → preprocess → execute → postprocess → package → output schema,
// then cleanup, with recover in between on failure. It does not check the input and does not repeat: callers do the
// first, the engine and decorators the second. As long as hooks are synchronous no promise is made.
import type { WumboError } from '../errors.ts'
import type { ExecutionState, MaybePromise, TemplateContext, TemplateHooks } from './contract.ts'
import { childContext, isOwn, nextLabel } from './context.ts'
import { asAbort, asFailure, isRecoverable } from './failure.ts'
import { enter } from './state.ts'

/** What a lifecycle is made of. The types of a template end here: inside, values are unknown. */
export interface LifecyclePlan {
  readonly name: string
  readonly version: string
  readonly hooks: TemplateHooks<unknown, unknown, unknown>
  readonly config: unknown
  /** Checks what the hooks gave; undefined where children did. */
  readonly checkOutput: ((value: unknown) => MaybePromise<unknown>) | undefined
}

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

/** True for anything that can be waited for: query builders are no promises, but hooks return them. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}

function freshContext(context: TemplateContext, name: string): TemplateContext {
  return context.state === 'created' ? context : childContext(context, { label: nextLabel(context, name) })
}

/** The fast path: `execute` alone. */
function bareLifecycle(plan: LifecyclePlan): Invoke {
  const { hooks, config, checkOutput, name } = plan
  const finish = async (pending: PromiseLike<unknown>, context: TemplateContext): Promise<unknown> => {
    try {
      const given = await pending
      const result = checkOutput === undefined ? given : await checkOutput(given)
      enter(context, 'succeeded')
      return result
    } catch (thrown) {
      throw failed(thrown, context, plan)
    }
  }
  return (input, given) => {
    const context = freshContext(given, name)
    enter(context, 'executing')
    try {
      let result = hooks.execute(input, context, config)
      if (isThenable(result)) return finish(result, context)
      if (checkOutput !== undefined) {
        result = checkOutput(result)
        if (result instanceof Promise) return settleChecked(result, context, plan)
      }
      enter(context, 'succeeded')
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

/** Once the signal has aborted, that is why the execution failed, whatever the hook said on its way out. */
function nameFailure(thrown: unknown, context: TemplateContext, plan: LifecyclePlan): WumboError {
  const label = `${plan.name}@${plan.version}`
  return context.signal.aborted ? asAbort(context.signal.reason, label) : asFailure(thrown, label)
}

/** One step of the lifecycle; `keeps` when what it returns is not passed on. */
interface Phase {
  readonly state: ExecutionState
  readonly keeps: boolean
  readonly run: (value: unknown, context: TemplateContext) => unknown
}

function phasesOf({ hooks, config, checkOutput }: LifecyclePlan): Phase[] {
  const hook = (name: 'validate' | 'preprocess' | 'execute' | 'postprocess' | 'package', state: ExecutionState): Phase[] => {
    return hooks[name] === undefined ? [] : [{ state, keeps: name === 'validate', run: (value, context) => hooks[name]?.(value, context, config) }]
  }
  const phases = [
    ...hook('validate', 'validating'), ...hook('preprocess', 'preprocessing'), ...hook('execute', 'executing'),
    ...hook('postprocess', 'postprocessing'), ...hook('package', 'packaging'),
  ]
  const last = phases.at(-1)
  if (checkOutput !== undefined && last !== undefined) phases.push({ state: last.state, keeps: false, run: checkOutput })
  return phases
}

function fullLifecycle(plan: LifecyclePlan): Invoke {
  const phases = phasesOf(plan)
  return (input, given) => new Execution(plan, phases, freshContext(given, plan.name)).run(input)
}

/** The recover hook had no result to offer. */
const NO_ANSWER = Symbol('no answer')

/** One execution that has more hooks than `execute`. */
class Execution {
  readonly #plan: LifecyclePlan
  readonly #phases: readonly Phase[]
  readonly #context: TemplateContext
  /** True from the end of the hooks on: a hook that was given up starts no further one. */
  #over = false

  constructor(plan: LifecyclePlan, phases: readonly Phase[], context: TemplateContext) {
    this.#plan = plan
    this.#phases = phases
    this.#context = context
  }

  run(input: unknown): MaybePromise<unknown> {
    let outcome: unknown
    try {
      outcome = this.#advance(0, input)
    } catch (thrown) {
      return this.#fail(thrown, input)
    }
    return outcome instanceof Promise ? this.#settle(outcome, input) : this.#end('succeeded', outcome)
  }

  /** Runs the phases from `index` on, as far as they are synchronous. */
  #advance(index: number, value: unknown): unknown {
    for (let at = index; at < this.#phases.length; at++) {
      const phase = this.#phases[at]
      if (phase === undefined || this.#over) return undefined
      if (this.#context.state !== phase.state) enter(this.#context, phase.state)
      const given = phase.run(value, this.#context)
      if (isThenable(given)) {
        const before = value
        return Promise.resolve(given).then((result) => this.#advance(at + 1, phase.keeps ? before : result))
      }
      if (!phase.keeps) value = given
    }
    return value
  }

  async #settle(pending: Promise<unknown>, input: unknown): Promise<unknown> {
    let result: unknown
    try {
      result = await (this.#plan.hooks.cleanup === undefined ? pending : untilAborted(pending, this.#context.signal))
    } catch (thrown) {
      return this.#fail(thrown, input)
    }
    return this.#end('succeeded', result)
  }

  #fail(thrown: unknown, input: unknown): MaybePromise<unknown> {
    this.#over = true
    const error = nameFailure(thrown, this.#context, this.#plan)
    const { hooks } = this.#plan
    if (hooks.recover === undefined || this.#context.signal.aborted || !isRecoverable(error)) return this.#raise(error)
    let answer: unknown
    try {
      enter(this.#context, 'recovering')
      answer = this.#recover(error, input)
    } catch (second) {
      return this.#raise(nameFailure(second, this.#context, this.#plan))
    }
    return answer instanceof Promise ? this.#settleRecovery(answer, error) : this.#endRecovery(answer, error)
  }

  /** Asks the recover hook and checks what it gives; NO_ANSWER when it gives nothing. */
  #recover(error: WumboError, input: unknown): unknown {
    const { hooks, config, checkOutput } = this.#plan
    const check = (given: unknown): unknown => (given === undefined ? NO_ANSWER : checkOutput === undefined ? given : checkOutput(given))
    const given: unknown = hooks.recover?.(error, input, this.#context, config)
    if (!isThenable(given)) return check(given)
    const answer = Promise.resolve(given).then(check)
    return hooks.cleanup === undefined ? answer : untilAborted(answer, this.#context.signal)
  }

  async #settleRecovery(pending: Promise<unknown>, error: WumboError): Promise<unknown> {
    let answer: unknown
    try {
      answer = await pending
    } catch (second) {
      return this.#raise(nameFailure(second, this.#context, this.#plan))
    }
    return this.#endRecovery(answer, error)
  }

  #endRecovery(answer: unknown, error: WumboError): MaybePromise<unknown> {
    if (answer === NO_ANSWER) return this.#raise(error)
    if (isOwn(this.#context)) this.#context.recovered = true
    this.#context.log.debug(`${this.#plan.name} recovered from ${error.code}: ${error.message}`)
    return this.#end('succeeded', answer)
  }

  /** Ends the execution with a failure: cleans up, then throws. */
  #raise(error: WumboError): never | Promise<never> {
    const cleaned = this.#end(this.#context.signal.aborted ? 'aborted' : 'failed', undefined)
    if (!(cleaned instanceof Promise)) throw error
    return cleaned.then(() => {
      throw error
    })
  }

  /** Ends the execution: its last state, then cleanup, then the result. A throw of cleanup is logged, never raised. */
  #end(state: 'succeeded' | 'failed' | 'aborted', result: unknown): MaybePromise<unknown> {
    this.#over = true
    enter(this.#context, state)
    const { hooks, config } = this.#plan
    if (hooks.cleanup === undefined) return result
    try {
      const cleaning: unknown = hooks.cleanup(this.#context, config)
      if (isThenable(cleaning)) return Promise.resolve(cleaning).then(() => result, (thrown: unknown) => this.#cleanupThrew(thrown, result))
    } catch (thrown) {
      this.#cleanupThrew(thrown, result)
    }
    return result
  }

  #cleanupThrew(thrown: unknown, result: unknown): unknown {
    const error = asFailure(thrown, `${this.#plan.name}@${this.#plan.version}`)
    this.#context.log.error(`the cleanup of ${this.#plan.name} threw: ${error.message}`, { error: error.toJSON() })
    return result
  }
}

/** What `pending` gives, or the reason of the abort when that comes first. */
export function untilAborted<T>(pending: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error)
    const settle = (): void => signal.removeEventListener('abort', stop)
    pending.then(
      (value) => {
        settle()
        resolve(value)
      },
      (thrown: unknown) => {
        settle()
        reject(thrown)
      },
    )
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
}
