// Observers of executions: told of start, progress, retries and end. What they do cannot change the outcome. And bridges, by which an execution of one
// template starts another.
import { DefinitionError, type WumboError } from '../../errors.ts'
import type { Logger, Template, TemplateContext } from '../contract.ts'
import { callerOf, childContext, isOwn } from '../derived-context.ts'
import { shown } from '../door.ts'
import { asFailure } from '../failure.ts'
import { isThenable, settled } from '../../shared/thenable.ts'
import { RANKS, type Decorator } from './decorator.ts'

/** One execution, as observers are told of it. */
export interface ObservedExecution {
  readonly template: string
  readonly version: string
  readonly executionId: string
}

/** Told of the executions of a template. Nothing waits for it; what it throws, or rejects with, is logged. */
export interface ExecutionObserver<I = unknown, O = unknown> {
  onStart?(execution: ObservedExecution & { readonly input: I }): unknown
  /** `fraction` from 0 to 1. */
  onProgress?(execution: ObservedExecution & { readonly fraction: number; readonly message: string | undefined }): unknown
  /** The attempt that failed, from 1, and the wait before the next. Only of a retry that is a decorator; in a run the engine tells of its own. */
  onRetry?(execution: ObservedExecution & { readonly attempt: number; readonly delayMs: number; readonly error: WumboError }): unknown
  onComplete?(execution: ObservedExecution & { readonly input: I; readonly data: O; readonly durationMs: number; readonly attempts: number }): unknown
  onError?(execution: ObservedExecution & { readonly input: I; readonly error: WumboError; readonly durationMs: number; readonly attempts: number }): unknown
}

const EVENTS = ['onStart', 'onProgress', 'onRetry', 'onComplete', 'onError'] as const

interface Watching {
  readonly execution: ObservedExecution
  readonly observer: ExecutionObserver
}

/** Who watches the execution of a context. */
const watched = new WeakMap<TemplateContext, Watching>()

/** Tells all who watch an execution, or one that it is a part of, that it is tried again. */
export function tellRetry(context: TemplateContext, retry: { readonly attempt: number; readonly delayMs: number; readonly error: WumboError }): void {
  for (let at: TemplateContext | undefined = context; at !== undefined; at = callerOf(at)) {
    const watching = watched.get(at)
    if (watching !== undefined) tell(context.log, () => watching.observer.onRetry?.({ ...watching.execution, ...retry }))
  }
}

/** Watches executions. */
export function withObserver<I = unknown, O = unknown>(observer: ExecutionObserver<I, O>): Decorator<I> {
  if (typeof observer !== 'object' || observer === null || !EVENTS.some((event) => typeof observer[event] === 'function')) {
    throw new DefinitionError(`observe: expected an observer, got ${shown(observer)}`, { path: 'observe', remedy: `Write an object with one or more of ${EVENTS.join(', ')}.` })
  }
  const any = observer as unknown as ExecutionObserver // inside, values are unknown
  return {
    name: 'observe', rank: RANKS.observe,
    wrap: (next, { meta }) => (input, context) => {
      const execution: ObservedExecution = { template: meta.name, version: meta.version, executionId: context.executionId }
      const inner = childContext(context, {
        label: null, ...(any.onProgress === undefined ? {} : { onProgress: (fraction, message) => tell(context.log, () => any.onProgress?.({ ...execution, fraction, message })) }),
      })
      watched.set(inner, { execution, observer: any })
      const began = performance.now()
      const ending = (): { readonly durationMs: number; readonly attempts: number } => {
        if (isOwn(context)) context.attempts = inner.attempts
        return { durationMs: performance.now() - began, attempts: inner.attempts }
      }
      tell(context.log, () => any.onStart?.({ ...execution, input }))
      return settled(() => next(input, inner), (data) => {
        const found = ending()
        tell(context.log, () => any.onComplete?.({ ...execution, input, data, ...found }))
        return data
      }, (thrown) => {
        const found = ending()
        tell(context.log, () => any.onError?.({ ...execution, input, error: asFailure(thrown, `${meta.name}@${meta.version}`), ...found }))
        throw thrown
      })
    },
  }
}

/** What an observer throws, now or later, is logged. */
function tell(log: Logger, work: () => unknown): void {
  const complain = (thrown: unknown): void => log.error('an observer failed', { error: asFailure(thrown, 'observer').message })
  try {
    const given = work()
    if (isThenable(given)) given.then(undefined, complain)
  } catch (thrown) {
    complain(thrown)
  }
}

/** What is bridged: which event starts which template, and with what. */
export interface Bridge<I, O, T> {
  /** Default `complete`. */
  readonly on?: 'start' | 'complete' | 'error'
  readonly to: Template<T, unknown>
  /** Makes the input of it; undefined starts nothing. `data` is there on `complete`, `error` on `error`. */
  readonly input: (event: ObservedExecution & { readonly input: I; readonly data?: O; readonly error?: WumboError }) => T | undefined
  /** Told how each execution that was started ended, for tests and for looking. */
  readonly ended?: (outcome: { readonly error: WumboError | null }) => void
}

/**
 * Lets an event of one template start another, beside it: nothing waits for it, and how it ends changes nothing; a failure is logged. In a run what must not be lost is a step of its own.
 * @example
 * const notified = decorate(charge, withBridge({ to: sendReceipt, input: ({ data }) => ({ receipt: data.receipt }) }))
 */
export function withBridge<I, O, T>({ on = 'complete', to, input: of, ended }: Bridge<I, O, T>): Decorator<I> {
  if (typeof to !== 'function' || typeof of !== 'function') throw new DefinitionError('bridge: expected a template `to` and a function `input`', { path: 'bridge' })
  const start = (event: ObservedExecution & { readonly input: I }): Promise<void> | undefined => {
    const input = of(event)
    if (input === undefined) return undefined
    return to(input).then(() => ended?.({ error: null }), (thrown: unknown) => {
      ended?.({ error: asFailure(thrown, to.meta.name) })
      throw thrown
    })
  }
  const observer: ExecutionObserver<I, O> = on === 'start' ? { onStart: start } : on === 'complete' ? { onComplete: start } : { onError: start }
  return { ...withObserver(observer), name: 'bridge' }
}
