// One execution of a template that has more hooks than `execute`: the phases in their order, recover on failure, cleanup at
// the end in any case. Without asynchronous hooks it makes no promise. lifecycle.ts decides which templates need it.
import type { WumboError } from '../errors.ts'
import type { ExecutionState, MaybePromise, TemplateContext, TemplateHooks } from './contract.ts'
import { isOwn } from './derived-context.ts'
import { asAbort, asFailure, isRecoverable } from './failure.ts'
import { heeds, untilAborted } from './heed.ts'
import { isThenable } from '../shared/thenable.ts'
import { enter } from './state.ts'

/** What a lifecycle is made of. The types of a template end here: inside, values are unknown. */
export interface LifecyclePlan {
  readonly name: string
  readonly version: string
  readonly hooks: TemplateHooks<unknown, unknown, unknown>
  readonly config: unknown
  /** True when what the hooks wait for ends with an abort by itself: a composition waits until its children have cleaned up. */
  readonly endsWithAborts?: boolean
  /** Checks what the hooks gave; undefined where children did. */
  readonly checkOutput: ((value: unknown) => MaybePromise<unknown>) | undefined
}

/** Once the signal has aborted, that is why the execution failed, whatever the hook said on its way out. */
export function nameFailure(thrown: unknown, context: TemplateContext, plan: LifecyclePlan): WumboError {
  const label = `${plan.name}@${plan.version}`
  return context.signal.aborted ? asAbort(context.signal.reason, label) : asFailure(thrown, label)
}

/** One step of the lifecycle; `keeps` when what it returns is not passed on. */
export interface Phase {
  readonly state: ExecutionState
  readonly keeps: boolean
  readonly run: (value: unknown, context: TemplateContext) => unknown
}

/** The phases of a template: its hooks in their order, then the check of the output. */
export function phasesOf({ hooks, config, checkOutput }: LifecyclePlan): Phase[] {
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

/** The recover hook had no result to offer. */
const NO_ANSWER = Symbol('no answer')

/** One execution that has more hooks than `execute`. */
export class Execution {
  readonly #plan: LifecyclePlan
  readonly #phases: readonly Phase[]
  readonly #context: TemplateContext
  readonly #cleans: boolean
  /** True from the end of the hooks on: a hook that was given up starts no further one. */
  #over = false

  constructor(plan: LifecyclePlan, phases: readonly Phase[], context: TemplateContext) {
    this.#plan = plan
    this.#phases = phases
    this.#context = context
    this.#cleans = plan.hooks.cleanup !== undefined
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
      result = await this.#heeding(pending)
    } catch (thrown) {
      return this.#fail(thrown, input)
    }
    return this.#end('succeeded', result)
  }

  /** Ends the wait with an abort where something waits for that: a cleanup, or a caller. */
  #heeding(pending: Promise<unknown>): Promise<unknown> {
    return this.#cleans || heeds(this.#context) ? untilAborted(pending, this.#context.signal) : pending
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
    return this.#heeding(answer)
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
