// Waiting that ends with an abort: for executions whose caller, or whose cleanup, waits for that.
import type { TemplateContext } from './contract.ts'
import { isOwn } from './derived-context.ts'

/** True when the execution is to end with an abort, whatever its hooks do. */
export function heeds(context: TemplateContext): boolean {
  return isOwn(context) && context.heeds
}

/** True for anything that can be waited for: query builders are no promises, but hooks return them. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}

/** What `pending` gives, or the reason of the abort when that comes first. */
export function untilAborted<T>(pending: PromiseLike<T>, signal: AbortSignal): Promise<T> {
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
